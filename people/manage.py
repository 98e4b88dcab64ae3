"""What administrators do with people, and people with their own account."""

import re
from collections.abc import Mapping
from datetime import datetime

from core import checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import LANGUAGES, Language
from people import passwords
from people.audit import write_audit
from people.models import ROLES, SITE_ROLES, Actor, Person, PersonGrant, Role, Session
from people.queries import grants as grant_queries
from people.queries import persons, sessions, tokens
from store.db import Connection

NAME_LIMIT = 60
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


def create_person(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    username: str,
    display_name: str,
    password: str,
    language: str | None = None,
) -> Person:
    """Someone who may sign in and, until a role is granted, see nothing. Raises Conflict when the username is taken."""
    username = username.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid("username_form", field="username")
    display_name = checks.one_line(display_name, field="display_name", limit=NAME_LIMIT)
    passwords.check_password(password, username=username)
    person_id = persons.create_person(
        conn,
        username=username,
        display_name=display_name,
        password_hash=passwords.hash_password(password),
        language=_language(language),
        now=now,
    )
    if person_id is None:
        raise Conflict("username_taken", field="username", username=username)
    created = persons.get_person(conn, person_id)
    _tell(conn, actor, created, action="person.created", now=now, detail={"display_name": display_name})
    return created


def update_person(
    conn: Connection, actor: Actor, *, now: datetime, person_id: int, display_name: str, language: str | None
) -> Person:
    """Another name to show, or language. The username stays: it is in the log."""
    display_name = checks.one_line(display_name, field="display_name", limit=NAME_LIMIT)
    before = persons.get_person(conn, person_id)
    persons.update_person(conn, person_id, display_name=display_name, language=_language(language))
    after = persons.get_person(conn, person_id)
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in ("display_name", "language")}
    detail = {name: {"from": old, "to": new} for name, (old, new) in pairs.items() if old != new}
    if detail:
        _tell(conn, actor, after, action="person.changed", now=now, detail=detail)
    return after


def deactivate(conn: Connection, actor: Actor, *, now: datetime, person_id: int) -> None:
    """No more signing in; sessions and API tokens end. Raises Conflict for the last admin."""
    person = persons.get_person(conn, person_id)
    _keep_an_admin(conn, without=person_id)
    if persons.mark_active(conn, person_id, active=False):
        sessions.delete_sessions_of(conn, person_id=person_id)
        tokens.revoke_tokens_of(conn, person_id=person_id, now=now)
        _tell(conn, actor, person, action="person.deactivated", now=now)


def activate(conn: Connection, actor: Actor, *, now: datetime, person_id: int) -> None:
    """Signing in works again, with the same password and roles."""
    person = persons.get_person(conn, person_id)
    if persons.mark_active(conn, person_id, active=True):
        _tell(conn, actor, person, action="person.activated", now=now)


def set_password(conn: Connection, actor: Actor, *, now: datetime, person_id: int, password: str) -> None:
    """Give somebody a new password; whoever is signed in with the old one is signed out."""
    person = persons.get_person(conn, person_id)
    _replace_password(conn, person, password, field="password", keep=b"")
    _tell(conn, actor, person, action="person.password_set", now=now)


def change_own_password(conn: Connection, actor: Actor, *, now: datetime, session: Session, current: str, password: str) -> None:
    """One's own, knowing the current one; every other session ends."""
    person = persons.get_person(conn, session.person_id)
    credentials = persons.lock_credentials(conn, person_id=person.id)
    if not passwords.verify_password(credentials.password_hash, current):
        raise Invalid("current_password_wrong", field="current")
    _replace_password(conn, person, password, field="password", keep=session.token_hash)
    _tell(conn, actor, person, action="person.password_changed", now=now)


def grant_role(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    person_id: int,
    role: str,
    site_id: int | None = None,
    region_id: int | None = None,
) -> PersonGrant:
    """Give a role: `admin` everywhere, `regional` for a region, the others for a site. Raises Conflict when already given."""
    person = persons.get_person(conn, person_id)
    wanted: Role = checks.one_of(role, ROLES, field="role")
    if (wanted in SITE_ROLES) != (site_id is not None):
        raise Invalid("grant_needs_site" if site_id is None else "grant_without_site", field="site")
    if (wanted == "regional") != (region_id is not None):
        raise Invalid("grant_needs_region" if region_id is None else "grant_without_region", field="region_id")
    grant_id = grant_queries.create_grant(conn, person_id=person_id, role=wanted, site_id=site_id, region_id=region_id)
    if grant_id is None:
        raise Conflict("grant_exists", field="role")
    granted = get_grant(conn, person_id=person_id, grant_id=grant_id)
    _tell(conn, actor, person, action="role.granted", now=now, site_id=granted.site_id, detail=_names(granted))
    return granted


def revoke_role(conn: Connection, actor: Actor, *, now: datetime, person_id: int, grant_id: int) -> None:
    """Take a role back. Raises Conflict for the last admin's."""
    granted = get_grant(conn, person_id=person_id, grant_id=grant_id)
    if granted.role == "admin":
        _keep_an_admin(conn, without=person_id)
    if not grant_queries.delete_grant(conn, grant_id):
        raise NotFound
    person = persons.get_person(conn, person_id)
    _tell(conn, actor, person, action="role.revoked", now=now, site_id=granted.site_id, detail=_names(granted))


def get_grant(conn: Connection, *, person_id: int, grant_id: int) -> PersonGrant:
    """One grant of that person."""
    for grant in grant_queries.list_grants_of(conn, person_ids=[person_id]):
        if grant.id == grant_id:
            return grant
    raise NotFound


def _language(language: str | None) -> Language | None:
    return checks.one_of(language, LANGUAGES, field="language") if language else None


def _replace_password(conn: Connection, person: Person, password: str, *, field: str, keep: bytes) -> None:
    passwords.check_password(password, username=person.username, field=field)
    persons.update_password_hash(conn, person.id, password_hash=passwords.hash_password(password))
    sessions.delete_sessions_of(conn, person_id=person.id, keep=keep)


def _keep_an_admin(conn: Connection, *, without: int) -> None:
    admins = grant_queries.lock_admins(conn)
    if without in admins and set(admins) == {without}:
        raise Conflict("last_admin")


def _tell(
    conn: Connection,
    actor: Actor,
    person: Person,
    *,
    now: datetime,
    action: str,
    site_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """The audit entry of a change of a person; the username tells a reader who it was."""
    whole = {"username": person.username, **(detail or {})}
    write_audit(conn, actor, now=now, action=action, subject=f"person:{person.id}", site_id=site_id, detail=whole)


def _names(grant: PersonGrant) -> dict[str, object]:
    return {"role": grant.role, "site": grant.site_name, "region": grant.region_name}
