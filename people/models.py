"""Who there is, what they may do where, and how they prove it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from core.i18n import Language

Role = Literal["guard", "leader", "engineer", "manager", "regional", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
SITE_ROLES: tuple[Role, ...] = ("guard", "leader", "engineer", "manager")


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who makes a change; `person_id` None is the system itself (the command line, a job)."""

    person_id: int | None
    ip: str = ""


SYSTEM = Actor(person_id=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A role for one site, for a region with everything below it, or (admin) everywhere."""

    id: int
    role: Role
    site_id: int | None
    region_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Who looks: the person behind a request with all their grants."""

    person_id: int
    username: str
    display_name: str
    language: Language | None
    grants: tuple[Grant, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed everywhere."""
        return self.has_role("admin")

    def has_role(self, *roles: Role) -> bool:
        """Whether one of the roles is held anywhere."""
        return any(grant.role in roles for grant in self.grants)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Someone who may sign in while active."""

    id: int
    username: str
    display_name: str
    language: Language | None
    active: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What signing in compares with. Never leaves this folder."""

    person_id: int
    username: str
    password_hash: str
    active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A browser that is signed in."""

    token_hash: bytes
    person_id: int
    csrf_token: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """A program that acts for a person. The token itself is shown once and never stored."""

    id: int
    person_id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """One change: who, where, what."""

    id: int
    at: datetime
    person_id: int | None
    person_name: str | None
    site_id: int | None
    site_slug: str | None
    site_name: str | None
    action: str
    subject: str
    detail: dict[str, object]
    ip: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonGrant:
    """A grant with the names of the places it holds for."""

    id: int
    person_id: int
    role: Role
    site_id: int | None
    site_slug: str | None
    site_name: str | None
    region_id: int | None
    region_name: str | None
