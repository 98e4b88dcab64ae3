"""How the installation itself is: database, ingesters and jobs, for administrators; in one line for everybody."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alerts.queries.alerts import count_unresolved
from alerts.queries.channels import list_channels
from api.access import Access, allow_anywhere, signed_in
from api.deps import Conn, Now
from assets.models import INSTALLATION
from ingest.queries.health import list_ingesters
from ingest.troubles import list_troubles
from store.facts import get_server
from store.runners import list_runners
from web.navigation import NavItem
from web.page import render

router = APIRouter()
NAV = NavItem(
    key="system",
    label_key="nav.system",
    icon="server",
    path="/admin/system",
    roles=("admin",),
    order=930,
    also=(f"/s/{INSTALLATION.slug}/alerts", f"/s/{INSTALLATION.slug}/channels"),
)


@router.get("/admin/system")
def system_page(request: Request, access: Annotated[Access, allow_anywhere("admin")], conn: Conn, now: Now) -> HTMLResponse:
    """Looks again every ten seconds."""
    troubles = list_troubles(conn, now)
    return render(
        request,
        access,
        "system.html",
        troubles={each.ingester: each for each in troubles},
        disk_full=next((each for each in troubles if each.why == "disk_full"), None),
        server=get_server(conn),
        ingesters=list_ingesters(conn),
        runners=list_runners(conn),
        alerts=count_unresolved(conn, site_id=INSTALLATION.id),
        untold=not list_channels(conn, site_id=INSTALLATION.id),
        place=INSTALLATION,
    )


@router.get("/trouble")
def trouble_part(request: Request, access: Annotated[Access, signed_in()]) -> HTMLResponse:
    """The banner of every page, or nothing."""
    return render(request, access, "trouble.html")
