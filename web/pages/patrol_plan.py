"""What must be seen: the checkpoints, routes and plans of a site on one page."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.planning.queries import plans as plan_queries
from patrol.planning.queries import routes as route_queries
from patrol.slots import day_bounds, list_slots
from patrol.today import today_of
from web.page import render

router = APIRouter(prefix="/s/{site}/patrol/plan")
Planner = Annotated[SiteAccess, allow("leader", "manager")]


@router.get("")
def plan_page(request: Request, access: Planner, conn: Conn, now: Now) -> HTMLResponse:
    site = access.site
    since, until = day_bounds(today_of(site, now), site.zone)
    plans = plan_queries.list_plans(conn, site.id)
    return render(
        request,
        access,
        "patrol_plan.html",
        plans=plans,
        per_day={plan.id: len(list_slots(plan.window, site.zone, since, until)) for plan in plans},
        routes=route_queries.list_routes(conn, site.id),
        checkpoints=checkpoint_queries.list_checkpoints(conn, site.id, retired=True),
    )
