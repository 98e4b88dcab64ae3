"""The event stream of a page: what changed, so that its live parts fetch themselves again."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from api.access import Access, signed_in
from api.caller import find_caller
from api.deps import Conn, services_of
from api.live import stream_changes
from assets.queries.places import find_site_by_slug, list_sites_of
from core.errors import NotFound
from people import grants
from people.models import Viewer
from store.db import Connection
from store.notify import TOPICS, Change, Topic
from web.navigation import badge_topics

router = APIRouter()


@router.get("/events", include_in_schema=False)
def events(
    request: Request,
    access: Annotated[Access, signed_in()],
    conn: Conn,
    site: str | None = None,
    topics: Annotated[str, Query(max_length=200)] = "",
    subject: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[str | None, Query(max_length=40)] = None,
) -> StreamingResponse:
    """Changes of one site, else of all sites of the viewer; only of these topics (comma-separated), else all.

    `since`: the position the page was rendered at; what changed after it comes first.
    """
    site_ids = _site_ids(conn, access.viewer, site)
    chosen = frozenset(topic for topic in TOPICS if not topics or topic in topics.split(","))
    services = services_of(request)
    badges = frozenset(badge_topics(request.app.state.nav))

    def still_allowed() -> bool:
        with services.db.transaction() as own:
            caller = find_caller(request, own, services.settings, services.clock.now())
            return caller is not None and site_ids <= _site_ids(own, caller.viewer, site)

    return StreamingResponse(
        stream_changes(services.listener, _filter(site_ids, chosen, subject, badges), still_allowed, since=since),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _site_ids(conn: Connection, viewer: Viewer, slug: str | None) -> frozenset[int]:
    if slug is None:
        return frozenset(site.id for site in list_sites_of(conn, person_id=viewer.person_id))
    site = find_site_by_slug(conn, slug)
    if site is None or not grants.roles_at(conn, viewer, site.id):
        raise NotFound
    return frozenset({site.id})


def _filter(
    site_ids: frozenset[int], topics: frozenset[Topic], subject: str | None, badges: frozenset[Topic]
) -> Callable[[Change], bool]:
    def wanted(change: Change) -> bool:
        if change.site_id not in site_ids:
            return False
        of_page = change.topic in topics and (subject is None or change.subject in {None, subject})
        return of_page or change.topic in badges  # the navigation counts for all of the site

    return wanted
