"""The only place that reads the clock; everything else is given `now`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the composition root hands to whoever needs the time."""

    def now(self) -> datetime:
        """Aware UTC time."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC time."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that may

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()  # noqa: TID251 - the one place that may


class ManualClock:
    """A clock that stands still until it is moved: for tests and for replaying a simulated day."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds it was moved forward in all."""
        return self._monotonic

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new time."""
        self._now += by
        self._monotonic += by.total_seconds()
        return self._now


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive datetime is a ValueError, never a guess."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)
