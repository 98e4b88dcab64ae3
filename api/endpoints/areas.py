"""The areas of a site: where its assets stand and its checkpoints hang."""

from typing import Annotated

from fastapi import APIRouter

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Page
from api.schemas.places import AreaChangeIn, AreaIn, AreaOut
from assets import sites
from assets.queries import places
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites/{site}/areas", tags=["sites"])
Editor = Annotated[SiteAccess, allow("admin")]


@router.get("")
def list_areas(access: Annotated[SiteAccess, allow(*SITE_ROLES)], conn: Conn) -> Page[AreaOut]:
    """All of them, by name."""
    return Page(items=[AreaOut.model_validate(area) for area in places.list_areas(conn, access.site.id)], next=None)


@router.post("", status_code=201)
def create_area(new: AreaIn, access: Editor, conn: Conn, now: Now) -> AreaOut:
    """A new area."""
    created = sites.create_area(
        conn, access.actor, now=now, site_id=access.site.id, slug=new.slug, name=new.name, key_area=new.key_area
    )
    return AreaOut.model_validate(created)


@router.put("/{area_id}")
def update_area(area_id: RowId, change: AreaChangeIn, access: Editor, conn: Conn, now: Now) -> AreaOut:
    """Another name, or whether it is a key area."""
    changed = sites.update_area(
        conn, access.actor, now=now, site_id=access.site.id, area_id=area_id, name=change.name, key_area=change.key_area
    )
    return AreaOut.model_validate(changed)
