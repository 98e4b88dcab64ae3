"""A notice is issued to a department, with a deadline."""

from datetime import datetime

from core.checks import one_line, one_of, paragraph
from core.errors import Forbidden, Invalid
from patrol.notices import queries
from patrol.notices.models import DEPARTMENTS, Notice
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

TITLE_LIMIT = 200
DETAIL_LIMIT = 4000


def issue_notice(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, title: str, department: str, due_at: datetime, detail: str = ""
) -> Notice:
    """Tell a department what to put right and by when. Raises Invalid when the deadline is not ahead."""
    if actor.person_id is None:
        raise Forbidden
    title = one_line(title, field="title", limit=TITLE_LIMIT)
    detail = paragraph(detail, field="detail", limit=DETAIL_LIMIT)
    to = one_of(department, DEPARTMENTS, field="department")
    if due_at <= now:
        raise Invalid("deadline_past", field="due_at")
    notice_id = queries.insert_notice(
        conn, site_id=site_id, title=title, detail=detail, department=to, issued_by=actor.person_id, issued_at=now, due_at=due_at
    )
    said = {"title": title, "department": to, "due_at": due_at.isoformat()}
    write_audit(conn, actor, now=now, action="notice.issued", subject=f"notice:{notice_id}", site_id=site_id, detail=said)
    notify(conn, Change(topic="notice", site_id=site_id, subject=str(notice_id)))
    return queries.get_notice(conn, site_id, notice_id)
