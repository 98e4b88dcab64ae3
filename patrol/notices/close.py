"""A notice is struck off 销号 with what was done; it stays on record."""

from datetime import datetime

from core.checks import paragraph
from core.errors import Conflict, Forbidden
from patrol.notices import queries
from patrol.notices.models import Notice
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

NOTE_LIMIT = 1000


def close_notice(conn: Connection, actor: Actor, *, now: datetime, site_id: int, notice_id: int, note: str) -> Notice:
    """Strike it off 销号, saying what was done. Raises Conflict when that was done before."""
    if actor.person_id is None:
        raise Forbidden
    queries.get_notice(conn, site_id, notice_id)
    note = paragraph(note, field="note", limit=NOTE_LIMIT, required=True)
    if not queries.mark_closed(conn, site_id=site_id, notice_id=notice_id, closed_by=actor.person_id, closed_at=now, note=note):
        raise Conflict("notice_closed")
    subject = f"notice:{notice_id}"
    write_audit(conn, actor, now=now, action="notice.closed", subject=subject, site_id=site_id, detail={"note": note})
    notify(conn, Change(topic="notice", site_id=site_id, subject=str(notice_id)))
    return queries.get_notice(conn, site_id, notice_id)
