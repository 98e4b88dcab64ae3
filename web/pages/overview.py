"""The manager's first look at a site: what is down now, rounds today, notices."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from ingest.kinds import all_kinds
from people.models import SITE_ROLES
from reports.today import site_today
from web.navigation import NavItem
from web.page import render

router = APIRouter()
NAV = NavItem(key="overview", label_key="nav.overview", icon="dashboard", path="/s/{site}/overview", order=10, primary=True)


@router.get("/s/{site}/overview")
def overview_page(request: Request, access: Annotated[SiteAccess, allow(*SITE_ROLES)], conn: Conn, now: Now) -> HTMLResponse:
    """Live: it fetches its parts again when a status, an alert, a round or a notice changes."""
    return render(request, access, "overview.html", today=site_today(conn, site=access.site, now=now), kinds=all_kinds())
