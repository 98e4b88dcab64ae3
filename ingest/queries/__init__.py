"""SQL of ingest: what the ingester knows and writes, and what pages are told of health, events and rejected messages."""
