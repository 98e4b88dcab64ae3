"""Holds what a device says against what its kind declares. Every message passes here, so each kind is compiled once."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from typing import Any, Literal

import msgspec

from ingest.model import DeviceEvent, DeviceKind, EventType, Measure, Reading, RejectedError, Unit, Value, clipped, shown

MAX_EVENT_ID = 128  # characters
MAX_DATA_DEPTH = 8  # objects and arrays within each other in an event's data
MAX_UNKNOWN = 16  # names told of what a message had too much
LARGEST_REAL = 3.4028234663852886e38  # what a `real` column holds
LARGEST_BIGINT = 2**63 - 1

OwnStatus = Literal["online", "degraded", "fault"]


class CheckedReading(msgspec.Struct, frozen=True, kw_only=True):
    """What of a reading its kind knows, fit to be stored. What it does not know is named, not kept."""

    measures: dict[str, Value]
    faults: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
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
    severe: frozenset[str]
    events: dict[str, EventType]


_TYPES: Mapping[Unit, frozenset[type]] = {
    Unit.BOOL: frozenset({bool}),
    Unit.CHOICE: frozenset({str}),
    Unit.COUNT: frozenset({int}),
}
_NUMBER: frozenset[type] = frozenset({int, float})
_EXPECTED: Mapping[Unit, str] = {
    Unit.BOOL: "true or false",
    Unit.CHOICE: "one of its words",
    Unit.COUNT: "a whole number",
}


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
        severe=frozenset(fault.slug for fault in kind.faults if fault.severity == "fault"),
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
    faults, unknown_faults = _known_faults(plan, reading.faults) if reading.faults else ((), ())
    if (unknown or unknown_faults) and not measures and not faults:
        raise _nothing_known(kind, unknown, unknown_faults)
    return CheckedReading(
        measures=measures,
        faults=faults,
        unknown=tuple(clipped(slug) for slug in unknown[:MAX_UNKNOWN]) if unknown else (),
        unknown_faults=unknown_faults,
    )


def judge_status(kind: DeviceKind, measures: Mapping[str, Value], faults: Iterable[str]) -> tuple[OwnStatus, tuple[str, ...]]:
    """The status that checked measures and faults mean, and every fault: the reported ones first, then the judged ones."""
    every = tuple(faults)
    judged = kind.judge(measures) if measures else ()
    if judged:
        every += tuple(slug for slug in judged if slug not in every)
    if not every:
        return "online", ()
    return ("degraded" if _plan(kind).severe.isdisjoint(every) else "fault"), every


def check_event(kind: DeviceKind, event: DeviceEvent) -> EventType:
    """The declared type of an event that can be stored as it is."""
    declared = _plan(kind).events.get(event.type)
    if declared is None:
        known = ", ".join(_plan(kind).events)
        raise RejectedError("unknown_event", f"{kind.slug} has no event {shown(event.type)}; it has {known}")
    if not 0 < len(event.event_id) <= MAX_EVENT_ID or not event.event_id.isprintable():
        raise RejectedError("wrong_type", f"id {shown(event.event_id)} is not 1 to {MAX_EVENT_ID} printable characters")
    _check_data(event.data)
    return declared


def _known_faults(plan: _Plan, reported: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    distinct = dict.fromkeys(reported)
    known = tuple(slug for slug in distinct if slug in plan.faults)
    return known, tuple(clipped(slug) for slug in distinct if slug not in plan.faults)[:MAX_UNKNOWN]


def _nothing_known(kind: DeviceKind, unknown: list[str], unknown_faults: tuple[str, ...]) -> RejectedError:
    if unknown:
        known = ", ".join(_plan(kind).limits)
        return RejectedError("unknown_measure", f"{kind.slug} has no measure {shown(unknown[0])}; it has {known}")
    known = ", ".join(fault.slug for fault in kind.faults)
    return RejectedError("unknown_fault", f"{kind.slug} has no fault {shown(unknown_faults[0])}; it has {known}")


def _count_or_reject(limit: _Limit, value: Any) -> int:
    """A count written as 12.0, as many small devices do; anything else of a wrong type is rejected."""
    measure = limit.measure
    if type(value) is float and measure.unit is Unit.COUNT and (value.is_integer() or not math.isfinite(value)):
        if limit.low <= value <= limit.high:
            return int(value)
        raise _impossible(limit, value)
    raise RejectedError("wrong_type", f"{measure.slug} must be {_EXPECTED.get(measure.unit, 'a number')}, not {shown(value)}")


def _impossible(limit: _Limit, value: Any) -> RejectedError:
    """Why a value of the right type is refused."""
    measure = limit.measure
    if limit.choices is not None:
        return RejectedError("out_of_range", f"{measure.slug} must be one of {', '.join(measure.choices)}, not {shown(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        return RejectedError("not_finite", f"{measure.slug} is {value!r}, which is not a finite number")
    span = f"{limit.low:.15g} to {limit.high:.15g} {measure.unit.value}".rstrip()
    return RejectedError("out_of_range", f"{measure.slug} must be from {span}, not {shown(value)}")


def _check_data(value: Any, depth: int = 1) -> None:
    """What PostgreSQL's jsonb refuses or a reader cannot follow, found before it can fail a whole batch."""
    if isinstance(value, (dict, list)):
        if depth > MAX_DATA_DEPTH:
            raise RejectedError("wrong_type", f"data is nested more than {MAX_DATA_DEPTH} deep")
        for inner in chain(value, value.values()) if isinstance(value, dict) else value:
            _check_data(inner, depth + 1)
    elif isinstance(value, str):
        if "\0" in value:
            raise RejectedError("wrong_type", f"data holds a text with a NUL character: {shown(value)}")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise RejectedError("not_finite", f"data holds {value!r}, which is not a finite number")
    elif isinstance(value, int) and abs(value) > LARGEST_BIGINT:
        raise RejectedError("out_of_range", f"data holds {shown(value)}, more than 64 bits")
