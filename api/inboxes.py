"""Lists of what ingest collects, page by page, for endpoints and pages alike."""

from datetime import datetime

from api.paging import PageRequest
from core.errors import Invalid
from ingest.queries.inboxes import list_events, list_rejected
from ingest.views import EventCursor, EventRow, RejectedMessage
from store.db import Connection


def device_events(
    conn: Connection, *, site_id: int, device_id: int, since: datetime, paging: PageRequest
) -> tuple[list[EventRow], str | None]:
    """Events of a device, newest first, and the cursor of the next part."""
    before = None
    if paging.after_text is not None:
        ts, event_id = _moment_and_rest(paging.after_text)
        before = EventCursor(ts=ts, device_id=device_id, event_id=event_id)
    rows = list_events(conn, site_id, device_id=device_id, since=since, before=before, limit=paging.limit + 1)
    return paging.page(rows, key=lambda event: f"{event.ts.isoformat()} {event.event_id}")


def rejected_messages(conn: Connection, site_id: int | None, paging: PageRequest) -> tuple[list[RejectedMessage], str | None]:
    """Rejected messages of a site, or (None) of no site we know, the last one first, and the cursor of the next part."""
    before, before_id = None, None
    if paging.after_text is not None:
        before, rest = _moment_and_rest(paging.after_text)
        if not (rest.isascii() and rest.isdecimal() and len(rest) < 19):
            raise Invalid("cursor", field="cursor")
        before_id = int(rest)
    rows = list_rejected(conn, site_id, before=before, before_id=before_id, limit=paging.limit + 1)
    return paging.page(rows, key=lambda message: f"{message.last_at.isoformat()} {message.id}")


def readable(payload: bytes) -> str | None:
    """The payload as text, if it is text. The cut may have gone through a character of up to four bytes."""
    for cut in range(4):
        try:
            text = payload[: len(payload) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return text if all(char.isprintable() or char in "\t\r\n" for char in text) else None
    return None


def _moment_and_rest(key: str) -> tuple[datetime, str]:
    moment, _, rest = key.partition(" ")
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        raise Invalid("cursor", field="cursor") from None
    if when.tzinfo is None or not rest.isprintable():
        raise Invalid("cursor", field="cursor")
    return when, rest
