"""The event stream of a page: what changed, so that its live parts fetch themselves again."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from api.access import Access, signed_in
from api.caller import find_caller
from api.deps import Conn, services_of
from api.live import Names, stream_changes
from assets.models import INSTALLATION, Site
from assets.queries.places import find_site_by_slug, list_sites_of
from core.errors import NotFound
from people import grants
from people.models import Viewer
from store.db import Connection
from store.notify import TOPICS, Change, Topic
from web.navigation import NavItem, badge_topics

router = APIRouter()


@router.get("/events", include_in_schema=False)
def events(
    request: Request,
    access: Annotated[Access, signed_in()],
    conn: Conn,
    site: str | None = None,
    topics: Annotated[str, Query(max_length=200)] = "",
    subject: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[str | None, Query(max_length=100)] = None,
) -> StreamingResponse:
    """Changes of one site, else of all sites of the viewer (and, for an admin, of the installation); only of these topics (comma-separated), else all.

    At one site, what its menu counts is told as `menu` besides, whatever the topics and the subject of the page are.

    `since`: the position at which the page was rendered or a lost stream stood; it begins with what came after.
    """
    sites = _sites(conn, access.viewer, site)
    site_ids = frozenset(each.id for each in sites)
    items = cast("tuple[NavItem, ...]", request.app.state.nav)
    real = [each for each in sites if each != INSTALLATION]
    counted = badge_topics(conn, items, access.viewer, real[0]) if len(real) == 1 else frozenset()
    chosen = frozenset(topic for topic in TOPICS if not topics or topic in topics.split(","))
    services = services_of(request)

    def still_allowed() -> bool:
        with services.db.transaction() as own:
            caller = find_caller(request, own, services.settings, services.clock.now())
            return caller is not None and site_ids <= {each.id for each in _sites(own, caller.viewer, site)}

    return StreamingResponse(
        stream_changes(services.listener, _names(site_ids, chosen, subject, counted), still_allowed, since=since),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _sites(conn: Connection, viewer: Viewer, slug: str | None) -> list[Site]:
    if slug is None:
        return list_sites_of(conn, person_id=viewer.person_id) + ([INSTALLATION] if viewer.is_admin else [])
    site = find_site_by_slug(conn, slug) if slug != INSTALLATION.slug else INSTALLATION
    if site is None or not grants.roles_at(conn, viewer, site.id):
        raise NotFound
    return [site]


def _names(site_ids: frozenset[int], topics: frozenset[Topic], subject: str | None, counted: frozenset[Topic]) -> Names:
    def names(change: Change) -> list[str]:
        if change.site_id not in site_ids:
            return []
        found: list[str] = ["menu"] if change.topic in counted else []
        if change.topic in topics and (subject is None or change.subject in {None, subject}):
            found.append(change.topic)
        return found

    return names
