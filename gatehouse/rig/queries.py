"""SQL of the rig: a city put into the ledger in bulk, and what was committed when."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from store.db import Connection, execute, fetch_one


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """One transaction: when it was committed, and how many rows of a table it wrote."""

    at: datetime
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Rows of numbered messages, and how many different numbers they have."""

    rows: int
    different: int


def insert_devices(
    conn: Connection, sites: list[str], sites_of: list[str], slugs: list[str], kinds: list[str], *, now: datetime
) -> None:
    """Sites in one region, and devices in operation: the site, short name and kind of each."""
    execute(
        conn,
        """
        WITH city AS (INSERT INTO region (level, name) VALUES ('city', 'Bench') RETURNING id)
        INSERT INTO site (slug, name, region_id, created_at)
        SELECT t.slug, t.slug, city.id, %(now)s FROM city, unnest(%(sites)s::text[]) AS t (slug)
        """,
        sites=sites,
        now=now,
    )
    execute(
        conn,
        """
        INSERT INTO device (site_id, slug, kind, name, registered_at)
        SELECT s.id, t.slug, t.kind, t.slug, %(now)s
          FROM unnest(%(sites)s::text[], %(slugs)s::text[], %(kinds)s::text[]) AS t (site, slug, kind)
          JOIN site s ON s.slug = t.site
        """,
        sites=sites_of,
        slugs=slugs,
        kinds=kinds,
        now=now,
    )


def create_bare_table(conn: Connection) -> None:
    """What the bare pipeline writes into: the first four numbers of a message, by where it came from and when."""
    execute(
        conn,
        """
        CREATE TABLE bare_reading (
            site text, device text, ts bigint, a real, b real, c real, d real, PRIMARY KEY (site, device, ts)
        )
        """,
    )


def count_rows(conn: Connection, table: str) -> int:
    """How many rows a series table has."""
    row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def count_inserted(conn: Connection, table: str) -> int:
    """Rows put into a series table since the server began, as its statistics know of it: a second late, and at next to no cost."""
    row = conn.execute(
        """
        SELECT coalesce(sum(pg_stat_get_tuples_inserted(relid)), 0)
          FROM (SELECT relid FROM pg_partition_tree(%(table)s::regclass) UNION SELECT %(table)s::regclass) AS part
        """,
        {"table": table},
    ).fetchone()
    return int(row[0]) if row else 0


def list_commits(conn: Connection, table: str) -> list[Commit]:
    """Every transaction that wrote rows of the table; the server must track commit timestamps."""
    rows = conn.execute(
        sql.SQL("SELECT pg_xact_commit_timestamp(xmin), count(*) FROM {} GROUP BY xmin").format(sql.Identifier(table))
    ).fetchall()
    return [Commit(at=row[0], rows=row[1]) for row in rows]


def list_latencies(conn: Connection, table: str, *, since: datetime) -> list[float]:
    """Milliseconds from a row's own time to its commit, of rows with a time from `since` on."""
    rows = conn.execute(
        sql.SQL(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - ts)::double precision * 1000 FROM {} WHERE ts >= %s"
        ).format(sql.Identifier(table)),
        (since,),
    ).fetchall()
    return [row[0] for row in rows]


def list_missing_numbers(conn: Connection, *, sent: int) -> list[int]:
    """Which of the numbers from 0 to below `sent` have not arrived."""
    rows = conn.execute(
        """
        SELECT sent.number
          FROM generate_series(0, %(sent)s::bigint - 1) AS sent (number)
         WHERE NOT EXISTS (SELECT FROM reading_gate_barrier r WHERE r.cycles = sent.number)
         ORDER BY sent.number
        """,
        {"sent": sent},
    ).fetchall()
    return [row[0] for row in rows]


def count_numbers(conn: Connection) -> Counted:
    """What has arrived of the numbered messages."""
    return fetch_one(conn, Counted, "SELECT count(*) AS rows, count(DISTINCT cycles) AS different FROM reading_gate_barrier")
