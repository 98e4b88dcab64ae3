"""Checkpoints of a site, with their codes."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Page
from api.schemas.patrol import CheckpointIn, CheckpointOut
from patrol.planning import checkpoints
from patrol.planning.queries import checkpoints as checkpoint_queries

router = APIRouter(prefix="/sites/{site}/checkpoints", tags=["patrol"])

# Guards read codes on the wall, not here.
Planner = Annotated[SiteAccess, allow("leader", "manager")]


@router.get("")
def list_checkpoints(
    access: Planner, conn: Conn, retired: Annotated[bool, Query(description="Retired ones too.")] = False
) -> Page[CheckpointOut]:
    """All of them, by name."""
    found = checkpoint_queries.list_checkpoints(conn, access.site.id, retired=retired)
    return Page(items=[CheckpointOut.model_validate(each) for each in found])


@router.post("", status_code=201)
def create_checkpoint(new: CheckpointIn, access: Planner, conn: Conn, now: Now) -> CheckpointOut:
    """A new place to check."""
    made = checkpoints.create_checkpoint(conn, access.actor, now=now, site_id=access.site.id, **new.model_dump())
    return CheckpointOut.model_validate(made)


@router.put("/{checkpoint_id}")
def update_checkpoint(checkpoint_id: RowId, change: CheckpointIn, access: Planner, conn: Conn, now: Now) -> CheckpointOut:
    """Another name, code or place."""
    changed = checkpoints.update_checkpoint(
        conn, access.actor, now=now, site_id=access.site.id, checkpoint_id=checkpoint_id, **change.model_dump()
    )
    return CheckpointOut.model_validate(changed)


@router.post("/{checkpoint_id}/retire", status_code=204)
def retire_checkpoint(checkpoint_id: RowId, access: Planner, conn: Conn, now: Now) -> None:
    """Nobody needs to go there any more."""
    checkpoints.retire_checkpoint(conn, access.actor, now=now, site_id=access.site.id, checkpoint_id=checkpoint_id)


@router.post("/{checkpoint_id}/restore", status_code=204)
def restore_checkpoint(checkpoint_id: RowId, access: Planner, conn: Conn, now: Now) -> None:
    """Bring back a retired one."""
    checkpoints.restore_checkpoint(conn, access.actor, now=now, site_id=access.site.id, checkpoint_id=checkpoint_id)
