"""Alink JSON, the thing model of Alibaba Cloud IoT, which devices of many Chinese vendors speak to other platforms as well."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.loose import scalars, text_of
from ingest.formats.parts.payloads import each_alone, read
from ingest.formats.parts.times import parse_time
from ingest.formats.parts.vocabulary import event_type, recognise
from ingest.model import Decoded, DeviceEvent, Format, Message, Presence, Reading, RejectedError, Reply, shown

_BATTERY = "BatteryPercentage"  # so called in the vendor's library of properties
# What is told of persons, by the names of fields: of a plate or card in an event a keyed hash is kept, of the rest nothing.
_CREDENTIAL = re.compile("(plate|licen[cs]e|card)(_?(plate|no|num|number|id))?", re.IGNORECASE)
_PERSONAL = re.compile("name|user|person|owner|face|phone|mobile|tel|plate|licen|card|cert|pic|image|photo|ur[il]", re.IGNORECASE)


class _Request(msgspec.Struct):
    params: Any
    id: str | int = ""
    method: str = ""
    sys: Any = None


class _Told(msgspec.Struct, frozen=True):
    """One property or event, and when it was."""

    name: str
    value: Any
    ts: datetime


_read_request = msgspec.json.Decoder(_Request).decode


def decode(message: Message) -> list[Decoded]:
    """What a device or a gateway reports, and the answer if it asks for one."""
    if message.retained:
        return []
    _, _, product, name, _, _, *report, _ = message.topic.split("/")
    device = f"{product}/{name}"
    request = read(_read_request, message.payload)
    items: list[Decoded] = []
    if report == ["property"]:
        items += _of_device(device, {"properties": request.params}, request, message.received_at)
    elif report == ["property", "history"]:
        items += each_alone(_listed(request.params), lambda past: _of_device(device, past, request, message.received_at, past=True))
    elif report[0] == "property" and report[1:] in (["batch"], ["pack"]):
        items += _of_device(device, _object(request.params), request, message.received_at)
    elif len(report) == 1:
        items += _event(device, _Told(report[0], *_value_and_time(request.params, message.received_at)), str(request.id))
    if isinstance(request.sys, dict) and request.sys.get("ack") == 1:
        items.append(_answer(request, message.topic))
    return items


def _of_device(device: str, said: dict[str, Any], request: _Request, at: datetime, *, past: bool = False) -> Iterator[Decoded]:
    """What a device says of itself, or a gateway of a device behind it, which it names by its `identity`."""
    if identity := said.get("identity"):
        device = "/".join(_named(_object(identity), field) for field in ("productKey", "deviceName"))
    moments: dict[datetime, dict[str, Any]] = {}
    for told in _all_told(said.get("properties"), at):
        moments.setdefault(told.ts, {})[told.name] = told.value
    for ts in sorted(moments):
        yield _reading(device, ts, moments[ts], past=past)
    if not moments and not past:
        yield Presence(device=device, online=True)
    for number, told in enumerate(_all_told(said.get("events"), at)):
        yield from _event(device, told, f"{request.id}-{number}", past=past)
    behind = _listed(said.get("subDevices") or [])
    yield from each_alone(behind, lambda each: _of_device(device, {**each, "subDevices": None}, request, at))


def _all_told(named: Any, at: datetime) -> Iterator[_Told]:
    """`{"a": 1}`, `{"a": {"value": 1, "time": …}}`, a list of such values, or a list of such objects."""
    for group in _listed(named) if isinstance(named, list) else [_object(named or {})]:
        for name, values in group.items():
            several = isinstance(values, list) and all(_is_timed(value) for value in values)
            for value in values if several else [values]:
                yield _Told(name, *_value_and_time(value, at))


def _is_timed(value: Any) -> bool:
    return isinstance(value, dict) and "value" in value and value.keys() <= {"value", "time"}


def _value_and_time(value: Any, at: datetime) -> tuple[Any, datetime]:
    if _is_timed(value):
        return value["value"], at if value.get("time") is None else parse_time(value["time"], "time")
    return value, at


def _reading(device: str, ts: datetime, values: dict[str, Any], *, past: bool) -> Reading:
    found = recognise({"battery" if name == _BATTERY else name: value for name, value in values.items()})
    rest = scalars(found.rest)
    return Reading(
        device=device,
        ts=ts,
        measures=found.measures,
        faults=None,
        raised=found.raised,
        cleared=found.cleared,
        unmapped={name: value for name, value in rest.items() if not (isinstance(value, str) and _PERSONAL.search(name))},
        backfilled=past,
    )


def _event(device: str, told: _Told, event_id: str, *, past: bool = False) -> Iterator[Decoded]:
    """An event we have a word for; else its fields, for an integrator to map."""
    fields = told.value if isinstance(told.value, dict) else {}
    data = {name: value for name, value in scalars(fields).items() if not _PERSONAL.search(name)}
    type_ = event_type(told.name)
    if type_ is None:
        unmapped = {f"{told.name}.{name}": value for name, value in data.items()} or {told.name: True}
        yield Reading(device=device, ts=told.ts, measures={}, faults=None, unmapped=unmapped, backfilled=past)
    else:
        credential = text_of(fields, *filter(_CREDENTIAL.fullmatch, fields))
        yield DeviceEvent(device=device, ts=told.ts, event_id=event_id, type=type_, data=data, credential=credential)


def _answer(request: _Request, topic: str) -> Reply:
    said: dict[str, Any] = {
        "id": request.id,
        "code": 200,
        "data": {},
        "message": "success",
        "method": request.method,
        "version": "1.0",
    }
    return Reply(topic=f"{topic}_reply", payload=msgspec.json.encode(said))


def _named(identity: dict[str, Any], field: str) -> str:
    name = text_of(identity, field)
    if name is None:
        raise RejectedError("missing_field", "missing", where="identity", field=field)
    return name


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RejectedError("wrong_type", "expected", where="params", expected="object", found=shown(value))
    return value


def _listed(values: Any) -> list[dict[str, Any]]:
    if not isinstance(values, list):
        raise RejectedError("wrong_type", "expected", where="params", expected="array", found=shown(values))
    return [_object(value) for value in values]


FORMAT = Format(
    slug="alink",
    name=Text("Alink JSON (Alibaba Cloud IoT)", "阿里云物模型（Alink JSON）"),
    topics=("/sys/+/+/thing/event/+/post", "/sys/+/+/thing/event/property/+/post"),
    decoder=lambda: decode,
    answers=("/sys/+/+/thing/event/+/post_reply", "/sys/+/+/thing/event/property/+/post_reply"),
    about=Text(
        "Properties, one by one (property/post), in batches (batch), of a gateway's devices (pack) and of the past (history), and "
        "events. The device is productKey/deviceName. Values may be bare or with a time in milliseconds; without one the time of "
        "arrival counts.\n"
        "A property or event that is called as one of our measures, faults or events (docs/devices.md) is that one, in our unit; "
        "truths also in capitals (DoorOpen) and as 0 and 1; BatteryPercentage is the battery. Everything else is to be mapped.\n"
        "At the device: nothing but the address of the broker; devices that sign in to Alibaba Cloud only must be connected by a "
        "bridge. An answer is sent to …/post_reply only where sys.ack is 1.\n"
        "Beware: property/set and services are not ours to call. Names, pictures and telephone numbers in events are dropped, of "
        "cards and plates only a keyed hash is kept.",
        "读取属性上报（property/post）、批量上报（batch）、网关代报（pack）、历史上报（history）与事件上报。设备为 productKey/deviceName。"
        "属性值可直接给出，也可带毫秒时间戳；没有时间戳时以收到时间为准。\n"
        "属性或事件的标识符与本系统的数据项、故障、事件（见 docs/devices.md）同名时直接采用，单位须与本系统一致；"
        "布尔量也可写作 DoorOpen 形式，取值 0 和 1 亦可；BatteryPercentage 视为电池电量。其余标识符需映射。\n"
        "设备端：只需修改服务器地址；只能登录阿里云的设备需经桥接。仅当 sys.ack 为 1 时才回复 …/post_reply。\n"
        "注意：不下发属性设置，也不调用服务。事件中的姓名、图片、电话一律丢弃，卡号与车牌只保留带密钥的哈希值。",
    ),
)
