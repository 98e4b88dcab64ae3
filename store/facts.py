"""What the database says of itself: for the page of the system, and for `gatehouse doctor`."""

from dataclasses import dataclass
from datetime import datetime

from store.db import Connection, fetch_all, fetch_one


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
