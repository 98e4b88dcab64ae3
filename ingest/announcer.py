"""Which changes to tell other processes of, and how often: pages need not be told of every reading."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ingest.tracked import Transition
from store.notify import Change, Topic

_AT_MOST_EVERY = timedelta(seconds=1)
_LOOK_EVERY = timedelta(milliseconds=200)  # a city has hundreds of sites waiting at every batch
_MOST_SUBJECTS = 100


class Announcer:
    """Remembers what was told when. What comes too soon is told as soon as it may."""

    def __init__(self) -> None:
        self._told: dict[tuple[Topic, int | None], datetime] = {}
        self._waiting: dict[tuple[Topic, int | None], None] = {}
        self._looked_at: datetime | None = None

    def note(self, topic: Topic, sites: Iterable[int | None]) -> None:
        """Something of these sites changed."""
        for site_id in sites:
            self._waiting[topic, site_id] = None

    def due(self, now: datetime) -> list[Change]:
        """What may be told now."""
        if not self._waiting or (self._looked_at is not None and timedelta(0) <= now - self._looked_at < _LOOK_EVERY):
            return []
        self._looked_at = now
        ready = [key for key in self._waiting if key not in self._told or now - self._told[key] >= _AT_MOST_EVERY]
        for key in ready:
            del self._waiting[key]
            self._told[key] = now
        return [Change(topic=topic, site_id=site_id) for topic, site_id in ready]


def status_changes(transitions: Sequence[Transition]) -> list[Change]:
    """One change for each device that moved; or one for each site, when so many did that nobody looks at single ones."""
    if len(transitions) > _MOST_SUBJECTS:
        return [Change(topic="status", site_id=site_id) for site_id in sorted({each.site_id for each in transitions})]
    moved = sorted({(each.site_id, each.device_id) for each in transitions})
    return [Change(topic="status", site_id=site_id, subject=str(device_id)) for site_id, device_id in moved]
