"""What benches measure with: servers of their own, a city in the ledger, a publisher that costs next to nothing."""
