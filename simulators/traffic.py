"""How busy a compound is through the week: commuters at eight and six, quiet nights, late weekends."""

from datetime import datetime, timedelta
from itertools import accumulate

# Relative passages in each local hour; the peaks are the morning and the evening rush.
_WORKDAY = (2, 1, 1, 1, 2, 8, 35, 80, 100, 45, 25, 30, 40, 32, 25, 30, 50, 85, 100, 70, 45, 30, 15, 6)
_WEEKEND = (5, 2, 1, 1, 2, 4, 12, 25, 40, 55, 60, 60, 55, 50, 50, 55, 60, 65, 60, 50, 40, 28, 16, 9)
_BUSIEST = 100.0
_FRIDAY = 4


def _hours(weekday: int) -> tuple[int, ...]:
    return _WORKDAY if weekday <= _FRIDAY else _WEEKEND


_DAY_STARTS = (0, *accumulate(sum(_hours(weekday)) for weekday in range(7)))
_WEEK = _DAY_STARTS[-1]
WORKDAY_TOTAL = sum(_WORKDAY) / _BUSIEST
# Any Monday long before the oldest device.
_EPOCH = datetime(2000, 1, 3)  # noqa: DTZ001 - a wall-clock time, to count whole local days from


def traffic(local: datetime) -> float:
    """How busy it is at a local time, from 0 to 1; changes smoothly from the middle of one hour to that of the next."""
    shifted = local.replace(tzinfo=None) - timedelta(minutes=30)
    following = shifted + timedelta(hours=1)
    before = _hours(shifted.weekday())[shifted.hour]
    after = _hours(following.weekday())[following.hour]
    share = (shifted.minute * 60 + shifted.second) / 3600
    return (before + (after - before) * share) / _BUSIEST


def passages(local: datetime) -> float:
    """What `traffic` adds up to, in busiest hours, from a fixed Monday until a local time.

    A counter computed from this stays continuous when the simulator is started anew.
    """
    wall = local.replace(tzinfo=None) - _EPOCH
    weeks, days = divmod(wall.days, 7)
    hour, second = divmod(wall.seconds + wall.microseconds / 1e6, 3600)
    today = _hours(days)
    done = sum(today[: int(hour)]) + today[int(hour)] * second / 3600
    return (weeks * _WEEK + _DAY_STARTS[days] + done) / _BUSIEST
