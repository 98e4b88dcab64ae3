"""One device as its health is followed, and what of it is to be written."""

from datetime import datetime, timedelta

import msgspec

from ingest.health import Health
from ingest.model import DeviceKind, Status
from ingest.registry import DeviceKey, KnownDevice

_MILLISECOND = timedelta(milliseconds=1)


class Transition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One change of one device's health, to be written if its status is still `previous`."""

    site_id: int
    device_id: int
    at: datetime
    previous: Status
    health: Health
    seen: "Seen"


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When a device was last heard, of when its newest reading is, how far its clock is off, and what its faults rest on."""

    site_id: int
    device_id: int
    last_seen_at: datetime | None
    last_ts: datetime | None
    skew_ms: int | None
    grounds: tuple[str, ...]


class TrackedDevice:
    """One device. `due` is when its silence is looked at next; a heap entry with another time is out of date.

    `ahead`: its time against ours in its newest reading. `unwritten`: when it was heard first since its row says so.
    """

    __slots__ = (
        "ahead", "device_id", "due", "gone", "health", "kind", "last_seen_at", "last_ts", "silent_after", "site_id", "unwritten",
    )  # fmt: skip

    def __init__(self, device: KnownDevice) -> None:
        self.site_id, self.device_id = device.key
        self.kind: DeviceKind | None = device.kind
        self.silent_after = device.silent_after
        self.health = device.health
        self.last_seen_at = device.last_seen_at
        self.last_ts = device.last_ts
        self.ahead: timedelta | None = None
        self.unwritten: datetime | None = None
        self.gone = False
        self.due: datetime | None = None

    @property
    def key(self) -> DeviceKey:
        return self.site_id, self.device_id

    def seen(self) -> Seen:
        return Seen(
            site_id=self.site_id,
            device_id=self.device_id,
            last_seen_at=self.last_seen_at,
            last_ts=self.last_ts,
            skew_ms=None if self.ahead is None else self.ahead // _MILLISECOND,
            grounds=self.health.grounds,
        )
