"""What is done to the assets of a compound in a year: the regular work, and what breaks."""
