"""What the forms of mappings hold, as typed, and what stands in them at first."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, Field

from core.i18n import Translator
from ingest.kinds import all_kinds
from ingest.mappings.edit import RULE_LIMIT, MappingFacts, RuleFacts
from ingest.mappings.model import FieldRule, TopicMapping
from ingest.model import DeviceKind, Unit
from web.ledger_forms import Typed

_BLANK_ROWS = 2
_HAS_DIGIT = re.compile(r"\d")
TypedRows = Annotated[list[Typed], Field(max_length=RULE_LIMIT + _BLANK_ROWS)]


class RulesForm(BaseModel):
    """Rules as typed, one in each row; a row without source and target is none."""

    source: TypedRows = []
    target: TypedRows = []
    factor: TypedRows = []
    addend: TypedRows = []
    words: TypedRows = []

    @classmethod
    def of(cls, rules: Iterable[FieldRule]) -> Self:
        """Filled in with what is known."""
        rows = [
            {"source": rule.source, "target": rule.target, "factor": _plain(rule.factor, 1), "addend": _plain(rule.addend, 0)}
            | {"words": rule.words}
            for rule in rules
        ]
        return cls.model_validate({name: [row[name] for row in rows] for name in RulesForm.model_fields})

    def rules(self) -> list[RuleFacts]:
        """For the verb."""
        width = max(len(column) for column in (self.source, self.target, self.factor, self.addend, self.words))
        columns = {name: getattr(self, name) for name in RulesForm.model_fields}
        return [RuleFacts(**{name: _at(column, row) for name, column in columns.items()}) for row in range(width)]

    def rows(self) -> list[RuleFacts]:
        """For the page: with blank ones to type into."""
        rows = self.rules()
        blank = sum(row.is_blank for row in rows)
        return rows + [RuleFacts()] * max(0, _BLANK_ROWS - blank)


class MappingForm(RulesForm):
    """A mapping as typed. A message to try it on may be typed too; it is not kept."""

    slug: Typed = ""
    name: Typed = ""
    topic_filter: Typed = ""
    direct: Typed = ""
    entries_from: Typed = ""
    device_from: Typed = ""
    time_from: Typed = ""
    time_form: Typed = "text"
    try_topic: Typed = ""
    try_payload: Typed = ""

    @classmethod
    def of_mapping(cls, mapping: TopicMapping, rules: Iterable[FieldRule]) -> Self:
        """Filled in with what is known."""
        facts = msgspec.structs.asdict(mapping) | {"direct": "1" if mapping.direct else ""}
        return cls.model_validate(RulesForm.of(rules).model_dump() | facts)

    @classmethod
    def of_topic(cls, topic: str, others: Iterable[str]) -> Self:
        """For a topic that nobody reads: levels that look like a device's own become `+`."""
        levels = suggest(topic, others)
        wild = [number for number, level in enumerate(levels, start=1) if level == "+"]
        return cls(topic_filter="/".join(levels), device_from=f"topic.{wild[0]}" if wild else "")

    def facts(self) -> MappingFacts:
        """For the verb."""
        return MappingFacts(
            slug=self.slug,
            name=self.name,
            topic_filter=self.topic_filter,
            direct=bool(self.direct),
            entries_from=self.entries_from,
            device_from=self.device_from,
            time_from=self.time_from,
            time_form=self.time_form,
        )


def suggest(topic: str, others: Iterable[str]) -> list[str]:
    """The levels of a filter for this topic: `+` where it differs from others alike, else where a number stands."""
    levels = topic.split("/")
    alike = [each.split("/") for each in others]
    differing = {
        index
        for other in alike
        if len(other) == len(levels) and len(found := [i for i, level in enumerate(levels) if other[i] != level]) == 1
        for index in found
    }
    chosen = differing or {index for index, level in enumerate(levels) if index and _HAS_DIGIT.search(level)}
    return ["+" if index in chosen else level for index, level in enumerate(levels)]


class Target(msgspec.Struct, frozen=True):
    """Something a field can be: its value, name and unit, and how it is told (`number`, `truth` or `choice`)."""

    value: str
    name: str
    unit: str
    form: str
    choices: Sequence[str] = ()


def targets(t: Translator, kinds: Iterable[DeviceKind], *, shared: str) -> Mapping[str, list[Target]]:
    """By kind, each once: what several kinds have is under `shared`."""
    kinds = list(kinds)
    found: dict[str, list[tuple[DeviceKind, Target]]] = {}
    for kind in kinds:
        for target in _of_kind(t, kind):
            found.setdefault(target.value, []).append((kind, target))
    grouped: dict[str, list[Target]] = {t.text(kind.name): [] for kind in kinds}
    grouped[shared] = []
    for of_kinds in found.values():
        kind, target = of_kinds[0]
        grouped[t.text(kind.name) if len(of_kinds) == 1 else shared].append(target)
    return {name: each for name, each in grouped.items() if each}


def all_targets(t: Translator) -> Mapping[str, list[Target]]:
    """Of every kind."""
    return targets(t, all_kinds().values(), shared=t("mappings.several_kinds"))


def target_names(t: Translator) -> Mapping[str, str]:
    """Of every target its name, by its value."""
    return {each.value: each.name for group in all_targets(t).values() for each in group}


def _of_kind(t: Translator, kind: DeviceKind) -> Iterable[Target]:
    for measure in kind.measures:
        form = {Unit.BOOL: "truth", Unit.CHOICE: "choice"}.get(measure.unit, "number")
        unit = measure.unit.value if form == "number" else ""
        yield Target(f"measure:{measure.slug}", t.text(measure.name), unit, form, tuple(measure.choices))
    for fault in kind.faults:
        yield Target(f"fault:{fault.slug}", t("mappings.fault", name=t.text(fault.name)), "", "truth")


def _plain(number: float, usual: float) -> str:
    return "" if number == usual else f"{number:.15g}"


def _at(column: Sequence[str], row: int) -> str:
    return column[row] if row < len(column) else ""
