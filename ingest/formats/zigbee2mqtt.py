"""Zigbee2MQTT: the bridge, and Zigbee devices by their friendly names."""

from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.loose import object_of, scalars
from ingest.formats.parts.payloads import read
from ingest.formats.parts.times import parse_time
from ingest.formats.parts.words import meaning, word
from ingest.model import Decoded, Format, Message, Presence, Reading

_BASE = "zigbee2mqtt/"
_BRIDGE = "bridge"
_AVAILABILITY = "/availability"
_STATES = {"online": True, "offline": False}
_COMMANDS = frozenset({"set", "get"})  # also followed by a property
_BUTTON = "action"  # a word of its own, beside the state that tells it too
_MEASURES = {"water_leak": "water_present", "battery": "battery"}
_FAULTS = ("battery_low", "tamper")
_OF_NO_USE = ("last_seen", "device", "update", "update_available")

_read_object = msgspec.json.Decoder(dict[str, Any]).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says. Names may have slashes, so what a topic is shows at its end."""
    name = message.topic.removeprefix(_BASE)
    if name == message.topic or not message.payload:
        return []
    if name.startswith(f"{_BRIDGE}/"):
        return _bridge(name, message)
    if name.endswith(_AVAILABILITY):
        return [_presence(name.removesuffix(_AVAILABILITY), message)]
    levels = name.split("/")
    if message.retained or levels[-1] == _BUTTON or not _COMMANDS.isdisjoint(levels[1:]):
        return []
    # Whatever comes through the bridge shows that it is there; of itself it says so only when it starts.
    return [_reading(name, message), Presence(device=_BRIDGE, online=True, kind="gateway")]


def _bridge(name: str, message: Message) -> list[Decoded]:
    if name == f"{_BRIDGE}/state":
        return [_presence(_BRIDGE, message, kind="gateway")]
    if name == f"{_BRIDGE}/health" and not message.retained:
        uptime = object_of(read(_read_object, message.payload), "process").get("uptime_sec")
        measures = {} if uptime is None else {"uptime": uptime}
        return [Reading(device=_BRIDGE, ts=message.received_at, measures=measures, faults=None, kind="gateway")]
    return []


def _presence(device: str, message: Message, kind: str | None = None) -> Presence:
    """A word, as older versions write it, or an object with a `state`."""
    as_object = message.payload.lstrip().startswith(b"{")
    said = read(_read_object, message.payload).get("state") if as_object else word(message.payload)
    return Presence(device=device, online=meaning(said, _STATES), retained=message.retained, kind=kind)


def _reading(device: str, message: Message) -> Reading:
    state = read(_read_object, message.payload)
    found = {slug: state[name] for name, slug in _MEASURES.items() if state.get(name) is not None}
    wet = "water_present" in found
    faults = [name for name in _FAULTS if isinstance(state.get(name), bool) and not (wet and name == "tamper")]
    left_out = {*_OF_NO_USE, *_MEASURES, *faults}
    return Reading(
        device=device,
        ts=_time(state.get("last_seen"), message.received_at),
        measures=found,
        faults=None,
        raised=tuple(name for name in faults if state[name]),
        cleared=tuple(name for name in faults if not state[name]),
        unmapped=scalars({name: value for name, value in state.items() if name not in left_out}) or None,
        kind="drainage" if wet else None,
    )


def _time(last_seen: object, received_at: datetime) -> datetime:
    return received_at if last_seen is None else parse_time(last_seen, "last_seen")


FORMAT = Format(
    slug="zigbee2mqtt",
    name=Text("Zigbee2MQTT", "Zigbee2MQTT"),
    topics=(f"{_BASE}#",),
    decoder=lambda: decode,
    about=Text(
        "The bridge is the gateway `bridge`, from `zigbee2mqtt/bridge/state` and `bridge/health`, and is heard with everything that "
        "comes through it. A device's address is its friendly name, also one with slashes (`block-3/pit`): whoever "
        "renames it must change the ledger too. Its state is read from `zigbee2mqtt/<name>`, its presence from "
        "`<name>/availability` in both forms.\n"
        "Water leak is `water_present` of a drainage sensor; battery, low battery and tamper are what they say. A contact tells "
        "only that its magnet is near, not of what door or cover, and `state` of a relay not what it switches: they are for "
        "mapping, as is everything else.\n"
        "Set `availability.enabled: true`, `advanced.last_seen: ISO_8601` and `advanced.cache_state_send_on_startup: false`: "
        "else each start of the bridge repeats the last state of every device, and a dead one looks alive. Set "
        "`advanced.output: json`. Set `health.interval: 3` (minutes), or allow the bridge a longer silence. Battery sensors send "
        "when something changes, and else once in some hours: allow them that. A friendly name with a space disconnects the "
        "bridge from a NATS broker, as the embedded one is. With that one, and where several compounds share a broker, set "
        "`mqtt.base_topic: gatehouse/v1/<compound>/raw/zigbee2mqtt`.",
        "网桥为网关，地址 `bridge`，来自 `zigbee2mqtt/bridge/state` 与 `bridge/health`，经它来的任何消息也表明它在线。"
        "设备地址为其友好名称，可含斜杠：改名时须同时改台账。状态读自 `zigbee2mqtt/<名称>`，在线状态读自两种写法的 "
        "`<名称>/availability`。\n"
        "water_leak 即排水监测的“检测到水”；电量、低电量、防拆按其本义。门磁（contact）只说明磁铁靠近，"
        "不说明是哪扇门或哪个井盖；继电器的 `state` 也不说明控制什么：均留待映射，其余亦然。\n"
        "请设 `availability.enabled: true`、`advanced.last_seen: ISO_8601` 和 `advanced.cache_state_send_on_startup: false`，"
        "否则网桥每次启动都会重发所有设备的最后状态，失效设备会显得在线。请设 `advanced.output: json`。"
        "请设 `health.interval: 3`（分钟），或放宽网桥的静默时限。电池传感器只在变化时发送，否则数小时一次：请相应放宽。"
        "友好名称中有空格会使网桥与 NATS 代理（内置代理即是）断开。使用内置代理或多个小区共用代理时设 "
        "`mqtt.base_topic: gatehouse/v1/<小区>/raw/zigbee2mqtt`。",
    ),
)
