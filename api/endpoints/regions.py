"""The tree of cities, districts and streets."""

from typing import Annotated

from fastapi import APIRouter

from api.access import Access, allow_anywhere, signed_in
from api.deps import Conn, Now, RowId
from api.places import places_of
from api.schemas.places import RegionChangeIn, RegionIn, RegionOut
from assets import sites

router = APIRouter(prefix="/regions", tags=["regions"])
Admin = Annotated[Access, allow_anywhere("admin")]


@router.get("")
def list_regions(access: Annotated[Access, signed_in()], conn: Conn) -> list[RegionOut]:
    """The regions above the caller's sites, parents first; all of them for administrators."""
    return [RegionOut.model_validate(region) for region in places_of(conn, access.viewer).regions]


@router.post("", status_code=201)
def create_region(new: RegionIn, access: Admin, conn: Conn, now: Now) -> RegionOut:
    """A city, or what is one level below its parent."""
    return RegionOut.model_validate(sites.create_region(conn, access.actor, now=now, parent_id=new.parent_id, name=new.name))


@router.put("/{region_id}")
def rename_region(region_id: RowId, change: RegionChangeIn, access: Admin, conn: Conn, now: Now) -> RegionOut:
    """Another name."""
    return RegionOut.model_validate(sites.rename_region(conn, access.actor, now=now, region_id=region_id, name=change.name))
