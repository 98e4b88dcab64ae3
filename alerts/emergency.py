"""When the disk of the database is full, make room for the alert that says so."""

from alerts.engine import evaluate
from alerts.rules import all_rules
from core.clock import Clock
from core.logs import get_logger
from ingest.troubles import list_troubles
from store.db import Connection, Database
from store.reserve import fill_reserve, release_reserve

log = get_logger(__name__)

RULE = "database_full"


def make_room(db: Database, clock: Clock) -> int:
    """Give the reserve back when something is refused for want of room, and open the alert before others take it."""
    with db.transaction() as conn:
        if not _is_full(conn, clock) or not release_reserve(conn):
            return 0
    log.warning("disk of the database is full, its reserve was given back")
    with db.transaction() as conn:
        return evaluate(conn, clock.now(), (all_rules()[RULE],))


def keep_reserve(db: Database, clock: Clock) -> int:
    """Take it again once there is room."""
    with db.transaction() as conn:
        if _is_full(conn, clock):
            return 0
    return int(fill_reserve(db))


def _is_full(conn: Connection, clock: Clock) -> bool:
    return any(trouble.why == "disk_full" for trouble in list_troubles(conn, clock.now()))
