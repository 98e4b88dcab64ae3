"""Signing in with a password, and slowing down who guesses."""

import ipaddress
import math
from datetime import datetime, timedelta

from core.errors import NotSignedIn, TooManyRequests
from core.logs import get_logger
from people import audit, passwords, sessions
from people.models import Actor, Credentials, Session
from people.queries import persons
from people.queries import sessions as queries
from store.db import Connection, Database

WINDOW = timedelta(minutes=15)
USERNAME_LIMIT = 8
IP_LIMIT = 60  # the people of one compound share an address

log = get_logger(__name__)


class WrongPassword(NotSignedIn):
    """Unknown username, wrong password or an account that was switched off: the answer is the same."""

    code = "wrong_password"


def sign_in(db: Database, *, username: str, password: str, ip: str, user_agent: str, now: datetime) -> tuple[str, Session]:
    """A new session and the token for its cookie. Raises WrongPassword, or TooManyRequests with `retry_after` seconds.

    Takes the database and not a connection: the attempt must be written down even when it fails, and no connection
    is held while the hash is computed.
    """
    username = username.replace("\x00", "").strip().lower()[:64]
    with db.transaction() as conn:
        _count_attempt(conn, username=username, network=network_of(ip), now=now)
        credentials = persons.find_credentials(conn, username=username)
    right = passwords.verify_password(credentials.password_hash if credentials else None, password)
    if credentials is None or not right or not credentials.active:
        log.info("sign_in_refused", username=username, ip=ip)
        raise WrongPassword
    new_hash = passwords.hash_password(password) if passwords.needs_rehash(credentials.password_hash) else None
    with db.transaction() as conn:
        return _start(conn, credentials, new_hash=new_hash, ip=ip, user_agent=user_agent, now=now)


def network_of(ip: str) -> str:
    """What counts as one address: an IPv6 customer has a whole /64 to try from."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def _count_attempt(conn: Connection, *, username: str, network: str, now: datetime) -> None:
    """Counted before the password is looked at, so that attempts at the same moment cannot pass together."""
    queries.lock_attempts(conn, username=username, ip=network)
    after = now - WINDOW
    full_since = [
        queries.find_nth_attempt_by_username(conn, username=username, after=after, n=USERNAME_LIMIT),
        queries.find_nth_attempt_by_ip(conn, ip=network, after=after, n=IP_LIMIT),
    ]
    free_at = max((at + WINDOW for at in full_since if at is not None), default=None)
    if free_at is not None:
        log.warning("sign_in_throttled", username=username, ip=network)
        seconds = max(1, math.ceil((free_at - now).total_seconds()))
        raise TooManyRequests("sign_in_throttled", retry_after=seconds, minutes=math.ceil(seconds / 60))
    queries.create_attempt(conn, username=username, ip=network, now=now)


def _start(
    conn: Connection, checked: Credentials, *, new_hash: str | None, ip: str, user_agent: str, now: datetime
) -> tuple[str, Session]:
    """The session, unless the account was changed while the password was being checked."""
    current = persons.lock_credentials(conn, person_id=checked.person_id)
    if current != checked:
        raise WrongPassword
    if new_hash is not None:
        persons.update_password_hash(conn, checked.person_id, password_hash=new_hash)
    queries.delete_attempts_of(conn, username=checked.username)
    actor = Actor(person_id=checked.person_id, ip=ip)
    audit.write_audit(conn, actor, now=now, action="session.started", subject=f"person:{checked.person_id}")
    return sessions.start_session(conn, person_id=checked.person_id, user_agent=user_agent, ip=ip, now=now)
