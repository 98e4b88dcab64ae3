"""Shelly, second generation and newer. What a relay or input is wired to only an integrator knows."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.clocks import from_seconds
from ingest.formats.parts.loose import object_of, scalars
from ingest.formats.parts.payloads import read
from ingest.formats.parts.times import EARLIEST
from ingest.formats.parts.words import meaning, word
from ingest.model import Decoded, Format, Message, Presence, Reading

_ONLINE = {"true": True, "false": False}
_COMPONENT = re.compile("([a-z][a-z0-9_]*)(?::[0-9]+)?")
# Of the device itself, not of what it is there for.
_OF_NO_USE = frozenset(
    {"ble", "bthome", "cloud", "eth", "ht_ui", "knx", "matter", "modbus", "mqtt", "plugs_ui", "schedule", "script", "sys"}
    | {"ui", "wd_ui", "webhook", "wifi", "ws", "zigbee"}
)
_OF_NO_MEANING = ("id", "source", "aenergy.minute_ts", "ret_aenergy.minute_ts", "last_update_ts")
_TAKEN = {"devicepower": ("battery.percent",), "flood": ("alarm",)}
_MOST_SLEEPERS = 10_000  # somebody invents names


class _Notification(msgspec.Struct):
    method: str
    params: dict[str, Any] = {}


_read_notification = msgspec.json.Decoder(_Notification).decode
_read_object = msgspec.json.Decoder(dict[str, Any]).decode


class _Decoder:
    """Remembers which devices sleep most of the time: that the broker misses them then is as it should be."""

    def __init__(self) -> None:
        self._sleepers: set[str] = set()

    def decode(self, message: Message) -> list[Decoded]:
        """What one message says."""
        device, channel, *component = message.topic.split("/")
        if not message.payload:
            return []
        if channel == "online":
            return self._presence(device, message)
        if message.retained:
            return []
        if channel == "status":
            if not _COMPONENT.fullmatch(component[0]):
                return []
            return [_told(device, message.received_at, {component[0]: read(_read_object, message.payload)})]
        return self._notified(device, read(_read_notification, message.payload), message)

    def _presence(self, device: str, message: Message) -> list[Decoded]:
        online = meaning(word(message.payload), _ONLINE)
        if not online and device in self._sleepers:
            return []
        return [Presence(device=device, online=online, retained=message.retained)]

    def _notified(self, device: str, said: _Notification, message: Message) -> list[Decoded]:
        if said.method not in ("NotifyStatus", "NotifyFullStatus", "NotifyEvent"):
            return []
        ts = _time(said.params.get("ts"), message.received_at)
        if said.method == "NotifyEvent":
            events = dict(_events(said.params.get("events")))
            return [_reading(device, ts, {}, events)]
        if said.method == "NotifyFullStatus":
            self._learn(device, object_of(said.params, "sys").get("wakeup_period"))
        return [_told(device, ts, said.params)]

    def _learn(self, device: str, wakeup_period: object) -> None:
        if not isinstance(wakeup_period, int) or wakeup_period <= 0:
            self._sleepers.discard(device)
            return
        if len(self._sleepers) >= _MOST_SLEEPERS:
            self._sleepers.clear()
        self._sleepers.add(device)


def _time(told: object, received_at: datetime) -> datetime:
    """Until its clock is set a device gives the seconds since it started."""
    moment = received_at if told is None else from_seconds(told, "params.ts")
    return received_at if moment < EARLIEST else moment


def _told(device: str, ts: datetime, components: dict[str, Any]) -> Reading | Presence:
    measures: dict[str, Any] = {}
    unmapped: dict[str, Any] = {}
    kind = None
    for component, status in components.items():
        match = _COMPONENT.fullmatch(component)
        if match is None or not isinstance(status, dict):
            continue
        base = match[1]
        if base == "flood" and "alarm" in status:
            kind, measures["water_present"] = "drainage", status["alarm"]
        elif base == "devicepower" and (percent := _battery(status)) is not None:
            measures["battery"] = percent
        unmapped |= _worth_mapping(component, base, status)
    return _reading(device, ts, measures, unmapped, kind)


def _reading(
    device: str, ts: datetime, measures: dict[str, Any], unmapped: dict[str, Any], kind: str | None = None
) -> Reading | Presence:
    """What tells only of the device itself is a sign of life."""
    if not measures and not unmapped:
        return Presence(device=device, online=True, ts=ts)
    return Reading(device=device, ts=ts, measures=measures, faults=None, unmapped=unmapped or None, kind=kind)


def _battery(status: dict[str, Any]) -> Any:
    """None where it runs from a supply: without batteries it tells 0 %."""
    return None if object_of(status, "external").get("present") else object_of(status, "battery").get("percent")


def _worth_mapping(component: str, base: str, status: dict[str, Any]) -> dict[str, Any]:
    if base == "wifi":
        return {"wifi.rssi": status["rssi"]} if isinstance(status.get("rssi"), (int, float)) else {}
    if base in _OF_NO_USE:
        return {}
    left_out = {*_OF_NO_MEANING, *_TAKEN.get(base, ())}
    return {f"{component}.{name}": value for name, value in scalars(status).items() if name not in left_out}


def _events(events: object) -> Iterator[tuple[str, str]]:
    for event in events if isinstance(events, list) else ():
        fields = event if isinstance(event, dict) else {}
        component, what = fields.get("component"), fields.get("event")
        match = _COMPONENT.fullmatch(component) if isinstance(component, str) else None
        if match and match[1] not in _OF_NO_USE and isinstance(what, str) and what != "config_changed":
            yield f"{component}.event", what


FORMAT = Format(
    slug="shelly",
    name=Text("Shelly (Gen2 and newer)", "Shelly（第二代及以后）"),
    topics=("+/events/rpc", "+/status/+", "+/online"),
    decoder=lambda: _Decoder().decode,
    remembers=True,
    about=Text(
        "The address is the MQTT prefix of the device, by default its id (`shellyplus1-a8032abe54dc`). Presence from "
        "`<prefix>/online`; values from `<prefix>/events/rpc` (NotifyStatus, NotifyFullStatus, NotifyEvent) and from "
        "`<prefix>/status/<component>`. Of a flood sensor whether there is water, of a battery device its battery; everything else "
        "is for mapping, by component and field (`switch:0.output`, `input:0.state`, `input:0.event`): what it means depends on "
        "what is wired to it.\n"
        "Switch on MQTT with RPC status notifications. Those tell only changes, so a relay at rest is silent: add generic status "
        "updates, or in the ledger allow the device a longer silence. The prefix must be one level; with the embedded broker, "
        "and where several compounds share one, `gatehouse/v1/<compound>/raw/<name>`. The first generation (`shellies/…`) is not read.\n"
        "A battery device sleeps and is missed by the broker: once it told its `wakeup_period`, `online` false is passed over, and "
        "only silence counts. One that runs from USB tells a battery of 0 %, which is not taken.",
        "设备地址即其 MQTT 前缀，默认为设备 ID（`shellyplus1-a8032abe54dc`）。在线状态来自 `<前缀>/online`；数值来自 "
        "`<前缀>/events/rpc`（NotifyStatus、NotifyFullStatus、NotifyEvent）和 `<前缀>/status/<组件>`。水浸传感器读取是否有水，"
        "电池设备读取电量；其余按“组件.字段”留待映射（`switch:0.output`、`input:0.state`、`input:0.event`），其含义取决于接线。\n"
        "请开启 MQTT 及 RPC 状态通知。该通知只报变化，静止的继电器不说话：请再开启通用状态更新，或在台账中放宽静默时限。"
        "前缀只能是一级；使用内置代理或多个小区共用代理时为 `gatehouse/v1/<小区>/raw/<名称>`。不读取第一代（`shellies/…`）。\n"
        "电池设备会休眠，代理会判其掉线：一旦其报过 `wakeup_period`，`online` 为 false 即被忽略，只看静默时长。"
        "USB 供电的设备会报电量 0%，不予采用。",
    ),
)
