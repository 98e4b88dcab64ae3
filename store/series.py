"""Time-series tables behind one interface: TimescaleDB hypertables, or partitions of plain PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from psycopg import sql

from store.db import Connection, fetch_value
from store.plain_series import PlainBackend
from store.series_table import Column, SeriesTable
from store.timescale_series import TimescaleBackend

__all__ = [
    "Column",
    "SeriesBackend",
    "SeriesError",
    "SeriesTable",
    "backend_of",
    "choose_backend",
    "compress_before",
    "drop_before",
    "ensure_tables",
    "prepare_days",
    "summarize_arrivals",
]

_PAGES_PER_RANGE = 32  # of the arrival index: rows of about a second of a city, of an hour of a compound


class SeriesError(Exception):
    """A series table in the database does not fit its declaration."""


class SeriesBackend(Protocol):
    """What a server offers for time series."""

    slug: str

    def create(self, conn: Connection, table: SeriesTable) -> None:
        """Make the empty table."""

    def prepare(self, conn: Connection, table: SeriesTable, first: date, last: date) -> int:
        """Make room for rows of these days; the number of partitions made."""

    def drop_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Drop whole partitions older than `moment`; how many."""

    def compress_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Compress whole partitions older than `moment`, where the server can; how many."""

    def partitions(self, conn: Connection, table: SeriesTable, since: datetime | None = None) -> list[str]:
        """The partitions there are, or those that may hold rows from `since` on."""


_BACKENDS: dict[str, SeriesBackend] = {backend.slug: backend for backend in (PlainBackend(), TimescaleBackend())}


def choose_backend(conn: Connection) -> SeriesBackend:
    """The best the server offers; installs the extension where the server has it loaded."""
    loaded = "timescaledb" in (fetch_value(conn, "SELECT current_setting('shared_preload_libraries')") or "")
    offered = fetch_value(conn, "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'")
    if not (loaded and offered):
        return _BACKENDS["plain"]
    conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    return _BACKENDS["timescaledb"]


def backend_of(conn: Connection) -> SeriesBackend:
    """The backend this database was migrated with."""
    return _BACKENDS[str(fetch_value(conn, "SELECT series_backend FROM store_info"))]


def ensure_tables(conn: Connection, tables: Sequence[SeriesTable]) -> None:
    """Create missing series tables, add missing columns, and index arrivals.

    Raises SeriesError when a column has another type than declared: a kind may add measures, not change them.
    """
    backend = backend_of(conn)
    for table in tables:
        columns = _existing_columns(conn, table)
        if columns:
            _add_columns(conn, table, columns)
        else:
            backend.create(conn, table)
        if table.arrival is not None:
            conn.execute(
                sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING brin ({}) WITH (pages_per_range = {})").format(
                    sql.Identifier(f"{table.name}_arrival"),
                    sql.Identifier(table.name),
                    sql.Identifier(table.arrival),
                    sql.Literal(_PAGES_PER_RANGE),
                )
            )


def prepare_days(conn: Connection, tables: Sequence[SeriesTable], first: date, last: date) -> int:
    """Make room in every table for rows of these days; the number of partitions made."""
    backend = backend_of(conn)
    return sum(backend.prepare(conn, table, first, last) for table in tables)


def drop_before(conn: Connection, tables: Sequence[SeriesTable], moment: datetime) -> int:
    """Drop what is older than `moment`, in whole partitions; how many."""
    backend = backend_of(conn)
    return sum(backend.drop_before(conn, table, moment) for table in tables)


def compress_before(conn: Connection, tables: Sequence[SeriesTable], moment: datetime) -> int:
    """Compress what is older than `moment`, in whole partitions, where the server can; how many."""
    backend = backend_of(conn)
    return sum(backend.compress_before(conn, table, moment) for table in tables)


def summarize_arrivals(conn: Connection, table: SeriesTable, since: datetime) -> int:
    """Let the arrival index take in what came, in partitions with rows from `since` on; what it lacks is searched row by row.

    The number of ranges taken in.
    """
    names = backend_of(conn).partitions(conn, table, since)
    return int(
        fetch_value(
            conn,
            """
            SELECT coalesce(sum(brin_summarize_new_values(i.indexrelid)), 0)
              FROM pg_index i
              JOIN pg_class c ON c.oid = i.indexrelid
              JOIN pg_am a ON a.oid = c.relam
             WHERE a.amname = 'brin' AND i.indrelid = ANY (%(names)s::text[]::regclass[])
            """,
            names=names,
        )
    )


def _add_columns(conn: Connection, table: SeriesTable, existing: dict[str, str]) -> None:
    for column in table.columns:
        if column.name not in existing:
            conn.execute(
                sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
                    sql.Identifier(table.name), sql.Identifier(column.name), sql.SQL(column.sql_type)
                )
            )
        elif existing[column.name] != column.sql_type:
            raise SeriesError(f"{table.name}.{column.name} is {existing[column.name]}, declared as {column.sql_type}")


def _existing_columns(conn: Connection, table: SeriesTable) -> dict[str, str]:
    rows = conn.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod)
          FROM pg_attribute
         WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
        """,
        (table.name,),
    ).fetchall()
    return dict(rows)
