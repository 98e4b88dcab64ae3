"""What the metrics of a Sparkplug message say as readings."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ingest.formats.parts.slugs import fault_slugs, measure_value, slugs_of
from ingest.formats.parts.sparkplug_payload import Metric, Scalar
from ingest.formats.parts.sparkplug_session import Known
from ingest.model import Reading

_CONTROLS = ("bdSeq", "Node Control/", "Device Control/")  # what is commanded, not what is measured
_LONGEST_TEXT = 200  # characters; beyond it a text is a file or a picture


class Value(msgspec.Struct, frozen=True):
    """A metric with its name, what that is to us, and what it says."""

    name: str
    slug: str | None
    ts: datetime | None
    historical: bool
    value: Scalar


def values_of(metrics: Sequence[Metric], find: Callable[[Metric], Known | None]) -> list[Value]:
    """Of those that have a value, and a name of their own or of their birth, which is `find`'s."""
    known = [find(metric) for metric in metrics]
    slugs = slugs_of(metric.name for metric, declared in zip(metrics, known, strict=True) if metric.name and declared is None)
    found = []
    for metric, declared in zip(metrics, known, strict=True):
        if declared is None and metric.name:
            declared = Known(metric.name, metric.datatype, slugs.get(metric.name))
        value = metric.value(declared.datatype) if declared else None
        if declared and value is not None and not declared.name.startswith(_CONTROLS):
            found.append(Value(declared.name, declared.slug, metric.ts, metric.historical, value))
    return found


def readings_of(device: str, values: Sequence[Value], sent_at: datetime, *, birth: bool) -> list[Reading]:
    """What holds now as one reading, what held before by its times. A birth tells what holds when it is sent, however old."""
    now: dict[str, Value] = {}
    before: dict[datetime, list[Value]] = {}
    for value in sorted(values, key=lambda value: value.ts or sent_at):
        earlier = value if value.historical else now.get(value.name)
        if earlier and (value.historical or earlier.ts != value.ts):
            before.setdefault(earlier.ts or sent_at, []).append(earlier)
        if not value.historical:
            now[value.name] = value
    current = list(now.values())
    measured_at = sent_at if birth else max((value.ts or sent_at for value in current), default=sent_at)
    readings = [_reading(device, measured_at, current)] if current else []
    kept = [_reading(device, ts, each, backfilled=True) for ts, each in sorted(before.items())]
    return readings + [reading for reading in kept if reading.measures or reading.raised]


def _reading(device: str, ts: datetime, values: Sequence[Value], *, backfilled: bool = False) -> Reading:
    measures: dict[str, Scalar] = {}
    unmapped: dict[str, Scalar] = {}
    faults: dict[str, bool] = {}
    for each in values:
        fitting = measure_value(each.slug, each.value) if each.slug else None
        if each.slug and fitting is not None:
            measures[each.slug] = fitting
        elif each.slug in fault_slugs() and isinstance(each.value, bool):
            faults[each.slug] = each.value
        elif not (isinstance(each.value, str) and len(each.value) > _LONGEST_TEXT):
            unmapped[each.name] = each.value
    return Reading(
        device=device,
        ts=ts,
        measures=measures,
        faults=None,
        raised=tuple(slug for slug, holds in faults.items() if holds),
        cleared=tuple(slug for slug, holds in faults.items() if not holds),
        unmapped={} if backfilled else unmapped,  # of which only the last value is kept
        backfilled=backfilled,
    )
