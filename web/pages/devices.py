"""The devices of a site with their health, the illest first."""

from typing import Annotated, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SiteAccess, allow
from api.deps import Conn
from assets.queries.devices import list_devices
from core import checks
from ingest.kinds import all_kinds
from ingest.model import Status
from ingest.queries.health import count_statuses, list_device_health
from people.models import SITE_ROLES
from web.forms import number
from web.links import link
from web.navigation import NavItem
from web.page import render

router = APIRouter()
NAV = NavItem(
    key="devices",
    label_key="nav.devices",
    icon="cpu",
    path="/s/{site}/devices",
    roles=("leader", "engineer", "manager"),
    order=20,
    primary=True,
    also=("/s/{site}/retired-devices",),
)

LIMIT = 500
STATUSES: tuple[Status, ...] = get_args(Status)
# The words of the filter, in the order of the tabs: what a manager calls down, then each status, the worst first.
TABS: dict[str, tuple[Status, ...]] = {
    "": STATUSES,
    "down": ("offline", "fault"),
    "offline": ("offline",),
    "fault": ("fault",),
    "stale": ("stale",),
    "degraded": ("degraded",),
    "unknown": ("unknown",),
    "online": ("online",),
}


@router.get("/s/{site}/devices")
def devices_page(
    request: Request,
    access: Annotated[SiteAccess, allow(*SITE_ROLES)],
    conn: Conn,
    status: str = "",
    kind: str = "",
    text: str = "",
    registered: str = "",
) -> HTMLResponse:
    """Live: it fetches its list again when a status or the ledger changes. `registered`: so many were, just now."""
    site_id = access.site.id
    status = status if status in TABS else ""
    kind = kind if kind in all_kinds() else ""
    text = checks.one_line(text[:100], field="text", limit=100, required=False)
    counts = count_statuses(conn, [site_id])[site_id]
    here = request.url.path
    return render(
        request,
        access,
        "devices.html",
        devices=list_device_health(
            conn, site_id, statuses=TABS[status] if status else None, kind=kind or None, text=text, limit=LIMIT
        ),
        limit=LIMIT,
        total=sum(counts.values()),
        tab_counts={tab: sum(counts.get(each, 0) for each in statuses) for tab, statuses in TABS.items()},
        tab_links={tab: link(here, status=tab, kind=kind, text=text) for tab in TABS},
        kinds=all_kinds(),
        chosen={"status": status, "kind": kind, "text": text},
        registered=number(registered),
    )


@router.get("/s/{site}/retired-devices")
def retired_devices_page(request: Request, access: Annotated[SiteAccess, allow(*SITE_ROLES)], conn: Conn) -> HTMLResponse:
    """What was there before; its history stays."""
    devices = list_devices(conn, access.site.id, retired=True)
    return render(request, access, "devices_retired.html", devices=devices, kinds=all_kinds())
