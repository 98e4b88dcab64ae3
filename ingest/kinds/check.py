"""Holds what a device says against what its kind declares. Every message passes here, so each kind is compiled once."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from typing import Any

import msgspec

from ingest.model import DeviceEvent, DeviceKind, EventType, Measure, Reading, RejectedError, Unit, Value, clipped, shown

MAX_EVENT_ID = 128  # characters
MAX_DATA_DEPTH = 8  # objects and arrays within each other in an event's data
MAX_UNKNOWN = 16  # names told of what a message had too much
LARGEST_REAL = 3.4028234663852886e38  # what a `real` column holds
LARGEST_BIGINT = 2**63 - 1


class CheckedReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of a reading its kind knows, fit to be stored. What it does not know is named, not kept.

    `faults` None: nothing was said of them, but of those `raised`. `unknown`: by the name, as they came.
    """

    measures: dict[str, Value]
    faults: tuple[str, ...] | None = ()
    raised: tuple[str, ...] = ()
    unknown: dict[str, Any] | None = None
    unknown_faults: tuple[str, ...] = ()


class _Limit(msgspec.Struct, frozen=True):
    """One measure made quick to check: the types as they are, and either choices or a range."""

    measure: Measure
    types: frozenset[type]
    choices: frozenset[str] | None
    low: float
    high: float


class _Plan(msgspec.Struct, frozen=True):
    """One kind made quick to check."""

    limits: dict[str, _Limit]
    faults: frozenset[str]
    events: dict[str, EventType]


_TYPES: Mapping[Unit, frozenset[type]] = {
    Unit.BOOL: frozenset({bool}),
    Unit.CHOICE: frozenset({str}),
    Unit.COUNT: frozenset({int}),
}
_NUMBER: frozenset[type] = frozenset({int, float})
_EXPECTED: Mapping[Unit, str] = {Unit.BOOL: "bool", Unit.COUNT: "int"}


def _limit(measure: Measure) -> _Limit:
    if measure.unit is Unit.BOOL:
        low, high = 0.0, 1.0
    else:
        largest = LARGEST_BIGINT if measure.unit is Unit.COUNT else LARGEST_REAL
        low = -largest if measure.low is None else measure.low
        high = largest if measure.high is None else measure.high
    choices = frozenset(measure.choices) if measure.unit is Unit.CHOICE else None
    return _Limit(measure, _TYPES.get(measure.unit, _NUMBER), choices, low, high)


@cache
def _plan(kind: DeviceKind) -> _Plan:
    return _Plan(
        limits={measure.slug: _limit(measure) for measure in kind.measures},
        faults=frozenset(fault.slug for fault in kind.faults),
        events={event.slug: event for event in kind.events},
    )


def check_reading(kind: DeviceKind, reading: Reading) -> CheckedReading:
    """What of the reading can be stored.

    A known measure of a wrong type or range rejects the whole message: nothing else in it can be trusted either.
    Unknown measures and faults are left out and named in the answer, so that a device with newer firmware is still
    heard; a message in which nothing is known is rejected. No measures and no faults at all is a sign of life.
    """
    plan = _plan(kind)
    limits = plan.limits
    measures = reading.measures
    unknown: list[str] = []
    changed: dict[str, Value] = {}
    for slug, value in measures.items():
        limit = limits.get(slug)
        if limit is None:
            unknown.append(slug)
        elif type(value) not in limit.types:
            changed[slug] = _count_or_reject(limit, value)
        elif not (value in limit.choices if limit.choices is not None else limit.low <= value <= limit.high):
            raise _impossible(limit, value)
    if unknown or changed:
        measures = {slug: changed.get(slug, value) for slug, value in measures.items() if slug in limits}
    faults, unknown_faults = _known_faults(plan, reading.faults) if reading.faults else (reading.faults, ())
    raised: tuple[str, ...] = ()
    if reading.raised:
        raised, unknown_faults = _known_faults(plan, reading.raised)
    if (unknown or unknown_faults) and not measures and not faults and not raised and not reading.unmapped:
        raise _nothing_known(kind, unknown, unknown_faults)
    return CheckedReading(
        measures=measures,
        faults=faults,
        raised=raised,
        unknown={slug: reading.measures[slug] for slug in unknown} if unknown else None,
        unknown_faults=unknown_faults,
    )


