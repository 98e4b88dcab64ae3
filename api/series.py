"""The series of a device as charts draw it, with the words of the reader's language."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from api.schemas.devices import MeasureSeriesOut, SeriesOut
from core.errors import Invalid
from core.i18n import Translator
from ingest.kinds import all_kinds
from ingest.model import Measure, Unit, Value
from ingest.series import MAX_POINTS, UnknownMeasureError, fetch_series
from ingest.views import DeviceHealth
from store.db import Connection

LONGEST = timedelta(days=3653)


def device_series(
    conn: Connection,
    device: DeviceHealth,
    t: Translator,
    *,
    tz: tzinfo,
    since: datetime,
    until: datetime,
    measures: Sequence[str] | None = None,
    max_points: int = MAX_POINTS,
) -> SeriesOut:
    """Empty for a device of a kind this version does not know."""
    if not timedelta(0) < until - since <= LONGEST:
        raise Invalid("time_range", field="from", days=LONGEST.days)
    kind = all_kinds().get(device.kind)
    answer = SeriesOut(tz=str(tz), since=since.timestamp(), until=until.timestamp(), width_seconds=0, ts=[], measures=[])
    if kind is None:
        return answer
    try:
        series = fetch_series(
            conn,
            kind,
            site_id=device.site_id,
            device_id=device.id,
            measures=measures,
            since=since,
            until=until,
            gap=device.silent_after,
            max_points=max_points,
        )
    except UnknownMeasureError:
        raise Invalid("measure_unknown", field="measures") from None
    answer.width_seconds = series.width.total_seconds()
    answer.ts = series.times
    answer.measures = [
        MeasureSeriesOut(
            slug=measure.slug,
            name=t.text(measure.name),
            unit="" if measure.unit in (Unit.BOOL, Unit.CHOICE) else measure.unit.value,
            type={Unit.BOOL: "bool", Unit.CHOICE: "choice"}.get(measure.unit, "number"),
            choices={slug: t.text(name) for slug, name in measure.choices.items()},
            values=_values(measure, series.values[measure.slug]),
            lows=_values(measure, series.lows.get(measure.slug, ())),
            highs=_values(measure, series.highs.get(measure.slug, ())),
        )
        for measure in kind.measures
        if measure.slug in series.values
    ]
    return answer


def _values(measure: Measure, numbers: Sequence[float | None]) -> list[Value | None]:
    return [_value(measure, number) for number in numbers]


def _value(measure: Measure, number: float | None) -> Value | None:
    """The store gives numbers only."""
    if number is None:
        return None
    if measure.unit is Unit.BOOL:
        return bool(number)
    if measure.unit is Unit.CHOICE:
        return list(measure.choices)[int(number)]
    return int(number) if measure.unit is Unit.COUNT else round(number, 3)
