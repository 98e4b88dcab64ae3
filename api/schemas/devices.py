"""Devices, as JSON: what they are, how they are, what they said."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.schemas.assets import AssetIn
from api.schemas.base import Id, In, Out
from assets.models import AssetFacts, NewDevice
from ingest.health import Reason
from ingest.model import RejectReason, Status, Value


class DeviceOut(Out):
    """A device with its health now. `last_seen_at` is by our clock; `skew_ms` says how far the device's own is ahead."""

    id: int
    slug: str
    address: Annotated[str | None, Field(description="`<format>:<the vendor's name of it>`; null: it speaks our own format.")]
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


class ReadingOut(Out):
    """What was measured last; `ts` is by the device's clock."""

    ts: datetime
    received_at: datetime
    faults: list[str]
    measures: dict[str, Value]


class DeviceDetailOut(DeviceOut):
    """With its newest reading."""

    latest: ReadingOut | None


class NewDeviceIn(In):
    """A device to be taken from now on. It may report of an asset of the ledger, or of a new one entered with it."""

    slug: str
    kind: str
    name: str
    address: Annotated[
        str | None, Field(description="`<format>:<the vendor's name of it>`, of one that speaks a vendor's format.")
    ] = None
    asset_id: Id | None = None
    new_asset: AssetIn | None = None
    silent_after: Annotated[timedelta | None, Field(description="How long it may say nothing; null: what its kind declares.")] = (
        None
    )

    def entered(self) -> NewDevice:
        """For the verbs."""
        facts = self.model_dump(exclude={"new_asset"})
        return NewDevice(**facts, new_asset=AssetFacts(**self.new_asset.model_dump()) if self.new_asset else None)


class RegisteredOut(Out):
    """A device that was registered with others."""

    id: int
    slug: str
    asset_id: int | None


class DeviceIn(In):
    """What can be changed of a device."""

    name: str
    address: str | None = None
    asset_id: Id | None = None
    silent_after: timedelta | None = None


class StatusChangeOut(Out):
    """A transition of a device's health. `status` equals `previous` when only the faults changed."""

    id: int
    at: datetime
    status: Status
    previous: Status
    reason: Reason
    faults: list[str]


class EventOut(Out):
    """Something that happened at a device."""

    device_slug: str
    ts: datetime
    event_id: str
    received_at: datetime
    type: str
    data: dict[str, Any]


class MeasureSeriesOut(BaseModel):
    """One measure over time; `values` has one entry for each of the series' times, null where nothing was measured.

    `lows` and `highs` of numbers are the least and the most within each point; of other measures they are empty.
    """

    slug: str
    name: str
    unit: str
    type: Annotated[str, Field(json_schema_extra={"enum": ["number", "bool", "choice"]})]
    choices: dict[str, str]
    values: list[Value | None]
    lows: list[Value | None]
    highs: list[Value | None]


class SeriesOut(BaseModel):
    """Measures of a device as columns, thinned to what a chart can show. Times are seconds since 1970.

    Numbers are averages over `width_seconds`, other measures the last value in it. Ranges of more than three days are drawn
    from hours, of more than a hundred from days. A point with nulls only stands where nothing was measured for long.
    """

    tz: str
    since: Annotated[float, Field(serialization_alias="from")]
    until: Annotated[float, Field(serialization_alias="to")]
    width_seconds: float
    ts: list[float]
    measures: list[MeasureSeriesOut]


class DiscoveredOut(Out):
    """A device that reports and is not in the ledger."""

    slug: str
    address: str | None
    kind_guess: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    message_count: int
    last_topic: str
    last_payload: str
    ignored_at: datetime | None


class RejectedOut(BaseModel):
    """A mistake, how often it was made, and detail and payload of the last time.

    `detail` is a sentence in the caller's language, `detail_key` and `facts` the same for programs. The payload is cut, as
    text where it is text, else as hex. An empty topic: many topics, too many to list.
    """

    id: int
    topic: str
    reason: RejectReason
    detail: str
    detail_key: str
    facts: dict[str, str]
    payload: str
    payload_is_hex: bool
    payload_bytes: int
    count: int
    first_at: datetime
    last_at: datetime


class MeasureOut(BaseModel):
    """A quantity with its unit and possible range."""

    slug: str
    name: str
    unit: str
    low: float | None
    high: float | None
    choices: dict[str, str]


class KindOut(BaseModel):
    """A kind of device, as declared."""

    slug: str
    name: str
    silent_after: timedelta
    measures: list[MeasureOut]
    faults: dict[str, str]
    events: dict[str, str]
