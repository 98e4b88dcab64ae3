"""Keeps the hourly and daily figures: incremental, idempotent, and late readings come into their own hour.

Readings are taken in the order in which they were received, an hour of our clock at a time. Each hour of a device in which
one of them lies is computed anew, wholly and from what is stored: doing it twice changes nothing. Nothing needs to be
noted when readings are written.
"""

from datetime import UTC, datetime, timedelta

from core.clock import Clock
from core.settings import Settings
from ingest.kinds import all_kinds
from ingest.model import DeviceKind
from ingest.queries.rollup_marks import find_first_arrival, go_back, mark_rolled, note_heard, take_mark, try_rollup_lock
from ingest.queries.rollups import Day, roll_up_days, roll_up_hours, roll_up_status_hours
from ingest.rollup_tables import STATUS_ROLLUP, Rollup, rollup_of
from ingest.tables import reading_table
from ingest.views import RollupMark
from store.db import Connection, Database
from store.series import SeriesTable, prepare_days, summarize_arrivals

HOUR = timedelta(hours=1)
# What was received before a heartbeat is committed so long after the heartbeat was seen, also when a queue had formed.
_SETTLED = timedelta(minutes=5)
_BUDGET_SECONDS = 5.0  # for each table, so that a backlog of one does not keep the others waiting
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


def roll_up(db: Database, clock: Clock, settings: Settings) -> int:
    """Go on as far as everything is in, or for some seconds with each table; how many hours of received readings were taken in."""
    with db.transaction() as holder:
        if not try_rollup_lock(holder):
            return 0
        with db.transaction() as conn:
            end = settle(conn, clock.now())
        steps = 0
        for rollup, kind in (*((rollup_of(kind), kind) for kind in all_kinds().values()), (STATUS_ROLLUP, None)):
            enough = clock.monotonic() + _BUDGET_SECONDS
            while _step(db, rollup, kind, end, settings):
                steps += 1
                if clock.monotonic() > enough:
                    break
    return steps


def settle(conn: Connection, now: datetime) -> datetime:
    """The hour until which all that was received is in the database. What may have come behind a mark sets it back."""
    settled = now - _SETTLED
    since = note_heard(conn, now=now, settled=settled)
    end = _hour(min(settled, since) if since else settled)
    go_back(conn, end)
    return end


def _step(db: Database, rollup: Rollup, kind: DeviceKind | None, end: datetime, settings: Settings) -> bool:
    """Take in one hour of what was received, in one transaction; whether there was one before `end`."""
    with db.transaction() as conn:
        mark = take_mark(conn, rollup.series)
        first = mark.rolled_to or find_first_arrival(conn, rollup.series)
        if first is None or _hour(first) >= end:
            return False
        since = _hour(first)
        days = _take_status(conn, since, mark) if kind is None else _take_readings(conn, rollup, kind, since, mark, settings)
        if days:
            _prepare(conn, rollup.daily, min(day[2] for day in days), max(day[2] for day in days))
            roll_up_days(conn, rollup, days)
        mark_rolled(conn, rollup.series, since + HOUR)
        return True


def _take_readings(
    conn: Connection, rollup: Rollup, kind: DeviceKind, since: datetime, mark: RollupMark, settings: Settings
) -> list[Day]:
    """The hours of all readings received in the hour from `since` on; the days that change."""
    table = reading_table(kind)
    oldest, newest = since - settings.max_reading_age - HOUR, since + settings.max_clock_ahead + 2 * HOUR
    # A first hour whose readings are there but not the ones just before it would be computed from less than it was.
    floor = max((mark.readings_from or _LONG_AGO) + HOUR, mark.hourly_from or _LONG_AGO)
    _prepare(conn, rollup.hourly, max(oldest, floor), newest)
    days = roll_up_hours(
        conn,
        rollup,
        since=since,
        until=since + HOUR,
        oldest=oldest,
        newest=newest,
        silent_after=kind.silent_after,
        floor=floor,
        day_floor=_day_floor(mark),
    )
    summarize_arrivals(conn, table, oldest)
    return days


def _take_status(conn: Connection, since: datetime, mark: RollupMark) -> list[Day]:
    """The hour from `since` on of every device; the days that change."""
    _prepare(conn, STATUS_ROLLUP.hourly, since - HOUR, since)
    return roll_up_status_hours(conn, until=since + HOUR, floor=mark.hourly_from or _LONG_AGO, day_floor=_day_floor(mark))


def _prepare(conn: Connection, table: SeriesTable, first: datetime, last: datetime) -> None:
    prepare_days(conn, (table,), first.date(), last.date())


def _day_floor(mark: RollupMark) -> datetime:
    """Days from here on have all their hours."""
    return max(mark.hourly_from or _LONG_AGO, mark.daily_from or _LONG_AGO)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
