"""One day of a site's patrol: its rounds, how much was seen, and the largest gap at each checkpoint."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from assets.models import Site
from patrol import queries
from patrol.gaps import Gap, largest_gap
from patrol.models import Duty, Phase, Round
from patrol.slots import day_bounds
from store.db import Connection

KEY_AREA_LIMIT = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Rounds by what became of them; checks of the rounds that are decided (verified, late or missed)."""

    total: int
    verified: int
    late: int
    missed: int
    running: int
    upcoming: int
    checks_due: int
    checks_seen: int

    @property
    def coverage(self) -> float | None:
        """The share of due checks that were made, 0 to 1; None before the first round is decided."""
        return self.checks_seen / self.checks_due if self.checks_due else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointGap:
    """The gap at a checkpoint that matters most, and the longest it may be."""

    checkpoint_id: int
    checkpoint_name: str
    key_area: bool
    limit: timedelta
    gap: Gap

    @property
    def too_long(self) -> bool:
        """Whether it went unseen longer than promised."""
        return self.gap.length > self.limit


@dataclass(frozen=True, kw_only=True, slots=True)
class PatrolDay:
    """A day in the site's zone: the rounds that began on it and the gaps that ended on it."""

    day: date
    since: datetime
    until: datetime
    rounds: tuple[Round, ...]
    gaps: tuple[CheckpointGap, ...]
    summary: Summary


def today_of(site: Site, now: datetime) -> date:
    """Which day it is there."""
    return now.astimezone(site.zone).date()


def get_day(conn: Connection, site: Site, day: date, now: datetime) -> PatrolDay:
    """What was due on that day and what became of it so far. The widest gaps come first."""
    since, until = day_bounds(day, site.zone)
    rounds = tuple(queries.list_rounds(conn, site_id=site.id, since=since, until=until))
    gaps = tuple(list_gaps(conn, site_id=site.id, since=since, until=min(until, now)))
    return PatrolDay(day=day, since=since, until=until, rounds=rounds, gaps=gaps, summary=summarise(rounds, now))


def summarise(rounds: Iterable[Round], now: datetime) -> Summary:
    """The rounds counted."""
    phases: dict[Phase, list[Round]] = defaultdict(list)
    for each in rounds:
        phases[each.phase(now)].append(each)
    decided = [*phases["verified"], *phases["late"], *phases["missed"]]
    return Summary(
        total=sum(map(len, phases.values())),
        verified=len(phases["verified"]),
        late=len(phases["late"]),
        missed=len(phases["missed"]),
        running=len(phases["running"]) + len(phases["grace"]),
        upcoming=len(phases["upcoming"]),
        checks_due=sum(each.total for each in decided),
        checks_seen=sum(each.seen for each in decided),
    )


def list_gaps(conn: Connection, *, site_id: int, since: datetime, until: datetime) -> list[CheckpointGap]:
    """For each checkpoint the gap that matters most of those that ended in (since, until] or go on; too long ones first.

    Gaps are measured in the duty of each plan, against its slot, and in that of all plans together, against the longest
    slot and in a key area against an hour. The largest one that is too long matters most, else the largest.
    """
    earlier = since - timedelta(days=1)  # a gap across midnight is as long as it is
    duties: dict[int, list[Duty]] = defaultdict(list)
    for duty in queries.list_duties(conn, site_id=site_id, since=earlier, until=until):
        duties[duty.checkpoint_id].append(duty)
    seen: dict[int, list[datetime]] = defaultdict(list)
    for sighting in queries.list_seen(conn, site_id=site_id, since=earlier, until=until):
        seen[sighting.checkpoint_id].append(sighting.at)
    gaps = (_checkpoint_gap(of_one, seen[checkpoint_id], since, until) for checkpoint_id, of_one in duties.items())
    return sorted((gap for gap in gaps if gap), key=lambda each: (not each.too_long, -each.gap.length, each.checkpoint_name))


def _checkpoint_gap(duties: Sequence[Duty], checks: Sequence[datetime], since: datetime, until: datetime) -> CheckpointGap | None:
    by_plan: dict[int, list[Duty]] = defaultdict(list)
    for duty in duties:
        by_plan[duty.plan_id].append(duty)
    found = [_gap_within(each, checks, since, until, key_area=False) for each in by_plan.values()]
    found.append(_gap_within(duties, checks, since, until, key_area=duties[0].key_area))
    return max((gap for gap in found if gap), key=lambda each: (each.too_long, each.gap.length), default=None)


def _gap_within(
    duties: Sequence[Duty], checks: Sequence[datetime], since: datetime, until: datetime, *, key_area: bool
) -> CheckpointGap | None:
    gap = largest_gap(((duty.starts_at, duty.due_at) for duty in duties), checks, since=since, now=until)
    if gap is None:
        return None
    slot = max(duty.due_at - duty.starts_at for duty in duties)
    return CheckpointGap(
        checkpoint_id=duties[0].checkpoint_id,
        checkpoint_name=duties[0].checkpoint_name,
        key_area=duties[0].key_area,
        limit=min(slot, KEY_AREA_LIMIT) if key_area else slot,
        gap=gap,
    )
