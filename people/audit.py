"""The audit log: every change a person makes, in the transaction that makes it."""

from collections.abc import Mapping
from datetime import datetime

from people.models import Actor
from people.queries.audit import create_audit_entry
from store.db import Connection


def write_audit(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    action: str,
    subject: str,
    site_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Record that `actor` did `action` (`alert.acknowledged`) to `subject` (`alert:12`).

    A `site_id` of 0 is the installation: of no site. `detail` must be JSON and hold no secret: managers read it.
    """
    create_audit_entry(
        conn,
        at=now,
        person_id=actor.person_id,
        site_id=site_id or None,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
        ip=actor.ip,
    )
