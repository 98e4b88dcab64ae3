"""What several formats read alike."""
