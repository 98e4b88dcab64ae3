"""Time-series tables behind one interface: TimescaleDB hypertables, or daily partitions of plain PostgreSQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from psycopg import sql

from store.db import Connection, fetch_value


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a series table; `sql_type` as PostgreSQL names it in information_schema (or `text[]`)."""

    name: str
    sql_type: str
    required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesTable:
    """A table whose rows have a time `ts`. `key` makes a message delivered twice one row; it must hold `ts`."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("site_id", "device_id", "ts")


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


class PlainBackend:
    """PostgreSQL's own daily partitions."""

    slug = "plain"

    def create(self, conn: Connection, table: SeriesTable) -> None:
        """Make the partitioned parent."""
        conn.execute(_create_table(table) + sql.SQL(" PARTITION BY RANGE (ts)"))

    def prepare(self, conn: Connection, table: SeriesTable, first: date, last: date) -> int:
        """Make the missing daily partitions. ATTACH takes a weaker lock than PARTITION OF: writers go on."""
        existing = set(self._partitions(conn, table))
        made = 0
        for day in _days(first, last):
            name = _partition_name(table, day)
            if name in existing:
                continue
            start, end = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (day, day + timedelta(days=1)))
            conn.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(sql.Identifier(name), sql.Identifier(table.name))
            )
            conn.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(table.name), sql.Identifier(name), sql.Literal(start), sql.Literal(end)
                )
            )
            made += 1
        return made

    def drop_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Drop daily partitions that end before `moment`."""
        limit = _partition_name(table, moment.astimezone(UTC).date())
        old = [name for name in self._partitions(conn, table) if name < limit]
        for name in old:
            conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
        return len(old)

    def _partitions(self, conn: Connection, table: SeriesTable) -> list[str]:
        rows = conn.execute(
            """
            SELECT child.relname
              FROM pg_inherits
              JOIN pg_class child ON child.oid = inhrelid
             WHERE inhparent = to_regclass(%s)
             ORDER BY 1
            """,
            (table.name,),
        ).fetchall()
        return [row[0] for row in rows]


class TimescaleBackend:
    """Hypertables with chunks of a day; what the Apache edition offers, which every edition has."""

    slug = "timescaledb"

    def create(self, conn: Connection, table: SeriesTable) -> None:
        """Make the hypertable. Its primary key serves every query of ours, so no index on time alone."""
        conn.execute(_create_table(table))
        conn.execute(
            "SELECT create_hypertable(%s, 'ts', chunk_time_interval => interval '1 day', create_default_indexes => false)",
            (table.name,),
        )

    def prepare(self, conn: Connection, table: SeriesTable, first: date, last: date) -> int:
        """Nothing to do: TimescaleDB makes chunks as rows come."""
        return 0

    def drop_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Drop chunks that end before `moment`."""
        return len(conn.execute("SELECT drop_chunks(%s, older_than => %s)", (table.name, moment)).fetchall())


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
    """Create missing series tables and add missing columns.

    Raises SeriesError when a column has another type than declared: a kind may add measures, not change them.
    """
    backend = backend_of(conn)
    for table in tables:
        columns = _existing_columns(conn, table)
        if not columns:
            backend.create(conn, table)
            continue
        for column in table.columns:
            if column.name not in columns:
                conn.execute(
                    sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
                        sql.Identifier(table.name), sql.Identifier(column.name), sql.SQL(column.sql_type)
                    )
                )
            elif columns[column.name] != column.sql_type:
                raise SeriesError(f"{table.name}.{column.name} is {columns[column.name]}, declared as {column.sql_type}")


def prepare_days(conn: Connection, tables: Sequence[SeriesTable], first: date, last: date) -> int:
    """Make room in every table for rows of these days; the number of partitions made."""
    backend = backend_of(conn)
    return sum(backend.prepare(conn, table, first, last) for table in tables)


def drop_before(conn: Connection, tables: Sequence[SeriesTable], moment: datetime) -> int:
    """Drop what is older than `moment`, in whole partitions; how many."""
    backend = backend_of(conn)
    return sum(backend.drop_before(conn, table, moment) for table in tables)


def _create_table(table: SeriesTable) -> sql.Composed:
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name), sql.SQL(column.sql_type), sql.SQL(" NOT NULL" if column.required else "")
        )
        for column in table.columns
    ]
    return sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(
        sql.Identifier(table.name), sql.SQL(", ").join(columns), sql.SQL(", ").join(map(sql.Identifier, table.key))
    )


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


def _partition_name(table: SeriesTable, day: date) -> str:
    return f"{table.name}_p{day:%Y%m%d}"


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
