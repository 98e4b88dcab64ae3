"""Forms of a checkpoint."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from assets.queries.places import list_areas
from core.errors import Conflict, Invalid
from patrol.planning import checkpoints as verbs
from patrol.planning.models import Checkpoint
from patrol.planning.queries import checkpoints as checkpoint_queries
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors, number
from web.page import render, see

router = APIRouter(prefix="/s/{site}/patrol/checkpoints")
Planner = Annotated[SiteAccess, allow("leader", "manager")]


@router.get("/new")
def new_checkpoint_page(request: Request, access: Planner, conn: Conn) -> HTMLResponse:
    return _form(request, access, conn, None, {"name": "", "code": "", "area": ""})


@router.post("/new")
def create_checkpoint(
    request: Request, access: Planner, conn: Conn, now: Now, name: FormText = "", code: FormText = "", area: FormText = ""
) -> Response:
    try:
        verbs.create_checkpoint(conn, access.actor, now=now, site_id=access.site.id, name=name, code=code, area_id=number(area))
    except (Invalid, Conflict) as error:
        return _form(request, access, conn, None, {"name": name, "code": code, "area": area}, form_errors(request, error))
    return _to_plan(access)


@router.get("/{checkpoint_id}")
def checkpoint_page(request: Request, checkpoint_id: RowId, access: Planner, conn: Conn) -> HTMLResponse:
    found = checkpoint_queries.get_checkpoint(conn, access.site.id, checkpoint_id)
    return _form(request, access, conn, found, {"name": found.name, "code": found.code, "area": str(found.area_id or "")})


@router.post("/{checkpoint_id}")
def update_checkpoint(
    request: Request,
    checkpoint_id: RowId,
    access: Planner,
    conn: Conn,
    now: Now,
    name: FormText = "",
    code: FormText = "",
    area: FormText = "",
) -> Response:
    try:
        verbs.update_checkpoint(
            conn,
            access.actor,
            now=now,
            site_id=access.site.id,
            checkpoint_id=checkpoint_id,
            name=name,
            code=code,
            area_id=number(area),
        )
    except (Invalid, Conflict) as error:
        found = checkpoint_queries.get_checkpoint(conn, access.site.id, checkpoint_id)
        return _form(request, access, conn, found, {"name": name, "code": code, "area": area}, form_errors(request, error))
    return _to_plan(access)


@router.post("/{checkpoint_id}/retire")
def retire_checkpoint(request: Request, checkpoint_id: RowId, access: Planner, conn: Conn, now: Now) -> Response:
    try:
        verbs.retire_checkpoint(conn, access.actor, now=now, site_id=access.site.id, checkpoint_id=checkpoint_id)
    except Conflict as error:
        found = checkpoint_queries.get_checkpoint(conn, access.site.id, checkpoint_id)
        entered = {"name": found.name, "code": found.code, "area": str(found.area_id or "")}
        return _form(request, access, conn, found, entered, form_errors(request, error))
    return _to_plan(access)


@router.post("/{checkpoint_id}/restore")
def restore_checkpoint(checkpoint_id: RowId, access: Planner, conn: Conn, now: Now) -> RedirectResponse:
    verbs.restore_checkpoint(conn, access.actor, now=now, site_id=access.site.id, checkpoint_id=checkpoint_id)
    return _to_plan(access)


def _to_plan(access: SiteAccess) -> RedirectResponse:
    return see(f"/s/{access.site.slug}/patrol/plan#checkpoints")


def _form(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    checkpoint: Checkpoint | None,
    entered: dict[str, str],
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    return render(
        request,
        access,
        "checkpoint_form.html",
        status=200 if errors is NO_ERRORS else 422,
        checkpoint=checkpoint,
        areas=list_areas(conn, access.site.id),
        entered=entered,
        errors=errors,
    )
