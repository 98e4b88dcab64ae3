"""When a plan's rounds are due: from windows on the wall clock of a site to slots in UTC. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Every day from one local time until another; `until_time` not after `from_time` is on the next day."""

    from_time: time
    until_time: time
    every: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """The time one round is due in, [starts_at, due_at), UTC."""

    starts_at: datetime
    due_at: datetime


def list_slots(window: Window, zone: ZoneInfo, since: datetime, until: datetime) -> list[Slot]:
    """The slots that start in [since, until), in order.

    They fill each day's window without gap or overlap, `every` of elapsed time each; the last one of a window ends with it and
    may be shorter. A night on which clocks are put back has more slots and one on which they are put forward fewer:
    guards check by the hours that pass, not by the clock on the wall.
    """
    first = since.astimezone(zone).date() - 2 * _DAY  # a window may have begun the day before, or before a skipped date
    last = until.astimezone(zone).date()
    days = (first + offset * _DAY for offset in range((last - first).days + 1))
    return [slot for day in days for slot in _slots_of_day(window, zone, day) if since <= slot.starts_at < until]


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moments between which it is that day in the zone: 23 to 25 hours apart."""
    return first_moment(day, time(0), zone), first_moment(day + _DAY, time(0), zone)


def first_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which the wall clock shows that time or a later one.

    Clocks put back show it twice: the first counts. Clocks put forward may skip it: then it is the moment of the change.
    So later local times never give earlier moments, and windows that meet on the wall clock meet in UTC.
    """
    local = datetime.combine(day, at, tzinfo=zone).replace(fold=0)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _change_between(local.replace(fold=1).astimezone(UTC), moment, zone)


def _slots_of_day(window: Window, zone: ZoneInfo, day: date) -> Iterator[Slot]:
    last_day = day if window.until_time > window.from_time else day + _DAY
    start = first_moment(day, window.from_time, zone)
    end = first_moment(last_day, window.until_time, zone)
    while start < end:
        due = min(start + window.every, end)
        yield Slot(starts_at=start, due_at=due)
        start = due


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second in (before, after] with the offset of `after`."""
    offset = after.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return before + high * _SECOND