def check_event(kind: DeviceKind, event: DeviceEvent) -> EventType:
    """The declared type of an event that can be stored as it is."""
    declared = _plan(kind).events.get(event.type)
    if declared is None:
        known = _names(_plan(kind).events)
        raise RejectedError("unknown_event", "unknown", kind=kind.slug, what="event", found=shown(event.type), known=known)
    if not 0 < len(event.event_id) <= MAX_EVENT_ID or not event.event_id.isprintable():
        raise RejectedError("wrong_type", "characters", where="id", most=MAX_EVENT_ID, found=shown(event.event_id))
    _check_data(event.data)
    return declared


def _known_faults(plan: _Plan, reported: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    distinct = dict.fromkeys(reported)
    known = tuple(slug for slug in distinct if slug in plan.faults)
    return known, tuple(clipped(slug) for slug in distinct if slug not in plan.faults)[:MAX_UNKNOWN]


def _nothing_known(kind: DeviceKind, unknown: list[str], unknown_faults: tuple[str, ...]) -> RejectedError:
    if unknown:
        known = _names(_plan(kind).limits)
        return RejectedError("unknown_measure", "unknown", kind=kind.slug, what="measure", found=shown(unknown[0]), known=known)
    known = _names(fault.slug for fault in kind.faults)
    return RejectedError("unknown_fault", "unknown", kind=kind.slug, what="fault", found=shown(unknown_faults[0]), known=known)


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "–"


def _count_or_reject(limit: _Limit, value: Any) -> int:
    """A count written as 12.0, as many small devices do; anything else of a wrong type is rejected."""
    measure = limit.measure
    if type(value) is float and measure.unit is Unit.COUNT and (value.is_integer() or not math.isfinite(value)):
        if limit.low <= value <= limit.high:
            return int(value)
        raise _impossible(limit, value)
    if limit.choices is not None:
        raise RejectedError("wrong_type", "choice", where=measure.slug, choices=_names(measure.choices), found=shown(value))
    expected = _EXPECTED.get(measure.unit, "float")
    raise RejectedError("wrong_type", "expected", where=measure.slug, expected=expected, found=shown(value))


def _impossible(limit: _Limit, value: Any) -> RejectedError:
    """Why a value of the right type is refused."""
    measure = limit.measure
    where, found = measure.slug, shown(value)
    if limit.choices is not None:
        return RejectedError("out_of_range", "choice", where=where, choices=_names(measure.choices), found=found)
    if isinstance(value, float) and not math.isfinite(value):
        return RejectedError("not_finite", "not_finite", where=where, found=found)
    return RejectedError("out_of_range", "range", where=where, low=limit.low, high=limit.high, unit=measure.unit.value, found=found)


def _check_data(value: Any, depth: int = 1) -> None:
    """What PostgreSQL's jsonb refuses or a reader cannot follow, found before it can fail a whole batch."""
    if isinstance(value, (dict, list)):
        if depth > MAX_DATA_DEPTH:
            raise RejectedError("wrong_type", "depth", where="data", most=MAX_DATA_DEPTH)
        for inner in chain(value, value.values()) if isinstance(value, dict) else value:
            _check_data(inner, depth + 1)
    elif isinstance(value, str):
        if "\0" in value:
            raise RejectedError("wrong_type", "nul", where="data", found=shown(value))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise RejectedError("not_finite", "not_finite", where="data", found=shown(value))
    elif isinstance(value, int) and abs(value) > LARGEST_BIGINT:
        raise RejectedError("out_of_range", "bits", where="data", found=shown(value))
