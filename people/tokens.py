"""API tokens: programs that act for a person."""

import secrets
from datetime import datetime, timedelta

from core import checks
from people import audit
from people.models import Actor, ApiToken
from people.queries import tokens as queries
from people.sessions import hash_token
from store.db import Connection

PREFIX = "gh_"
USED_EVERY = timedelta(minutes=1)
NAME_LIMIT = 60


def create_token(conn: Connection, actor: Actor, *, person_id: int, name: str, now: datetime) -> tuple[str, ApiToken]:
    """A new token. The first value is the token itself, never to be had again."""
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    token = PREFIX + secrets.token_urlsafe(32)
    created = queries.create_token(conn, person_id=person_id, name=name, token_hash=hash_token(token), now=now)
    audit.write_audit(conn, actor, now=now, action="token.created", subject=f"token:{created.id}", detail={"name": name})
    return token, created


def find_owner(conn: Connection, token: str, *, now: datetime) -> int | None:
    """Whose token it is, if it holds; notes at most once a minute that it was used."""
    if not token.startswith(PREFIX):
        return None
    found = queries.find_token(conn, token_hash=hash_token(token))
    if found is None:
        return None
    if found.last_used_at is None or found.last_used_at <= now - USED_EVERY:
        queries.mark_token_used(conn, token_id=found.id, now=now, used_before=now - USED_EVERY)
    return found.person_id


def revoke_token(conn: Connection, actor: Actor, *, person_id: int, token_id: int, now: datetime) -> None:
    """End a token of that person; NotFound when there is none that holds."""
    revoked = queries.revoke_token(conn, person_id=person_id, token_id=token_id, now=now)
    detail = {"name": revoked.name}
    audit.write_audit(conn, actor, now=now, action="token.revoked", subject=f"token:{token_id}", detail=detail)
