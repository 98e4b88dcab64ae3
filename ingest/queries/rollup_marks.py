"""SQL of how far the rollups are, what they may still be computed from, and who may have brought something since."""

from datetime import datetime

from psycopg import sql

from ingest.views import RollupMark
from store.db import Connection, execute, fetch_one, fetch_value, find_one

_LOCK_SPACE = 7004  # any number, another than every other part's


def try_rollup_lock(conn: Connection) -> bool:
    """Whether nobody else rolls up; held until the transaction ends."""
    return bool(fetch_value(conn, "SELECT pg_try_advisory_xact_lock(%(space)s, 0)", space=_LOCK_SPACE))


def find_first_arrival(conn: Connection, series: str) -> datetime | None:
    """When the first of its readings was received, or its first transition was. Reads all of it."""
    column = sql.Identifier("at" if series == "device_status" else "received_at")
    row = conn.execute(sql.SQL("SELECT min({}) FROM {}").format(column, sql.Identifier(series))).fetchone()
    return row[0] if row else None


def find_mark(conn: Connection, series: str) -> RollupMark | None:
    """How far the rollups of a table are."""
    return find_one(
        conn,
        RollupMark,
        "SELECT rolled_to, readings_from, hourly_from, daily_from FROM rollup_mark WHERE series = %(series)s",
        series=series,
    )


def take_mark(conn: Connection, series: str) -> RollupMark:
    """The same, held until the transaction ends, so that nothing is dropped meanwhile."""
    execute(conn, "INSERT INTO rollup_mark (series) VALUES (%(series)s) ON CONFLICT DO NOTHING", series=series)
    return fetch_one(
        conn,
        RollupMark,
        "SELECT rolled_to, readings_from, hourly_from, daily_from FROM rollup_mark WHERE series = %(series)s FOR UPDATE",
        series=series,
    )


def mark_rolled(conn: Connection, series: str, to: datetime) -> None:
    """Everything received before `to` is in the rollups."""
    execute(conn, "UPDATE rollup_mark SET rolled_to = %(to)s WHERE series = %(series)s", series=series, to=to)


def go_back(conn: Connection, to: datetime) -> int:
    """Whatever was received from `to` on may not be in the rollups; of how many tables that is news."""
    return execute(conn, "UPDATE rollup_mark SET rolled_to = %(to)s WHERE rolled_to > %(to)s", to=to)


def mark_dropped(
    conn: Connection,
    series: str,
    *,
    readings: datetime | None = None,
    hourly: datetime | None = None,
    daily: datetime | None = None,
) -> None:
    """Readings, hours or days older than that may be gone."""
    execute(
        conn,
        """
        INSERT INTO rollup_mark (series, readings_from, hourly_from, daily_from)
        VALUES (%(series)s, %(readings)s::timestamptz, %(hourly)s::timestamptz, %(daily)s::timestamptz)
            ON CONFLICT (series) DO UPDATE
           SET readings_from = greatest(rollup_mark.readings_from, excluded.readings_from),
               hourly_from = greatest(rollup_mark.hourly_from, excluded.hourly_from),
               daily_from = greatest(rollup_mark.daily_from, excluded.daily_from)
        """,
        series=series,
        readings=readings,
        hourly=hourly,
        daily=daily,
    )


def note_heard(conn: Connection, *, now: datetime, settled: datetime) -> datetime | None:
    """From when on readings may have been committed that were not there before, by any ingester; None: by none.

    What an ingester had received by a heartbeat is in the database by `settled` after that heartbeat was noted. One that has
    said nothing since then has committed nothing; one that is heard again may bring what it received before, unless it
    was started anew: what it held in memory came again.
    """
    since: datetime | None = fetch_value(
        conn,
        """
        SELECT min(greatest(i.started_at, h.seen_at))
          FROM ingester i
          LEFT JOIN LATERAL (
            SELECT h.seen_at FROM rollup_heard h
             WHERE h.client_id = i.client_id AND h.noted_at <= %(settled)s ORDER BY h.noted_at DESC LIMIT 1) AS h ON true
         WHERE i.seen_at > coalesce(h.seen_at, '-infinity')
        """,
        settled=settled,
    )
    execute(
        conn,
        """
        INSERT INTO rollup_heard (client_id, noted_at, seen_at) SELECT client_id, %(now)s, seen_at FROM ingester
            ON CONFLICT (client_id, noted_at) DO NOTHING
        """,
        now=now,
    )
    execute(
        conn,
        """
        DELETE FROM rollup_heard h
         WHERE EXISTS (SELECT 1 FROM rollup_heard later
                        WHERE later.client_id = h.client_id AND later.noted_at > h.noted_at AND later.noted_at <= %(settled)s)
        """,
        settled=settled,
    )
    return since
