"""PostgreSQL and TimescaleDB: connections, migrations, time-series tables, the embedded server."""
