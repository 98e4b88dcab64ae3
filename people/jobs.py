"""What people need done regularly."""

from datetime import datetime, timedelta

from core.settings import Settings
from people.queries import sessions
from people.sessions import IDLE_LIMIT
from people.sign_in import WINDOW
from store.db import Connection
from store.jobs import Job


def purge_sessions(conn: Connection, now: datetime) -> int:
    """Forget sessions that have ended and sign-in attempts that no longer count."""
    ended = sessions.delete_ended_sessions(conn, now=now, seen_before=now - IDLE_LIMIT)
    return ended + sessions.delete_old_attempts(conn, before=now - WINDOW)


def jobs(_settings: Settings) -> tuple[Job, ...]:
    """What ended is forgotten every hour."""
    return (Job(slug="purge_sessions", every=timedelta(hours=1), run=purge_sessions),)
