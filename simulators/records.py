"""Makes up a compound's past: a year of operation, inspection, repair and maintenance for each of its assets."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from assets.models import Condition, Outcome, RecordKind
from core.clock import as_utc
from core.i18n import Text
from simulators.dice import dice, poisson
from simulators.models import SimAsset, SimRecord, SimSite, StaffRole, both
from simulators.upkeep import building, electronic
from simulators.upkeep.breakdowns import BREAKDOWNS
from simulators.upkeep.work import FIRMS, Breakdown, Chore, Hand

CHORES = {**electronic.CHORES, **building.CHORES}
YEAR = 365
_BREAKDOWNS_A_YEAR: Mapping[Condition, float] = {"good": 0.4, "fair": 0.8, "poor": 1.6, "unsafe": 1.6}
_PART_MISSING = 0.15
_DAYS_TO_REPAIR = (1, 3)
_DAYS_TO_DELIVER = (3, 8)
# What costs this much is entered by the manager, who paid for it; the engineer enters the rest.
_MANAGER_ENTERS_FROM = Decimal(1000)
_PUT_INTO_USE = Text(en="Installed, accepted and put into use", zh="安装完成，验收合格，投入使用")
_PART_ORDERED = Text(en="Spare part not in stock, ordered", zh="备件无库存，已订购")

Work = TypeVar("Work", Chore, Breakdown)


def make_records(site: SimSite, *, seed: int, until: datetime) -> tuple[SimRecord, ...]:
    """What was done to every asset in the year before the day of `until`, in the order in which it was written down."""
    today = until.astimezone(ZoneInfo(site.tz)).date()
    found = (
        record
        for asset in site.assets
        for record in _Logbook(site, asset, today, dice("records", seed, site.slug, asset.slug)).entries()
    )
    return tuple(sorted(found, key=lambda record: (record.written_at, record.asset)))


class _Logbook:
    """One asset's year. Days are counted back from `today`, on which nothing has been done yet."""

    def __init__(self, site: SimSite, asset: SimAsset, today: date, rng: Random) -> None:
        self._site = site
        self._asset = asset
        self._today = today
        self._rng = rng
        self._age = (today - asset.installed).days
        # Work begins the day after the asset was put into use.
        self._oldest = min(YEAR, self._age - 1)

    def entries(self) -> Iterator[SimRecord]:
        """In no order."""
        category = self._asset.category
        if 0 < self._age <= YEAR:
            yield self._record("operation", self._age, "engineer", _PUT_INTO_USE)
        for chore in self._fitting(CHORES[category]):
            yield from self._regular(chore)
        fitting = self._fitting(BREAKDOWNS[category])
        count = poisson(self._rng, _BREAKDOWNS_A_YEAR[self._asset.condition] * max(0, self._oldest) / YEAR)
        for breakdown in self._rng.sample(fitting, min(count, len(fitting))):
            yield from self._broken(breakdown)

    def _fitting(self, works: tuple[Work, ...]) -> list[Work]:
        return [work for work in works if self._asset.slug.startswith(work.on)]

    def _regular(self, chore: Chore) -> Iterator[SimRecord]:
        days_ago = self._rng.randint(1, chore.every)
        while days_ago <= self._oldest:
            poor = chore.remarks is not None and self._asset.condition in ("poor", "unsafe")
            yield self._record(
                chore.kind,
                days_ago,
                chore.by,
                chore.summary,
                detail=self._detail(chore),
                outcome="problem" if poor else "normal",
                cost=self._cost(chore.cost),
            )
            # A little before it is due, so that it is never overdue.
            days_ago += max(1, round(chore.every * self._rng.uniform(0.92, 1.0)))

    def _broken(self, breakdown: Breakdown) -> Iterator[SimRecord]:
        """Noticed and repaired, perhaps in two attempts; the end of it may be still to come."""
        days_ago = self._rng.randint(1, self._oldest)
        yield self._record("operation", days_ago, "guard", breakdown.noticed, outcome="problem")
        days_ago -= self._rng.randint(*_DAYS_TO_REPAIR)
        if days_ago > 0 and breakdown.cost and self._rng.random() < _PART_MISSING:
            yield self._record("repair", days_ago, breakdown.by, _PART_ORDERED, detail=breakdown.noticed, outcome="not_fixed")
            days_ago -= self._rng.randint(*_DAYS_TO_DELIVER)
        if days_ago > 0:
            cost = self._cost(breakdown.cost)
            yield self._record("repair", days_ago, breakdown.by, breakdown.repaired, outcome="fixed", cost=cost)

    def _detail(self, chore: Chore) -> Text | None:
        if chore.remarks is not None:
            return chore.remarks.of(self._asset.condition)
        if chore.detail is None:
            return None
        low, high, digits = chore.measured
        measured = f"{self._rng.uniform(low, high):.{digits}f}"
        return Text(en=chore.detail.en.format(n=measured), zh=chore.detail.zh.format(n=measured))

    def _cost(self, between: tuple[int, int] | None) -> Decimal | None:
        return None if between is None else Decimal(self._rng.randrange(between[0], between[1] + 1, 10))

    def _record(
        self,
        kind: RecordKind,
        days_ago: int,
        by: Hand,
        summary: Text,
        *,
        detail: Text | None = None,
        outcome: Outcome = "normal",
        cost: Decimal | None = None,
    ) -> SimRecord:
        done_at = self._working_time(days_ago)
        return SimRecord(
            asset=self._asset.slug,
            kind=kind,
            done_at=done_at,
            done_by=self._name(by),
            summary=summary,
            detail=detail,
            outcome=outcome,
            cost=cost,
            written_by=self._login("manager" if cost and cost >= _MANAGER_ENTERS_FROM else "engineer"),
            written_at=done_at + timedelta(minutes=self._rng.randrange(10, 90)),
        )

    def _working_time(self, days_ago: int) -> datetime:
        """Some time between half past eight and five of that day, local time."""
        hour, five_minutes = divmod(self._rng.randrange(8 * 12 + 6, 17 * 12), 12)
        at = time(hour, five_minutes * 5, tzinfo=ZoneInfo(self._site.tz))
        return as_utc(datetime.combine(self._today - timedelta(days=days_ago), at))

    def _name(self, by: Hand) -> str:
        if by in FIRMS:
            return both(FIRMS[by])
        return self._rng.choice([person.name for person in self._site.staff if person.role == by])

    def _login(self, role: StaffRole) -> str:
        return next(person.login for person in self._site.staff if person.role == role)
