"""Patrol, as JSON: what must be seen, what is due, what was seen."""

from datetime import date, datetime, time
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.schemas.base import Id, In, Out
from patrol.check_in import CheckInResult
from patrol.models import Outcome, Phase, Round, RoundState, Verdict
from patrol.today import CheckpointGap, PatrolDay


class CheckpointIn(In):
    """A place to check. Without a code one is made that is easy to type."""

    name: str
    code: str = ""
    area_id: Id | None = None


class CheckpointOut(Out):
    """A place to check. Its code is for whoever hangs it up, not for guards' desks."""

    id: int
    code: str
    name: str
    area_id: int | None
    area_name: str | None
    key_area: bool
    active: bool


class RouteIn(In):
    """Checkpoints in the order in which they are walked."""

    name: str
    checkpoint_ids: list[Id]


class RouteOut(Out):
    """A route in use."""

    id: int
    name: str
    checkpoint_ids: list[int]
    checkpoint_names: list[str]


class PlanIn(In):
    """Local times of the site; an end that is not after the start is on the next day, the same time is the whole day."""

    route_id: Id
    name: str
    from_time: time
    until_time: time
    every_minutes: int = 60
    grace_minutes: int = 5


class PlanOut(Out):
    """A plan in force."""

    id: int
    route_id: int
    route_name: str
    name: str
    from_time: time
    until_time: time
    every_minutes: int
    grace_minutes: int
    active_from: datetime
    retired_at: datetime | None


class RoundOut(Out):
    """A round. Its slot is [starts_at, due_at); until closes_at a check still counts, as late.

    `phase` is what it is at this moment: upcoming, running, grace, verified, late (verified, something seen late) or missed.
    """

    id: int
    plan_id: int
    plan_name: str
    route_id: int
    route_name: str
    starts_at: datetime
    due_at: datetime
    closes_at: datetime
    state: RoundState
    phase: Phase
    closed_at: datetime | None
    total: int
    seen: int
    late: int
    people: list[str]
    unseen: list[str]

    @classmethod
    def of(cls, round_: Round, now: datetime) -> Self:
        """As it is at `now`."""
        values = {name: getattr(round_, name) for name in cls.model_fields if name not in {"phase", "checks"}}
        return cls.model_validate({**values, "phase": round_.phase(now)})


class RoundCheckOut(Out):
    """One checkpoint of a round."""

    checkpoint_id: int
    checkpoint_name: str
    area_name: str | None
    verdict: Verdict
    check_in_id: int | None
    seen_at: datetime | None
    person_name: str | None
    note: str | None


class RoundDetailOut(RoundOut):
    """With its checkpoints in the order of the route."""

    checks: list[RoundCheckOut] = Field(default_factory=list)


class CheckInIn(In):
    """What a guard typed at a checkpoint.

    `client_id` is made by the phone: sending it again stores nothing twice. `device_at` is the phone's clock.
    """

    code: str
    client_id: UUID | None = None
    device_at: AwareDatetime | None = None
    note: str = ""


class CheckInOut(Out):
    """Evidence as it was stored; `checkpoint_id` null: the code was of no checkpoint."""

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


class CountedOut(Out):
    """A round for which the check-in counts."""

    round_id: int
    plan_name: str
    starts_at: datetime
    due_at: datetime
    verdict: Verdict


class CheckInResultOut(Out):
    """`outcome`: counted, seen_before (due and seen already), not_due, or unknown_code. It is stored in every case."""

    outcome: Outcome
    replayed: bool
    check_in: CheckInOut
    rounds: list[CountedOut]

    @classmethod
    def of(cls, result: CheckInResult) -> Self:
        """From what the domain says."""
        return cls.model_validate(result)


class GapOut(Out):
    """The largest gap at a checkpoint on that day, in seconds; `running`: nobody has come since."""

    checkpoint_id: int
    checkpoint_name: str
    key_area: bool
    seconds: int
    limit_seconds: int
    too_long: bool
    since: datetime
    until: datetime
    running: bool

    @classmethod
    def of(cls, each: CheckpointGap) -> Self:
        """From what the domain says."""
        return cls(
            checkpoint_id=each.checkpoint_id,
            checkpoint_name=each.checkpoint_name,
            key_area=each.key_area,
            seconds=round(each.gap.length.total_seconds()),
            limit_seconds=round(each.limit.total_seconds()),
            too_long=each.too_long,
            since=each.gap.since,
            until=each.gap.until,
            running=each.gap.running,
        )


class SummaryOut(Out):
    """Rounds by what became of them; checks of decided rounds; `coverage` null before the first is decided."""

    total: int
    verified: int
    late: int
    missed: int
    running: int
    upcoming: int
    checks_due: int
    checks_seen: int
    coverage: float | None


class PatrolDayOut(Out):
    """A day in the site's zone."""

    day: date
    since: datetime
    until: datetime
    summary: SummaryOut
    gaps: list[GapOut]

    @classmethod
    def of(cls, day: PatrolDay) -> Self:
        """From what the domain says."""
        return cls(
            day=day.day,
            since=day.since,
            until=day.until,
            summary=SummaryOut.model_validate(day.summary),
            gaps=[GapOut.of(gap) for gap in day.gaps],
        )
