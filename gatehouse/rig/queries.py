"""SQL of the rig: a city put into the ledger in bulk, and what was committed when."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from simulators.models import SimSite
from store.db import Connection, execute


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """One transaction: when it was committed, and how many rows of a table it wrote."""

    at: datetime
    rows: int


def insert_city(conn: Connection, sites: list[SimSite], *, now: datetime) -> None:
    """The sites in one region, with their devices in operation and nothing else."""
    execute(
        conn,
        """
        WITH city AS (INSERT INTO region (level, name) VALUES ('city', 'Bench') RETURNING id)
        INSERT INTO site (slug, name, region_id, created_at)
        SELECT t.slug, t.slug, city.id, %(now)s FROM city, unnest(%(slugs)s::text[]) AS t (slug)
        """,
        slugs=[site.slug for site in sites],
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
        sites=[site.slug for site in sites for _ in site.devices],
        slugs=[device.slug for site in sites for device in site.devices],
        kinds=[device.kind for site in sites for device in site.devices],
        now=now,
    )


def count_rows(conn: Connection, table: str) -> int:
    """How many rows a series table has."""
    row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
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
