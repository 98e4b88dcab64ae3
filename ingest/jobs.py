"""What ingest has done regularly: room for readings to come, rollups, and bounds on what is kept."""

from datetime import datetime, timedelta

from core.clock import Clock
from core.settings import Settings
from ingest.queries.inboxes import (
    delete_discovered_beyond,
    delete_old_discovered,
    delete_old_rejected,
    delete_old_unmapped,
    delete_rejected_beyond,
)
from ingest.retention import drop_old_series
from ingest.rollup import roll_up
from ingest.tables import series_tables
from store.db import Connection, Database
from store.jobs import Job
from store.series import compress_before, prepare_days

# The scheduler may be away for so long before the ingester must make room by itself.
_DAYS_AHEAD = timedelta(days=3)
_MOST_DISCOVERED = 1000  # of one site


def prepare_partitions(conn: Connection, now: datetime, settings: Settings) -> int:
    """Make room for every reading that would be taken, and for the days to come; the number of partitions made."""
    first = now - settings.max_reading_age
    last = now + max(settings.max_clock_ahead, _DAYS_AHEAD)
    return prepare_days(conn, series_tables(), first.date(), last.date())


def jobs(settings: Settings) -> tuple[Job, ...]:
    """Partitions ahead, rollups, retention and compression of readings, bounds of the two inboxes."""

    def prepare(conn: Connection, now: datetime) -> int:
        return prepare_partitions(conn, now, settings)

    def drop_old(conn: Connection, now: datetime) -> int:
        return drop_old_series(conn, now, settings)

    def compress_old(conn: Connection, now: datetime) -> int:
        # Not what the rollups still look through for what comes in late.
        return compress_before(
            conn, series_tables(), now - max(settings.compress_after, settings.max_reading_age + timedelta(days=2))
        )

    def roll(db: Database, clock: Clock) -> int:
        return roll_up(db, clock, settings)

    def bound_inboxes(conn: Connection, now: datetime) -> int:
        before = now - settings.rejected_retention
        forgotten = delete_old_rejected(conn, before=before) + delete_old_unmapped(conn, before=before)
        forgotten += delete_rejected_beyond(conn, most=settings.rejected_limit, most_bytes=settings.rejected_bytes)
        return forgotten + delete_old_discovered(conn, before=before) + delete_discovered_beyond(conn, most=_MOST_DISCOVERED)

    return (
        Job(slug="prepare_partitions", every=timedelta(hours=1), run=prepare),
        Job(slug="roll_up", every=timedelta(minutes=5), work=roll),
        Job(slug="drop_old_readings", every=timedelta(hours=6), run=drop_old),
        Job(slug="compress_old_readings", every=timedelta(hours=6), run=compress_old),
        Job(slug="bound_inboxes", every=timedelta(minutes=1), run=bound_inboxes),
    )
