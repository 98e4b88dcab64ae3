"""A city's readings, hours and days, made inside the database."""
