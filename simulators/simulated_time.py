"""The compound's own time: the clock's, or a faster one, so that a day's traffic or a storm can be seen in minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SimulatedTime:
    """`speedup` simulated seconds pass for each second of the clock since `start`; messages carry the clock's time."""

    start: datetime
    speedup: float = 1.0

    def at(self, moment: datetime) -> datetime:
        """The simulated time at a moment of the clock."""
        return moment if self.speedup == 1 else self.start + (moment - self.start) * self.speedup

    def real(self, simulated_seconds: float) -> timedelta:
        """How long so many simulated seconds take on the clock."""
        return timedelta(seconds=simulated_seconds / self.speedup)


def whole_milliseconds(moment: datetime) -> datetime:
    """The moment as precise as messages carry it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
