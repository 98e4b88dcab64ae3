"""The guard's phone page: what is due now, and a field for the code on the wall."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from core.errors import Invalid
from patrol import queries
from patrol.check_in import check_in, find_result
from patrol.due_now import get_due_now
from patrol.planning.codes import normalise_code
from patrol.planning.queries.checkpoints import list_checkpoints
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors
from web.navigation import NavItem
from web.page import render, see

router = APIRouter()
NAV = NavItem(
    key="guard",
    label_key="nav.guard",
    icon="scan",
    path="/s/{site}/guard",
    roles=("guard", "leader"),
    order=5,
    primary=True,
    personal=True,
)
Patroller = Annotated[SiteAccess, allow("guard", "leader", "manager")]

RECENT = timedelta(hours=12)
FRESH = timedelta(minutes=2)


@router.get("/s/{site}/guard")
def guard_page(request: Request, access: Patroller, conn: Conn, now: Now, done: str = "") -> HTMLResponse:
    return _page(request, access, conn, now, done=done)


@router.post("/s/{site}/guard/check-in")
def type_code(request: Request, access: Patroller, conn: Conn, now: Now, code: FormText = "", form_id: FormText = "") -> Response:
    client_id = _client_id(form_id, code)
    try:
        check_in(conn, access.actor, now=now, site_id=access.site.id, code=code, client_id=client_id)
    except Invalid as error:
        return _page(request, access, conn, now, errors=form_errors(request, error))
    return see(f"/s/{access.site.slug}/guard?done={client_id}")


def _client_id(form_id: str, code: str) -> UUID:
    """The same for a second tap on the same form; another for another code typed into a form that was kept open."""
    return uuid5(_uuid(form_id) or uuid4(), normalise_code(code))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    now: datetime,
    *,
    done: str = "",
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    site_id, person_id = access.site.id, access.viewer.person_id
    client_id = _uuid(done)
    checkpoints = list_checkpoints(conn, site_id)
    return render(
        request,
        access,
        "guard.html",
        status=200 if errors is NO_ERRORS else 422,
        due=get_due_now(conn, site_id=site_id, now=now),
        result=find_result(conn, site_id=site_id, person_id=person_id, client_id=client_id) if client_id else None,
        fresh_from=now - FRESH,
        recent=queries.list_check_ins_of(conn, site_id=site_id, person_id=person_id, since=now - RECENT, limit=5),
        digits_only=all(checkpoint.code.isdecimal() for checkpoint in checkpoints),
        form_id=uuid4(),
        errors=errors,
    )
