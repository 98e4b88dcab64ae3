"""A list of devices as a file of Excel or as CSV: written to be filled in, and read back."""
