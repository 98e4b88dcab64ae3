"""What people write to an alert while they work on it."""

from datetime import datetime

from alerts.acknowledge import NOTE_LIMIT
from alerts.models import Alert
from alerts.queries import alerts as queries
from core.checks import paragraph
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify


def add_note(conn: Connection, actor: Actor, *, now: datetime, site_id: int, alert_id: int, note: str) -> Alert:
    """A line in its history, also after it is resolved."""
    note = paragraph(note, field="note", limit=NOTE_LIMIT, required=True)
    alert = queries.get_alert(conn, site_id=site_id, alert_id=alert_id)
    queries.add_entry(conn, site_id=site_id, alert_id=alert_id, action="note", person_id=actor.person_id, note=note, now=now)
    write_audit(conn, actor, now=now, action="alert.noted", subject=f"alert:{alert_id}", site_id=site_id, detail={"note": note})
    notify(conn, Change(topic="alert", site_id=site_id, subject=f"alert:{alert_id}"))
    return alert
