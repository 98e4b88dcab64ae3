"""Proof that places were seen: plans, rounds, check-ins and the verdicts derived from them; rectification notices."""
