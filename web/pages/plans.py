"""Forms of a patrol plan."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from core.errors import Conflict, Invalid
from patrol.planning import plans as verbs
from patrol.planning.models import Plan
from patrol.planning.plans import PlanTimes
from patrol.planning.queries import plans as plan_queries
from patrol.planning.queries import routes as route_queries
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors, number
from web.page import render, see

router = APIRouter(prefix="/s/{site}/patrol/plans")
Planner = Annotated[SiteAccess, allow("leader", "manager")]

_NEW = {"name": "", "route": "", "from_time": "20:00", "until_time": "06:00", "every_minutes": "60", "grace_minutes": "5"}


def _entered(
    name: FormText = "",
    route: FormText = "",
    from_time: FormText = "",
    until_time: FormText = "",
    every_minutes: FormText = "",
    grace_minutes: FormText = "",
) -> dict[str, str]:
    return {
        "name": name,
        "route": route,
        "from_time": from_time,
        "until_time": until_time,
        "every_minutes": every_minutes,
        "grace_minutes": grace_minutes,
    }


Entered = Annotated[dict[str, str], Depends(_entered)]


@router.get("/new")
def new_plan_page(request: Request, access: Planner, conn: Conn) -> HTMLResponse:
    return _form(request, access, conn, None, _NEW)


@router.post("/new")
def create_plan(request: Request, access: Planner, conn: Conn, now: Now, entered: Entered) -> Response:
    try:
        verbs.create_plan(
            conn,
            access.actor,
            now=now,
            site_id=access.site.id,
            route_id=number(entered["route"]) or 0,
            name=entered["name"],
            times=_times(entered),
        )
    except (Invalid, Conflict) as error:
        return _form(request, access, conn, None, entered, form_errors(request, error))
    return _to_plan(access)


@router.get("/{plan_id}")
def plan_page(request: Request, plan_id: RowId, access: Planner, conn: Conn) -> HTMLResponse:
    plan = plan_queries.get_plan(conn, access.site.id, plan_id)
    return _form(request, access, conn, plan, _values(plan))


@router.post("/{plan_id}")
def update_plan(request: Request, plan_id: RowId, access: Planner, conn: Conn, now: Now, entered: Entered) -> Response:
    plan = plan_queries.get_plan(conn, access.site.id, plan_id)
    try:
        verbs.update_plan(
            conn,
            access.actor,
            now=now,
            site_id=access.site.id,
            plan_id=plan_id,
            route_id=number(entered["route"]) or 0,
            name=entered["name"],
            times=_times(entered),
        )
    except (Invalid, Conflict) as error:
        return _form(request, access, conn, plan, entered, form_errors(request, error))
    return _to_plan(access)


@router.post("/{plan_id}/retire")
def retire_plan(plan_id: RowId, access: Planner, conn: Conn, now: Now) -> RedirectResponse:
    verbs.retire_plan(conn, access.actor, now=now, site_id=access.site.id, plan_id=plan_id)
    return _to_plan(access)


def _values(plan: Plan) -> dict[str, str]:
    return {
        "name": plan.name,
        "route": str(plan.route_id),
        "from_time": f"{plan.from_time:%H:%M}",
        "until_time": f"{plan.until_time:%H:%M}",
        "every_minutes": str(plan.every_minutes),
        "grace_minutes": str(plan.grace_minutes),
    }


def _times(entered: Mapping[str, str]) -> PlanTimes:
    return PlanTimes(
        from_time=_time(entered, "from_time"),
        until_time=_time(entered, "until_time"),
        every_minutes=_minutes(entered, "every_minutes"),
        grace_minutes=_minutes(entered, "grace_minutes"),
    )


def _time(entered: Mapping[str, str], field: str) -> time:
    try:
        return time.fromisoformat(entered[field])
    except ValueError:
        raise Invalid("time_of_day", field=field) from None


def _minutes(entered: Mapping[str, str], field: str) -> int:
    minutes = number(entered[field].strip())
    if minutes is None:
        raise Invalid("number_form", field=field)
    return minutes


def _to_plan(access: SiteAccess) -> RedirectResponse:
    return see(f"/s/{access.site.slug}/patrol/plan")


def _form(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    plan: Plan | None,
    entered: Mapping[str, str],
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    return render(
        request,
        access,
        "plan_form.html",
        status=200 if errors is NO_ERRORS else 422,
        plan=plan,
        routes=route_queries.list_routes(conn, access.site.id),
        entered=entered,
        errors=errors,
    )
