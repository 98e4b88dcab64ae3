"""ONVIF events over MQTT, as cameras of many brands send them, and the events of Axis cameras."""

import re
from hashlib import sha256

from core.i18n import Text
from ingest.formats.parts.loose import scalars
from ingest.formats.parts.onvif_events import Event, Place, event_of, is_plain, place_of
from ingest.model import Decoded, DeviceEvent, Format, Message, Presence, Reading

# By the beginning of the name: what follows is the profile or the service that found it.
_EVENTS = {
    "VideoSource/MotionAlarm": "motion",
    "RuleEngine/CellMotionDetector/Motion": "motion",
    "RuleEngine/MotionRegionDetector/Motion": "motion",
    "Device/axis:Sensor/PIR": "motion",
    "axis:CameraApplicationPlatform/VMD": "motion",
    "axis:CameraApplicationPlatform/MotionGuard": "motion",
    "RuleEngine/LineDetector/Crossed": "line_crossed",
    "axis:CameraApplicationPlatform/FenceGuard": "line_crossed",
    "RuleEngine/FieldDetector/ObjectsInside": "intrusion",
    "VideoSource/GlobalSceneChange": "scene_changed",
    "RuleEngine/TamperDetector/Tamper": "tampered",
    "VideoSource/axis:Tampering": "tampered",
}
_MOMENTS = frozenset({"RuleEngine/LineDetector/Crossed", "VideoSource/axis:Tampering"})  # need no state to have happened
_FAULTS = {
    "VideoSource/SignalLoss": "video_loss",
    "Device/HardwareFailure/StorageFailure": "storage_fault",
    "axis:Storage/Alert": "storage_fault",
}
_OF_PERSONS = re.compile("Recogni|Plate|Face|Person|Credential|AccessControl", re.IGNORECASE)
_MOST_FAILING = 10_000  # somebody invents names


class _Decoder:
    """Remembers which disks and channels of a device have failed: one that is well does not mend the others."""

    def __init__(self) -> None:
        self._failing: dict[tuple[str, str], set[str]] = {}

    def decode(self, message: Message) -> list[Decoded]:
        """What one message says. An empty one deletes a property, as when a disk was taken out."""
        place = place_of(message.topic)
        if place is None:
            return []
        if not message.payload:
            fault = _FAULTS.get(place.name)
            reading = self._reading(place, fault, False, message) if fault else None
            return [reading] if reading else []
        event = event_of(place, message)
        fault = _FAULTS.get(event.name)
        if fault and event.state:
            return self._fault(event, fault, event.state[1], message)
        return [] if message.retained else _told(event, message)

    def _fault(self, event: Event, fault: str, holds: bool, message: Message) -> list[Decoded]:
        reading = self._reading(event, fault, holds, message)
        if message.retained:  # tells only what to remember
            return []
        return [reading] if reading else [_alive(event)]

    def _reading(self, of: Event | Place, fault: str, holds: bool, message: Message) -> Reading | None:
        """None where others of the same device have failed as well, so that nothing ends yet."""
        if len(self._failing) >= _MOST_FAILING:
            self._failing.clear()
        failing = self._failing.setdefault((of.device, fault), set())
        if holds:
            failing.add(of.instance)
        else:
            failing.discard(of.instance)
        if not failing:
            del self._failing[of.device, fault]
        elif not holds:
            return None
        return Reading(
            device=of.device,
            ts=of.ts if isinstance(of, Event) else message.received_at,
            measures={},
            faults=None,
            raised=(fault,) if holds else (),
            cleared=() if holds else (fault,),
        )


def _told(event: Event, message: Message) -> list[Decoded]:
    """What happened; else what may be mapped; else that the device is there."""
    type_ = next((slug for name, slug in _EVENTS.items() if f"{event.name}/".startswith(f"{name}/")), None)
    state = event.state if type_ else None
    if type_ and (state is not None or event.name in _MOMENTS):
        field, happened = state or ("", True)
        return [_happened(event, type_, field, message)] if happened else [_alive(event)]
    fields = {} if _OF_PERSONS.search(event.name) else {name: value for name, value in event.data.items() if is_plain(value)}
    if not fields:
        return [_alive(event)]
    name = f"{event.name}/{event.instance}" if event.instance else event.name
    told = {f"{name}.{field}": value for field, value in fields.items()}
    return [Reading(device=event.device, ts=event.ts, measures={}, faults=None, unmapped=told)]


