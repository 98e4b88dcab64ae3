"""The Things Stack v3 (The Things Network): uplinks of LoRaWAN devices."""

import re
from typing import Any

import msgspec

from core.i18n import Text
from ingest.formats.parts.lorawan import is_milesight, percent, readings, strongest
from ingest.formats.parts.payloads import read
from ingest.formats.parts.times import parse_time
from ingest.model import Decoded, Format, Message, RejectedError, shown

_EUI = re.compile(r"[0-9A-Fa-f]{16}")


class _Ids(msgspec.Struct):
    device_id: str
    dev_eui: str | None = None


class _Version(msgspec.Struct):
    brand_id: Any = None
    model_id: Any = None


class _Uplink(msgspec.Struct):
    f_port: Any = None
    decoded_payload: Any = None
    rx_metadata: Any = None
    received_at: Any = None
    version_ids: _Version = msgspec.field(default_factory=_Version)
    last_battery_percentage: Any = None


class _Message(msgspec.Struct):
    end_device_ids: _Ids
    uplink_message: _Uplink
    received_at: Any = None
    simulated: Any = False


_read_message = msgspec.json.Decoder(_Message).decode


def decode(message: Message) -> list[Decoded]:
    """What one message says. Pure; raises nothing but RejectedError."""
    if message.retained:
        return []
    said = read(_read_message, message.payload)
    if said.simulated is True:  # somebody tries the codec; the device itself is silent
        return []
    uplink = said.uplink_message
    received_at = uplink.received_at or said.received_at
    ts = parse_time(received_at, "received_at") if received_at else message.received_at
    milesight = is_milesight(uplink.f_port, uplink.version_ids.brand_id, uplink.version_ids.model_id)
    radio = strongest(uplink.rx_metadata, "rx_metadata") | _battery(uplink.last_battery_percentage)
    return [*readings(_device(said.end_device_ids), ts, uplink.decoded_payload, radio, milesight=milesight)]


def _device(ids: _Ids) -> str:
    """Devices activated by hand may have no EUI."""
    if not ids.dev_eui:
        return ids.device_id
    if not _EUI.fullmatch(ids.dev_eui):
        raise RejectedError(
            "wrong_type", "like", where="end_device_ids.dev_eui", found=shown(ids.dev_eui), example="70B3D57ED005B89A"
        )
    return ids.dev_eui.lower()


def _battery(last: Any) -> dict[str, Any]:
    """What the device told the network of its battery, some time ago."""
    value = percent(last.get("value")) if isinstance(last, dict) else None
    return {} if value is None else {"last_battery_percentage.value": value}


FORMAT = Format(
    slug="ttn",
    name=Text("The Things Stack v3 (LoRaWAN)", "The Things Stack v3（LoRaWAN）"),
    topics=("v3/+/devices/+/up",),
    decoder=lambda: decode,
    about=Text(
        "Uplinks of LoRaWAN devices, with or without `@tenant` in the topic. A device is its dev EUI in lower case, or its device "
        "id if it has none. The Things Stack's own MQTT server speaks QoS 0 only: what comes while its bridge to our broker is "
        "away is lost, so keep that connection close, or let devices keep a history.\n"
        "The maker's payload formatter must be set; without one a device is only seen to be alive. The same devices as with "
        "ChirpStack are read; a `depth` is taken as cm only from Milesight: port 85, or its brand or model in `version_ids`. "
        "Simulated uplinks are passed over. What else the formatter gives can be mapped.",
        "读取 LoRaWAN 设备的上行，主题中有无 `@tenant` 均可。设备地址为小写的 dev EUI，没有时用 device id。The Things Stack "
        "自带的 MQTT 服务器只支持 QoS 0：与本代理的桥接断开期间的报文会丢失，请保证这段连接可靠，或让设备保存历史数据。\n"
        "须配置厂家的 payload formatter，否则只能看出设备在线。可读取的设备与 ChirpStack 相同；`depth` 只有确认是 Milesight "
        "时才按厘米读取：端口为 85，或 `version_ids` 中的品牌或型号为 Milesight。模拟上行（simulated）不读取。解码结果中的其他"
        "字段可再做映射。",
    ),
)
