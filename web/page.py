"""Pages: a template with everything the frame around it needs."""

from typing import cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from api.access import Access, SiteAccess
from api.deps import services_of
from api.language import language_of
from assets.models import INSTALLATION, Site
from assets.queries.places import list_sites_of
from core.i18n import Translator
from ingest.troubles import list_troubles
from people import grants
from store.db import Connection
from web.navigation import NavItem, nav_links

DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


def render(request: Request, access: Access | None, template: str, /, *, status: int = 200, **context: object) -> HTMLResponse:
    """The page for whoever has `access` (None: nobody is signed in), inside the request's transaction."""
    frame = plain_context(request)
    if access is not None:
        frame |= _signed_in_context(request, access)
    templates = cast("Environment", request.app.state.templates)
    return HTMLResponse(templates.get_template(template).render(frame | context), status)


def plain_context(request: Request) -> dict[str, object]:
    """What every template is given, signed in or not."""
    language = language_of(request)
    return {
        "t": Translator(language),
        "lang": language,
        "tz": DEFAULT_ZONE,
        "now": services_of(request).clock.now(),
        "position": getattr(request.state, "position", ""),
        "csrf_token": "",
        "viewer": None,
        "access": None,
        "site": None,
        "sites": [],
        "nav": [],
        "trouble": None,
    }


def _signed_in_context(request: Request, access: Access) -> dict[str, object]:
    conn = cast("Connection", request.state.conn)
    viewer = access.viewer
    sites = list_sites_of(conn, person_id=viewer.person_id)
    shown = access.site if isinstance(access, SiteAccess) else _only(sites)
    site = shown if shown != INSTALLATION else _only(sites)
    roles = grants.roles_at(conn, viewer, site.id) if site else frozenset()
    items = cast("tuple[NavItem, ...]", request.app.state.nav)
    return {
        "csrf_token": access.session.csrf_token if access.session else "",
        "viewer": viewer,
        "access": access,
        "tz": shown.zone if shown else DEFAULT_ZONE,
        "site": shown,
        "sites": sites,
        "nav": nav_links(conn, items, viewer=viewer, site=site, roles=roles, path=request.url.path),
        "trouble": next(iter(list_troubles(conn, services_of(request).clock.now())), None),
    }


def _only(sites: list[Site]) -> Site | None:
    return sites[0] if len(sites) == 1 else None


def see(path: str) -> RedirectResponse:
    """After a change: show that page (303)."""
    return RedirectResponse(path, 303)


def back(request: Request, otherwise: str) -> RedirectResponse:
    """After a change: show the page it was made on, if that is one of ours."""
    referer = urlsplit(request.headers.get("referer", ""))
    path = own_path(f"{referer.path}?{referer.query}" if referer.query else referer.path)
    return see(path if path and referer.netloc == request.headers.get("host") else otherwise)


def own_path(path: str) -> str | None:
    """The path if it leads to a page of ours and nowhere else, for `next` after signing in.

    Browsers read `//host` and `/\\host` as another host, and skip control characters before they decide.
    """
    if not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(char) < 0x20 for char in path):
        return None
    return path
