"""Sessions of browsers: the cookie holds a random token, the table only its hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from people.audit import write_audit
from people.models import Actor, Session
from people.queries import sessions as queries
from store.db import Connection

IDLE_LIMIT = timedelta(hours=12)
LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=1)


def hash_token(token: str) -> bytes:
    """What the tables keep of a token. It is random enough that no salt is needed."""
    return hashlib.sha256(token.encode()).digest()


def start_session(conn: Connection, *, person_id: int, user_agent: str, ip: str, now: datetime) -> tuple[str, Session]:
    """A new session and the token for its cookie."""
    token = secrets.token_urlsafe(32)
    session = Session(
        token_hash=hash_token(token),
        person_id=person_id,
        csrf_token=secrets.token_urlsafe(32),
        created_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
    )
    queries.create_session(conn, session=session, user_agent=user_agent[:300], ip=ip)
    return token, session


def find_session(conn: Connection, token: str, *, now: datetime) -> Session | None:
    """The session of a cookie, if it still holds; notes at most once a minute that it was seen."""
    session = queries.find_session(conn, token_hash=hash_token(token), now=now, seen_after=now - IDLE_LIMIT)
    if session is not None and session.seen_at <= now - SEEN_EVERY:
        queries.mark_session_seen(conn, token_hash=session.token_hash, now=now, seen_before=now - SEEN_EVERY)
    return session


def end_session(conn: Connection, session: Session) -> None:
    """Sign out."""
    queries.delete_session(conn, token_hash=session.token_hash)


def end_other_sessions(conn: Connection, actor: Actor, *, session: Session, now: datetime) -> None:
    """Sign out everywhere else."""
    ended = queries.delete_sessions_of(conn, person_id=session.person_id, keep=session.token_hash)
    write_audit(conn, actor, now=now, action="session.others_ended", subject=f"person:{session.person_id}", detail={"count": ended})
