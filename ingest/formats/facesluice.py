"""Face terminals that name themselves by a `facesluiceId`: Dean and the many brands built on the same firmware."""

from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.clocks import wall_clock
from ingest.formats.parts.loose import text_of, whole_of
from ingest.formats.parts.payloads import read
from ingest.model import Decoded, DeviceEvent, Format, Message, Presence, RejectedError, Reply, shown

KIND = "access_control"
# VerifyStatus as real firmware sends it. 0 is "nothing": somebody was seen, and the terminal did not decide.
_VERDICTS = {1: "granted", 2: "denied", 3: "denied"}
_NOT_REGISTERED = 3
_BLOCK_LIST = 1  # PersonType
_NO_TOPIC_LEVEL = frozenset("/+#\0")

_read_object = msgspec.json.Decoder(dict[str, Any]).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says. Older firmware writes the fields beside `operator`, newer within `info`."""
    levels = message.topic.split("/")
    is_record = len(levels) == 4
    if is_record and (message.retained or levels[3] not in _RECORDS):
        return []
    said = read(_read_object, message.payload)
    info = said.get("info")
    fields = {**said, **info} if isinstance(info, dict) else said
    device = _device(text_of(fields, "facesluiceId"), levels)
    if not is_record:
        return _presence(device, levels[2], fields, message)
    event = _RECORDS[levels[3]](device, fields, message)
    return [event] if event else []


def _device(said: str | None, levels: list[str]) -> str:
    """The terminal's own name, which heartbeats hold as well; else the topic's. Answers go to a topic of that name."""
    name = said or (levels[2] if len(levels) == 4 else None)
    if name is None:
        raise RejectedError("missing_field", "missing", where="info", field="facesluiceId")
    if not name.isprintable() or len(name) > 64 or not _NO_TOPIC_LEVEL.isdisjoint(name):
        raise RejectedError("unknown_device", "characters", where="facesluiceId", most=64, found=shown(name))
    return name


def _presence(device: str, channel: str, fields: dict[str, Any], message: Message) -> list[Decoded]:
    operator = fields.get("operator")
    if channel == "basic" and operator not in ("Online", "Offline"):
        return []
    presence = Presence(device=device, online=operator != "Offline", ts=_time_if_told(fields), retained=message.retained, kind=KIND)
    if operator != "Online" or message.retained:
        return [presence]
    answer = {"operator": "Online-Ack", "info": {"facesluiceId": device, "result": "ok"}}
    return [presence, Reply(topic=f"mqtt/face/{device}", payload=msgspec.json.encode(answer))]


def _time_if_told(fields: dict[str, Any]) -> datetime | None:
    """A will knows no time, and a terminal is there also while its clock is not set."""
    try:
        return wall_clock(fields.get("time"), "time")
    except RejectedError:
        return None


def _record(device: str, fields: dict[str, Any], message: Message) -> DeviceEvent | None:
    """Somebody came before the terminal, and what it decided."""
    if fields.get("operator") not in ("RecPush", "VerifyPush"):
        return None
    verdict = whole_of(fields, "VerifyStatus")
    data: dict[str, Any] = {}
    if similarity := _similarity(fields):
        data["similarity"] = similarity
    if verdict == _NOT_REGISTERED:
        data["not_registered"] = True
    if whole_of(fields, "PersonType") == _BLOCK_LIST:
        data["block_list"] = True
    who = None if verdict == _NOT_REGISTERED else _person(device, fields)
    return _event(device, fields, message, type_=_VERDICTS.get(verdict or 0, "presented"), id_="RecordID", data=data, who=who)


def _stranger(device: str, fields: dict[str, Any], message: Message) -> DeviceEvent | None:
    """A face that is in no list. With `AlarmAction` it tells of something else, which nobody has described."""
    if fields.get("operator") not in ("SnapPush", "StrSnapPush") or "AlarmAction" in fields:
        return None
    return _event(device, fields, message, type_="stranger_seen", id_="SnapID", data={}, who=None)


def _code(device: str, fields: dict[str, Any], message: Message) -> DeviceEvent | None:
    if fields.get("operator") != "QRCodePush":
        return None
    code = text_of(fields, "QRCodeInfo", "QRcodeInfo")
    return _event(device, fields, message, type_="presented", id_="RecordID", data={"by": "qr_code"}, who=code)


_RECORDS = {"Rec": _record, "Snap": _stranger, "QRCode": _code}


def _event(
    device: str, fields: dict[str, Any], message: Message, *, type_: str, id_: str, data: dict[str, Any], who: str | None
) -> DeviceEvent:
    """Names, pictures, telephone and identity card numbers of a record are not looked at."""
    ts = wall_clock(fields["time"], "time") if fields.get("time") else message.received_at
    own = text_of(fields, id_) or ts.isoformat()
    return DeviceEvent(
        device=device, ts=ts, event_id=f"{message.topic.rsplit('/', 1)[1]}-{own}", type=type_, data=data, credential=who, kind=KIND
    )


def _person(device: str, fields: dict[str, Any]) -> str | None:
    """`customId` is given by whoever enrols people; `personId` counts them in one terminal, and means nothing in the next."""
    own = text_of(fields, "personId")
    return text_of(fields, "customId") or (own and f"{device}:{own}")


def _similarity(fields: dict[str, Any]) -> float | None:
    """In percent: "83.000000"."""
    try:
        similarity = float(fields.get("similarity1", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return round(similarity, 1) if 0 < similarity <= 100 else None


FORMAT = Format(
    slug="facesluice",
    name=Text("Face terminals (facesluice)", "人脸门禁机（facesluice 协议）"),
    topics=("mqtt/face/basic", "mqtt/face/heartbeat", "mqtt/face/+/+"),
    decoder=lambda: decode,
    answers=("mqtt/face/+",),
    about=Text(
        "Presence, heartbeats, records of faces (Rec), strangers (Snap) and QR codes. Online is answered with Online-Ack, else "
        "the terminal repeats it. VerifyStatus: 1 granted, 2 denied, 3 denied as not registered, anything else no verdict.\n"
        "At the terminal: leave the topics as they are, and switch off the upload of pictures and scenes; where it cannot be, "
        "raise GATEHOUSE_MAX_PAYLOAD_BYTES, since a record with its picture soon has more than 64 KiB. Switch off resuming from a "
        "break (ResumefromBreakpoint): records are not answered with PushAck, and would be sent again and again, which does no harm "
        "but to the traffic.\n"
        "Beware: times are the wall clock of the compound. Cards, identity cards and alarms (Card, IDCard, Alarm) are not read, as "
        "no message of theirs has been seen. Names and pictures are dropped; of a person only a keyed hash is kept.",
        "读取上下线、心跳，以及人脸（Rec）、陌生人（Snap）和二维码（QRCode）记录。收到 Online 后回复 Online-Ack，否则设备会反复上报。"
        "VerifyStatus：1 准许，2 拒绝，3 因未登记拒绝，其余视为未判定。\n"
        "设备端：保持默认主题，关闭抓拍图与全景图上传；无法关闭时请调大 GATEHOUSE_MAX_PAYLOAD_BYTES，带图记录很容易超过 64 KiB。"
        "请关闭断点续传（ResumefromBreakpoint）：本系统不回复 PushAck，否则记录会被反复重传，虽无害但占用流量。\n"
        "注意：时间按小区当地时间理解。刷卡、身份证与报警（Card、IDCard、Alarm）尚无实测报文，暂不读取。"
        "姓名与图片一律丢弃，人员只保留带密钥的哈希值。",
    ),
)
