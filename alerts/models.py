"""Alerts, what rules find, who did what, and where notifications go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from alerts.words import Line, Words
from core.i18n import Language, Text
from store.db import Connection
from store.notify import Topic

Severity = Literal["critical", "major", "minor"]
State = Literal["open", "acknowledged", "resolved"]
Action = Literal["opened", "updated", "acknowledged", "resolved", "cleared", "note"]
Event = Literal["opened", "resolved", "closed"]
"""What people are told: it is wrong; it is over; somebody has closed it."""
Facts = Mapping[str, Any]
SubjectKey = tuple[int, str]
"""Site and subject."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is wrong now.

    `facts` are JSON (times as ISO 8601). `occurrence` tells apart happenings of the same thing: a person who closes an
    alert closes this one, and a finding with another `occurrence` is news. `severity`: other than its rule's.
    """

    site_id: int
    subject: str
    subject_name: str
    since: datetime
    place: str = ""
    severity: Severity | None = None
    occurrence: str = ""
    facts: Facts = field(default_factory=dict)

    @property
    def key(self) -> SubjectKey:
        """What it is about."""
        return self.site_id, self.subject


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldAlert:
    """An alert whose condition held when the engine last looked; `resolved_at` is set when a person has closed it."""

    site_id: int
    id: int
    subject: str
    subject_name: str
    place: str
    severity: Severity
    occurrence: str
    facts: dict[str, Any]
    resolved_at: datetime | None

    @property
    def key(self) -> SubjectKey:
        """What it is about."""
        return self.site_id, self.subject


def always_decided(_: Connection, __: Sequence[HeldAlert]) -> frozenset[SubjectKey]:
    """For rules that know at any time."""
    return frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What is watched for, and how a person is told of it. One file in `alerts/rules`.

    `findings` lists everything that is wrong at the moment. What is no longer among it is over, unless `undecided`
    names it: then nothing is known of it at the moment, and its alert stays as it is.
    `headline` and `headline_over` are sentences with `{subject}` and, where one needs it, `{brief}`: the fact a person
    must know at first sight, as `brief` writes it. `lines` writes all facts for people.
    It is asked every so often, and at once when one of the topics `wake_on` changes.
    """

    slug: str
    name: Text
    severity: Severity
    headline: Text
    headline_over: Text
    findings: Callable[[Connection, datetime], Iterable[Finding]]
    brief: Callable[[Facts, Words], str]
    lines: Callable[[Facts, Words], list[Line]]
    wake_on: tuple[Topic, ...]
    every: timedelta = timedelta(seconds=1)
    undecided: Callable[[Connection, Sequence[HeldAlert]], frozenset[SubjectKey]] = always_decided


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertKey:
    """Which alert."""

    site_id: int
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One thing that was wrong, from when it was noticed until it was over or a person closed it."""

    site_id: int
    id: int
    rule: str
    subject: str
    subject_name: str
    place: str
    severity: Severity
    since: datetime
    opened_at: datetime
    facts: dict[str, Any]
    acknowledged_at: datetime | None
    acknowledged_by: int | None
    acknowledged_by_name: str | None
    resolved_at: datetime | None
    resolved_by: int | None
    resolved_by_name: str | None
    cleared_at: datetime | None
    resolution: str | None

    @property
    def state(self) -> State:
        """open: nobody is on it · acknowledged: somebody is · resolved: over, or closed by a person."""
        if self.resolved_at is not None:
            return "resolved"
        return "open" if self.acknowledged_at is None else "acknowledged"

    @property
    def closed(self) -> bool:
        """Whether a person has closed it."""
        return self.resolved_by is not None

    @property
    def holds(self) -> bool:
        """Whether the condition still holds, as far as is known; also when a person has closed it."""
        return self.cleared_at is None


@dataclass(frozen=True, kw_only=True, slots=True)
class UnresolvedCount:
    """How many alerts nobody is on, and how many somebody is."""

    open: int
    acknowledged: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertEntry:
    """One line of an alert's history."""

    id: int
    at: datetime
    action: Action
    person_id: int | None
    person_name: str | None
    note: str
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """Where notifications of a site go. `address` may hold a secret: show `alerts.channels.masked(channel)` instead."""

    site_id: int
    id: int
    kind: str
    name: str
    address: str = field(repr=False)
    language: Language
    created_at: datetime
    retired_at: datetime | None
    tried_at: datetime | None
    last_error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelStatus:
    """What waits for a channel and what was given up in the last days."""

    channel_id: int
    waiting: int
    failed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How telling one channel of an alert went, or goes."""

    channel_name: str
    event: Event
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    withdrawn_at: datetime | None
    last_error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A notification that is due, claimed by this process for a while; `attempt` counts from 1."""

    site_id: int
    id: int
    idempotency_key: str
    channel_id: int
    alert_id: int
    event: Event
    attempt: int
    created_at: datetime
