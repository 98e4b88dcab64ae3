"""What must be seen: checkpoints, the routes that pass them, and the plans that say how often."""
