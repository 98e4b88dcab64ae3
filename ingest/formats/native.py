"""The native format, as docs/devices.md describes it to integrators."""

import re
from collections.abc import Callable
from datetime import datetime
from sys import intern
from typing import Any, TypeVar

import msgspec

from core.i18n import Text
from ingest.formats.parts.payloads import read
from ingest.formats.parts.times import parse_time
from ingest.model import Decoded, DeviceEvent, Format, Message, Presence, Reading, RejectedError, shown

SLUG = "[a-z0-9][a-z0-9._-]{0,63}"
_TOPIC = re.compile(f"gatehouse/v1/({SLUG})/({SLUG})/(reading|event|status)")
_FORM = "gatehouse/v1/<site>/<device>/<reading|event|status>"
Time = datetime | int | float  # as the decoder finds it; parse_time makes it UTC


class _Reading(msgspec.Struct, forbid_unknown_fields=True):
    """A misspelt `faults` must not pass for a healthy device, so no field is taken that is not known."""

    ts: Time
    measures: dict[str, Any]
    faults: tuple[str, ...] = ()


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    ts: Time
    type: str
    data: dict[str, Any] = {}
    credential: str | None = None


class _Status(msgspec.Struct):
    """Any further field is allowed: a will is seldom rehearsed, and must not fail over a field that says nothing."""

    status: Any
    ts: Time | None = None


class _Timed(msgspec.Struct):
    """Whatever stands for the time, to say what is wrong with it."""

    ts: Any


# Devices send to the same topics again and again. Not an lru_cache: its list of what was used last costs as much again.
_addresses: dict[str, tuple[str, str, str]] = {}
_MOST_ADDRESSES = 200_000

T = TypeVar("T")
_read_reading = msgspec.json.Decoder(_Reading).decode
_read_event = msgspec.json.Decoder(_Event).decode
_read_status = msgspec.json.Decoder(_Status).decode
_read_time = msgspec.json.Decoder(_Timed).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says, unchecked against the kind. Pure; raises nothing but RejectedError.

    A reading or event that the broker kept was delivered when it was new: it is passed over, for it would make a dead
    device look alive. An empty status is the deletion of a retained one and says nothing.
    """
    address = _addresses.get(message.topic) or _address(message.topic)
    site, device, channel = address
    if channel == "status":
        return [_presence(site, device, message.payload, message.retained)] if message.payload else []
    if message.retained:
        return []
    return [_reading(site, device, message.payload) if channel == "reading" else _event(site, device, message.payload)]


def _address(topic: str) -> tuple[str, str, str]:
    """Site, device and channel."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise _not_ours(topic)
    if len(_addresses) >= _MOST_ADDRESSES:  # somebody invents topics
        _addresses.clear()
    # Interned: compounds call their devices alike, and equal names that are one object are compared at once.
    address = _addresses[topic] = intern(match[1]), intern(match[2]), intern(match[3])
    return address


def _reading(site: str, device: str, payload: bytes) -> Reading:
    said = _read(_read_reading, payload)
    return Reading(site=site, device=device, ts=parse_time(said.ts), measures=said.measures, faults=said.faults)


def _event(site: str, device: str, payload: bytes) -> DeviceEvent:
    said = _read(_read_event, payload)
    return DeviceEvent(
        site=site,
        device=device,
        ts=parse_time(said.ts),
        event_id=said.id,
        type=said.type,
        data=said.data,
        credential=said.credential,
    )


def _presence(site: str, device: str, payload: bytes, retained: bool) -> Presence:
    said = _read(_read_status, payload)
    if said.status not in ("online", "offline"):
        raise RejectedError("bad_status", "choice", where="status", choices="online, offline", found=shown(said.status))
    ts = None if said.ts is None else parse_time(said.ts)
    return Presence(site=site, device=device, ts=ts, online=said.status == "online", retained=retained)


def _read(decode: Callable[[bytes], T], payload: bytes) -> T:
    try:
        return read(decode, payload)
    except RejectedError as error:
        if error.facts.get("where") == "ts":
            raise _bad_time(payload, error) from None
        raise


def _bad_time(payload: bytes, error: RejectedError) -> RejectedError:
    """What is wrong with the time, as parse_time knows it better than the decoder."""
    try:
        parse_time(_read_time(payload).ts)
    except RejectedError as better:
        return better
    except (ValueError, RecursionError):  # what follows the time is no JSON at all
        pass
    error.reason = "bad_time"
    return error


def _not_ours(topic: str) -> RejectedError:
    parts = topic.split("/")
    if len(parts) != 5 or parts[:2] != ["gatehouse", "v1"]:
        return RejectedError("topic", "topic_form", topic=shown(topic), form=_FORM)
    for what, part in (("site", parts[2]), ("device", parts[3])):
        if not re.fullmatch(SLUG, part):
            return RejectedError("topic", "code", what=what, found=shown(part))
    return RejectedError("topic", "topic_end", found=shown(parts[4]), choices="reading, event, status")


FORMAT = Format(
    slug="native",
    name=Text("Gatehouse native", "Gatehouse 原生格式"),
    topics=("gatehouse/v1/+/+/reading", "gatehouse/v1/+/+/event", "gatehouse/v1/+/+/status"),
    decoder=lambda: decode,
    about=Text(
        "What we document for integrators: docs/devices.md. The topic names the compound and the device as they are called here.",
        "面向集成商的原生格式，见 docs/devices.md。主题中的小区与设备即本系统中的代码。",
    ),
)
