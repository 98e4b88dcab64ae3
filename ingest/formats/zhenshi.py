"""Plate cameras of Zhenshi (VZICLOUD), which also open the barrier: what they read and what happens in the lane."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.clocks import from_seconds, wall_clock
from ingest.formats.parts.loose import object_of, scalars, text_of, whole_of
from ingest.formats.parts.payloads import read
from ingest.formats.parts.plates import plate_in
from ingest.model import Decoded, DeviceEvent, Format, Message, Presence, Reading, RejectedError

KIND = "gate_barrier"
_PUSH = "/device/push/result"
_STUCK, _FREE_AGAIN, _TURNED_BACK = 64, 65, 66
_HAPPENINGS = {_STUCK: "vehicle_stuck", _TURNED_BACK: "vehicle_turned_back"}  # by triggerType; with any other a plate was read
_IN_LANE = {82: "vehicle_stuck", 83: "vehicle_passed", 84: "vehicle_turned_back", 85: "tailgating"}  # by event_type
_COLOURS = {1: "blue", 2: "yellow", 3: "white", 4: "black", 5: "green", 6: "yellow_green"}

_read_object = msgspec.json.Decoder(dict[str, Any]).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says; nothing where it is a picture, a preview of what follows, or serial data."""
    if message.topic == _PUSH:
        return _pushed(message)
    first, second, *_, name = message.topic.removeprefix("$/").split("/")
    reader = _READERS.get(name)
    if reader is None or (message.retained and reader is not _alive):
        return []
    return reader(second if first == "device" else first, read(_read_object, message.payload), message)


def _pushed(message: Message) -> list[Decoded]:
    """All in one topic, the plate in plain text; a time is in it only where the camera is set to send all fields."""
    said = read(_read_object, message.payload)
    pushed = object_of(said, "AlarmInfoPlate")
    device = text_of(pushed, "serialno")
    if device is None:
        raise RejectedError("missing_field", "missing", where="AlarmInfoPlate", field="serialno")
    if "heartbeat" in pushed:
        return _alive(device, said, message)
    return [] if message.retained else _plate(device, {"payload": said}, message)


def _alive(device: str, said: dict[str, Any], message: Message) -> list[Decoded]:
    return [Presence(device=device, online=True, ts=_sent_at(said), retained=message.retained, kind=KIND)]


def _plate(device: str, said: dict[str, Any], message: Message) -> list[Decoded]:
    """A plate that was read, or what else happened to its vehicle."""
    result = object_of(said, "payload", "AlarmInfoPlate", "result", "PlateResult")
    if not result:
        raise RejectedError("missing_field", "missing", where="AlarmInfoPlate.result", field="PlateResult")
    ts = _taken_at(result) or _sent_at(said) or message.received_at
    trigger = whole_of(result, "triggerType")
    late = whole_of(result, "isoffline") == 1
    begun = ("vehicle_stuck",) if trigger == _STUCK else ()
    ended = ("vehicle_stuck",) if trigger == _FREE_AGAIN else ()
    reading = Reading(device=device, ts=ts, measures={}, faults=None, raised=begun, cleared=ended, backfilled=late, kind=KIND)
    if ended:
        return [reading]
    plate = plate_in(result, in_base64=message.topic != _PUSH)
    details = {
        "trigger": trigger,
        "confidence": whole_of(result, "confidence"),
        "colour": _COLOURS.get(whole_of(result, "colorType") or 0),
        "no_plate": True if plate is None else None,
        "sent_late": late or None,
    }
    event = DeviceEvent(
        device=device,
        ts=ts,
        event_id=f"plate-{text_of(result, 'plateid') or text_of(said, 'id') or ts.isoformat()}",
        type=_HAPPENINGS.get(trigger or 0, "plate_read"),
        data={name: value for name, value in details.items() if value is not None},
        credential=plate,
        kind=KIND,
    )
    return [reading, event] if begun else [event]


def _lane(device: str, said: dict[str, Any], message: Message) -> list[Decoded]:
    """What cameras that watch the lane say of it. How they tell that a vehicle is free again is not known, so no fault is raised."""
    told = object_of(said, "payload")
    ts = wall_clock(told["time"], "payload.time") if "time" in told else _sent_at(said) or message.received_at
    type_ = _IN_LANE.get(whole_of(told, "event_type") or 0)
    if type_ is None:
        return [_unmapped(device, ts, {"event_type": told.get("event_type")})]
    results = told.get("result")
    first = results[0] if isinstance(results, list) and results and isinstance(results[0], dict) else {}
    return [
        DeviceEvent(
            device=device,
            ts=ts,
            event_id=f"lane-{text_of(told, 'result_id') or text_of(said, 'id') or ts.isoformat()}",
            type=type_,
            data={},
            credential=plate_in(object_of(first, "plate_result"), in_base64=True),
            kind=KIND,
        )
    ]


