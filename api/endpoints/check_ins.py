"""Check-ins: raw evidence, and what it proved."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.paging import Page, Paging
from api.schemas.patrol import CheckInIn, CheckInOut, CheckInResultOut
from patrol import queries
from patrol.check_in import check_in

router = APIRouter(prefix="/sites/{site}/check-ins", tags=["patrol"])


@router.get("")
def list_check_ins(access: Annotated[SiteAccess, allow("leader", "manager")], conn: Conn, paging: Paging) -> Page[CheckInOut]:
    """Newest first, also of codes that belong to no checkpoint."""
    rows = queries.list_check_ins(conn, site_id=access.site.id, limit=paging.limit + 1, before_id=paging.after)
    items, following = paging.page(rows, key=lambda row: row.id)
    return Page(items=[CheckInOut.model_validate(row) for row in items], next=following)


@router.post("", status_code=201, responses={200: {"model": CheckInResultOut, "description": "It had been sent before."}})
def create_check_in(
    sent: CheckInIn, access: Annotated[SiteAccess, allow("guard", "leader", "manager")], conn: Conn, now: Now, response: Response
) -> CheckInResultOut:
    """Store a check-in. It is stored whatever the code: look at `outcome`."""
    result = check_in(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        code=sent.code,
        client_id=sent.client_id or uuid4(),
        device_at=sent.device_at,
        note=sent.note,
    )
    if result.replayed:
        response.status_code = 200
    return CheckInResultOut.of(result)
