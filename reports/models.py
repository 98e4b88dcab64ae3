"""What the figures are made of; each can be traced to its records."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceCounts:
    """Devices of a site by health. `down`: offline, in fault, or with an alert that is not over."""

    total: int
    online: int
    degraded: int
    down: int
    stale: int
    unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundCounts:
    """Rounds of one local day. `open` are due now, `ahead` not yet begun."""

    total: int
    verified: int
    missed: int
    open: int
    ahead: int

    @property
    def coverage(self) -> float | None:
        """Share of the decided rounds that were verified, 0 to 1; None while none is decided."""
        decided = self.verified + self.missed
        return self.verified / decided if decided else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceDown:
    """A device that does not work now, and who is on it."""

    device_id: int
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


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundNow:
    """A round that is due now or was missed today. `seen` of `stops` checkpoints have been checked."""

    id: int
    route: str
    plan: str
    state: str
    starts_at: datetime
    due_at: datetime
    stops: int
    seen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeOpen:
    """A rectification notice that is not struck off."""

    id: int
    title: str
    department: str
    issued_at: datetime
    due_at: datetime

    def overdue(self, now: datetime) -> timedelta | None:
        """How long past its deadline; None when it is not."""
        return now - self.due_at if now > self.due_at else None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecentEvent:
    """Something a device reported."""

    device_slug: str
    device_name: str
    kind: str
    type: str
    ts: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteToday:
    """The manager's first look at a site."""

    devices: DeviceCounts
    down: list[DeviceDown]
    rounds: RoundCounts
    rounds_now: list[RoundNow]
    open_alerts: int
    unacknowledged_alerts: int
    notices: list[NoticeOpen]
    events: list[RecentEvent]
