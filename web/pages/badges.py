"""What waits, as the navigation counts it: fetched again by every page when it changes."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SiteAccess, allow
from api.deps import Conn
from people.models import SITE_ROLES
from web.page import render

router = APIRouter()


@router.get("/s/{site}/badges")
def badges_part(request: Request, access: Annotated[SiteAccess, allow(*SITE_ROLES)], conn: Conn) -> HTMLResponse:
    """The counts alone, for each place they stand in."""
    return render(request, access, "badges.html")
