"""Several ingesters among which the broker shares what is sent, message by message ($share): what one must not conclude alone.

Of a device each of them hears only a part. So one of the group at a time, who holds a lock of the database, judges
silence, by what all of them have heard, and only while all of them are there: a broker may keep for one that is away what it
would have heard. Each takes over what the others have written of a device's health.
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
from ingest.troubles import FORGOTTEN_AFTER
from store.db import Database
from store.notify import Change
from store.turn import Turn

log = get_logger(__name__)

# The others write when a device was last heard within half a minute; until then, and a little longer, its silence is not concluded.
GRACE = timedelta(seconds=45)
_LOOK_EVERY = timedelta(seconds=2)
# An ingester tells of itself every five seconds; less than GRACE, so that it is missed in time.
_ALIVE_WITHIN = timedelta(seconds=30)
_LOCK_SPACE = 7005


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
        self.group = group
        self._name = name
        self._tracker = tracker
        self._turn = Turn(db, _LOCK_SPACE, group)
        self._epoch = 0
        self._looked_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._complete = True
        self._lock = threading.Lock()
        self._changed: set[int] = set()
        self._missed = False
        self._leads = False

    @property
    def judges(self) -> bool:
        """Whether silence is for this one to conclude, and says anything."""
        return self._leads and self._complete

    def hear_of(self, change: Change) -> None:
        """Somebody wrote the health of devices, perhaps ourselves."""
        if change.topic == "status" and change.site_id is not None:
            with self._lock:
                self._changed.add(change.site_id)

    def hear_of_all(self) -> None:
        """Changes were missed."""
        with self._lock:
            self._missed = True

    def follow(self, now: datetime, *, hearing: bool, epoch: int) -> None:
        """Take over what others have written, and the lead when nobody has it. Who does not hear gives it up.

        `epoch`: the number of the connection to the broker.
        """
        try:
            self._take_over_heard(epoch)
            self._look_around(now, hearing=hearing)
            if hearing:
                self._adopt()
        except psycopg.Error as error:
            self._give_up(error)

    def ask(self, devices: Sequence[DeviceKey]) -> list[tuple[DeviceKey, datetime, datetime | None]] | None:
        """When anybody heard these devices last; None: the database does not answer."""
        try:
            return queries.list_seen(self._turn.connected(), devices)
        except psycopg.Error as error:
            self._give_up(error)
            return None

    def close(self) -> None:
        """Give up the lead."""
        self._leads = False
        self._turn.give_up()

    def _give_up(self, error: psycopg.Error) -> None:
        log.warning("sharing ingester cannot ask the database", error=str(error).strip())
        self.close()
        self.hear_of_all()

    def _take_over_heard(self, epoch: int) -> None:
        """What comes by a new connection may have waited for hours, in which the others heard more."""
        if epoch != self._epoch:
            self._tracker.take_over(queries.list_seen(self._turn.connected(), self._tracker.keys()))
            self._epoch = epoch

    def _look_around(self, now: datetime, *, hearing: bool) -> None:
        if not hearing:
            self.close()
            return
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        conn, since = self._turn.connected(), now - _ALIVE_WITHIN
        others = queries.list_others(conn, self.group, name=self._name, known_since=now - FORGOTTEN_AFTER, listening_since=since)
        if self._turn.is_ours() and not self._leads:
            log.info("judges silence for those who share", group=self.group)
            self._leads = True
            if not any(others) and (self._heard_at is None or self._heard_at < since):
                self._tracker.forget(now)  # nobody was there to hear
            self._tracker.hear(now)
        self._heard_at = now
        self._miss(now, complete=all(others))

    def _miss(self, now: datetime, *, complete: bool) -> None:
        if complete == self._complete:
            return
        self._complete = complete
        if complete:
            log.info("all of those who share are there", group=self.group)
            self._tracker.hear(now)  # what waited for them is still to come
        else:
            log.warning("one of those who share is away: nothing is concluded from silence", group=self.group)

    def _adopt(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, set()
            missed, self._missed = self._missed, False
        if missed:
            changed = self._tracker.sites()
        if changed:
            for key, health in queries.list_site_healths(self._turn.connected(), sorted(changed)).items():
                self._tracker.adopt_if_other(key, health)
