"""Patrol plans of a site."""

from typing import Annotated

from fastapi import APIRouter

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Page
from api.schemas.patrol import PlanIn, PlanOut
from patrol.planning import plans
from patrol.planning.plans import PlanTimes
from patrol.planning.queries import plans as plan_queries

router = APIRouter(prefix="/sites/{site}/plans", tags=["patrol"])
Planner = Annotated[SiteAccess, allow("leader", "manager")]


@router.get("")
def list_plans(access: Planner, conn: Conn) -> Page[PlanOut]:
    """All plans in force, by the time of day they begin."""
    return Page(items=[PlanOut.model_validate(each) for each in plan_queries.list_plans(conn, access.site.id)])


@router.post("", status_code=201)
def create_plan(new: PlanIn, access: Planner, conn: Conn, now: Now) -> PlanOut:
    """A new plan; its rounds are due from now on."""
    made = plans.create_plan(
        conn, access.actor, now=now, site_id=access.site.id, route_id=new.route_id, name=new.name, times=_times(new)
    )
    return PlanOut.model_validate(made)


@router.put("/{plan_id}")
def update_plan(plan_id: RowId, change: PlanIn, access: Planner, conn: Conn, now: Now) -> PlanOut:
    """Change it from the next round on."""
    changed = plans.update_plan(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        plan_id=plan_id,
        route_id=change.route_id,
        name=change.name,
        times=_times(change),
    )
    return PlanOut.model_validate(changed)


@router.post("/{plan_id}/retire", status_code=204)
def retire_plan(plan_id: RowId, access: Planner, conn: Conn, now: Now) -> None:
    """No more rounds of it."""
    plans.retire_plan(conn, access.actor, now=now, site_id=access.site.id, plan_id=plan_id)


def _times(plan: PlanIn) -> PlanTimes:
    return PlanTimes(**plan.model_dump(include={"from_time", "until_time", "every_minutes", "grace_minutes"}))
