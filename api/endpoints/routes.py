"""Patrol routes of a site."""

from typing import Annotated

from fastapi import APIRouter

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Page
from api.schemas.patrol import RouteIn, RouteOut
from patrol.planning import routes
from patrol.planning.queries import routes as route_queries

router = APIRouter(prefix="/sites/{site}/routes", tags=["patrol"])
Planner = Annotated[SiteAccess, allow("leader", "manager")]


@router.get("")
def list_routes(access: Planner, conn: Conn) -> Page[RouteOut]:
    """All routes in use, by name."""
    return Page(items=[RouteOut.model_validate(each) for each in route_queries.list_routes(conn, access.site.id)])


@router.post("", status_code=201)
def create_route(new: RouteIn, access: Planner, conn: Conn, now: Now) -> RouteOut:
    """A new route."""
    made = routes.create_route(conn, access.actor, now=now, site_id=access.site.id, **new.model_dump())
    return RouteOut.model_validate(made)


@router.put("/{route_id}")
def update_route(route_id: RowId, change: RouteIn, access: Planner, conn: Conn, now: Now) -> RouteOut:
    """Change it for the rounds that have not begun."""
    changed = routes.update_route(conn, access.actor, now=now, site_id=access.site.id, route_id=route_id, **change.model_dump())
    return RouteOut.model_validate(changed)


@router.post("/{route_id}/retire", status_code=204)
def retire_route(route_id: RowId, access: Planner, conn: Conn, now: Now) -> None:
    """Take it out of use; no plan may need it."""
    routes.retire_route(conn, access.actor, now=now, site_id=access.site.id, route_id=route_id)
