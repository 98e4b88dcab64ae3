"""One file for each noun; each holds a `router`, and a `NAV` if it belongs in the navigation."""
