"""The audit log: of a site for its manager, of everything for administrators."""

from typing import Annotated

from fastapi import APIRouter

from api.access import Access, SiteAccess, allow, allow_anywhere
from api.deps import Conn
from api.paging import Page, PageRequest, Paging
from api.schemas.audit import AuditEntryOut
from people.queries.audit import list_audit_entries
from store.db import Connection

router = APIRouter(tags=["audit"])


@router.get("/audit")
def list_all_changes(access: Annotated[Access, allow_anywhere("admin")], conn: Conn, paging: Paging) -> Page[AuditEntryOut]:
    """Every change people made, the newest first."""
    return _page(conn, None, paging)


@router.get("/sites/{site}/audit")
def list_site_changes(access: Annotated[SiteAccess, allow("manager")], conn: Conn, paging: Paging) -> Page[AuditEntryOut]:
    """The changes people made at a site, the newest first."""
    return _page(conn, access.site.id, paging)


def _page(conn: Connection, site_id: int | None, paging: PageRequest) -> Page[AuditEntryOut]:
    rows = list_audit_entries(conn, site_id=site_id, person_id=None, before_id=paging.after, limit=paging.limit + 1)
    items, following = paging.page(rows, key=lambda entry: entry.id)
    return Page(items=[AuditEntryOut.model_validate(entry) for entry in items], next=following)
