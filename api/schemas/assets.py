"""The ledger, as JSON: assets, what they depend on, records."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field

from api.schemas.base import Id, In, Out
from assets.models import (
    ASSET_STATES,
    CATEGORIES,
    CONDITIONS,
    DEPENDENCY_KINDS,
    OUTCOMES,
    RECORD_KINDS,
    AssetState,
    Category,
    Condition,
    DependencyKind,
    Outcome,
    RecordKind,
)

# Texts to the schema, so that the domain refuses an unknown word in the caller's language; the description names the known ones.
CategoryIn = Annotated[str, Field(json_schema_extra={"enum": list(CATEGORIES)})]
ConditionIn = Annotated[str, Field(json_schema_extra={"enum": list(CONDITIONS)})]
StateIn = Annotated[str, Field(json_schema_extra={"enum": list(ASSET_STATES)})]
DependencyKindIn = Annotated[str, Field(json_schema_extra={"enum": list(DEPENDENCY_KINDS)})]
RecordKindIn = Annotated[str, Field(json_schema_extra={"enum": list(RECORD_KINDS)})]
OutcomeIn = Annotated[str, Field(json_schema_extra={"enum": list(OUTCOMES)})]


class AssetLineOut(Out):
    """An asset in a list, with its device in operation and when something was last done to it."""

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


class LedgerCountOut(Out):
    """How many assets of a category are in a condition, the retired ones left out."""

    category: Category
    condition: Condition
    count: int


class AssetOut(Out):
    """A maintained thing."""

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


class DependencyOut(Out):
    """`asset_id` does not work without `depends_on_id`; code, name and device status are of the other end."""

    asset_id: int
    depends_on_id: int
    kind: DependencyKind
    code: str
    name: str
    device_status: str | None


class AssetDetailOut(AssetOut):
    """With what it depends on, what depends on it, its device in operation, and its records counted by kind."""

    depends_on: list[DependencyOut]
    depending: list[DependencyOut]
    device_slug: str | None
    record_counts: dict[RecordKind, int]


class AssetIn(In):
    """What is known of an asset. The code is unique at its site."""

    code: str
    name: str
    category: CategoryIn
    area_id: Id | None = None
    condition: ConditionIn = "good"
    state: StateIn = "in_use"
    maker: str = ""
    model: str = ""
    installed_on: date | None = None
    note: str = ""


class DependencyIn(In):
    """What the asset does not work without."""

    depends_on_id: Id
    kind: DependencyKindIn


class RecordOut(Out):
    """Something that was done to an asset. When `corrected_by_id` names a later record, that one holds instead."""

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


class RecordIn(In):
    """Something that was done. `condition`: how the asset was found to be afterwards, if it was looked at."""

    kind: RecordKindIn
    done_at: AwareDatetime
    done_by: str
    summary: str
    detail: str = ""
    outcome: OutcomeIn = "normal"
    cost: Decimal | None = None
    condition: ConditionIn | None = None


class CorrectionIn(In):
    """The whole record as it should have been, and why it was wrong."""

    kind: RecordKindIn
    done_at: AwareDatetime
    done_by: str
    summary: str
    detail: str = ""
    outcome: OutcomeIn = "normal"
    cost: Decimal | None = None
    reason: str
