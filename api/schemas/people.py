"""People, their roles and API tokens, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.base import Id, In, Out
from core.i18n import Language
from people.models import Role


class SignInIn(In):
    """Credentials of a person."""

    username: str
    password: str


class GrantOut(Out):
    """A role and where it holds: at a site, in a region and below, or (admin) everywhere."""

    id: int
    role: Role
    site_slug: str | None
    site_name: str | None
    region_id: int | None
    region_name: str | None


class PersonOut(Out):
    """Someone who may sign in while active."""

    id: int
    username: str
    display_name: str
    language: Language | None
    active: bool
    created_at: datetime
    grants: list[GrantOut] = Field(default_factory=list)


class MeOut(BaseModel):
    """Who calls. `csrf_token` goes into the header X-CSRF-Token of changes made with the session cookie."""

    person: PersonOut
    csrf_token: str | None


class MeChangeIn(In):
    """What people change about themselves; null: as the browser asks."""

    language: Language | None


class OwnPasswordIn(In):
    """A new password for oneself."""

    current: str
    password: str


class PersonIn(In):
    """A new person."""

    username: str
    display_name: str
    password: str
    language: Language | None = None


class PersonChangeIn(In):
    """What an administrator changes about a person."""

    display_name: str
    language: Language | None = None
    active: bool


class PasswordIn(In):
    """A new password for somebody."""

    password: str


class GrantIn(In):
    """A role to give: with `site` (slug) for guard, leader, engineer, manager; with `region_id` for regional; alone for admin."""

    role: Role
    site: str | None = None
    region_id: Id | None = None


class TokenIn(In):
    """A name for a new API token."""

    name: str


class TokenOut(Out):
    """An API token that holds."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


class NewTokenOut(TokenOut):
    """With the token itself, this once."""

    token: str
