"""Rectification notices: issued, overdue, struck off."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Paging
from core.errors import Conflict, Invalid
from patrol.notices import queries
from patrol.notices.close import close_notice
from patrol.notices.issue import issue_notice
from patrol.notices.models import DEPARTMENTS
from patrol.today import today_of
from people.models import SITE_ROLES
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors
from web.navigation import NavItem
from web.page import render, see

router = APIRouter(prefix="/s/{site}/notices")
NAV = NavItem(key="notices", label_key="nav.notices", icon="clipboard-list", path="/s/{site}/notices", roles=SITE_ROLES, order=60)
Reader = Annotated[SiteAccess, allow(*SITE_ROLES)]
Issuer = Annotated[SiteAccess, allow("leader", "manager")]

END_OF_WORK = time(18)


@router.get("")
def notices_page(request: Request, access: Reader, conn: Conn, now: Now) -> HTMLResponse:
    return render(
        request,
        access,
        "notices.html",
        notices=queries.list_open_notices(conn, access.site.id),
        counts=queries.count_open_notices(conn, access.site.id, now),
        closed=False,
        next_cursor=None,
        first=True,
    )


@router.get("/closed")
def closed_notices_page(request: Request, access: Reader, conn: Conn, now: Now, paging: Paging) -> HTMLResponse:
    rows = queries.list_notices(conn, site_id=access.site.id, limit=paging.limit + 1, before_id=paging.after, closed=True)
    notices, following = paging.page(rows, key=lambda row: row.id)
    return render(
        request,
        access,
        "notices.html",
        notices=notices,
        counts=queries.count_open_notices(conn, access.site.id, now),
        closed=True,
        next_cursor=following,
        first=not paging.cursor,
    )


@router.get("/new")
def new_notice_page(request: Request, access: Issuer, now: Now) -> HTMLResponse:
    tomorrow = datetime.combine(today_of(access.site, now) + timedelta(days=1), END_OF_WORK)
    return _issue_form(request, access, {"title": "", "department": "", "due_at": f"{tomorrow:%Y-%m-%dT%H:%M}", "detail": ""})


@router.post("/new")
def issue(
    request: Request,
    access: Issuer,
    conn: Conn,
    now: Now,
    title: FormText = "",
    department: FormText = "",
    due_at: FormText = "",
    detail: FormText = "",
) -> Response:
    try:
        notice = issue_notice(
            conn,
            access.actor,
            now=now,
            site_id=access.site.id,
            title=title,
            department=department,
            due_at=_moment(due_at, access),
            detail=detail,
        )
    except Invalid as error:
        entered = {"title": title, "department": department, "due_at": due_at, "detail": detail}
        return _issue_form(request, access, entered, form_errors(request, error))
    return see(f"/s/{access.site.slug}/notices/{notice.id}")


@router.get("/{notice_id}")
def notice_page(request: Request, notice_id: RowId, access: Reader, conn: Conn) -> HTMLResponse:
    return _notice(request, access, conn, notice_id)


@router.post("/{notice_id}/close")
def close(request: Request, notice_id: RowId, access: Issuer, conn: Conn, now: Now, note: FormText = "") -> Response:
    try:
        close_notice(conn, access.actor, now=now, site_id=access.site.id, notice_id=notice_id, note=note)
    except (Invalid, Conflict) as error:
        return _notice(request, access, conn, notice_id, note=note, errors=form_errors(request, error))
    return see(f"/s/{access.site.slug}/notices/{notice_id}")


def _moment(text: str, access: SiteAccess) -> datetime:
    """What a date and time field sent, on the clock of the site."""
    try:
        entered = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("time_form", field="due_at") from None
    if entered.tzinfo is None:
        entered = entered.replace(tzinfo=access.site.zone)
    try:
        return entered.astimezone(UTC)
    except OverflowError:
        raise Invalid("time_form", field="due_at") from None


def _issue_form(request: Request, access: SiteAccess, entered: dict[str, str], errors: FormErrors = NO_ERRORS) -> HTMLResponse:
    status = 200 if errors is NO_ERRORS else 422
    return render(request, access, "notice_new.html", status=status, entered=entered, departments=DEPARTMENTS, errors=errors)


def _notice(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    notice_id: int,
    *,
    note: str = "",
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    notice = queries.get_notice(conn, access.site.id, notice_id)
    status = 200 if errors is NO_ERRORS else 422
    return render(request, access, "notice.html", status=status, notice=notice, note=note, errors=errors)
