"""Rounds that are due, what was seen on them, and the check-ins that prove it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

RoundState = Literal["open", "verified", "missed"]
Verdict = Literal["due", "on_time", "late", "missed"]
Phase = Literal["upcoming", "running", "grace", "verified", "late", "missed"]
Outcome = Literal["counted", "seen_before", "not_due", "unknown_code"]

LONGEST_SLOT = timedelta(hours=24)
LONGEST_GRACE = timedelta(hours=2)
LONGEST_ROUND = LONGEST_SLOT + LONGEST_GRACE  # nothing that began earlier can still be open


def phase_of(state: RoundState, starts_at: datetime, due_at: datetime, late: int, now: datetime) -> Phase:
    """What a round is for a person: an open one by the time, a verified one by whether something was seen late."""
    if state == "verified":
        return "late" if late else "verified"
    if state == "missed":
        return "missed"
    if now < starts_at:
        return "upcoming"
    return "running" if now < due_at else "grace"


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One due performance of a route 巡更班次, with a count of its checks. Its slot is [starts_at, due_at)."""

    id: int
    plan_id: int
    plan_name: str
    route_id: int
    route_name: str
    starts_at: datetime
    due_at: datetime
    closes_at: datetime
    state: RoundState
    closed_at: datetime | None
    total: int
    seen: int
    late: int
    people: list[str]
    unseen: list[str]

    def phase(self, now: datetime) -> Phase:
        """What it is for a person."""
        return phase_of(self.state, self.starts_at, self.due_at, self.late, now)


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundCheck:
    """One checkpoint of a round: whether it was seen, when and by whom."""

    round_id: int
    checkpoint_id: int
    checkpoint_name: str
    area_name: str | None
    verdict: Verdict
    check_in_id: int | None
    seen_at: datetime | None
    person_name: str | None
    note: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckIn:
    """Raw evidence as it was stored. `checkpoint_id` None: the code was of no checkpoint then."""

    id: int
    client_id: UUID
    person_id: int
    person_name: str
    checkpoint_id: int | None
    checkpoint_name: str | None
    code_entered: str
    method: str
    device_at: datetime | None
    received_at: datetime
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """A round for which a check-in is the one that counts."""

    round_id: int
    plan_name: str
    starts_at: datetime
    due_at: datetime
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundTimes:
    """What deriving the verdicts of a round needs of it."""

    id: int
    starts_at: datetime
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A check-in as far as verdicts depend on it."""

    check_in_id: int
    checkpoint_id: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckVerdict:
    """What deriving makes of one checkpoint of a round."""

    checkpoint_id: int
    verdict: Verdict
    check_in_id: int | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundRef:
    """Which round."""

    site_id: int
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """A slot in which a checkpoint is due."""

    checkpoint_id: int
    checkpoint_name: str
    key_area: bool
    plan_id: int
    starts_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A checkpoint was seen, by our clock."""

    checkpoint_id: int
    at: datetime
