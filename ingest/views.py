"""What pages, the API and reports are told of devices' health, events, discovered devices and rejected messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.i18n import Language
from ingest.health import Reason
from ingest.model import RejectReason, Status, Value
from ingest.sentences import sentence
from ingest.stats import Report

# A clock that is further off than this is flagged: nobody can tell any more what came before what at a compound.
CLOCK_LIMIT = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceHealth:
    """A device of the ledger with its state now.

    `faults` are the last ones known, also while it is silent. `last_seen_at` is by our clock and up to half a minute late;
    `last_ts` is the time of the newest reading, by the device's clock but never ahead of ours; `skew_ms` says how far its
    clock is ahead (negative: behind, or the message took long).
    """

    site_id: int
    id: int
    slug: str
    address: str | None
    name: str
    kind: str
    asset_id: int | None
    asset_code: str | None
    asset_name: str | None
    area_id: int | None
    area_name: str | None
    status: Status
    since: datetime
    reason: Reason
    faults: list[str]
    last_seen_at: datetime | None
    last_ts: datetime | None
    skew_ms: int | None
    silent_after: timedelta | None
    registered_at: datetime
    retired_at: datetime | None

    @property
    def clock_is_off(self) -> bool:
        """Whether its clock should be set, or its messages take too long. Its readings are kept as they come."""
        return self.skew_ms is not None and abs(self.skew_ms) > CLOCK_LIMIT / timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusChange:
    """One transition. `status` equals `previous` when only the faults changed."""

    id: int
    at: datetime
    status: Status
    previous: Status
    reason: Reason
    faults: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRow:
    """Something that happened at a device."""

    device_id: int
    device_slug: str
    device_name: str
    kind: str
    ts: datetime
    event_id: str
    received_at: datetime
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCursor:
    """The last event of a page; the next page begins behind it."""

    ts: datetime
    device_id: int
    event_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscoveredDevice:
    """A device that reports and is not in the ledger. `address`: of one that speaks a vendor's format."""

    slug: str
    address: str | None
    kind_guess: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    message_count: int
    last_topic: str
    last_payload: str
    ignored_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UnmappedField:
    """Something a device says that its kind has no word for, with its value of the last time it was kept."""

    name: str
    value: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardMessage:
    """A message as it came, kept to be looked at: payload without personal data, and cut where it is longer than 4 kB."""

    topic: str
    payload: bytes
    received_at: datetime
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedMessage:
    """A mistake, how often it was made, and detail and payload of the last time, cut to 4 kB. Without a topic: of many."""

    id: int
    site_id: int | None
    topic: str
    reason: RejectReason
    detail_key: str
    facts: Mapping[str, str]
    payload: bytes
    payload_bytes: int
    count: int
    first_at: datetime
    last_at: datetime

    def detail(self, language: Language) -> str:
        """What was wrong the last time, as a sentence."""
        return sentence(self.detail_key, self.facts, language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistakes:
    """At how many topics messages were rejected for one reason."""

    reason: RejectReason
    topics: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IngesterState:
    """What an ingester last said of itself.

    `deaf_since`: not subscribed at the broker since then. `received_at`: when the last message came; `committed_at`: when the
    database last took something. `lag`: how long messages lately waited from their receipt to their commit. `problem`: the
    SQLSTATE by which the database refuses what it writes, since when, and in which words; empty: it takes it.
    """

    client_id: str
    started_at: datetime
    seen_at: datetime
    connected: bool
    received: int
    committed: int
    rejected: int
    queued: int
    deaf_since: datetime | None
    received_at: datetime | None
    committed_at: datetime | None
    lag_ms: int
    problem: str
    problem_since: datetime | None
    problem_detail: str
    memory_bytes: int
    report: Mapping[str, Any]

    @property
    def lag(self) -> timedelta:
        """As a length of time."""
        return timedelta(milliseconds=self.lag_ms)

    @property
    def told(self) -> Report:
        """Its report; what an older version did not tell is zero."""
        return msgspec.convert(self.report, Report)


@dataclass(frozen=True, kw_only=True, slots=True)
class LatestReading:
    """The newest reading of a device; measures the message did not have are left out."""

    ts: datetime
    received_at: datetime
    faults: tuple[str, ...]
    measures: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Columns for a chart: `times` in seconds since 1970, and for each measure as many values; None is a gap.

    Numbers are averages of `width`, counts, true/false (1, 0) and choices (their place in the declaration, from 0) the
    last value in it. Where readings are fewer than that, each is a point at its own time. `lows` and `highs`: the least
    and the most of numbers and counts within each point.
    """

    times: list[float]
    values: Mapping[str, list[float | None]]
    lows: Mapping[str, list[float | None]]
    highs: Mapping[str, list[float | None]]
    width: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class RollupMark:
    """How far the rollups of a table are: all that was received before `rolled_to` is in them. What is older than the other
    three may have been dropped from that table, its hours and its days."""

    rolled_to: datetime | None
    readings_from: datetime | None
    hourly_from: datetime | None
    daily_from: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesReach:
    """Where the levels of a table's series begin and end, and the clock by which hours and days are cut."""

    rolled_to: datetime | None
    readings_from: datetime | None
    hourly_from: datetime | None
    tz: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeInStatus:
    """Seconds a device worked, did not, and nobody knew."""

    device_id: int
    up_s: float
    down_s: float
    unknown_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Availability:
    """How long a device worked (online, degraded), did not (fault, stale, offline), and nobody knew."""

    up: timedelta
    down: timedelta
    unknown: timedelta

    @property
    def share(self) -> float | None:
        """Of the time that is known, 0 to 1; None: nothing is known."""
        known = self.up + self.down
        return self.up / known if known else None
