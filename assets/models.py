"""What the ledger speaks of: places, assets and what they depend on, devices, and the records of what was done."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

RegionLevel = Literal["city", "district", "street"]
Category = Literal[
    "gate", "access", "cctv", "drainage", "perimeter", "power", "network", "lift",
    "fire", "lighting", "fence", "structure", "roof", "road", "pipe", "other",
]  # fmt: skip
Condition = Literal["good", "fair", "poor", "unsafe"]
AssetState = Literal["in_use", "out_of_use", "retired"]
DependencyKind = Literal["power", "network", "gateway"]
RecordKind = Literal["operation", "inspection", "repair", "maintenance"]
Outcome = Literal["normal", "problem", "fixed", "not_fixed"]

REGION_LEVELS: tuple[RegionLevel, ...] = get_args(RegionLevel)
CATEGORIES: tuple[Category, ...] = get_args(Category)
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
ASSET_STATES: tuple[AssetState, ...] = get_args(AssetState)
DEPENDENCY_KINDS: tuple[DependencyKind, ...] = get_args(DependencyKind)
RECORD_KINDS: tuple[RecordKind, ...] = get_args(RecordKind)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A city, a district in a city, or a street in a district."""

    id: int
    parent_id: int | None
    level: RegionLevel
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A compound 小区."""

    id: int
    slug: str
    name: str
    tz: str
    region_id: int

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone, for plans and display."""
        return ZoneInfo(self.tz)


# Where alerts and channels belong that concern no compound but Gatehouse itself. It has no row; no site may have this slug.
INSTALLATION = Site(id=0, slug="-", name="Gatehouse", tz="Asia/Shanghai", region_id=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """A place in a site. A key area 重点区域 must be checked at least once every hour."""

    id: int
    slug: str
    name: str
    key_area: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """A maintained thing, with or without electronics."""

    id: int
    code: str
    name: str
    category: Category
    area_id: int | None
    area_name: str | None
    condition: Condition
    state: AssetState
    maker: str
    model: str
    installed_on: date | None
    note: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetLine:
    """An asset as a list shows it: with its device in operation and the last thing done to it."""

    id: int
    code: str
    name: str
    category: Category
    area_name: str | None
    condition: Condition
    state: AssetState
    device_slug: str | None
    device_status: str | None
    last_record_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetRef:
    """An asset in a list of choices."""

    id: int
    code: str
    name: str
    category: Category
    area_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerCount:
    """How many assets there are of a category in a condition, the retired ones left out."""

    category: Category
    condition: Condition
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependency:
    """`asset_id` does not work without `depends_on_id`. `name`, `code` and `device_status` are of the other end."""

    asset_id: int
    depends_on_id: int
    kind: DependencyKind
    code: str
    name: str
    device_status: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """The thing that reports. `silent_after` None: what its kind declares.

    `address`: `<format>:<the vendor's name of it>`, for one that speaks a vendor's format.
    """

    id: int
    slug: str
    address: str | None
    kind: str
    name: str
    asset_id: int | None
    silent_after: timedelta | None
    registered_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Something that was done to an asset. Once `corrected_by_id` names a later one, that one holds instead."""

    id: int
    asset_id: int
    kind: RecordKind
    done_at: datetime
    done_by: str
    summary: str
    detail: str
    outcome: Outcome
    cost: Decimal | None
    corrects_id: int | None
    corrected_by_id: int | None
    reason: str
    written_by: int | None
    writer_name: str | None
    written_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetFacts:
    """What somebody enters about an asset; the verbs check it."""

    code: str
    name: str
    category: str
    area_id: int | None = None
    condition: str = "good"
    state: str = "in_use"
    maker: str = ""
    model: str = ""
    installed_on: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDevice:
    """What somebody enters about a device, of an asset of the ledger or of a new one; the verbs check it."""

    slug: str
    kind: str
    name: str
    address: str | None = None
    asset_id: int | None = None
    new_asset: AssetFacts | None = None
    silent_after: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEntry:
    """What somebody enters about something done; the verbs check it."""

    kind: str
    done_at: datetime
    done_by: str
    summary: str
    detail: str = ""
    outcome: str = "normal"
    cost: Decimal | None = None
