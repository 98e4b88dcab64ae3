"""The longest a place went unseen while it had to be seen. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """From one check to the next. At the edges of the duty it is from its start, until its end, or until now (`running`)."""

    since: datetime
    until: datetime
    running: bool

    @property
    def length(self) -> timedelta:
        """How long nobody came."""
        return self.until - self.since


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Intervals that overlap or touch made one, in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def largest_gap(duty: Iterable[Interval], checks: Sequence[datetime], *, since: datetime, now: datetime) -> Gap | None:
    """The largest gap that ends after `since` and not after `now`; None when there was no duty in that time.

    `duty` are the slots in which the place is due and `checks` the moments at which it was seen, in any order. Both may
    reach back before `since`: a gap across midnight belongs to the day it ends on, with its whole length.
    """
    largest: Gap | None = None
    for gap in _gaps(merge(duty), sorted(checks), now):
        if gap.until > since and (largest is None or gap.length > largest.length):
            largest = gap
    return largest


def _gaps(duty: Sequence[Interval], checks: Sequence[datetime], now: datetime) -> Iterable[Gap]:
    for start, end in duty:
        if start >= now:
            break
        last = start
        for check in checks:
            if start < check < min(end, now):
                yield Gap(since=last, until=check, running=False)
                last = check
        yield Gap(since=last, until=min(end, now), running=now < end)
