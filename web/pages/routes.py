"""Forms of a patrol route."""

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from core.errors import Conflict, Invalid
from patrol.planning import routes as verbs
from patrol.planning.models import Route
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.planning.queries import routes as route_queries
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors, number
from web.page import render, see

router = APIRouter(prefix="/s/{site}/patrol/routes")
Planner = Annotated[SiteAccess, allow("leader", "manager")]

_FIELD = "position-"


async def _positions(request: Request) -> dict[int, str]:
    """What was entered as the number of each checkpoint: a field `position-<id>` for each of them."""
    form = await request.form()
    fields = ((number(name.removeprefix(_FIELD)), value) for name, value in form.items() if name.startswith(_FIELD))
    return {checkpoint_id: str(value).strip() for checkpoint_id, value in fields if checkpoint_id is not None}


Positions = Annotated[dict[int, str], Depends(_positions)]


@router.get("/new")
def new_route_page(request: Request, access: Planner, conn: Conn) -> HTMLResponse:
    return _form(request, access, conn, None, "", {})


@router.post("/new")
def create_route(request: Request, access: Planner, conn: Conn, now: Now, positions: Positions, name: FormText = "") -> Response:
    try:
        ids = _in_order(positions)
        verbs.create_route(conn, access.actor, now=now, site_id=access.site.id, name=name, checkpoint_ids=ids)
    except (Invalid, Conflict) as error:
        return _form(request, access, conn, None, name, positions, form_errors(request, error))
    return _to_plan(access)


@router.get("/{route_id}")
def route_page(request: Request, route_id: RowId, access: Planner, conn: Conn) -> HTMLResponse:
    route = route_queries.get_route(conn, access.site.id, route_id)
    return _form(request, access, conn, route, route.name, _stops(route))


@router.post("/{route_id}")
def update_route(
    request: Request, route_id: RowId, access: Planner, conn: Conn, now: Now, positions: Positions, name: FormText = ""
) -> Response:
    route = route_queries.get_route(conn, access.site.id, route_id)
    try:
        ids = _in_order(positions)
        verbs.update_route(conn, access.actor, now=now, site_id=access.site.id, route_id=route_id, name=name, checkpoint_ids=ids)
    except (Invalid, Conflict) as error:
        return _form(request, access, conn, route, name, positions, form_errors(request, error))
    return _to_plan(access)


@router.post("/{route_id}/retire")
def retire_route(request: Request, route_id: RowId, access: Planner, conn: Conn, now: Now) -> Response:
    route = route_queries.get_route(conn, access.site.id, route_id)
    try:
        verbs.retire_route(conn, access.actor, now=now, site_id=access.site.id, route_id=route_id)
    except Conflict as error:
        return _form(request, access, conn, route, route.name, _stops(route), form_errors(request, error))
    return _to_plan(access)


def _stops(route: Route) -> dict[int, str]:
    return {checkpoint_id: str(position) for position, checkpoint_id in enumerate(route.checkpoint_ids, 1)}


def _in_order(positions: dict[int, str]) -> list[int]:
    """The numbered checkpoints in the order of their numbers, whatever these are."""
    numbered = {checkpoint_id: text for checkpoint_id, text in positions.items() if text}
    if any(number(text) is None for text in numbered.values()):
        raise Invalid("number_form", field="checkpoint_ids")
    if len({int(text) for text in numbered.values()}) < len(numbered):
        raise Invalid("route_repeats", field="checkpoint_ids")
    return sorted(numbered, key=lambda checkpoint_id: int(numbered[checkpoint_id]))


def _place(text: str) -> float:
    """Where a checkpoint stands in the form: on the route in its order, then the others."""
    position = number(text)
    return math.inf if position is None else position


def _to_plan(access: SiteAccess) -> RedirectResponse:
    return see(f"/s/{access.site.slug}/patrol/plan#routes")


def _form(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    route: Route | None,
    name: str,
    positions: dict[int, str],
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    return render(
        request,
        access,
        "route_form.html",
        status=200 if errors is NO_ERRORS else 422,
        route=route,
        name=name,
        positions=positions,
        checkpoints=sorted(
            checkpoint_queries.list_checkpoints(conn, access.site.id), key=lambda point: _place(positions.get(point.id, ""))
        ),
        errors=errors,
    )