def _barrier(device: str, said: dict[str, Any], message: Message) -> list[Decoded]:
    """Which of its numbers means what is described nowhere that we know of."""
    return [_unmapped(device, _sent_at(said) or message.received_at, object_of(said, "payload", "body"))]


def _input(device: str, said: dict[str, Any], message: Message) -> list[Decoded]:
    """An input is wired as the site likes, so it is told by its number, for an integrator to map."""
    trigger = object_of(said, "payload", "body", "AlarmGioIn", "result", "TriggerResult")
    return [_unmapped(device, _sent_at(said) or message.received_at, {f"gpio_in.{trigger.get('source', 0)}": trigger.get("value")})]


def _unmapped(device: str, ts: datetime, fields: dict[str, Any]) -> Reading:
    return Reading(device=device, ts=ts, measures={}, faults=None, unmapped=scalars(fields), kind=KIND)


_READERS: dict[str, Callable[[str, dict[str, Any], Message], list[Decoded]]] = {
    "keep_alive": _alive,
    "ivs_result": _plate,
    "lanectrl_result": _lane,
    "barr_gate_status": _barrier,
    "gpio_in": _input,
}


def _taken_at(result: dict[str, Any]) -> datetime | None:
    """When the picture was taken: `sec` are seconds since 1970, `dechour` and the others beside it the wall clock."""
    taken = object_of(result, "timeStamp", "Timeval")
    if "sec" not in taken:
        return None
    moment = from_seconds(taken["sec"], "timeStamp.Timeval.sec")
    microseconds = whole_of(taken, "usec") or 0
    return moment.replace(microsecond=microseconds) if 0 <= microseconds < 1_000_000 else moment


def _sent_at(said: dict[str, Any]) -> datetime | None:
    return from_seconds(said["timestamp"], "timestamp") if "timestamp" in said else None


FORMAT = Format(
    slug="zhenshi",
    name=Text("Zhenshi plate camera and barrier", "臻识车牌识别与道闸"),
    topics=(
        "device/+/message/up/+",
        "+/device/message/up/+",
        "$/device/+/message/up/keep_alive",
        _PUSH,
    ),
    decoder=lambda: decode,
    about=Text(
        "Sign of life (keep_alive), plates (ivs_result), what happens in the lane (lanectrl_result), the barrier's state and inputs "
        "(barr_gate_status, gpio_in; both to be mapped). Both layouts of topics are read, the serial number before or behind "
        "`device`, and the older form that sends everything to /device/push/result. The device is the serial number.\n"
        "triggerType 64 raises the fault of a stuck vehicle and 65 ends it, 66 is a vehicle that turned back. The numbers of "
        "lanectrl_result (82 stuck, 83 passed, 84 turned back, 85 tailgating) are taken from software that works with these cameras, "
        "not from the vendor.\n"
        "At the camera: leave the topics as they are, send no pictures (paths to pictures do no harm): a message of more than "
        "GATEHOUSE_MAX_PAYLOAD_BYTES is refused. Commands and what the camera answers to them are not read; quick_ivs_result "
        "neither, as ivs_result follows it. Of a plate only a keyed hash is kept.",
        "读取心跳（keep_alive）、车牌识别结果（ivs_result）、车道事件（lanectrl_result）、道闸状态与 IO 输入（barr_gate_status、gpio_in，"
        "均需映射）。序列号在 device 之前或之后的两种主题布局都支持，也支持全部发往 /device/push/result 的旧格式。设备即序列号。\n"
        "triggerType 64 产生车辆滞留故障，65 解除，66 为车辆折返。lanectrl_result 的编号（82 滞留、83 通行、84 折返、85 跟车）"
        "来自实际对接该相机的软件，并非厂家文档。\n"
        "相机端：保持默认主题，不要上传图片内容（图片路径无妨）：超过 GATEHOUSE_MAX_PAYLOAD_BYTES 的报文会被拒收。"
        "下发指令及其回执不读取；quick_ivs_result 之后会有 ivs_result，也不读取。车牌只保留带密钥的哈希值。",
    ),
)
