"""What a device measured, how its health changed, and what happened at it."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.access import SiteAccess, allow
from api.deps import Conn, Now, Translate
from api.endpoints.devices import DeviceSlug
from api.inboxes import device_events
from api.paging import Page, Paging
from api.schemas.devices import EventOut, SeriesOut, StatusChangeOut
from api.series import device_series
from ingest.queries.health import get_device_health, list_status_changes
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites/{site}/devices/{device}", tags=["devices"])

Everybody = Annotated[SiteAccess, allow(*SITE_ROLES)]
From = Annotated[AwareDatetime | None, Query(alias="from", description="Default: a day before `to`.")]
To = Annotated[AwareDatetime | None, Query(description="Default: now.")]
_DAY = timedelta(days=1)


@router.get("/series")
def get_series(
    device: DeviceSlug,
    access: Everybody,
    t: Translate,
    conn: Conn,
    now: Now,
    measures: Annotated[str | None, Query(max_length=500, description="Slugs divided by commas; absent: all.")] = None,
    since: From = None,
    to: To = None,
) -> SeriesOut:
    """Measures over time, as charts draw them."""
    until = to or now
    return device_series(
        conn,
        get_device_health(conn, access.site.id, device),
        t,
        tz=access.site.zone,
        since=since or until - _DAY,
        until=until,
        measures=measures.split(",") if measures else None,
    )


@router.get("/status-changes")
def list_changes(
    device: DeviceSlug, access: Everybody, conn: Conn, now: Now, since: From = None, to: To = None
) -> list[StatusChangeOut]:
    """Newest first, at most a thousand; the last one before `from` too, which tells how the time began."""
    until = to or now
    health = get_device_health(conn, access.site.id, device)
    changes = list_status_changes(conn, access.site.id, health.id, since=since or until - _DAY, until=until)
    return [StatusChangeOut.model_validate(change) for change in changes]


@router.get("/events")
def list_device_events(
    device: DeviceSlug,
    access: Everybody,
    conn: Conn,
    now: Now,
    paging: Paging,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="Default: seven days ago.")] = None,
) -> Page[EventOut]:
    """What happened, newest first."""
    health = get_device_health(conn, access.site.id, device)
    items, following = device_events(
        conn, site_id=access.site.id, device_id=health.id, since=since or now - 7 * _DAY, paging=paging
    )
    return Page(items=[EventOut.model_validate(row) for row in items], next=following)
