"""Weather of a compound: rain fronts, morning fog and temperature, the same for the same seed and day."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.clock import as_utc
from simulators.dice import dice

_WET_DAYS = 0.45
_FRONTS_ON_A_WET_DAY = (1, 3)
_FRONT_MINUTES = (40, 240)
_PEAK_MM_PER_HOUR = (1.5, 45.0)
# Fronts that meet bring no more than this together.
_HEAVIEST_MM_PER_HOUR = 60.0
_FOGGY_DAYS = 0.3
_FOG_HOUR = 6.0
_FOG_SPREAD_HOURS = 1.6
_WARMEST_DAY_OF_YEAR = 205
_WARMEST_HOUR = 14.5
_YEAR_MEAN, _YEAR_SWING, _DAY_SWING = 17.0, 11.5, 4.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """The weather at one moment. `rain` in mm/h, `fog` from 0 (clear) to 1, `temperature` in °C."""

    rain: float
    fog: float
    temperature: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Front:
    """Rain that comes, grows to `peak` mm/h in the middle, and goes."""

    begins: datetime
    lasts: timedelta
    peak: float

    @property
    def ends(self) -> datetime:
        """When the last drop has fallen."""
        return self.begins + self.lasts

    def rain_at(self, moment: datetime) -> float:
        """Its rain at that moment, mm/h."""
        passed = (moment - self.begins) / self.lasts
        return self.peak * math.sin(math.pi * passed) ** 2 if 0 < passed < 1 else 0.0


class Weather:
    """Weather at any moment; `extra` fronts come on top of those that the seed brings."""

    def __init__(self, seed: int, *, tz: str = "Asia/Shanghai", extra: tuple[Front, ...] = ()) -> None:
        self._seed = seed
        self._tz = ZoneInfo(tz)
        self._extra = extra
        self._days: dict[date, tuple[tuple[Front, ...], float]] = {}

    def at(self, moment: datetime) -> Conditions:
        """The conditions at `moment`."""
        local = moment.astimezone(self._tz)
        hour = local.hour + local.minute / 60 + local.second / 3600
        # No front is longer than a day, so yesterday's may still rain.
        fronts = (*self._extra, *self.fronts(local.date()), *self.fronts(local.date() - timedelta(days=1)))
        rain = min(_HEAVIEST_MM_PER_HOUR, sum(front.rain_at(moment) for front in fronts))
        fog = self._day(local.date())[1] * math.exp(-(((hour - _FOG_HOUR) / _FOG_SPREAD_HOURS) ** 2))
        return Conditions(rain=rain, fog=min(1.0, fog), temperature=self._temperature(local, hour) - min(rain, 10) * 0.2)

    def fronts(self, day: date) -> tuple[Front, ...]:
        """The fronts that begin on a local day."""
        return self._day(day)[0]

    def _day(self, day: date) -> tuple[tuple[Front, ...], float]:
        if day not in self._days:
            # Only the days around the present one are ever asked for.
            if len(self._days) > 8:
                self._days.clear()
            self._days[day] = self._drawn(day)
        return self._days[day]

    def _drawn(self, day: date) -> tuple[tuple[Front, ...], float]:
        rng = dice("weather", self._seed, day)
        midnight = as_utc(datetime.combine(day, time(), tzinfo=self._tz))
        count = rng.randint(*_FRONTS_ON_A_WET_DAY) if rng.random() < _WET_DAYS else 0
        fronts = tuple(
            Front(
                begins=midnight + timedelta(minutes=rng.uniform(0, 24 * 60)),
                lasts=timedelta(minutes=rng.uniform(*_FRONT_MINUTES)),
                # Light rain is common, a downpour is not.
                peak=_PEAK_MM_PER_HOUR[0] + (_PEAK_MM_PER_HOUR[1] - _PEAK_MM_PER_HOUR[0]) * rng.random() ** 2.5,
            )
            for _ in range(count)
        )
        fog = rng.uniform(0.3, 1.0) if rng.random() < _FOGGY_DAYS else rng.uniform(0.0, 0.1)
        return fronts, fog

    @staticmethod
    def _temperature(local: datetime, hour: float) -> float:
        season = math.cos(2 * math.pi * (local.timetuple().tm_yday - _WARMEST_DAY_OF_YEAR) / 365)
        return _YEAR_MEAN + _YEAR_SWING * season + _DAY_SWING * math.cos(2 * math.pi * (hour - _WARMEST_HOUR) / 24)


def shower(*, begins: datetime, minutes: float, peak: float) -> Front:
    """A front that begins at a chosen time: a demonstration does not wait for the weather."""
    return Front(begins=begins.astimezone(UTC), lasts=timedelta(minutes=minutes), peak=peak)
