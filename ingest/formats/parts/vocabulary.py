"""Finds our own words among names that whoever modelled a device has chosen freely."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from ingest.kinds import all_kinds
from ingest.model import Measure, Unit

_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")


class Recognised(msgspec.Struct, frozen=True):
    """What fields are by our words; `rest` by the names they came with."""

    measures: dict[str, Any]
    raised: tuple[str, ...]
    cleared: tuple[str, ...]
    rest: dict[str, Any]


def recognise(fields: Mapping[str, Any]) -> Recognised:
    """Fields named as measures and faults of any kind are those, if their values fit.

    `DoorOpen` is `door_open`, as nothing but a truth can be meant, and 0 and 1 are truths. A number must be named exactly as
    the measure is, for its unit cannot be seen.
    """
    measures: dict[str, Any] = {}
    changes: dict[bool, list[str]] = {True: [], False: []}
    rest: dict[str, Any] = {}
    for name, value in fields.items():
        slug = snake_case(name)
        measure = _measures().get(slug)
        truth = _truth(value)
        if measure is not None and measure.unit is Unit.BOOL and truth is not None:
            measures[slug] = truth
        elif measure is not None and measure.unit is not Unit.BOOL and slug == name and _fits(measure, value):
            measures[slug] = value
        elif measure is None and slug in _faults() and truth is not None:
            changes[truth].append(slug)
        else:
            rest[name] = value
    return Recognised(measures, tuple(changes[True]), tuple(changes[False]), rest)


def event_type(name: str) -> str | None:
    """The event of any kind that is meant by this name; None: we have no word for it."""
    slug = snake_case(name)
    return slug if slug in _events() else None


def snake_case(name: str) -> str:
    """`doorOpen` and `DoorOpen` as `door_open`."""
    return _HUMP.sub("_", name).lower() if name.isascii() else name


def _truth(value: Any) -> bool | None:
    return bool(value) if isinstance(value, (bool, int)) and value in (0, 1) else None


def _fits(measure: Measure, value: Any) -> bool:
    if measure.unit is Unit.CHOICE:
        return isinstance(value, str) and value in measure.choices
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@cache
def _measures() -> Mapping[str, Measure]:
    return {measure.slug: measure for kind in all_kinds().values() for measure in kind.measures}


@cache
def _faults() -> frozenset[str]:
    return frozenset(fault.slug for kind in all_kinds().values() for fault in kind.faults)


@cache
def _events() -> frozenset[str]:
    return frozenset(event.slug for kind in all_kinds().values() for event in kind.events)
