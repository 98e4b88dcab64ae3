"""What ONVIF events and those of Axis cameras tell, whichever way they were written: their names, states and times."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ingest.formats.parts.clocks import wall_clock
from ingest.formats.parts.payloads import read
from ingest.formats.parts.times import parse_time
from ingest.model import Message, RejectedError, shown

_NAMESPACES = (("tnsaxis:", "axis:"), ("tns:axis/", "axis:"), ("tns:onvif/", ""), ("onvif:", ""), ("tns1:", ""))
_STATES = ("State", "IsMotion", "IsInside", "IsTamper", "Failed", "active", "state", "alert", "tampering")
_TRUTHS: Mapping[Any, bool] = {"true": True, "false": False, "1": True, "0": False}


class Event(msgspec.Struct, frozen=True):
    """One event, without the namespaces that are ONVIF's. `instance`: of which input, disk, rule or channel it is told."""

    device: str
    name: str
    instance: str
    ts: datetime
    source: dict[str, Any]
    data: dict[str, Any]

    @property
    def state(self) -> tuple[str, bool] | None:
        """The field that tells whether it holds, and whether it does; None where there is none."""
        field = next((name for name in _STATES if name in self.data), None)
        return None if field is None else (field, _truth(self.data[field], f"Data.{field}"))


class _Onvif(msgspec.Struct):
    time: str = msgspec.field(name="UtcTime")
    source: dict[str, Any] = msgspec.field(name="Source", default_factory=dict)
    data: dict[str, Any] = msgspec.field(name="Data", default_factory=dict)


class _AxisItems(msgspec.Struct):
    source: dict[str, Any] = {}
    data: dict[str, Any] = {}


class _Axis(msgspec.Struct):
    topic: str
    timestamp: int | float
    message: _AxisItems


_read_onvif = msgspec.json.Decoder(_Onvif).decode
_read_axis = msgspec.json.Decoder(_Axis).decode


class Place(msgspec.Struct, frozen=True):
    """What the topic alone tells, as that of a deleted property does."""

    device: str
    name: str
    instance: str
    of_axis: bool


def place_of(topic: str) -> Place | None:
    """`<prefix>/onvif-ej/<name>/&<instance>` as ONVIF has it, or `[axis/]<serial>/event/<name>/$source/<instance>`."""
    device, onvif, rest = topic.partition("/onvif-ej/")
    mark = "/&"
    if not onvif:
        device, axis, rest = topic.removeprefix("axis/").partition("/event/")
        mark = "/$source/"
        if not axis:
            return None
    name, _, instance = rest.partition(mark)
    return Place(device, _plain(name), instance, not onvif)


def event_of(place: Place, message: Message) -> Event:
    """The event that the payload tells; RejectedError where it is none."""
    if place.of_axis:
        axis = read(_read_axis, message.payload)
        ts, items = parse_time(axis.timestamp, "timestamp"), axis.message
        return Event(place.device, _plain(axis.topic), place.instance, ts, items.source, items.data)
    onvif = read(_read_onvif, message.payload)
    ts = wall_clock(onvif.time, "UtcTime")
    return Event(place.device, place.name, place.instance, ts.replace(tzinfo=UTC), onvif.source, onvif.data)


def is_plain(value: object) -> bool:
    """Whether a value is a number or truth, also one in quotes: no text, which may be somebody's name or plate."""
    if not isinstance(value, str):
        return isinstance(value, (int, float))
    return value.lower() in _TRUTHS or (len(value) <= 16 and value.lstrip("-").replace(".", "", 1).isdecimal())


def _plain(name: str) -> str:
    for before, after in _NAMESPACES:
        name = name.replace(before, after)
    return name


def _truth(value: object, where: str) -> bool:
    said = _TRUTHS.get(str(value).lower()) if isinstance(value, (bool, int, str)) else None
    if said is None:
        raise RejectedError("wrong_type", "expected", where=where, expected="bool", found=shown(value))
    return said
