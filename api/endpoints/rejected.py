"""Messages that could not be taken, counted by what was wrong with them."""

from typing import Annotated

from fastapi import APIRouter

from api.access import Access, SiteAccess, allow, allow_anywhere
from api.deps import Conn, Translate
from api.inboxes import readable, rejected_messages
from api.paging import Page, PageRequest, Paging
from api.schemas.devices import RejectedOut
from core.i18n import Translator
from ingest.views import RejectedMessage
from store.db import Connection

router = APIRouter(tags=["devices"])


@router.get("/sites/{site}/rejected")
def list_rejected_messages(
    access: Annotated[SiteAccess, allow("engineer", "manager")], conn: Conn, paging: Paging, t: Translate
) -> Page[RejectedOut]:
    """Of a site; what was wrong last comes first."""
    return _page(conn, access.site.id, paging, t)


@router.get("/rejected")
def list_stray_messages(
    access: Annotated[Access, allow_anywhere("admin")], conn: Conn, paging: Paging, t: Translate
) -> Page[RejectedOut]:
    """Of no site we know."""
    return _page(conn, None, paging, t)


def _page(conn: Connection, site_id: int | None, paging: PageRequest, t: Translator) -> Page[RejectedOut]:
    items, following = rejected_messages(conn, site_id, paging)
    return Page(items=[_out(item, t) for item in items], next=following)


def _out(message: RejectedMessage, t: Translator) -> RejectedOut:
    text = readable(message.payload)
    return RejectedOut(
        id=message.id,
        topic=message.topic,
        reason=message.reason,
        detail=message.detail(t.language),
        detail_key=message.detail_key,
        facts=dict(message.facts),
        payload=text if text is not None else message.payload.hex(" "),
        payload_is_hex=text is None,
        payload_bytes=message.payload_bytes,
        count=message.count,
        first_at=message.first_at,
        last_at=message.last_at,
    )
