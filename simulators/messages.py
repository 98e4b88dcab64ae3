"""What simulated devices send, in the native format of docs/devices.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from ingest.model import Value

_encode = msgspec.json.Encoder().encode

# The broker cannot know when a device vanishes, so a will carries no time.
WILL = _encode({"status": "offline"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish:
    """One message of `device`, ready to be sent at QoS 1."""

    device: str
    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """The connection of `device` breaks, without a farewell: the broker publishes its will."""

    device: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Restore:
    """The connection of `device` works again."""

    device: str


Action = Publish | Cut | Restore


class Publisher(Protocol):
    """Carries out what the simulation decides. `send` returns at once and may be called from any thread."""

    def start(self) -> None:
        """Begin to connect."""

    def send(self, actions: list[Action]) -> None:
        """Carry these out, in this order."""

    def stop(self) -> None:
        """Send what is left, say farewell and close, within two seconds."""


def topic(site: str, device: str, channel: Literal["reading", "event", "status"]) -> str:
    """The native topic of one channel of a device."""
    return f"gatehouse/v1/{site}/{device}/{channel}"


def timestamp(moment: datetime) -> str:
    """RFC 3339 with milliseconds and Z."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def reading(site: str, device: str, ts: datetime, measures: Mapping[str, Value], faults: tuple[str, ...]) -> Publish:
    """The measures of a device at one time, with the faults that it reports."""
    said = {"ts": timestamp(ts), "measures": measures, "faults": faults}
    return Publish(device=device, topic=topic(site, device, "reading"), payload=_encode(said))


def event(site: str, device: str, ts: datetime, event_id: str, type_: str, data: Mapping[str, Value]) -> Publish:
    """Something that happened at a device."""
    said = {"id": event_id, "ts": timestamp(ts), "type": type_, "data": data}
    return Publish(device=device, topic=topic(site, device, "event"), payload=_encode(said))


def status(site: str, device: str, ts: datetime, *, online: bool) -> Publish:
    """The retained word of a device that it is there, or that it leaves."""
    said = {"status": "online" if online else "offline", "ts": timestamp(ts)}
    return Publish(device=device, topic=topic(site, device, "status"), payload=_encode(said), retain=True)
