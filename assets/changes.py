"""What every change of the ledger has in common: an audit entry, and word to those who look."""

from collections.abc import Mapping
from datetime import datetime

from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, Topic, notify


def tell(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    action: str,
    subject: str,
    site_id: int | None = None,
    detail: Mapping[str, object] | None = None,
    topic: Topic = "ledger",
) -> None:
    """Write the audit entry and notify, in the caller's transaction. `subject` is `asset:12`.

    Those who look are told of the site as a whole: a page of one device shows its asset, and what that depends on, too.
    """
    write_audit(conn, actor, now=now, action=action, subject=subject, site_id=site_id, detail=detail)
    notify(conn, Change(topic=topic, site_id=site_id))


def changed(before: object, after: object, *fields: str) -> dict[str, object]:
    """The fields that differ, as JSON: `{"name": {"from": …, "to": …}}`."""
    pairs = ((field, getattr(before, field), getattr(after, field)) for field in fields)
    return {field: {"from": _plain(old), "to": _plain(new)} for field, old, new in pairs if old != new}


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)
