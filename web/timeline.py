"""A device's health over a time, as the picture and the words beside it tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.model import Status
from ingest.views import DeviceHealth, StatusChange


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A status that held for a time; `until` None: it still does."""

    status: Status
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spell:
    """A change of health and how long it stayed so; `until` None: it still does."""

    change: StatusChange
    until: datetime | None


def segments(device: DeviceHealth, newest_first: Sequence[StatusChange], *, since: datetime) -> list[Segment]:
    """From `since`, or the registration when that is later, to now, oldest first. Changes of faults alone are no segments."""
    begin = max(since, device.registered_at)
    first: Status = newest_first[-1].previous if newest_first else device.status
    found = [Segment(status=first, since=begin, until=None)]
    for change in reversed(newest_first):
        if change.at <= begin:
            found = [Segment(status=change.status, since=begin, until=None)]
        elif change.status != found[-1].status:
            found[-1] = Segment(status=found[-1].status, since=found[-1].since, until=change.at)
            found.append(Segment(status=change.status, since=change.at, until=None))
    return found


def spells(newest_first: Sequence[StatusChange], *, since: datetime) -> list[Spell]:
    """The changes since then, newest first, each with its end."""
    ends = [None, *(change.at for change in newest_first)]
    return [Spell(change=change, until=end) for change, end in zip(newest_first, ends, strict=False) if change.at >= since]
