"""Devices that report and are not in the ledger. To register one, POST it to the devices of the site."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.endpoints.devices import DeviceSlug
from api.schemas.devices import DiscoveredOut
from ingest.ignore import ignore_device, offer_device
from ingest.queries.inboxes import list_discovered

router = APIRouter(prefix="/sites/{site}/discovered", tags=["devices"])
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("")
def list_discovered_devices(
    access: LedgerAccess, conn: Conn, ignored: Annotated[bool, Query(description="Those set aside instead.")] = False
) -> list[DiscoveredOut]:
    """The one heard last comes first; at most five hundred."""
    return [DiscoveredOut.model_validate(each) for each in list_discovered(conn, access.site.id, ignored=ignored)]


@router.post("/{device}/ignore", status_code=204)
def ignore_discovered_device(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> None:
    """Set it aside."""
    ignore_device(conn, access.actor, now=now, site_id=access.site.id, slug=device)


@router.post("/{device}/offer", status_code=204)
def offer_discovered_device(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> None:
    """Bring it back among those waiting to be registered."""
    offer_device(conn, access.actor, now=now, site_id=access.site.id, slug=device)
