"""Makes measures and faults of the fields that devices send, by what an integrator said of them."""

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from ingest.mappings.model import FieldRule
from ingest.model import DeviceKind, Measure, Reading, Unit, Value

_TRUE = frozenset({"true", "1", "on", "yes"})
_FALSE = frozenset({"false", "0", "off", "no"})
_LONGEST_NUMBER = 32  # characters
# The floor of a dry pit seems a little deeper than it was measured to be; what is far below is the value of a sensor that failed.
_INVERSION_TOLERANCE = 0.05

Convert = Callable[[Any], Value | None]


class Converter(msgspec.Struct, frozen=True, gc=False):
    """A rule made quick to apply to devices of one kind. `convert` gives None for a value that says nothing."""

    source: str
    slug: str
    is_fault: bool
    convert: Convert


def in_force(rules: Iterable[FieldRule], kind: DeviceKind) -> list[FieldRule]:
    """Of the rules for a device those that make what its kind has. What is said of it alone goes before what is said of all."""
    slugs = {f"measure:{measure.slug}" for measure in kind.measures} | {f"fault:{fault.slug}" for fault in kind.faults}
    chosen: dict[tuple[str, str], FieldRule] = {}
    for rule in sorted(rules, key=lambda each: each.device_id is not None):
        if rule.target in slugs:
            chosen[rule.target, rule.source if rule.is_fault else ""] = rule
    return list(chosen.values())


def converters(rules: Iterable[FieldRule], kind: DeviceKind) -> tuple[Converter, ...]:
    """The rules for a device of this kind, made quick to apply; as of `in_force`."""
    measures = {measure.slug: measure for measure in kind.measures}
    return tuple(
        Converter(rule.source, rule.slug, rule.is_fault, conversion(rule, None if rule.is_fault else measures[rule.slug]))
        for rule in in_force(rules, kind)
    )


def conversion(rule: FieldRule, measure: Measure | None) -> Convert:
    """What a value of the rule's field comes to; `measure` None: a fault, in force or not."""
    if measure is None or measure.unit is Unit.BOOL:
        return _truth(words_of(rule.words))
    if measure.unit is Unit.CHOICE:
        return _choice({word: choice for choice, words in choices_of(rule.words).items() for word in words}, measure)
    return _number(rule.factor, rule.addend, measure)


def words_of(text: str) -> tuple[str, ...]:
    """`1, On` as `("1", "on")`."""
    return tuple(word for part in text.split(",") if (word := part.strip().casefold()))


def choices_of(text: str) -> dict[str, tuple[str, ...]]:
    """`open = 1, up; closed = 0` as `{"open": ("1", "up"), "closed": ("0",)}`."""
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {choice.strip(): words_of(words) for choice, _, words in pairs}


def apply(rules: tuple[Converter, ...], reading: Reading) -> Reading:
    """The reading with what the rules make of its fields, which stay among those that are unmapped."""
    fields = reading.unmapped or {}
    measures = reading.measures
    raised: list[str] = []
    cleared: list[str] = []
    for rule in rules:
        source = rule.source
        if source not in fields and source not in reading.measures:
            continue
        value = rule.convert(fields[source] if source in fields else reading.measures[source])
        if value is None:
            continue
        if rule.is_fault:
            (raised if value else cleared).append(rule.slug)
        else:
            measures = {**measures, rule.slug: value}
    if measures is reading.measures and not raised and not cleared:
        return reading
    return _told(reading, measures, raised, cleared)


def _told(reading: Reading, measures: dict[str, Any], raised: list[str], cleared: list[str]) -> Reading:
    """A message that tells all that is wrong tells these as well; one that tells changes only, these changes."""
    over = tuple(slug for slug in cleared if slug not in raised)
    if reading.faults is not None:
        return msgspec.structs.replace(reading, measures=measures, faults=(*reading.faults, *raised))
    return msgspec.structs.replace(reading, measures=measures, raised=(*reading.raised, *raised), cleared=(*reading.cleared, *over))


def named(rules: Iterable[FieldRule], reading: Reading) -> Reading:
    """What the rules would find in a message, of whatever kind its device is: enough to guess that."""
    fields: Mapping[str, Any] = reading.unmapped or {}
    found = [rule for rule in rules if rule.source in fields]
    if not found:
        return reading
    measures = reading.measures | {rule.slug: fields[rule.source] for rule in found if not rule.is_fault}
    raised = (*reading.raised, *(rule.slug for rule in found if rule.is_fault))
    return msgspec.structs.replace(reading, measures=measures, raised=raised)


def _truth(words: tuple[str, ...]) -> Convert:
    def convert(value: Any) -> bool | None:
        said = _word(value)
        if said is None:
            return None
        if words:
            return said in words
        return True if said in _TRUE else False if said in _FALSE else None

    return convert


def _choice(meanings: Mapping[str, str], measure: Measure) -> Convert:
    choices = {choice.casefold(): choice for choice in measure.choices}

    def convert(value: Any) -> str | None:
        said = _word(value)
        return None if said is None else meanings.get(said, choices.get(said))

    return convert


def _number(factor: float, addend: float, measure: Measure) -> Convert:
    whole = measure.unit is Unit.COUNT
    low = -math.inf if measure.low is None or factor > 0 else measure.low
    dry = low - _INVERSION_TOLERANCE * abs(addend)

    def convert(value: Any) -> int | float | None:
        number = _number_of(value)
        if number is None:
            return None
        if factor != 1 or addend:
            number = _float(number) * factor + addend
        if dry <= number < low:
            number = low
        return round(number) if whole and math.isfinite(number) else number

    return convert


def _number_of(value: Any) -> int | float | None:
    """A number, also one in quotes; None for anything else, as the `--` or `NaN` of a sensor that has failed."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        with suppress(ValueError):
            number = float(value)
            return number if math.isfinite(number) else None
    return None


def _float(number: float) -> float:
    """JSON has whole numbers that are larger than any float; outside every range they are either way."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _word(value: Any) -> str | None:
    """As it is compared: `true`, `1` (also of 1.0), `on` (also of ON)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return None if isinstance(value, int) and value.bit_length() > 128 else repr(value)
    return value.strip().casefold() if isinstance(value, str) else None
