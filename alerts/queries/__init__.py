"""SQL of alerts: what rules read, what the engine and people write, channels and the outbox."""
