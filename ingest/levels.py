"""From which tables a chart is drawn: readings, hours or days, so that little is read for about as many points as it can show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.queries.charts import Part
from ingest.rollup_tables import Rollup
from ingest.views import SeriesReach

_SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
# The longest range drawn from readings (4,320 of a device that reports every minute), and from hours (2,400).
READINGS_FOR, HOURS_FOR = timedelta(days=3), timedelta(days=100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """`step`: the time one of its rows stands for; None for readings. `width` of a bucket is as many steps."""

    step: timedelta | None
    width: timedelta

    @property
    def cut(self) -> str:
        """How rows become buckets: by hours or days of the site's clock, or by bins of `width`."""
        if self.width != self.step:
            return "bin"
        return "hour" if self.step == HOUR else "day"


def choose_level(since: datetime, until: datetime, max_points: int, reach: SeriesReach) -> Level:
    """By the length of the range; a coarser one where the finer rows may have been dropped."""
    span = until - since
    step: timedelta | None = None if span <= READINGS_FOR else HOUR if span <= HOURS_FOR else DAY
    if step is None and reach.readings_from is not None and since < reach.readings_from:
        step = HOUR
    if step == HOUR and reach.hourly_from is not None and since < reach.hourly_from:
        step = DAY
    return Level(step=step, width=bucket_width(since, until, max_points, step or _SECOND))


def bucket_width(since: datetime, until: datetime, max_points: int, step: timedelta = _SECOND) -> timedelta:
    """Whole steps, so wide that the range has at most so many buckets."""
    steps = -(-(until - since) // (step * max_points))
    return step * max(1, steps)


def parts_of(level: Level, rollup: Rollup, since: datetime, until: datetime, reach: SeriesReach) -> list[Part]:
    """Days until the one that is being rolled up, its hours, and then readings: each row counts once, and the newest are there."""
    hours_end = days_end = since
    if reach.rolled_to is not None:
        hours_end = reach.rolled_to.astimezone(ZoneInfo(reach.tz)).replace(minute=0, second=0, microsecond=0)
        days_end = hours_end.replace(hour=0, fold=0) if level.step == DAY else since
    borders = (since, days_end, hours_end, until)
    tables = (rollup.daily.name, rollup.hourly.name, rollup.series)
    parts: list[Part] = []
    begin = since
    for table, end in zip(tables, borders[1:], strict=True):
        end = min(max(begin, end), until)
        if end > begin or table == rollup.series:
            parts.append(Part(table=table, since=begin, until=end))
        begin = end
    return parts
