"""Alerts of a site."""

from typing import Annotated

from fastapi import APIRouter, Query

from alerts.acknowledge import acknowledge_alert as acknowledge
from alerts.models import State
from alerts.notes import add_note as write_note
from alerts.queries import alerts as queries
from alerts.queries.outbox import list_deliveries
from alerts.resolve import resolve_alert as resolve
from alerts.words import Words
from api.access import SiteAccess, allow_also_installation
from api.deps import Conn, Now, RowId, Translate
from api.paging import Page, Paging
from api.schemas.alerts import AcknowledgeIn, AlertDetailOut, AlertOut, NoteIn
from core.i18n import Translator
from people.models import SITE_ROLES
from store.db import Connection

router = APIRouter(prefix="/sites/{site}/alerts", tags=["alerts"])
Reader = Annotated[SiteAccess, allow_also_installation(*SITE_ROLES)]
Handler = Annotated[SiteAccess, allow_also_installation("leader", "engineer", "manager")]
Closer = Annotated[SiteAccess, allow_also_installation("engineer", "manager")]


@router.get("")
def list_alerts(
    access: Reader,
    conn: Conn,
    t: Translate,
    paging: Paging,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
) -> Page[AlertOut]:
    """Newest first."""
    rows = queries.list_alerts(conn, site_id=access.site.id, state=state, after=paging.after, limit=paging.limit + 1)
    items, following = paging.page(rows, key=lambda row: row.id)
    words = _words(access, t)
    return Page(items=[AlertOut.of(row, words) for row in items], next=following)


@router.get("/{alert_id}")
def get_alert(alert_id: RowId, access: Reader, conn: Conn, t: Translate) -> AlertDetailOut:
    """One alert with its history and who was told."""
    return _detail(conn, access, alert_id, t)


@router.post("/{alert_id}/acknowledge")
def acknowledge_alert(
    alert_id: RowId, access: Handler, conn: Conn, now: Now, t: Translate, how: AcknowledgeIn | None = None
) -> AlertOut:
    """The caller is on it. 409 when somebody else is, or when it is over."""
    note = how.note if how else ""
    return AlertOut.of(
        acknowledge(conn, access.actor, now=now, site_id=access.site.id, alert_id=alert_id, note=note), _words(access, t)
    )


@router.post("/{alert_id}/resolve")
def resolve_alert(alert_id: RowId, done: NoteIn, access: Closer, conn: Conn, now: Now, t: Translate) -> AlertOut:
    """Close it with its cause. While its condition holds it is not opened again. 409 when it is over."""
    alert = resolve(conn, access.actor, now=now, site_id=access.site.id, alert_id=alert_id, note=done.note)
    return AlertOut.of(alert, _words(access, t))


@router.post("/{alert_id}/notes", status_code=201)
def add_note(alert_id: RowId, written: NoteIn, access: Handler, conn: Conn, now: Now, t: Translate) -> AlertDetailOut:
    """Write into its history."""
    write_note(conn, access.actor, now=now, site_id=access.site.id, alert_id=alert_id, note=written.note)
    return _detail(conn, access, alert_id, t)


def _detail(conn: Connection, access: SiteAccess, alert_id: int, t: Translator) -> AlertDetailOut:
    site_id = access.site.id
    return AlertDetailOut.of_all(
        queries.get_alert(conn, site_id=site_id, alert_id=alert_id),
        _words(access, t),
        queries.list_entries(conn, site_id=site_id, alert_id=alert_id),
        list_deliveries(conn, site_id=site_id, alert_id=alert_id),
    )


def _words(access: SiteAccess, t: Translator) -> Words:
    return Words(language=t.language, zone=access.site.zone)
