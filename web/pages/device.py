"""One device: how it is and since when, what it measured, what happened at it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from alerts.queries.alerts import list_unresolved_about
from api.access import SiteAccess, allow
from api.deps import Conn, Now, Translate
from api.inboxes import device_events
from api.paging import Paging
from api.series import device_series
from assets import devices as verbs
from assets.queries import ledger
from core.i18n import Translator
from ingest.availability import from_changes
from ingest.kinds import all_kinds
from ingest.mappings.edit import format_of
from ingest.mappings.rules import in_force
from ingest.model import DeviceKind
from ingest.queries.health import get_device_health, list_status_changes
from ingest.queries.inboxes import list_events, list_unmapped
from ingest.queries.mappings import list_rules
from ingest.series import find_latest_reading
from ingest.views import CLOCK_LIMIT, DeviceHealth
from people.models import SITE_ROLES
from store.db import Connection
from web.links import link
from web.mapping_forms import target_names
from web.page import render, see
from web.timeline import segments, spells

router = APIRouter()
DeviceSlug = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9._-]+$")]
Everybody = Annotated[SiteAccess, allow(*SITE_ROLES)]
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]

DONE = ("registered", "saved", "retired", "reinstated", "fields_saved")
WINDOW = timedelta(hours=24)
EVENT_WINDOW = timedelta(days=30)
EVENTS_SHOWN = 10
TABLE_ROWS = 96
NEGLIGIBLE_SKEW = timedelta(seconds=5)


@router.get("/s/{site}/devices/{device}")
def device_page(
    request: Request, device: DeviceSlug, access: Everybody, conn: Conn, now: Now, t: Translate, done: str = ""
) -> HTMLResponse:
    """`done` says what has just succeeded."""
    site_id = access.site.id
    health = get_device_health(conn, site_id, device)
    kind = all_kinds().get(health.kind)
    changes = list_status_changes(conn, site_id, health.id, since=now - WINDOW, until=now)
    alerts = list_unresolved_about(conn, site_id=site_id, subject=f"device:{health.id}")
    return render(
        request,
        access,
        "device.html",
        device=health,
        kind=kind,
        skew=_skew(health.skew_ms),
        clock_is_ahead=(health.skew_ms or 0) > 0,
        clock_limit=CLOCK_LIMIT,
        unmapped=list_unmapped(conn, site_id, health.id),
        becomes=_becomes(conn, health, kind, t) if kind else {},
        latest=find_latest_reading(conn, kind, site_id=site_id, device_id=health.id, now=now) if kind else None,
        start=now - WINDOW,
        segments=segments(health, changes, since=now - WINDOW),
        spells=spells(changes, since=now - WINDOW),
        available=from_changes(changes, since=max(now - WINDOW, health.registered_at), until=now).share,
        fault_names={fault.slug: fault.name for fault in kind.faults} if kind else {},
        event_types={event.slug: event for event in kind.events} if kind else {},
        events=list_events(conn, site_id, device_id=health.id, since=now - EVENT_WINDOW, limit=EVENTS_SHOWN),
        depends_on=ledger.list_depends_on(conn, site_id, health.asset_id) if health.asset_id else [],
        alert=alerts[0] if alerts else None,
        series_address=f"/api/v1/sites/{access.site.slug}/devices/{health.slug}/series",
        done=done if done in DONE else "",
    )


@router.get("/s/{site}/devices/{device}/now")
def latest_reading_part(request: Request, device: DeviceSlug, access: Everybody, conn: Conn, now: Now) -> HTMLResponse:
    """The part of the page that is fetched again with each reading."""
    health = get_device_health(conn, access.site.id, device)
    kind = all_kinds().get(health.kind)
    latest = find_latest_reading(conn, kind, site_id=access.site.id, device_id=health.id, now=now) if kind else None
    return render(request, access, "device_now.html", device=health, kind=kind, latest=latest)


@router.get("/s/{site}/devices/{device}/readings")
def readings_page(request: Request, device: DeviceSlug, access: Everybody, t: Translate, conn: Conn, now: Now) -> HTMLResponse:
    """The chart as a table."""
    health = get_device_health(conn, access.site.id, device)
    series = device_series(conn, health, t, tz=access.site.zone, since=now - WINDOW, until=now, max_points=TABLE_ROWS)
    filled = [measure for measure in series.measures if any(value is not None for value in measure.values)]
    rows = [
        (datetime.fromtimestamp(ts, UTC), [measure.values[row] for measure in filled])
        for row, ts in enumerate(series.ts)
        if any(measure.values[row] is not None for measure in filled)
    ]
    return render(
        request,
        access,
        "device_readings.html",
        device=health,
        width=timedelta(seconds=series.width_seconds),
        measures=filled,
        digits=[max(_decimals(value) for value in measure.values) for measure in filled],
        rows=rows[::-1],
    )


@router.get("/s/{site}/devices/{device}/events")
def events_page(request: Request, device: DeviceSlug, access: Everybody, conn: Conn, now: Now, paging: Paging) -> HTMLResponse:
    health = get_device_health(conn, access.site.id, device)
    kind = all_kinds().get(health.kind)
    events, following = device_events(conn, site_id=access.site.id, device_id=health.id, since=now - EVENT_WINDOW, paging=paging)
    here = request.url.path
    return render(
        request,
        access,
        "device_events.html",
        device=health,
        event_types={event.slug: event for event in kind.events} if kind else {},
        events=events,
        newer=here if paging.cursor else None,
        older=link(here, cursor=following) if following else None,
    )


@router.post("/s/{site}/devices/{device}/retire")
def retire_device(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> RedirectResponse:
    health = get_device_health(conn, access.site.id, device)
    verbs.retire_device(conn, access.actor, now=now, site_id=access.site.id, device_id=health.id)
    return see(f"/s/{access.site.slug}/devices/{device}?done=retired")


@router.post("/s/{site}/devices/{device}/reinstate")
def reinstate_device(device: DeviceSlug, access: LedgerAccess, conn: Conn, now: Now) -> RedirectResponse:
    health = get_device_health(conn, access.site.id, device)
    verbs.reinstate_device(conn, access.actor, now=now, site_id=access.site.id, device_id=health.id)
    return see(f"/s/{access.site.slug}/devices/{device}?done=reinstated")


def _becomes(conn: Connection, device: DeviceHealth, kind: DeviceKind, t: Translator) -> dict[str, list[str]]:
    """What rules make of the fields it sends: the names of measures and faults by the field."""
    names = target_names(t)
    found: dict[str, list[str]] = {}
    rules = list_rules(conn, site_ids=[device.site_id], format_=format_of(device.address))
    own = [each for each in rules if each.device_id in (None, device.id)]
    for rule in in_force(own, kind):
        found.setdefault(rule.source, []).append(names[rule.target])
    return found


def _decimals(value: object, most: int = 2) -> int:
    """How many decimals it takes to write a value, rounded to `most`."""
    if not isinstance(value, float):
        return 0
    return next(digits for digits in range(most + 1) if round(value, digits) == round(value, most))


def _skew(milliseconds: int | None) -> timedelta | None:
    """How wrong the device's clock is; zero when it is as right as a message's way allows."""
    if milliseconds is None:
        return None
    off = timedelta(milliseconds=abs(milliseconds))
    return off if off >= NEGLIGIBLE_SKEW else timedelta(0)
