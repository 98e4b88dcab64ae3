"""Figures for those who answer for a site: what is down, what was missed, what is overdue."""
