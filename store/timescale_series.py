"""Series on TimescaleDB: hypertables. The Apache edition has all of it but compression, which the Community edition adds."""

from datetime import date, datetime
from typing import LiteralString

from psycopg import sql

from store.db import Connection, fetch_value
from store.series_table import SeriesTable, Span, create_table

_CHUNK: dict[Span, LiteralString] = {"day": "1 day", "month": "30 days", "year": "365 days"}


class TimescaleBackend:
    """Hypertables with chunks of a day, about a month or about a year."""

    slug = "timescaledb"

    def create(self, conn: Connection, table: SeriesTable) -> None:
        """Make the hypertable. Its primary key serves every query of ours, so no index on time alone."""
        conn.execute(create_table(table))
        conn.execute(
            "SELECT create_hypertable(%s, 'ts', chunk_time_interval => %s::interval, create_default_indexes => false)",
            (table.name, _CHUNK[table.span]),
        )

    def prepare(self, conn: Connection, table: SeriesTable, first: date, last: date) -> int:
        """Nothing to do: TimescaleDB makes chunks as rows come."""
        return 0

    def drop_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Drop chunks that end before `moment`."""
        return len(conn.execute("SELECT drop_chunks(%s, older_than => %s)", (table.name, moment)).fetchall())

    def compress_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Compress chunks that end before `moment`, a device's rows together; 0 where the edition cannot."""
        if fetch_value(conn, "SELECT current_setting('timescaledb.license', true)") != "timescale":
            return 0
        conn.execute(
            sql.SQL(
                """
                ALTER TABLE {} SET (timescaledb.compress, timescaledb.compress_segmentby = 'site_id, device_id',
                                    timescaledb.compress_orderby = 'ts')
                """
            ).format(sql.Identifier(table.name))
        )
        rows = conn.execute(
            """
            SELECT compress_chunk(old)
              FROM show_chunks(%(table)s, older_than => %(moment)s) AS old
              JOIN timescaledb_information.chunks c ON format('%%I.%%I', c.chunk_schema, c.chunk_name)::regclass = old
             WHERE NOT c.is_compressed
            """,
            {"table": table.name, "moment": moment},
        )
        return len(rows.fetchall())

    def partitions(self, conn: Connection, table: SeriesTable, since: datetime | None = None) -> list[str]:
        """The names of all chunks, or of those that end after `since`."""
        rows = conn.execute(
            "SELECT chunk::text FROM show_chunks(%s, newer_than => coalesce(%s::timestamptz, '-infinity') - %s::interval) AS chunk",
            (table.name, since, _CHUNK[table.span]),
        )
        return [name for (name,) in rows.fetchall()]
