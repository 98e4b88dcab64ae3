"""One file for each noun; each holds a `router`."""
