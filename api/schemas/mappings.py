"""Mappings and rules of fields, as JSON."""

from typing import Annotated, Self

from pydantic import Field

from api.schemas.base import In, Out
from ingest.mappings.edit import RULE_LIMIT, MappingFacts, RuleFacts
from ingest.mappings.model import FieldRule, TimeForm, TopicMapping


class RuleIn(In):
    """What a field is: `measure:level` or `fault:overflow`. A number becomes value x factor + addend."""

    source: Annotated[str, Field(description="Its path: `probe.distance`.")]
    target: Annotated[str, Field(description="`measure:` or `fault:` and its slug, as in `GET /device-kinds`.")]
    factor: Annotated[float, Field(description="Not 0.")] = 1
    addend: float = 0
    words: Annotated[
        str, Field(description="For a truth or fault the values that mean yes: `1, on`; for a choice `open = 1; closed = 0`.")
    ] = ""

    def entered(self) -> RuleFacts:
        """For the verbs."""
        numbers = {"factor": f"{self.factor:.15g}", "addend": f"{self.addend:.15g}"}
        return RuleFacts(source=self.source, target=self.target, words=self.words, **numbers)


class RuleOut(Out):
    """What a field is."""

    source: str
    target: str
    factor: float
    addend: float
    words: str


Rules = Annotated[list[RuleIn], Field(max_length=RULE_LIMIT)]


class MappingIn(In):
    """How the messages of some topics are read."""

    name: str
    topic_filter: Annotated[str, Field(description="What devices publish to, after `gatehouse/v1/<site>/raw/`.")]
    direct: Annotated[bool, Field(description="Also by the topic as it is; for administrators.")] = False
    entries_from: Annotated[str, Field(description="Where one message tells of several devices: the path of their list.")] = ""
    device_from: Annotated[str, Field(description="A level of the topic, `topic.2`, or the path of a field.")]
    time_from: Annotated[str, Field(description="The same; empty: the time of arrival.")] = ""
    time_form: TimeForm = "text"
    rules: Rules = Field(default_factory=list)

    def facts(self, slug: str = "") -> MappingFacts:
        """For the verbs."""
        return MappingFacts(slug=slug, **self.model_dump(exclude={"rules", "slug"}))

    def entered(self) -> list[RuleFacts]:
        """For the verbs."""
        return [rule.entered() for rule in self.rules]


class NewMappingIn(MappingIn):
    """A new one. `slug` is how the addresses of its devices begin; it stays."""

    slug: str


class MappingOut(Out):
    """A mapping with its rules for all its devices."""

    id: int
    slug: str
    name: str
    topic_filter: str
    direct: bool
    entries_from: str
    device_from: str
    time_from: str
    time_form: TimeForm
    rules: list[RuleOut]

    @classmethod
    def of(cls, mapping: TopicMapping, rules: list[FieldRule]) -> Self:
        """With those of the rules that are of all its devices."""
        own = [RuleOut.model_validate(rule) for rule in rules if rule.format == mapping.slug and rule.device_id is None]
        return cls(**{name: getattr(mapping, name) for name in cls.model_fields if name != "rules"}, rules=own)


class FieldRulesOut(Out):
    """What is said of the fields of a device: with all devices at the site that speak its format, and alone, which goes before."""

    format: str
    of_format: list[RuleOut]
    alone: list[RuleOut]


class FieldRulesIn(In):
    """What shall be said from now on; what is left out stays as it is."""

    of_format: Rules | None = None
    alone: Rules | None = None
