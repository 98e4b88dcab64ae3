"""What the database says of itself: for the page of the system, and for `gatehouse doctor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.db import Connection, execute, fetch_all, fetch_one


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """`backend`: what its time series are kept in; `timescaledb`: version and licence in force of the extension.

    `data_directory` is empty where we may not ask.
    """

    version: str
    backend: str
    timescaledb: str
    now: datetime
    started_at: datetime
    bytes: int
    data_directory: str
    synchronous_commit: str
    fsync: str
    max_connections: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSize:
    """A table with its indexes; a series table with all its partitions or chunks."""

    name: str
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """Until when a partitioned table has room; None: it has no partition at all."""

    name: str
    until: datetime | None


def get_server(conn: Connection) -> Server:
    """As it is now; its clock is read while the question is answered."""
    return fetch_one(
        conn,
        Server,
        """
        SELECT current_setting('server_version') AS version,
               (SELECT series_backend FROM store_info) AS backend,
               coalesce((SELECT extversion || ' ' || coalesce(current_setting('timescaledb.license', true), '')
                           FROM pg_extension WHERE extname = 'timescaledb'), '') AS timescaledb,
               clock_timestamp() AS now, pg_postmaster_start_time() AS started_at,
               pg_database_size(current_database()) AS bytes,
               CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') THEN current_setting('data_directory')
                    ELSE '' END AS data_directory,
               current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
               current_setting('max_connections')::int AS max_connections
        """,
    )


def list_table_sizes(conn: Connection, *, limit: int) -> list[TableSize]:
    """The biggest tables of ours, partitions counted with what they are parts of."""
    return fetch_all(
        conn,
        TableSize,
        """
        SELECT coalesce(parent.relname, c.relname)::text AS name, sum(pg_total_relation_size(c.oid))::bigint AS bytes
          FROM pg_class c
          LEFT JOIN pg_inherits ON inhrelid = c.oid
          LEFT JOIN pg_class parent ON parent.oid = inhparent
         WHERE c.relkind = 'r' AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
           AND coalesce(parent.relnamespace, c.relnamespace) = current_schema()::regnamespace
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s
        """,
        limit=limit,
    )


def list_tables_ahead(conn: Connection, *, names: Sequence[str]) -> list[Ahead]:
    """Of these tables, those that are partitioned by time."""
    return fetch_all(
        conn,
        Ahead,
        r"""
        SELECT parent.relname::text AS name,
               max((regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz) AS until
          FROM pg_class parent
          LEFT JOIN pg_inherits ON inhparent = parent.oid
          LEFT JOIN pg_class child ON child.oid = inhrelid
         WHERE parent.relkind = 'p' AND parent.relnamespace = current_schema()::regnamespace AND parent.relname = ANY (%(names)s)
         GROUP BY parent.relname ORDER BY parent.relname
        """,
        names=list(names),
    )


def try_to_write(conn: Connection) -> None:
    """Make the server find room for a hundred thousand bytes, and give it back. Raises what the server says."""
    with conn.transaction(force_rollback=True):
        # a table of its own: the existing ones may have room in their last pages
        execute(
            conn,
            "CREATE TEMPORARY TABLE gatehouse_probe AS SELECT repeat(md5(n::text), 8) AS line FROM generate_series(1, 400) n",
        )
