"""Finds out who calls: by the session cookie or by an API token."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from core.errors import NotSignedIn
from core.settings import Settings
from people import grants, sessions, tokens
from people.models import Actor, Session, Viewer
from store.db import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """A person, and the browser session they came with; None when it was an API token."""

    viewer: Viewer
    session: Session | None


def cookie_name(settings: Settings) -> str:
    """`__Host-` makes browsers refuse the cookie from a subdomain or without encryption."""
    return "__Host-gatehouse" if settings.secure_cookies else "gatehouse"


def ip_of(request: Request) -> str:
    """The address of the caller, as the server sees it."""
    return request.client.host if request.client else ""


def actor_of(request: Request, viewer: Viewer) -> Actor:
    """The viewer as the author of changes."""
    return Actor(person_id=viewer.person_id, ip=ip_of(request))


def find_caller(request: Request, conn: Connection, settings: Settings, now: datetime) -> Caller | None:
    """Who calls, or None. A bearer token that does not hold is an error, not a stranger."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        person_id = tokens.find_owner(conn, token.strip(), now=now)
        session = None
    else:
        cookie = request.cookies.get(cookie_name(settings))
        session = sessions.find_session(conn, cookie, now=now) if cookie else None
        if session is None:
            return None
        person_id = session.person_id
    viewer = grants.find_viewer(conn, person_id) if person_id is not None else None
    if viewer is None:
        if session is None:
            raise NotSignedIn
        return None
    request.state.language = viewer.language
    return Caller(viewer=viewer, session=session)
