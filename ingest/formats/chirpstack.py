"""ChirpStack v4: LoRaWAN devices by the events of its applications, and gateways by their state."""

from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.lorawan import is_milesight, percent, readings, strongest
from ingest.formats.parts.payloads import read
from ingest.formats.parts.protobuf import fields
from ingest.formats.parts.times import parse_time
from ingest.model import Decoded, Format, Message, Presence, Reading, RejectedError, shown

_GATEWAY_STATE = 2  # ConnState.state in gw.proto; 1 is ONLINE, and 0 is not written


class _Device(msgspec.Struct):
    profile: Any = msgspec.field(default=None, name="deviceProfileName")


class _Event(msgspec.Struct):
    """What is read of any event; `object` is what the codec of the device's profile made of the payload."""

    time: Any = None
    device: _Device = msgspec.field(default_factory=_Device, name="deviceInfo")
    port: Any = msgspec.field(default=None, name="fPort")
    object: Any = None
    receptions: Any = msgspec.field(default=None, name="rxInfo")
    margin: Any = None
    battery: Any = msgspec.field(default=None, name="batteryLevel")
    external_power: Any = msgspec.field(default=False, name="externalPowerSource")
    battery_unknown: Any = msgspec.field(default=False, name="batteryLevelUnavailable")


class _Connection(msgspec.Struct):
    state: str


_read_event = msgspec.json.Decoder(_Event).decode
_read_connection = msgspec.json.Decoder(_Connection).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says. Pure; raises nothing but RejectedError."""
    levels = message.topic.split("/")
    name, what = levels[-3].lower(), levels[-1]
    if levels[-4] == "gateway":
        return [_gateway(name, message)] if what == "conn" and message.payload else []
    if message.retained or what not in ("up", "status", "join"):
        return []
    event = read(_read_event, message.payload)
    ts = message.received_at if event.time is None else parse_time(event.time, "time")
    if what == "join":
        return [Presence(device=name, online=True, ts=ts)]
    if what == "status":
        return [_status(name, event, ts)]
    milesight = is_milesight(event.port, event.device.profile)
    return [*readings(name, ts, event.object, strongest(event.receptions, "rxInfo"), milesight=milesight)]


def _status(device: str, event: _Event, ts: Any) -> Reading:
    """A level of 0 is written too where the device has mains, or does not know."""
    known = not (event.external_power is True or event.battery_unknown is True)
    battery = percent(event.battery) if known else None
    told = {"margin": event.margin, "externalPowerSource": event.external_power}
    return Reading(
        device=device,
        ts=ts,
        measures={} if battery is None else {"battery": battery},
        faults=None,
        unmapped={path: value for path, value in told.items() if isinstance(value, (int, float))},
    )


def _gateway(gateway: str, message: Message) -> Presence:
    """Its state, in JSON or in Protocol Buffers as ChirpStack recommends, kept by the broker."""
    if message.payload.startswith(b"{"):
        state = read(_read_connection, message.payload).state
        if state not in ("ONLINE", "OFFLINE"):
            raise RejectedError("bad_status", "choice", where="state", choices="ONLINE, OFFLINE", found=shown(state))
        online = state == "ONLINE"
    else:
        online = dict(fields(message.payload)).get(_GATEWAY_STATE) == 1
    return Presence(device=gateway, online=online, retained=message.retained, kind="gateway")


FORMAT = Format(
    slug="chirpstack",
    name=Text("ChirpStack v4 (LoRaWAN)", "ChirpStack v4（LoRaWAN）"),
    topics=("application/+/device/+/event/+", "gateway/+/state/+", "+/gateway/+/state/+"),
    decoder=lambda: decode,
    about=Text(
        "LoRaWAN devices by the dev EUI in lower case, their events `up`, `status` and `join`, and gateways by `state/conn`, JSON or "
        "Protocol Buffers. Set `json=true` in ChirpStack's MQTT integration, leave its topics as they are, and give the device "
        "profile its maker's codec: without one a device is only seen to be alive.\n"
        "Read are the codecs of Milesight (EM500-SWL, EM500-UDL, EM400-MUD, EM300-SLD, their history too) and Dragino (LDDS75, "
        "LDS02). A `depth` is taken as cm only from Milesight: port 85, or a profile whose name says Milesight or the model. A "
        "distance from sensor to water is not a depth and is left to be mapped, in mm. A contact is the door's or the manhole "
        "cover's, by the kind in the ledger. Battery sensors send seldom: give them a longer time of silence in the ledger.",
        "LoRaWAN 设备以小写的 dev EUI 为地址，读取 `up`、`status`、`join` 事件；网关读取 `state/conn`，JSON 或 Protocol Buffers "
        "均可。请在 ChirpStack 的 MQTT 集成中设 `json=true`，主题保持默认，并在设备配置（device profile）中填入厂家解码脚本；"
        "没有解码脚本时只能看出设备在线。\n"
        "可读取 Milesight（EM500-SWL、EM500-UDL、EM400-MUD、EM300-SLD，含历史数据）和 Dragino（LDDS75、LDS02）的解码结果。"
        "`depth` 只有确认是 Milesight 时才按厘米读取：端口为 85，或配置名含 Milesight 或型号。探头到水面的距离不是水深，"
        "以毫米留待映射。开合触点按台账中的设备类型视为门或井盖。电池传感器上报间隔长，请在台账中为其设更长的静默时限。",
    ),
)
