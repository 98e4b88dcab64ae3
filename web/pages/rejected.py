"""Messages that could not be taken, with what was wrong, so that an integrator can mend the device."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Access, SiteAccess, allow, allow_anywhere
from api.deps import Conn
from api.inboxes import readable, rejected_messages
from api.paging import PageRequest, Paging
from store.db import Connection
from web.links import link
from web.navigation import NavItem
from web.page import render

router = APIRouter()
NAV = NavItem(
    key="rejected",
    label_key="nav.rejected",
    icon="trash",
    path="/s/{site}/rejected",
    roles=("engineer", "manager"),
    order=140,
)


@router.get("/s/{site}/rejected")
def rejected_page(
    request: Request, access: Annotated[SiteAccess, allow("engineer", "manager")], conn: Conn, paging: Paging
) -> HTMLResponse:
    """Live: a new mistake appears by itself."""
    return _page(request, access, conn, access.site.id, paging)


@router.get("/admin/rejected")
def stray_page(request: Request, access: Annotated[Access, allow_anywhere("admin")], conn: Conn, paging: Paging) -> HTMLResponse:
    """What names a site that does not exist."""
    return _page(request, access, conn, None, paging)


def _page(request: Request, access: Access, conn: Connection, site_id: int | None, paging: PageRequest) -> HTMLResponse:
    messages, following = rejected_messages(conn, site_id, paging)
    here = request.url.path
    return render(
        request,
        access,
        "rejected.html",
        messages=[(message, readable(message.payload)) for message in messages],
        stray=site_id is None,
        newer=here if paging.cursor else None,
        older=link(here, cursor=following) if following else None,
    )
