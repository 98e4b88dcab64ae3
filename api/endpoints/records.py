"""What was done to the assets of a site: operation, inspection, repair, maintenance."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.paging import Page, Paging
from api.schemas.assets import CorrectionIn, RecordIn, RecordOut
from api.schemas.base import Id
from assets import records as verbs
from assets.models import RecordEntry, RecordKind
from assets.queries import records

router = APIRouter(prefix="/sites/{site}", tags=["records"])

LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("/records")
def list_records(
    access: LedgerAccess,
    conn: Conn,
    paging: Paging,
    asset: Annotated[Id | None, Query(description="Of this asset only.")] = None,
    kind: RecordKind | None = None,
) -> Page[RecordOut]:
    """What was done last comes first. Corrected records are among them and say so."""
    rows = records.list_records(conn, access.site.id, asset_id=asset, kind=kind, before_id=paging.after, limit=paging.limit + 1)
    items, following = paging.page(rows, key=lambda record: record.id)
    return Page(items=[RecordOut.model_validate(row) for row in items], next=following)


@router.post("/assets/{asset_id}/records", status_code=201)
def write_record(asset_id: Id, new: RecordIn, access: LedgerAccess, conn: Conn, now: Now) -> RecordOut:
    """Record what was done. It cannot be changed afterwards, only corrected by a further record."""
    record = verbs.write_record(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        asset_id=asset_id,
        entry=RecordEntry(**new.model_dump(exclude={"condition"})),
        condition=new.condition,
    )
    return RecordOut.model_validate(record)


@router.get("/records/{record_id}")
def get_record(record_id: Id, access: LedgerAccess, conn: Conn) -> RecordOut:
    """One record."""
    return RecordOut.model_validate(records.get_record(conn, access.site.id, record_id))


@router.post("/records/{record_id}/corrections", status_code=201)
def correct_record(record_id: Id, new: CorrectionIn, access: LedgerAccess, conn: Conn, now: Now) -> RecordOut:
    """A further record that holds instead; the first stays as it was."""
    record = verbs.correct_record(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        record_id=record_id,
        entry=RecordEntry(**new.model_dump(exclude={"reason"})),
        reason=new.reason,
    )
    return RecordOut.model_validate(record)
