"""Devices that report and are not in the ledger: register them, or set them aside."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from ingest.ignore import ignore_device, offer_device
from ingest.kinds import all_kinds
from ingest.queries.inboxes import count_discovered, list_discovered
from web.navigation import Badge, NavItem
from web.page import render, see

router = APIRouter()
NAV = NavItem(
    key="discovered",
    label_key="nav.discovered",
    icon="inbox",
    path="/s/{site}/discovered",
    roles=("engineer", "manager"),
    order=130,
    also=("/s/{site}/register-device", "/s/{site}/register-devices"),
    badge=Badge(count=count_discovered, text_key="discovered.badge", topics=("discovered", "ledger")),
)

DeviceSlug = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9._-]+$")]
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("/s/{site}/discovered")
def discovered_page(request: Request, access: LedgerAccess, conn: Conn, ignored: bool = False) -> HTMLResponse:
    """Live: a new device appears by itself."""
    devices = {each: list_discovered(conn, access.site.id, ignored=each) for each in (False, True)}
    return render(request, access, "discovered.html", devices=devices[ignored], counts=devices, ignored=ignored, kinds=all_kinds())


@router.post("/s/{site}/discovered/{device}/ignore")
def ignore(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> RedirectResponse:
    ignore_device(conn, access.actor, now=now, site_id=access.site.id, slug=device)
    return see(f"/s/{access.site.slug}/discovered")


@router.post("/s/{site}/discovered/{device}/offer")
def offer(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> RedirectResponse:
    offer_device(conn, access.actor, now=now, site_id=access.site.id, slug=device)
    return see(f"/s/{access.site.slug}/discovered?ignored=1")
