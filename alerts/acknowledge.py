"""Somebody is on it: the alert stays until it is over, and nobody is told of it any more but of its end."""

from datetime import datetime

from alerts.models import Alert
from alerts.queries import alerts as queries
from alerts.queries import outbox
from core.checks import paragraph
from core.errors import Conflict, Forbidden
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

NOTE_LIMIT = 1000


def acknowledge_alert(conn: Connection, actor: Actor, *, now: datetime, site_id: int, alert_id: int, note: str = "") -> Alert:
    """The actor takes it on; notifications of its opening that are still waiting are withdrawn.

    Raises Conflict when somebody else was faster, or when it is over: an acknowledgement never brings it back.
    """
    if actor.person_id is None:
        raise Forbidden("only_a_person_acknowledges")
    note = paragraph(note, field="note", limit=NOTE_LIMIT)
    if not queries.mark_acknowledged(conn, site_id=site_id, alert_id=alert_id, person_id=actor.person_id, now=now):
        alert = queries.get_alert(conn, site_id=site_id, alert_id=alert_id)
        if alert.resolved_at is not None:
            raise Conflict("alert_is_resolved")
        raise Conflict("alert_is_acknowledged", name=alert.acknowledged_by_name)
    outbox.withdraw_alert(conn, site_id=site_id, alert_id=alert_id, now=now)
    queries.add_entry(
        conn, site_id=site_id, alert_id=alert_id, action="acknowledged", person_id=actor.person_id, note=note, now=now
    )
    write_audit(conn, actor, now=now, action="alert.acknowledged", subject=f"alert:{alert_id}", site_id=site_id)
    notify(conn, Change(topic="alert", site_id=site_id, subject=f"alert:{alert_id}"))
    return queries.get_alert(conn, site_id=site_id, alert_id=alert_id)
