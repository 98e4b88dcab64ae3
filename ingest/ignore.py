"""Setting a discovered device aside, and bringing it back: a neighbour's camera need not be offered for ever."""

from datetime import datetime

from core.errors import NotFound
from ingest.queries.inboxes import mark_ignored
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify


def ignore_device(conn: Connection, actor: Actor, *, now: datetime, site_id: int, slug: str) -> None:
    """It is not offered any more; its messages are still not taken."""
    _set(conn, actor, now=now, site_id=site_id, slug=slug, ignored=True)


def offer_device(conn: Connection, actor: Actor, *, now: datetime, site_id: int, slug: str) -> None:
    """It is offered again."""
    _set(conn, actor, now=now, site_id=site_id, slug=slug, ignored=False)


def _set(conn: Connection, actor: Actor, *, now: datetime, site_id: int, slug: str, ignored: bool) -> None:
    if not mark_ignored(conn, site_id, slug, at=now if ignored else None):
        raise NotFound
    action = "discovered.ignored" if ignored else "discovered.offered"
    write_audit(conn, actor, now=now, action=action, subject=f"discovered:{slug}", site_id=site_id)
    notify(conn, Change(topic="discovered", site_id=site_id, subject=slug))
