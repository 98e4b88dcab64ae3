"""Rectification notices of a site."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Page, Paging
from api.schemas.notices import NoticeCloseIn, NoticeIn, NoticeOut
from patrol.notices import queries
from patrol.notices.close import close_notice as close
from patrol.notices.issue import issue_notice as issue
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites/{site}/notices", tags=["notices"])
Reader = Annotated[SiteAccess, allow(*SITE_ROLES)]
Issuer = Annotated[SiteAccess, allow("leader", "manager")]


@router.get("")
def list_notices(
    access: Reader,
    conn: Conn,
    now: Now,
    paging: Paging,
    closed: Annotated[bool | None, Query(description="Only those struck off, or only the others.")] = None,
) -> Page[NoticeOut]:
    """Newest first."""
    rows = queries.list_notices(conn, site_id=access.site.id, limit=paging.limit + 1, before_id=paging.after, closed=closed)
    items, following = paging.page(rows, key=lambda row: row.id)
    return Page(items=[NoticeOut.of(row, now) for row in items], next=following)


@router.post("", status_code=201)
def issue_notice(new: NoticeIn, access: Issuer, conn: Conn, now: Now) -> NoticeOut:
    """Tell a department what to put right."""
    made = issue(conn, access.actor, now=now, site_id=access.site.id, **new.model_dump())
    return NoticeOut.of(made, now)


@router.get("/{notice_id}")
def get_notice(notice_id: RowId, access: Reader, conn: Conn, now: Now) -> NoticeOut:
    """One notice."""
    return NoticeOut.of(queries.get_notice(conn, access.site.id, notice_id), now)


@router.post("/{notice_id}/close")
def close_notice(notice_id: RowId, done: NoticeCloseIn, access: Issuer, conn: Conn, now: Now) -> NoticeOut:
    """Strike it off, with what was done."""
    closed = close(conn, access.actor, now=now, site_id=access.site.id, notice_id=notice_id, note=done.note)
    return NoticeOut.of(closed, now)
