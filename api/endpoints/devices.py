"""Devices of a site: register, change, retire, and how they are."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.paging import Page, Paging
from api.schemas.devices import DeviceDetailOut, DeviceIn, DeviceOut, NewDeviceIn, ReadingOut, RegisteredOut
from assets import devices as verbs
from assets import register_many
from core import checks
from ingest.kinds import all_kinds
from ingest.mappings.edit import formats_at
from ingest.model import Status
from ingest.queries.health import get_device_health, list_device_health_page
from ingest.series import find_latest_reading
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites/{site}/devices", tags=["devices"])

DeviceSlug = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9._-]+$")]
Everybody = Annotated[SiteAccess, allow(*SITE_ROLES)]
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("")
def list_devices(
    access: Everybody,
    conn: Conn,
    paging: Paging,
    status: Annotated[list[Status] | None, Query(description="Only these; may be given several times.")] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    text: Annotated[str, Query(max_length=100, description="In the names and codes of device, asset and area.")] = "",
) -> Page[DeviceOut]:
    """Devices in operation with their health, by id."""
    rows = list_device_health_page(
        conn,
        access.site.id,
        statuses=status or None,
        kind=checks.one_line(kind, field="kind", limit=64, required=False) if kind else None,
        text=checks.one_line(text, field="text", limit=100, required=False),
        after_id=paging.after,
        limit=paging.limit + 1,
    )
    items, following = paging.page(rows, key=lambda device: device.id)
    return Page(items=[DeviceOut.model_validate(row) for row in items], next=following)


@router.post("", status_code=201)
def register_device(new: NewDeviceIn, access: LedgerAccess, conn: Conn, now: Now) -> DeviceOut:
    """From now on its messages are taken; a discovered device leaves the list of those."""
    entered = new.entered()
    device = verbs.register_device(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        slug=entered.slug,
        kind=entered.kind,
        kinds=all_kinds(),
        name=entered.name,
        address=entered.address,
        formats=formats_at(conn, access.site.id),
        asset_id=entered.asset_id,
        new_asset=entered.new_asset,
        silent_after=entered.silent_after,
    )
    return DeviceOut.model_validate(get_device_health(conn, access.site.id, device.slug))


@router.post("/batch", status_code=201)
def register_devices(
    new: Annotated[list[NewDeviceIn], Field(min_length=1, max_length=register_many.MOST)],
    access: LedgerAccess,
    conn: Conn,
    now: Now,
) -> list[RegisteredOut]:
    """All of them, in this order, or none: then `errors` names every one that is refused, as `3.slug`, counted from 0."""
    devices = register_many.register_devices(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        rows={number: each.entered() for number, each in enumerate(new)},
        kinds=all_kinds(),
        formats=formats_at(conn, access.site.id),
    )
    return [RegisteredOut.model_validate(device) for device in devices]


@router.get("/{device}")
def get_device(device: DeviceSlug, access: Everybody, conn: Conn, now: Now) -> DeviceDetailOut:
    """One device with its health and its newest reading; retired ones too."""
    health = get_device_health(conn, access.site.id, device)
    kind = all_kinds().get(health.kind)
    latest = find_latest_reading(conn, kind, site_id=access.site.id, device_id=health.id, now=now) if kind else None
    return DeviceDetailOut(
        **DeviceOut.model_validate(health).model_dump(), latest=ReadingOut.model_validate(latest) if latest else None
    )


@router.put("/{device}")
def update_device(device: DeviceSlug, change: DeviceIn, access: LedgerAccess, conn: Conn, now: Now) -> DeviceOut:
    """Another name, address, asset, or time it may be silent."""
    health = get_device_health(conn, access.site.id, device)
    verbs.update_device(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        device_id=health.id,
        name=change.name,
        address=change.address,
        formats=formats_at(conn, access.site.id),
        asset_id=change.asset_id,
        silent_after=change.silent_after,
    )
    return DeviceOut.model_validate(get_device_health(conn, access.site.id, device))


@router.post("/{device}/retire", status_code=204)
def retire_device(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> None:
    """It is not watched any more; what it reported stays."""
    health = get_device_health(conn, access.site.id, device)
    verbs.retire_device(conn, access.actor, now=now, site_id=access.site.id, device_id=health.id)


@router.post("/{device}/reinstate", status_code=204)
def reinstate_device(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> None:
    """It is watched again."""
    health = get_device_health(conn, access.site.id, device)
    verbs.reinstate_device(conn, access.actor, now=now, site_id=access.site.id, device_id=health.id)
