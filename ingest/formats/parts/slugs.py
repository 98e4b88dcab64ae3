"""Names that integrators chose as we name things: which of them is a measure or a fault of ours."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from ingest.kinds import all_kinds
from ingest.model import Measure, Unit


def slugs_of(names: Iterable[str]) -> Mapping[str, str]:
    """By the name, the slug that its last part is (`Gate/Motor_Temp`: `motor_temp`), of all that one device has.

    A slug that several names end in is that of none (`lock/battery`, `reader/battery`), unless one of them is it alone.
    """
    claims: dict[str, list[str]] = {}
    for name in names:
        slug = name.rpartition("/")[2].lower()
        if slug in measures_by_slug() or slug in fault_slugs():
            claims.setdefault(slug, []).append(name)
    owners = {slug: _owner(slug, claimants) for slug, claimants in claims.items()}
    return {owner: slug for slug, owner in owners.items() if owner is not None}


def _owner(slug: str, claimants: list[str]) -> str | None:
    plain = [name for name in claimants if name.lower() == slug] or claimants
    return plain[0] if len(set(plain)) == 1 else None


def measure_value(slug: str, value: Any) -> Any | None:
    """The value as a measure of that slug has it; None: none takes one of that type. Whether it is possible, its kind says."""
    for measure in measures_by_slug().get(slug, ()):
        fitting = _fitting(measure, value)
        if fitting is not None:
            return fitting
    return None


def _fitting(measure: Measure, value: Any) -> Any | None:
    if measure.unit is Unit.CHOICE:
        return value.lower() if isinstance(value, str) and value.lower() in measure.choices else None
    if isinstance(value, bool) or measure.unit is Unit.BOOL:
        return value if isinstance(value, bool) and measure.unit is Unit.BOOL else None
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None


@cache
def measures_by_slug() -> Mapping[str, tuple[Measure, ...]]:
    """Every measure of every kind."""
    found: dict[str, tuple[Measure, ...]] = {}
    for kind in all_kinds().values():
        for measure in kind.measures:
            found[measure.slug] = (*found.get(measure.slug, ()), measure)
    return found


@cache
def fault_slugs() -> frozenset[str]:
    """Every fault of every kind that is not also a measure: `cover_open` is read as the measure it is judged by."""
    return frozenset(fault.slug for kind in all_kinds().values() for fault in kind.faults) - measures_by_slug().keys()
