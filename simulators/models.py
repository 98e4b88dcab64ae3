"""What a simulated compound consists of: plain facts, which the composition root turns into rows of the ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from assets.models import Category, Condition, DependencyKind, Outcome, RecordKind
from core.i18n import Text
from patrol.notices.models import Department

AreaUse = Literal["gate", "building", "garage", "perimeter", "plant", "kitchen", "road", "green", "office"]
StaffRole = Literal["guard", "leader", "engineer", "manager"]


def both(text: Text) -> str:
    """A name as the people of a bilingual compound write it: "东门道闸 East gate barrier"."""
    return f"{text.zh} {text.en}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SimArea:
    """A place in a compound. `x`, `y`: metres east and north of its south-west corner. `key`: a key area 重点区域."""

    slug: str
    name: Text
    use: AreaUse
    x: float
    y: float
    key: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SimAsset:
    """Something that is maintained, with or without electronics. `code` is its number in the ledger, unique in the site."""

    slug: str
    code: str
    name: Text
    category: Category
    area: str
    installed: date
    maker: str
    model: str
    serial: str
    life_years: int
    condition: Condition


@dataclass(frozen=True, kw_only=True, slots=True)
class SimDevice:
    """The reporting part of the asset with the same slug.

    `profile` distinguishes devices of one kind: a drainage sensor in a grease trap behaves unlike one in a storm drain.
    `will`: it keeps its own connection to the broker, which can then tell that it is gone.
    """

    slug: str
    kind: str
    name: Text
    area: str
    installed: date
    profile: str = ""
    will: bool = True

    @property
    def asset(self) -> str:
        """Slug of the asset that this device reports for."""
        return self.slug


@dataclass(frozen=True, kw_only=True, slots=True)
class SimDependency:
    """`asset` cannot work without `needs`; both are slugs of assets of the same site."""

    asset: str
    needs: str
    relation: DependencyKind


@dataclass(frozen=True, kw_only=True, slots=True)
class SimCheckpoint:
    """A place where a guard checks in. `code` is the short one that can be typed; unique in the site."""

    slug: str
    name: Text
    area: str
    code: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SimRoute:
    """Checkpoints, by slug, in the order in which they are walked."""

    slug: str
    name: Text
    checkpoints: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SimPatrolPlan:
    """When a route is walked: every `every` from `begins` to `ends`, local time; past midnight if `ends` is the smaller.

    A check counts as late until `grace` after its slot has ended.
    """

    slug: str
    name: Text
    route: str
    begins: time
    ends: time
    every: timedelta
    grace: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class SimPerson:
    """Somebody who works at the site. `login` is unique in the whole city."""

    login: str
    name: str
    role: StaffRole


@dataclass(frozen=True, kw_only=True, slots=True)
class SimRecord:
    """Something that was done to an asset, as the ledger tells it. `written_by`: login of who wrote it down."""

    asset: str
    kind: RecordKind
    done_at: datetime
    done_by: str
    summary: Text
    detail: Text | None
    outcome: Outcome
    cost: Decimal | None
    written_by: str
    written_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SimStrikeOff:
    """How a notice was struck off 销号. `by`: a login."""

    at: datetime
    by: str
    note: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class SimNotice:
    """A rectification notice to a department. `issued_by`: a login; `closed` None: still open, or overdue."""

    title: Text
    detail: Text
    department: Department
    issued_by: str
    issued_at: datetime
    due_at: datetime
    closed: SimStrikeOff | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimSite:
    """One compound with everything in it. All references between its parts are slugs."""

    slug: str
    name: Text
    address: Text
    tz: str
    households: int
    latitude: float
    longitude: float
    areas: tuple[SimArea, ...]
    assets: tuple[SimAsset, ...]
    devices: tuple[SimDevice, ...]
    dependencies: tuple[SimDependency, ...]
    checkpoints: tuple[SimCheckpoint, ...]
    routes: tuple[SimRoute, ...]
    plans: tuple[SimPatrolPlan, ...]
    staff: tuple[SimPerson, ...]

    @property
    def buildings(self) -> tuple[SimArea, ...]:
        """The residential buildings."""
        return tuple(area for area in self.areas if area.use == "building")

    @property
    def guards(self) -> tuple[SimPerson, ...]:
        """Those who walk the rounds."""
        return tuple(person for person in self.staff if person.role == "guard")

    @property
    def power_boxes(self) -> tuple[SimAsset, ...]:
        """Distribution boxes whose failure takes devices with it, without the main one."""
        fed = {dependency.asset for dependency in self.dependencies if dependency.relation == "power"}
        return tuple(asset for asset in self.assets if asset.category == "power" and asset.slug in fed)

    def device(self, slug: str) -> SimDevice:
        """The device of that slug; KeyError when there is none."""
        for device in self.devices:
            if device.slug == slug:
                return device
        raise KeyError(slug)

    def devices_behind(self, root: str) -> tuple[SimDevice, ...]:
        """The devices that cannot report while the asset `root` is down, itself included, by any relation."""
        dependents: dict[str, list[str]] = {}
        for dependency in self.dependencies:
            dependents.setdefault(dependency.needs, []).append(dependency.asset)
        down = set(_closure(root, dependents))
        return tuple(device for device in self.devices if device.asset in down)


def _closure(root: str, dependents: Mapping[str, list[str]]) -> Iterator[str]:
    seen, waiting = {root}, [root]
    while waiting:
        slug = waiting.pop()
        yield slug
        for dependent in dependents.get(slug, ()):
            if dependent not in seen:
                seen.add(dependent)
                waiting.append(dependent)


@dataclass(frozen=True, kw_only=True, slots=True)
class SimStreet:
    """A street office 街道 and its compounds."""

    slug: str
    name: Text
    sites: tuple[SimSite, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SimDistrict:
    """A district 区 and its streets."""

    slug: str
    name: Text
    streets: tuple[SimStreet, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SimCity:
    """A city as a tree: districts, streets, compounds."""

    slug: str
    name: Text
    districts: tuple[SimDistrict, ...]

    @property
    def sites(self) -> tuple[SimSite, ...]:
        """Every compound, in the order of the tree."""
        return tuple(site for district in self.districts for street in district.streets for site in street.sites)
