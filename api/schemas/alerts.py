"""Alerts and channels, as JSON."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field

from alerts.channels import all_channel_kinds, masked
from alerts.message import fact_lines, headline
from alerts.models import Action, Alert, AlertEntry, Channel, Delivery, Event, Severity, State
from alerts.words import Words
from api.schemas.base import In, Out
from core.i18n import LANGUAGES, Language

# Texts to the schema, so that the domain refuses an unknown word in the caller's language.
KindIn = Annotated[str, Field(json_schema_extra={"enum": sorted(all_channel_kinds())})]
LanguageIn = Annotated[str, Field(json_schema_extra={"enum": list(LANGUAGES)})]


class AlertOut(Out):
    """`title` says it in the caller's language. `holds`: the condition still holds, also when a person has closed the alert."""

    id: int
    rule: str
    state: State
    severity: Severity
    title: str
    subject: str
    subject_name: str
    place: str
    since: datetime
    opened_at: datetime
    facts: dict[str, Any]
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    holds: bool

    @classmethod
    def of(cls, alert: Alert, words: Words) -> Self:
        """For that reader."""
        return cls.model_validate(_values(alert, words))


class LineOut(Out):
    """A fact in words."""

    label: str
    value: str


class AlertEntryOut(Out):
    """What happened to an alert; `person` is null for what the system did."""

    at: datetime
    action: Action
    person: str | None
    note: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, entry: AlertEntry) -> Self:
        """One line of the history."""
        return cls(at=entry.at, action=entry.action, person=entry.person_name, note=entry.note, facts=entry.facts)


class DeliveryOut(Out):
    """How telling a channel went. One of the last four times is set; `last_error` is `reason` or `reason:detail`."""

    channel_name: str
    event: Event
    created_at: datetime
    attempts: int
    last_error: str
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    withdrawn_at: datetime | None


class AlertDetailOut(AlertOut):
    """With its facts in words, its history, and who was told."""

    lines: list[LineOut]
    history: list[AlertEntryOut]
    deliveries: list[DeliveryOut]

    @classmethod
    def of_all(cls, alert: Alert, words: Words, entries: list[AlertEntry], deliveries: list[Delivery]) -> Self:
        """For that reader."""
        return cls(
            **_values(alert, words),
            lines=[LineOut.model_validate(line) for line in fact_lines(alert, words)],
            history=[AlertEntryOut.of(entry) for entry in entries],
            deliveries=[DeliveryOut.model_validate(delivery) for delivery in deliveries],
        )


class AcknowledgeIn(In):
    """May say how."""

    note: str = ""


class NoteIn(In):
    """What to write down."""

    note: str


class ChannelIn(In):
    """A new channel. The address may be the link of a group robot."""

    kind: KindIn
    name: str
    address: str
    language: LanguageIn = "zh"


class ChannelOut(Out):
    """A channel; `address` is masked. `last_error` is empty when the last attempt arrived."""

    id: int
    kind: str
    name: str
    address: str
    language: Language
    created_at: datetime
    tried_at: datetime | None
    last_error: str

    @classmethod
    def of(cls, channel: Channel) -> Self:
        """Without its secret."""
        values = {name: getattr(channel, name) for name in cls.model_fields if name != "address"}
        return cls(**values, address=masked(channel))


class TestOut(Out):
    """Whether a test arrived; `error` as in `last_error`."""

    arrived: bool
    error: str


def _values(alert: Alert, words: Words) -> dict[str, Any]:
    same = ("id", "rule", "state", "severity", "subject", "subject_name", "place", "since", "opened_at", "facts", "holds")
    return {
        **{name: getattr(alert, name) for name in same},
        "title": headline(alert, words),
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by_name,
        "resolved_at": alert.resolved_at,
        "resolved_by": alert.resolved_by_name,
        "resolution": alert.resolution,
    }
