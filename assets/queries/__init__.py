"""The SQL of the ledger: places, assets with their dependencies, devices, records."""
