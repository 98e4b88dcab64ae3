"""The overview of a site, as JSON."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class DeviceCountsOut(_Out):
    """Devices by health."""

    total: int
    online: int
    degraded: int
    down: int
    stale: int
    unknown: int


class RoundCountsOut(_Out):
    """Rounds of the local day; `coverage` is the verified share of the decided ones, null while none is decided."""

    total: int
    verified: int
    missed: int
    open: int
    ahead: int
    coverage: float | None


class DeviceDownOut(_Out):
    """A device offline or in fault."""

    slug: str
    name: str
    kind: str
    area: str | None
    status: str
    since: datetime
    reason: str
    faults: list[str]
    alert_id: int | None
    acknowledged_by: str | None


class RoundNowOut(_Out):
    """A round due now or missed today."""

    id: int
    route: str
    plan: str
    state: str
    starts_at: datetime
    due_at: datetime
    stops: int
    seen: int


class NoticeOpenOut(_Out):
    """A notice that is not struck off."""

    id: int
    title: str
    department: str
    issued_at: datetime
    due_at: datetime


class RecentEventOut(_Out):
    """A security event of the last day."""

    device_slug: str
    device_name: str
    kind: str
    type: str
    ts: datetime


class OverviewOut(_Out):
    """A site at this moment."""

    devices: DeviceCountsOut
    down: list[DeviceDownOut]
    rounds: RoundCountsOut
    rounds_now: list[RoundNowOut]
    open_alerts: int
    unacknowledged_alerts: int
    notices: list[NoticeOpenOut]
    events: list[RecentEventOut]
