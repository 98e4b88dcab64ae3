"""SQL of people and what belongs to them, by table."""
