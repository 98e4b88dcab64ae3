"""The native format, as docs/devices.md describes it to integrators."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

import msgspec

from core.i18n import Text
from ingest.formats.times import parse_time
from ingest.model import Decoded, DeviceEvent, Format, Presence, Reading, RejectedError, RejectReason, shown

SLUG = "[a-z0-9][a-z0-9._-]{0,63}"
_TOPIC = re.compile(f"gatehouse/v1/({SLUG})/({SLUG})/(reading|event|status)")
_NOT_FINITE = re.compile(rb"[:\[,]\s*[+-]?(?:NaN|Inf(?:inity)?)\b", re.IGNORECASE)
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


class _Status(msgspec.Struct):
    """Any further field is allowed: a will is seldom rehearsed, and must not fail over a field that says nothing."""

    status: Any
    ts: Time | None = None


class _Timed(msgspec.Struct):
    """Whatever stands for the time, to say what is wrong with it."""

    ts: Any


T = TypeVar("T")
_Read = Callable[[bytes], T]
_read_reading = msgspec.json.Decoder(_Reading).decode
_read_event = msgspec.json.Decoder(_Event).decode
_read_status = msgspec.json.Decoder(_Status).decode
_read_time = msgspec.json.Decoder(_Timed).decode


def decode(topic: str, payload: bytes, retained: bool) -> list[Decoded]:
    """What one message says, unchecked against the kind. Pure; raises nothing but RejectedError.

    A reading or event that the broker kept was delivered when it was new: it is passed over, for it would make a dead
    device look alive. An empty status is the deletion of a retained one and says nothing.
    """
    site, device, channel = _address(topic)
    if channel == "status":
        return [_presence(site, device, payload, retained)] if payload else []
    if retained:
        return []
    return [_reading(site, device, payload) if channel == "reading" else _event(site, device, payload)]


@lru_cache(maxsize=100_000)  # devices send to the same topics again and again
def _address(topic: str) -> tuple[str, str, str]:
    """Site, device and channel."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise RejectedError("topic", _why_not_topic(topic))
    # Interned: compounds call their devices alike, and equal names that are one object are compared at once.
    return intern(match[1]), intern(match[2]), intern(match[3])


def _reading(site: str, device: str, payload: bytes) -> Reading:
    said = _read(_read_reading, payload)
    return Reading(site=site, device=device, ts=parse_time(said.ts), measures=said.measures, faults=said.faults)


def _event(site: str, device: str, payload: bytes) -> DeviceEvent:
    said = _read(_read_event, payload)
    return DeviceEvent(site=site, device=device, ts=parse_time(said.ts), event_id=said.id, type=said.type, data=said.data)


def _presence(site: str, device: str, payload: bytes, retained: bool) -> Presence:
    said = _read(_read_status, payload)
    if said.status not in ("online", "offline"):
        raise RejectedError("bad_status", f'status must be "online" or "offline", not {shown(said.status)}')
    ts = None if said.ts is None else parse_time(said.ts)
    return Presence(site=site, device=device, ts=ts, online=said.status == "online", retained=retained)


def _read(read: _Read[T], payload: bytes) -> T:
    try:
        return read(payload)
    except msgspec.ValidationError as error:
        raise _not_as_declared(payload, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(payload, error) from None
    except RecursionError:
        raise RejectedError("not_json", "objects or arrays are nested too deep") from None


def _not_as_declared(payload: bytes, problem: str) -> RejectedError:
    """The reason in a decoder's message; the tests hold each wording."""
    if problem.endswith("`$.ts`"):
        return _bad_time(payload, problem)
    reason: RejectReason = "wrong_type"
    if "missing required field" in problem:
        reason = "missing_field"
    elif "unknown field" in problem:
        reason = "unknown_field"
    elif "out of range" in problem:
        reason = "out_of_range"
    elif problem.startswith("Expected `object`") and "$" not in problem:
        reason = "not_object"
    return RejectedError(reason, problem)


def _bad_time(payload: bytes, problem: str) -> RejectedError:
    try:
        parse_time(_read_time(payload).ts)
    except RejectedError as error:
        return error
    except (ValueError, RecursionError):  # what follows the time is no JSON at all
        pass
    return RejectedError("bad_time", problem)


def _not_json(payload: bytes, error: Exception) -> RejectedError:
    if not payload:
        return RejectedError("not_json", "the message is empty")
    if payload.startswith(b"\xef\xbb\xbf"):
        return RejectedError("not_json", "the message starts with a byte order mark; JSON has none")
    if isinstance(error, UnicodeDecodeError):
        return RejectedError("not_json", "the message is not UTF-8")
    if _NOT_FINITE.search(payload):
        return RejectedError("not_finite", "JSON has no NaN and no Infinity; leave out a measure that has no value")
    return RejectedError("not_json", str(error))


def _why_not_topic(topic: str) -> str:
    parts = topic.split("/")
    if len(parts) != 5 or parts[:2] != ["gatehouse", "v1"]:
        return f"{shown(topic)} is not gatehouse/v1/<site>/<device>/<reading, event or status>"
    for name, part in (("site", parts[2]), ("device", parts[3])):
        if not re.fullmatch(SLUG, part):
            return f"{name} {shown(part)} must be 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or digit"
    return f"the topic ends in {shown(parts[4])}; it must be reading, event or status"


FORMAT = Format(
    slug="native",
    name=Text("Gatehouse native", "Gatehouse 原生格式"),
    topics=("gatehouse/v1/+/+/reading", "gatehouse/v1/+/+/event", "gatehouse/v1/+/+/status"),
    decode=decode,
)
