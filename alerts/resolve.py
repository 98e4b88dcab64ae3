"""A person closes an alert and says what was found or done."""

from datetime import datetime

from alerts.acknowledge import NOTE_LIMIT
from alerts.models import Alert, AlertKey
from alerts.queries import alerts as queries
from alerts.queries import outbox
from core.checks import paragraph
from core.errors import Conflict
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify


def resolve_alert(conn: Connection, actor: Actor, *, now: datetime, site_id: int, alert_id: int, note: str) -> Alert:
    """Close it, also while its condition holds: it is not opened again before that has ended or happened anew.

    The cause is asked for: `note` is required. Raises Conflict when it is resolved already.
    """
    note = paragraph(note, field="note", limit=NOTE_LIMIT, required=True)
    if not queries.mark_resolved(conn, site_id=site_id, alert_id=alert_id, person_id=actor.person_id, now=now):
        queries.get_alert(conn, site_id=site_id, alert_id=alert_id)
        raise Conflict("alert_is_resolved")
    queries.add_entry(conn, site_id=site_id, alert_id=alert_id, action="resolved", person_id=actor.person_id, note=note, now=now)
    write_audit(conn, actor, now=now, action="alert.resolved", subject=f"alert:{alert_id}", site_id=site_id, detail={"note": note})
    if outbox.queue_resolved(conn, keys=[AlertKey(site_id=site_id, id=alert_id)], now=now):
        notify(conn, Change(topic="outbox"))
    notify(conn, Change(topic="alert", site_id=site_id, subject=f"alert:{alert_id}"))
    return queries.get_alert(conn, site_id=site_id, alert_id=alert_id)
