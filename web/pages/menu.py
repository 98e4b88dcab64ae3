"""The counts beside the items of the menu, fetched again when one of them changes."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SiteAccess, allow
from people.models import SITE_ROLES
from web.page import render

router = APIRouter()


@router.get("/s/{site}/menu")
def menu_part(request: Request, access: Annotated[SiteAccess, allow(*SITE_ROLES)]) -> HTMLResponse:
    """The badges alone: each is put wherever the page shows it, and the links around them stay."""
    return render(request, access, "menu.html")
