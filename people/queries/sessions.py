"""SQL of browser sessions and sign-in attempts."""

from datetime import datetime

from people.models import Session
from store.db import Connection, execute, fetch_value, find_one


def find_session(conn: Connection, *, token_hash: bytes, now: datetime, seen_after: datetime) -> Session | None:
    """A session that is neither past its end nor idle."""
    return find_one(
        conn,
        Session,
        """
        SELECT token_hash, person_id, csrf_token, created_at, seen_at, expires_at
          FROM session
         WHERE token_hash = %(token_hash)s AND expires_at > %(now)s AND seen_at > %(seen_after)s
        """,
        token_hash=token_hash,
        now=now,
        seen_after=seen_after,
    )


def mark_session_seen(conn: Connection, *, token_hash: bytes, now: datetime, seen_before: datetime) -> None:
    """Skipped while another request of the same session is doing it."""
    execute(
        conn,
        """
        UPDATE session SET seen_at = %(now)s
         WHERE token_hash = (SELECT token_hash FROM session
                              WHERE token_hash = %(token_hash)s AND seen_at <= %(seen_before)s
                                FOR UPDATE SKIP LOCKED)
        """,
        token_hash=token_hash,
        now=now,
        seen_before=seen_before,
    )


def create_session(conn: Connection, *, session: Session, user_agent: str, ip: str) -> None:
    execute(
        conn,
        """
        INSERT INTO session (token_hash, person_id, csrf_token, created_at, seen_at, expires_at, user_agent, ip)
        VALUES (%(token_hash)s, %(person_id)s, %(csrf_token)s, %(created_at)s, %(seen_at)s, %(expires_at)s,
                %(user_agent)s, %(ip)s)
        """,
        token_hash=session.token_hash,
        person_id=session.person_id,
        csrf_token=session.csrf_token,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        user_agent=user_agent,
        ip=ip,
    )


def delete_session(conn: Connection, *, token_hash: bytes) -> None:
    execute(conn, "DELETE FROM session WHERE token_hash = %(token_hash)s", token_hash=token_hash)


def delete_sessions_of(conn: Connection, *, person_id: int, keep: bytes = b"") -> int:
    """End every session of a person but the one to keep."""
    return execute(
        conn,
        "DELETE FROM session WHERE person_id = %(person_id)s AND token_hash <> %(keep)s",
        person_id=person_id,
        keep=keep,
    )


def delete_ended_sessions(conn: Connection, *, now: datetime, seen_before: datetime) -> int:
    return execute(
        conn,
        "DELETE FROM session WHERE expires_at <= %(now)s OR seen_at <= %(seen_before)s",
        now=now,
        seen_before=seen_before,
    )


def lock_attempts(conn: Connection, *, username: str, ip: str) -> None:
    """One sign-in at a time for a username and for an address, until the transaction ends."""
    execute(
        conn,
        "SELECT pg_advisory_xact_lock(1, hashtext(%(username)s)), pg_advisory_xact_lock(2, hashtext(%(ip)s))",
        username=username,
        ip=ip,
    )


def find_nth_attempt_by_username(conn: Connection, *, username: str, after: datetime, n: int) -> datetime | None:
    """When the n-th last attempt after that moment was; None when there were fewer."""
    at: datetime | None = fetch_value(
        conn,
        """
        SELECT at FROM login_attempt
         WHERE username = %(username)s AND at > %(after)s
         ORDER BY at DESC OFFSET %(n)s - 1 LIMIT 1
        """,
        username=username,
        after=after,
        n=n,
    )
    return at


def find_nth_attempt_by_ip(conn: Connection, *, ip: str, after: datetime, n: int) -> datetime | None:
    """When the n-th last attempt after that moment was; None when there were fewer."""
    at: datetime | None = fetch_value(
        conn,
        """
        SELECT at FROM login_attempt
         WHERE ip = %(ip)s AND at > %(after)s
         ORDER BY at DESC OFFSET %(n)s - 1 LIMIT 1
        """,
        ip=ip,
        after=after,
        n=n,
    )
    return at


def create_attempt(conn: Connection, *, username: str, ip: str, now: datetime) -> None:
    execute(
        conn,
        "INSERT INTO login_attempt (username, ip, at) VALUES (%(username)s, %(ip)s, %(now)s)",
        username=username,
        ip=ip,
        now=now,
    )


def delete_attempts_of(conn: Connection, *, username: str) -> None:
    execute(conn, "DELETE FROM login_attempt WHERE username = %(username)s", username=username)


def delete_old_attempts(conn: Connection, *, before: datetime) -> int:
    return execute(conn, "DELETE FROM login_attempt WHERE at < %(before)s", before=before)
