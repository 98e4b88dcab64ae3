"""Frigate, the video recorder: its server, and its cameras by their names."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.clocks import from_seconds
from ingest.formats.parts.loose import object_of, scalars
from ingest.formats.parts.payloads import read
from ingest.formats.parts.words import meaning, word
from ingest.model import Decoded, Format, Message, Presence, Reading

# Of several servers of one compound each has its name behind the prefix.
_TOPIC = re.compile("frigate/(?:([^/]+)/)?(available|stats|([^/]+)/status/([^/]+))")
_AVAILABLE = {"online": True, "stopped": False, "offline": False}
_STATUS = {"online": True, "offline": False, "disabled": False}
_ROLES = {"detect": "streaming", "record": "recording"}
_RECORDINGS = "/media/frigate/recordings"


class _Stats(msgspec.Struct):
    cameras: dict[str, dict[str, Any]]
    service: dict[str, Any] = {}
    detectors: dict[str, Any] = {}


_read_stats = msgspec.json.Decoder(_Stats).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says. Of the cameras only what is new: nothing of theirs is kept by the broker."""
    match = _TOPIC.fullmatch(message.topic)
    if match is None or not message.payload:
        return []
    server, channel, camera, role = match.groups()
    within = "" if server is None else f"{server}/"
    if channel == "available":
        online = meaning(word(message.payload), _AVAILABLE)
        return [Presence(device=_name(server), online=online, retained=message.retained, kind="gateway")]
    if message.retained:
        return []
    if channel == "stats":
        return _stats(server, within, read(_read_stats, message.payload), message)
    return [_status(f"{within}{camera}", role, word(message.payload), message)]


def _name(server: str | None) -> str:
    return "frigate" if server is None else f"frigate/{server}"


def _status(camera: str, role: str, said: str, message: Message) -> Reading:
    """A camera that somebody disabled delivers no picture either, and records none."""
    works = meaning(said, _STATUS)
    measure = _ROLES.get(role)
    return Reading(
        device=camera,
        ts=message.received_at,
        measures={} if measure is None else {measure: works},
        faults=None,
        unmapped={f"status.{role}": said},
        kind="cctv",
    )


def _stats(server: str | None, within: str, stats: _Stats, message: Message) -> list[Decoded]:
    told = stats.service.get("last_updated")
    ts = message.received_at if told is None else from_seconds(told, "service.last_updated")
    return [
        Reading(
            device=_name(server),
            ts=ts,
            measures=_server_measures(stats.service),
            faults=None,
            unmapped=_worth_mapping({"detectors": stats.detectors, "temperatures": object_of(stats.service, "temperatures")}),
            kind="gateway",
        ),
        *(_camera(f"{within}{name}", ts, fields) for name, fields in stats.cameras.items()),
    ]


def _server_measures(service: Mapping[str, Any]) -> dict[str, Any]:
    measures = {} if service.get("uptime") is None else {"uptime": service["uptime"]}
    disk = object_of(service, "storage", _RECORDINGS)
    used, total = disk.get("used"), disk.get("total")
    if isinstance(used, (int, float)) and isinstance(total, (int, float)) and total > 0:
        measures["disk_used"] = round(100 * used / total, 1)
    return measures


def _camera(name: str, ts: datetime, fields: dict[str, Any]) -> Reading:
    measures = {} if fields.get("camera_fps") is None else {"fps": fields["camera_fps"]}
    others = {field: value for field, value in fields.items() if field != "camera_fps"}
    return Reading(device=name, ts=ts, measures=measures, faults=None, unmapped=_worth_mapping(others), kind="cctv")


def _worth_mapping(fields: dict[str, Any]) -> dict[str, Any] | None:
    """All but the numbers of processes, which change with each start."""
    return {name: value for name, value in scalars(fields).items() if not name.endswith("pid")} or None


FORMAT = Format(
    slug="frigate",
    name=Text("Frigate", "Frigate"),
    topics=("frigate/#",),
    decoder=lambda: decode,
    about=Text(
        "The server is the gateway `frigate`, and each camera a device by the name it has there. Read are `frigate/available` with "
        "its will, `frigate/<camera>/status/<role>` (detect: whether there is a picture, record: whether it records; recent "
        "versions only) and `frigate/stats` (Frigate 0.13 and newer: frame rate of the detect stream, disk of the recordings, "
        "running time; what else it tells can be mapped). A camera that somebody disabled counts as without a picture. The "
        "objects Frigate finds are not read: whether a person is an intruder depends on the place.\n"
        "Set `mqtt.qos: 1`, leave `mqtt.stats_interval` at 60, and keep its pictures off MQTT (`mqtt.enabled: false` at each camera). Another prefix is not seen; with the embedded broker, and "
        "where several compounds share one, set `mqtt.topic_prefix: gatehouse/v1/<compound>/raw/frigate`. For a second server of one compound end it "
        "in `/frigate/<name>`: its address is then `frigate/<name>`, and its cameras are `<name>/<camera>`.\n"
        "A camera counts as silent when its kind's time passes without stats: a server that stops takes its cameras with it, so "
        "enter in the ledger that they depend on it.",
        "服务器为网关，地址 `frigate`；每台摄像机按其在 Frigate 中的名称为一台设备。读取 `frigate/available`（含遗嘱）、"
        "`frigate/<摄像机>/status/<角色>`（detect：有无画面；record：是否录像；仅较新版本）和 `frigate/stats`（0.13 及以上："
        "检测码流帧率、录像硬盘、运行时长，其余可映射）。被人停用的摄像机视为无画面。不读取 Frigate 识别的目标："
        "人是否为入侵者取决于地点。\n"
        "请设 `mqtt.qos: 1`，`mqtt.stats_interval` 保持 60，并在每台摄像机下设 `mqtt.enabled: false`，不经 MQTT 发送图片。其他前缀收不到；使用内置代理或多个小区共用代理时，设 "
        "`mqtt.topic_prefix: gatehouse/v1/<小区>/raw/frigate`。同一小区的第二台服务器，前缀以 `/frigate/<名称>` 结尾："
        "其地址为 `frigate/<名称>`，摄像机为 `<名称>/<摄像机>`。\n"
        "超过该类设备的静默时限没有 stats，摄像机即视为静默：服务器停机时其摄像机随之静默，请在台账中登记依赖关系。",
    ),
)
