"""Rectification notices 整改通知: to a department, with a deadline, until struck off 销号."""
