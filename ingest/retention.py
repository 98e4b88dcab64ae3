"""Drops what is older than it is to be kept, and never what the rollups have not taken in."""

from datetime import datetime, timedelta

from core.settings import Settings
from ingest.kinds import all_kinds
from ingest.queries.rollup_marks import mark_dropped, take_mark
from ingest.rollup_tables import STATUS_ROLLUP, Rollup, rollup_of
from ingest.tables import EVENT_TABLE, reading_table
from store.db import Connection
from store.series import drop_before

# An hour of a day is computed from readings of the hour before too; a day by the site's clock lies in up to three of ours.
_MARGIN = timedelta(days=2)


def drop_old_series(conn: Connection, now: datetime, settings: Settings) -> int:
    """Drop whole partitions of readings, events and rollups by the retention of each; how many."""
    # What may still come in late must have a place.
    kept = max(settings.reading_retention, settings.max_reading_age)
    dropped = drop_before(conn, (EVENT_TABLE,), now - kept)
    for kind in all_kinds().values():
        rollup = rollup_of(kind)
        mark = take_mark(conn, rollup.series)
        if mark.rolled_to is not None:
            # What was received since the mark, however late, is not in the rollups yet.
            moment = min(now - kept, mark.rolled_to - settings.max_reading_age - _MARGIN)
            mark_dropped(conn, rollup.series, readings=moment)
            dropped += drop_before(conn, (reading_table(kind),), moment)
        dropped += _drop_rollups(conn, rollup, now, settings)
    return dropped + _drop_rollups(conn, STATUS_ROLLUP, now, settings)


def _drop_rollups(conn: Connection, rollup: Rollup, now: datetime, settings: Settings) -> int:
    hourly = now - max(settings.hourly_retention, settings.max_reading_age + _MARGIN)
    daily = min(hourly, now - settings.daily_retention)
    mark_dropped(conn, rollup.series, hourly=hourly, daily=daily)
    return drop_before(conn, (rollup.hourly,), hourly) + drop_before(conn, (rollup.daily,), daily)
