"""SQL of what is planned: checkpoints, routes, plans, and the rounds that follow."""
