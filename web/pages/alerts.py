"""Alerts: what is wrong, since when, and who is on it."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from alerts.acknowledge import acknowledge_alert
from alerts.message import fact_lines, headline, rule_name
from alerts.models import Alert, AlertEntry
from alerts.notes import add_note
from alerts.queries import alerts as queries
from alerts.queries.channels import list_channels
from alerts.queries.outbox import list_deliveries
from alerts.resolve import resolve_alert
from alerts.transport import split_error
from alerts.words import Line, Words
from api.access import SiteAccess, allow_also_installation
from api.deps import Conn, Now, RowId
from api.language import language_of
from api.paging import Paging
from core.errors import Conflict, Invalid
from people.models import SITE_ROLES
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors
from web.navigation import Badge, NavItem
from web.page import back, render, see

router = APIRouter(prefix="/s/{site}/alerts")
Reader = Annotated[SiteAccess, allow_also_installation(*SITE_ROLES)]
Handler = Annotated[SiteAccess, allow_also_installation("leader", "engineer", "manager")]
Closer = Annotated[SiteAccess, allow_also_installation("engineer", "manager")]

_SHOWN = 200


def _waiting(conn: Connection, site_id: int) -> int:
    return queries.count_unresolved(conn, site_id=site_id).open


NAV = NavItem(
    key="alerts",
    label_key="nav.alerts",
    icon="bell",
    path="/s/{site}/alerts",
    roles=SITE_ROLES,
    order=15,
    primary=True,
    badge=Badge(count=_waiting, text_key="alerts.badge", topics=("alert",)),
)


@router.get("")
def alerts_page(request: Request, access: Reader, conn: Conn) -> HTMLResponse:
    """What needs somebody, live."""
    alerts = queries.list_unresolved(conn, site_id=access.site.id, limit=_SHOWN)
    return _list(request, access, conn, alerts, resolved=False)


@router.get("/resolved")
def resolved_page(request: Request, access: Reader, conn: Conn, paging: Paging) -> HTMLResponse:
    """What is over, newest first."""
    rows = queries.list_alerts(conn, site_id=access.site.id, state="resolved", after=paging.after, limit=paging.limit + 1)
    alerts, following = paging.page(rows, key=lambda row: row.id)
    return _list(request, access, conn, alerts, resolved=True, next_cursor=following, first=not paging.cursor)


@router.get("/{alert_id}")
def alert_page(request: Request, alert_id: RowId, access: Reader, conn: Conn) -> HTMLResponse:
    """One alert with its history."""
    return _alert(request, access, conn, alert_id)


@router.post("/{alert_id}/acknowledge")
def acknowledge(request: Request, alert_id: RowId, access: Handler, conn: Conn, now: Now) -> Response:
    """From a button in a list, on the overview or on the alert's page."""
    try:
        with conn.transaction():
            acknowledge_alert(conn, access.actor, now=now, site_id=access.site.id, alert_id=alert_id)
    except Conflict as error:
        return _alert(request, access, conn, alert_id, status=error.status, problem=form_errors(request, error).text)
    return back(request, _path(access, alert_id))


@router.post("/{alert_id}/resolve")
def resolve(request: Request, alert_id: RowId, access: Closer, conn: Conn, now: Now, cause: FormText = "") -> Response:
    """Close it with its cause."""
    try:
        with conn.transaction():
            resolve_alert(conn, access.actor, now=now, site_id=access.site.id, alert_id=alert_id, note=cause)
    except Invalid as error:
        return _alert(request, access, conn, alert_id, status=error.status, cause=cause, cause_errors=form_errors(request, error))
    except Conflict as error:
        return _alert(request, access, conn, alert_id, status=error.status, problem=form_errors(request, error).text)
    return see(_path(access, alert_id))


@router.post("/{alert_id}/notes")
def write_note(request: Request, alert_id: RowId, access: Handler, conn: Conn, now: Now, note: FormText = "") -> Response:
    """Write into its history."""
    try:
        with conn.transaction():
            add_note(conn, access.actor, now=now, site_id=access.site.id, alert_id=alert_id, note=note)
    except Invalid as error:
        return _alert(request, access, conn, alert_id, status=error.status, note=note, note_errors=form_errors(request, error))
    return see(_path(access, alert_id))


def _path(access: SiteAccess, alert_id: int) -> str:
    return f"/s/{access.site.slug}/alerts/{alert_id}"


def _list(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    alerts: list[Alert],
    *,
    resolved: bool,
    next_cursor: str | None = None,
    first: bool = True,
) -> HTMLResponse:
    words = _words(request, access)
    return render(
        request,
        access,
        "alerts.html",
        alerts=alerts,
        headlines={alert.id: headline(alert, words) for alert in alerts},
        untold=not list_channels(conn, site_id=access.site.id),
        counts=queries.count_unresolved(conn, site_id=access.site.id),
        shown=_SHOWN,
        resolved=resolved,
        next_cursor=next_cursor,
        first=first,
    )


def _alert(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    alert_id: int,
    *,
    status: int = 200,
    problem: str | None = None,
    cause: str = "",
    cause_errors: FormErrors = NO_ERRORS,
    note: str = "",
    note_errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    alert = queries.get_alert(conn, site_id=access.site.id, alert_id=alert_id)
    words = _words(request, access)
    entries = queries.list_entries(conn, site_id=access.site.id, alert_id=alert_id)
    deliveries = list_deliveries(conn, site_id=access.site.id, alert_id=alert_id)
    return render(
        request,
        access,
        "alert.html",
        status=status,
        alert=alert,
        headline=headline(alert, words),
        rule_name=rule_name(alert, words.language),
        lines=fact_lines(alert, words),
        entries=[(entry, _entry_lines(alert, entry, words)) for entry in reversed(entries)],
        deliveries=deliveries,
        problems=[split_error(delivery.last_error) for delivery in deliveries],
        subject_path=_subject_path(access, alert),
        problem=problem,
        cause=cause,
        cause_errors=cause_errors,
        note=note,
        note_errors=note_errors,
    )


def _words(request: Request, access: SiteAccess) -> Words:
    return Words(language=language_of(request), zone=access.site.zone)


def _entry_lines(alert: Alert, entry: AlertEntry, words: Words) -> list[Line]:
    return fact_lines(alert, words, facts=entry.facts) if entry.action == "updated" else []


def _subject_path(access: SiteAccess, alert: Alert) -> str | None:
    """The page of the thing it is about."""
    kind = alert.subject.partition(":")[0]
    if kind == "device" and "device" in alert.facts:
        return f"/s/{access.site.slug}/devices/{alert.facts['device']}"
    if kind == "plan" and "round" in alert.facts:
        return f"/s/{access.site.slug}/patrol/rounds/{alert.facts['round']}"
    return None
