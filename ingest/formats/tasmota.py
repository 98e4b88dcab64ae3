"""Tasmota, the firmware of many relays and contacts. What they are wired to only an integrator knows."""

import re
from datetime import datetime
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.clocks import wall_clock
from ingest.formats.parts.loose import scalars
from ingest.formats.parts.payloads import read
from ingest.formats.parts.times import EARLIEST
from ingest.formats.parts.words import meaning, word
from ingest.model import Decoded, Format, Message, Presence, Reading

_LWT = {"Online": True, "Offline": False}
_POWER = re.compile("POWER[0-9]{0,2}")
_OF_NO_USE = frozenset(
    {"Time", "Uptime", "Heap", "Sleep", "SleepMode", "LoadAvg", "MqttCount", "TempUnit", "PressureUnit"}
    | {"Wifi.AP", "Wifi.SSId", "Wifi.BSSId", "Wifi.Channel", "Wifi.Mode", "Wifi.LinkCount", "Wifi.Downtime"}
)
_MOST_ASLEEP = 10_000  # somebody invents names

_read_object = msgspec.json.Decoder(dict[str, Any]).decode


class _Decoder:
    """Remembers who said that they go to sleep: that they are `Offline` then is as it should be."""

    def __init__(self) -> None:
        self._asleep: set[str] = set()

    def decode(self, message: Message) -> list[Decoded]:
        """What one message says. Topics are `tele/<device>/…`, or `<device>/tele/…` where FullTopic was turned round."""
        levels = message.topic.split("/")
        if len(levels) != 3 or not message.payload:
            return []
        prefix, device, channel = levels if levels[0] in ("tele", "stat") else (levels[1], levels[0], levels[2])
        match prefix, channel.upper():
            case "tele", "LWT":
                return self._presence(device, message)
            case "tele", "DEEPSLEEP":
                return self._falls_asleep(device)
            case "tele", "STATE" | "SENSOR" if not message.retained:
                return [_reading(device, message)]
            case "stat", relay if _POWER.fullmatch(relay) and not message.retained:
                return [_told(device, message.received_at, {channel: word(message.payload)})]
        return []

    def _presence(self, device: str, message: Message) -> list[Decoded]:
        online = meaning(word(message.payload), _LWT)
        if online:
            self._asleep.discard(device)
        elif device in self._asleep:
            return []
        return [Presence(device=device, online=online, retained=message.retained)]

    def _falls_asleep(self, device: str) -> list[Decoded]:
        if len(self._asleep) >= _MOST_ASLEEP:
            self._asleep.clear()
        self._asleep.add(device)
        return []


def _reading(device: str, message: Message) -> Reading:
    fields = read(_read_object, message.payload)
    told = {name: value for name, value in scalars(fields).items() if name not in _OF_NO_USE}
    return _told(device, _time(fields.get("Time"), message.received_at), told)


def _time(told: object, received_at: datetime) -> datetime:
    """The device's clock starts in 1970 and is set by NTP, if it reaches a server: until then it tells no time."""
    moment = received_at if told is None else wall_clock(told, "Time")
    return received_at if moment.year < EARLIEST.year else moment


def _told(device: str, ts: datetime, fields: dict[str, Any]) -> Reading:
    return Reading(device=device, ts=ts, measures={}, faults=None, unmapped=fields or None)


FORMAT = Format(
    slug="tasmota",
    name=Text("Tasmota", "Tasmota"),
    topics=("tele/+/+", "stat/+/+", "+/tele/+", "+/stat/+"),
    decoder=lambda: _Decoder().decode,
    remembers=True,
    about=Text(
        "Presence from `tele/<topic>/LWT`; values from `tele/<topic>/STATE` and `SENSOR` and from `stat/<topic>/POWER<n>`, for "
        "mapping: what a relay switches (POWER1), a contact tells (Switch1) or a probe measures (DS18B20.Temperature) depends on "
        "what it is wired to. The address is the Topic of the device, so give each its own. FullTopic may be "
        "`%prefix%/%topic%/` or `%topic%/%prefix%/`; with the embedded broker, and where several compounds share one, "
        "`gatehouse/v1/<compound>/raw/%prefix%/%topic%/`.\n"
        "`TelePeriod` must be shorter than the time after which the kind counts as silent (300 s by default). Times are the "
        "device's wall clock: set `Timezone +8:00` as at the compound, or `SetOption52 1`, which adds the zone. A clock that "
        "was never set is not used.\n"
        "A unit in deep sleep says `Offline` on purpose. Where it told before that it falls asleep (`tele/<topic>/DEEPSLEEP`, as "
        "versions since 2023 do), that is passed over, and only silence counts: in the ledger allow it more than one period of "
        "sleep. Older ones appear as offline while they sleep.",
        "在线状态来自 `tele/<topic>/LWT`；数值来自 `tele/<topic>/STATE`、`SENSOR` 和 `stat/<topic>/POWER<n>`，全部留待映射："
        "继电器（POWER1）控制什么、触点（Switch1）或探头（DS18B20.Temperature）测的是什么，取决于接线。设备地址即其 Topic，"
        "各设备不得相同。FullTopic 可为 `%prefix%/%topic%/` 或 `%topic%/%prefix%/`；使用内置代理或多个小区共用代理时为 "
        "`gatehouse/v1/<小区>/raw/%prefix%/%topic%/`。\n"
        "`TelePeriod`（默认 300 秒）须短于该类设备的静默时限。时间为设备本地时钟：请按小区设置 `Timezone +8:00`，"
        "或用 `SetOption52 1` 附带时区。从未校时的时钟不予采用。\n"
        "深度休眠的设备会主动发 `Offline`。若其事先声明休眠（`tele/<topic>/DEEPSLEEP`，2023 年起的版本），则忽略该 Offline，"
        "只看静默时长：请在台账中把静默时限设得长于一个休眠周期。更旧的版本在休眠时显示为离线。",
    ),
)
