"""Every route says who may use it, with one of these rules; a test finds routes that say nothing.

    access: Annotated[SiteAccess, allow("leader", "manager")]       path has {site}
    access: Annotated[SiteAccess, allow_also_installation("manager")]   the site may be `-`, the installation: for admins
    access: Annotated[Access, allow_anywhere("admin")]              no site in the path
    access: Annotated[Access, signed_in()]                          everybody with an account
    visitor: Annotated[Access | None, public()]                     everybody
    dependencies=[monitoring()]                                     a program with the token for /metrics

An admin may do everything. A regional may read (GET) everything of the sites below their region but what is for admins alone.
"""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from fastapi import Depends, Request

from api.caller import Caller, actor_of, find_caller
from api.csrf import SAFE_METHODS, SentToken, check_origin, check_token
from api.deps import Conn, Now, services_of
from assets.models import INSTALLATION, Site
from assets.queries.places import find_site_by_slug
from core.errors import Forbidden, NotFound, NotSignedIn
from people import grants
from people.models import Actor, Role, Session, Viewer
from store.db import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Who calls. `session` is None for a program with an API token."""

    viewer: Viewer
    actor: Actor
    session: Session | None

    def own_session(self) -> Session:
        """For what only a person who is signed in may do: a stolen API token must not outlive its revocation."""
        if self.session is None:
            raise Forbidden("session_only")
        return self.session


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteAccess(Access):
    """Who calls, the site it is about, and the roles they have there."""

    site: Site
    roles: frozenset[Role]

    def may(self, *roles: Role) -> bool:
        """Whether they may change what these roles may change: to show a button or not."""
        return grants.permits(self.roles, roles, reading=False)


@dataclass(frozen=True)
class AccessRule:
    """A rule as a dependency; `roles` is what the route declared."""

    roles: tuple[Role, ...] = ()


class Public(AccessRule):
    """Everybody. Acts for nobody, so only the origin of a change is checked."""

    def __call__(self, request: Request, conn: Conn, now: Now) -> Access | None:
        settings = services_of(request).settings
        check_origin(request, settings)
        caller = find_caller(request, conn, settings, now)
        return _access(request, caller) if caller else None


class Anonymous(AccessRule):
    """Everybody, and nobody asks who: holds no connection."""

    def __call__(self, request: Request) -> None:
        check_origin(request, services_of(request).settings)


class Monitoring(AccessRule):
    """A program that watches us, with the token of the settings. Where there is none, there is nothing to read."""

    def __call__(self, request: Request) -> None:
        token = services_of(request).settings.metrics_token
        if token is None:
            raise NotFound
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(sent.strip().encode(), token.get_secret_value().encode()):
            raise NotSignedIn


class SignedIn(AccessRule):
    """Everybody with an account."""

    def __call__(self, request: Request, conn: Conn, now: Now, sent: SentToken) -> Access:
        return _access(request, _caller(request, conn, now, sent))


class Anywhere(AccessRule):
    """Who holds one of the roles, wherever it is."""

    def __call__(self, request: Request, conn: Conn, now: Now, sent: SentToken) -> Access:
        caller = _caller(request, conn, now, sent)
        if not caller.viewer.has_role("admin", *self.roles):
            raise Forbidden
        return _access(request, caller)


class AtSite(AccessRule):
    """Who holds one of the roles at the site in the path. A site of others does not exist for them."""

    def __call__(self, site: str, request: Request, conn: Conn, now: Now, sent: SentToken) -> SiteAccess:
        caller = _caller(request, conn, now, sent)
        found = self.find(conn, site)
        roles = grants.roles_at(conn, caller.viewer, found.id) if found else frozenset()
        if found is None or not roles:
            raise NotFound
        if not grants.permits(roles, self.roles, reading=request.method in SAFE_METHODS):
            raise Forbidden
        actor = actor_of(request, caller.viewer)
        return SiteAccess(viewer=caller.viewer, actor=actor, session=caller.session, site=found, roles=roles)

    def find(self, conn: Connection, slug: str) -> Site | None:
        """The site of that name."""
        return find_site_by_slug(conn, slug)


class AtSiteOrInstallation(AtSite):
    """The same; and the path may name the installation instead of a site, where only admins have a role."""

    def find(self, conn: Connection, slug: str) -> Site | None:
        """The site of that name, or the installation."""
        return INSTALLATION if slug == INSTALLATION.slug else super().find(conn, slug)


def _caller(request: Request, conn: Conn, now: Now, sent: str) -> Caller:
    settings = services_of(request).settings
    caller = find_caller(request, conn, settings, now)
    if caller is None:
        raise NotSignedIn
    if caller.session is not None:
        check_origin(request, settings)
        check_token(request, caller.session, sent)
    return caller


def _access(request: Request, caller: Caller) -> Access:
    return Access(viewer=caller.viewer, actor=actor_of(request, caller.viewer), session=caller.session)


# Any: FastAPI's `Depends` stands in annotations, where only its presence matters.
def public() -> Any:
    """Everybody, signed in or not."""
    return Depends(Public())


def anonymous() -> Any:
    """Everybody, without looking who it is; for a route's `dependencies`."""
    return Depends(Anonymous())


def monitoring() -> Any:
    """Who has the token for monitoring; for a route's `dependencies`."""
    return Depends(Monitoring())


def signed_in() -> Any:
    """Everybody with an account."""
    return Depends(SignedIn())


def allow_anywhere(*roles: Role) -> Any:
    """Who holds one of the roles at any site; admins always."""
    return Depends(Anywhere(roles))


def allow(*roles: Role) -> Any:
    """Who holds one of the roles at the site of the path parameter `site`; admins always, regionals when reading."""
    return Depends(AtSite(roles))


def allow_also_installation(*roles: Role) -> Any:
    """As `allow`; the site may be `-`, the installation, which is for admins."""
    return Depends(AtSiteOrInstallation(roles))