def _happened(event: Event, type_: str, state: str, message: Message) -> DeviceEvent:
    """ONVIF numbers no events; the same bytes, which hold the time, are the same event."""
    data = scalars(event.source, depth=1) | scalars(event.data, depth=1)
    data.pop(state, None)
    identity = sha256(message.topic.encode() + b"\0" + message.payload).hexdigest()[:32]
    return DeviceEvent(device=event.device, ts=event.ts, event_id=identity, type=type_, data=data, kind="cctv")


def _alive(event: Event) -> Presence:
    return Presence(device=event.device, online=True, ts=event.ts)


FORMAT = Format(
    slug="onvif",
    name=Text("ONVIF and Axis cameras", "ONVIF 与安讯士（Axis）摄像机"),
    topics=("+/onvif-ej/#", "+/+/onvif-ej/#", "axis/+/event/#", "+/event/tns:onvif/#", "+/event/tns:axis/#"),
    decoder=lambda: _Decoder().decode,
    remembers=True,
    about=Text(
        "Events of ONVIF cameras (`<prefix>/onvif-ej/…`, set up as an event broker of the camera) and of the Axis MQTT event bridge "
        "(`axis/<serial>/event/…`). The address is the topic prefix, of Axis the serial: one for each camera. Motion, a crossed "
        "line, intrusion into a field, scene change and tampering become events when they begin; a storage failure and a lost "
        "video signal are faults until it is told that they ended or the property is deleted. Everything else that is a number or "
        "a truth is for mapping, as digital inputs, or the scenarios of Axis Object Analytics (`…/Device1Scenario1.active`), "
        "whose meaning only their rule tells. Texts and what is told of persons, faces and plates is left out.\n"
        "Neither has a sign of life: a camera before which nothing moves is silent. Let it publish its connect message and its will "
        'to `gatehouse/v1/<compound>/<code>/status` as `{"status":"online"}` and `{"status":"offline"}`, retained, and allow it '
        "a long silence in the ledger. Choose QoS 1, only the topics that are wanted, and no metadata (`onvif-mj`). Events of several channels of one prefix "
        "are told of one device.\n"
        "Rule names end up in topics, and one with a space disconnects the camera from a NATS broker, as the embedded one is: "
        "write `Line_1`. The prefix may have two levels; with that broker, and where several compounds share one, it is "
        "`gatehouse/v1/<compound>/raw/<name>`, the device topic prefix of Axis `gatehouse/v1/<compound>/raw/axis/<serial>` with its "
        "namespaces left on. Axis' "
        "`Storage/Disruption` is also told of disks that were never fitted, so it is no fault, but can be mapped; "
        "that `Storage/Alert` tells a failing disk was read in documents and not seen in the field.",
        "读取 ONVIF 摄像机的事件（`<前缀>/onvif-ej/…`，在摄像机上配置为事件代理）及安讯士 MQTT 事件桥（`axis/<序列号>/event/…`）。"
        "设备地址为主题前缀，安讯士为序列号，每台摄像机各一个。移动侦测、越界、区域入侵、场景变更、遮挡破坏在开始时成为事件；"
        "存储故障与视频信号丢失为故障，直至报告结束或该属性被删除。其余数值与真假值留待映射，例如开关量输入，"
        "或 Axis Object Analytics 的场景（`…/Device1Scenario1.active`，其含义取决于规则）。文本以及涉及人员、人脸、车牌的内容不取。\n"
        "二者都没有心跳：画面中无动静的摄像机不会说话。请让其把连接消息与遗嘱以保留方式发到 "
        '`gatehouse/v1/<小区>/<代码>/status`，内容为 `{"status":"online"}` 与 `{"status":"offline"}`，'
        "并在台账中放宽静默时限。请选 QoS 1，只勾选需要的主题，不发元数据（`onvif-mj`）。同一前缀下多个通道的事件记在同一台设备上。\n"
        "规则名会进入主题，含空格会使摄像机与 NATS 代理（内置代理即是）断开：请写成 `Line_1`。前缀可有两级；"
        "使用内置代理或多个小区共用代理时为 `gatehouse/v1/<小区>/raw/<名称>`，安讯士的设备主题前缀为 "
        "`gatehouse/v1/<小区>/raw/axis/<序列号>`，并保留命名空间；"
        "其 `Storage/Disruption` 对从未安装的硬盘也会上报，故不作为故障，可做映射；"
        "`Storage/Alert` 表示硬盘故障系据文档，尚未在现场见到。",
    ),
)
