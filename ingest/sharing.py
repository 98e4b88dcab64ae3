"""Several ingesters among which the broker shares what is sent, message by message ($share): what one must not conclude alone.

Of a device each of them hears only a part. So one of the group at a time, who holds a lock of the database, judges
silence, by what all of them have heard; and each takes over what the others have written of a device's health.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg

from core.logs import get_logger
from ingest.health_tracker import HealthTracker
from ingest.model import Decode, Decoded, Format, Message, RejectedError
from ingest.queries import sharing as queries
from ingest.registry import DeviceKey
from store.db import Connection, Database
from store.notify import Change

log = get_logger(__name__)

# The others write when a device was last heard within half a minute; until then, and a little longer, its silence is not concluded.
GRACE = timedelta(seconds=45)
_LOOK_EVERY = timedelta(seconds=2)
_ALIVE_WITHIN = timedelta(seconds=15)  # an ingester tells of itself every five seconds


def shared(topic_filter: str, group: str) -> str:
    """The filter as the members of a group subscribe to it: each message to one of them."""
    return f"$share/{group}/{topic_filter}"


def without_memory(formats: Mapping[str, Format]) -> dict[str, Format]:
    """The formats for a member: one whose decoder remembers would miss what the others were given, and refuses."""
    return {slug: replace(each, decoder=_refusing(each)) if each.remembers else each for slug, each in formats.items()}


def _refusing(format_: Format) -> Callable[[], Decode]:
    def decode(message: Message) -> list[Decoded]:
        raise RejectedError("topic", "not_shared", format=format_.name.en)

    return lambda: decode


class Sharing:
    """A member of `group`, called `name`. Used by the writer thread, but for `hear_of` and `hear_of_all`."""

    def __init__(self, group: str, name: str, db: Database, tracker: HealthTracker) -> None:
        self._group = group
        self._name = name
        self._db = db
        self._tracker = tracker
        self._conn: Connection | None = None
        self._looked_at: datetime | None = None
        self._lock = threading.Lock()
        self._changed: set[int] = set()
        self._missed = False
        self.leads = False

    def hear_of(self, change: Change) -> None:
        """Somebody wrote the health of devices, perhaps ourselves."""
        if change.topic == "status" and change.site_id is not None:
            with self._lock:
                self._changed.add(change.site_id)

    def hear_of_all(self) -> None:
        """Changes were missed."""
        with self._lock:
            self._missed = True

    def follow(self, now: datetime, *, hearing: bool) -> None:
        """Take over what others have written, and the lead when nobody has it. Who does not hear gives it up."""
        try:
            self._look_for_lead(now, hearing=hearing)
            self._adopt()
        except psycopg.Error as error:
            self._give_up(error)

    def ask(self, devices: Sequence[DeviceKey]) -> list[tuple[DeviceKey, datetime, datetime | None]] | None:
        """When anybody heard these devices last; None: the database does not answer."""
        try:
            return queries.list_seen(self._conn, devices) if self._conn is not None else None
        except psycopg.Error as error:
            self._give_up(error)
            return None

    def close(self) -> None:
        """Give up the lead."""
        self.leads = False
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _give_up(self, error: psycopg.Error) -> None:
        log.warning("sharing ingester cannot ask the database", error=str(error).strip())
        self.close()
        self.hear_of_all()

    def _look_for_lead(self, now: datetime, *, hearing: bool) -> None:
        if not hearing:
            self.close()
            return
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        if self._conn is None:
            self._conn = self._db.connect()
        if self.leads:
            queries.is_alive(self._conn)
        elif queries.take_lead(self._conn, self._group):
            log.info("judges silence for those who share", group=self._group)
            self.leads = True
            if not queries.is_other_listening(self._conn, name=self._name, since=now - _ALIVE_WITHIN):
                self._tracker.forget(now)  # nobody was there to hear
            self._tracker.hear(now)

    def _adopt(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, set()
            missed, self._missed = self._missed, False
        if self._conn is None:
            if changed or missed:
                self.hear_of_all()
            return
        if missed:
            changed = self._tracker.sites()
        if changed:
            for key, health in queries.list_site_healths(self._conn, sorted(changed)).items():
                self._tracker.adopt_if_other(key, health)
