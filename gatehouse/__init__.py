"""Composition root: the command line, the wiring of all parts, the scheduler."""
