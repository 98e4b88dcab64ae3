"""Sparkplug B (Eclipse Sparkplug 3.0, chapters 4 to 6): nodes, the devices behind them, and their births and deaths."""

from datetime import timedelta

import msgspec

from core.i18n import Text
from ingest.formats.parts.sparkplug_payload import Payload, Scalar, read_payload, rebirth_command
from ingest.formats.parts.sparkplug_readings import readings_of, values_of
from ingest.formats.parts.sparkplug_session import NODE, Node, Sessions
from ingest.model import Decoded, Format, Message, Presence, RejectedError, Reply, shown

_FORM = "spBv1.0/<group>/<NBIRTH|NDATA|NDEATH|DBIRTH|DDATA|DDEATH>/<node>[/<device>]"
_OF_NODE, _OF_DEVICE = ("NBIRTH", "NDATA", "NDEATH"), ("DBIRTH", "DDATA", "DDEATH")
_COMMANDS = ("NCMD", "DCMD")
_LONGEST_NAME = 150  # characters, of group, node and device together
_PATIENCE = timedelta(minutes=1)  # a node that never counts right is not asked for its births on and on


class _Address(msgspec.Struct, frozen=True):
    """Where a message came from; `device` NODE: the node itself."""

    word: str
    group: str
    node: str
    device: str = NODE

    def name_of(self, device: str) -> str:
        """What the ledger calls the node or one of its devices."""
        return f"{self.group}/{self.node}" if device == NODE else f"{self.group}/{self.node}/{device}"


class _Decoder:
    """One ingester's view of all nodes."""

    def __init__(self) -> None:
        self._sessions = Sessions()

    def decode(self, message: Message) -> list[Decoded]:
        """What one message says. No birth, datum or death is ever published to be kept, so what was kept is passed over."""
        address = _address(message.topic)
        if address is None or message.retained or not message.payload:
            return []
        payload = read_payload(message.payload)
        node = self._sessions.find(address.group, address.node)
        if address.word == "NDEATH":
            return self._node_died(node, address, payload)
        complete = self._follow(node, address, payload, message)
        items = _items(node, address, payload, message)
        if not complete and node.may_be_asked(message.received_at, _PATIENCE):
            command = rebirth_command(message.received_at)
            items.append(Reply(topic=f"spBv1.0/{address.group}/NCMD/{address.node}", payload=command))
        return items

    def _follow(self, node: Node, address: _Address, payload: Payload, message: Message) -> bool:
        """Take note of the message. False: what it belongs to was missed."""
        if address.word == "NBIRTH":
            self._sessions.forget(node)
            node.begin(payload.seq, _death_mark(payload))
        elif not message.repeated and not node.follows(payload.seq):
            self._sessions.doubt(node)  # among what was missed may be a birth that gave the aliases anew
        if address.word in ("NBIRTH", "DBIRTH"):
            self._sessions.remember(node, address.device, payload.metrics)
        elif address.word == "DDEATH":
            self._sessions.forget_device(node, address.device)
            return node.knows(NODE, ())
        return node.knows(address.device, payload.metrics)

    def _node_died(self, node: Node, address: _Address, payload: Payload) -> list[Decoded]:
        """The will of a connection that was replaced meanwhile may come late; by its number it is of another birth."""
        if not node.alive or _death_mark(payload) != node.death:
            return []
        gone = (NODE, *node.devices)
        self._sessions.forget(node)
        return [Presence(device=address.name_of(device), online=False) for device in gone]


def _items(node: Node, address: _Address, payload: Payload, message: Message) -> list[Decoded]:
    """A device's message tells that its node is there too. One in which nothing can be read is a sign of life."""
    device = address.name_of(address.device)
    items: list[Decoded] = [] if address.device == NODE else [Presence(device=address.name_of(NODE), online=True)]
    if address.word == "DDEATH":
        return [*items, Presence(device=device, online=False)]
    birth = address.word in ("NBIRTH", "DBIRTH")
    values = values_of(payload.metrics, lambda metric: node.find(address.device, metric))
    readings = readings_of(device, values, payload.ts or message.received_at, birth=birth)
    if birth or not readings:
        items.append(Presence(device=device, online=True))
    return [*items, *readings]


def _address(topic: str) -> _Address | None:
    """None: a command, or the state of a host application."""
    levels = topic.split("/")
    if levels[1:2] == ["STATE"] or (len(levels) > 2 and levels[2] in _COMMANDS):
        return None
    if not ((len(levels) == 4 and levels[2] in _OF_NODE) or (len(levels) == 5 and levels[2] in _OF_DEVICE)) or not all(levels):
        raise RejectedError("topic", "topic_form", topic=shown(topic), form=_FORM)
    _, group, word, *names = levels
    address = _Address(word, group, *names)
    if len(address.name_of(address.device)) > _LONGEST_NAME:
        raise RejectedError("topic", "too_long", what="device", found=shown(topic), most=_LONGEST_NAME)
    return address


def _death_mark(payload: Payload) -> Scalar | None:
    return next((metric.value(None) for metric in payload.metrics if metric.name == "bdSeq"), None)


FORMAT = Format(
    slug="sparkplug",
    name=Text("Sparkplug B", "Sparkplug B"),
    topics=("spBv1.0/#",),
    decoder=lambda: _Decoder().decode,
    remembers=True,
    answers=("spBv1.0/+/NCMD/+",),
    about=Text(
        "Edge nodes and the devices behind them, as Eclipse Sparkplug 3.0 has them: births, data and deaths. In the ledger a node "
        "is `group/node`, a device `group/node/device`. A metric whose last part is named as a measure of ours (Gate/Motor_Temp) "
        "is that measure, and one named as a fault, of type Boolean, that fault; everything else can be mapped. Where two metrics "
        "of a device end in the same name, neither is taken. Historical metrics are stored and say nothing of now.\n"
        "When a message was missed, and after a restart of ours, the node is asked for its births (`Node Control/Rebirth`), at "
        "most once until they come and once a minute; until then only metrics sent with their names are read. So the node "
        "must be allowed to hear `spBv1.0/<group>/NCMD/<node>`, and must count `seq` as the standard says.\n"
        "A node that is to wait for its primary host needs `GATEHOUSE_SPARKPLUG_HOST_ID`: under that name Gatehouse tells it at "
        "`spBv1.0/STATE/<name>` whether it is there. Without the setting leave the primary host of the node empty, or it never sends.\n"
        "A node that reports only changes is silent while all is well: let it send every device's data within the time after "
        "which that kind counts as silent, or give the device a longer one in the ledger. Group, node and device names must "
        "have no space where NATS is the broker.",
        "按 Eclipse Sparkplug 3.0 读取边缘节点及其下挂设备的出生（BIRTH）、数据（DATA）与死亡（DEATH）报文。台账中节点地址为 "
        "`group/node`，设备为 `group/node/device`。指标名最后一段与本系统数据项同名（如 Gate/Motor_Temp）即为该数据，"
        "布尔型且与故障同名即为该故障，其余可再做映射。同一设备有两个指标末段同名时，两者都不取。历史指标（is_historical）"
        "只入库，不影响当前状态。\n"
        "发现漏报文或本系统重启后，会请节点重发出生报文（`Node Control/Rebirth`），在其到来之前只请一次，且每分钟至多一次；"
        "此前只读取带名称的指标。因此节点须有权订阅 `spBv1.0/<group>/NCMD/<node>`，并按标准累加 `seq`。\n"
        "节点若配置了主站（Primary Host），须设置 `GATEHOUSE_SPARKPLUG_HOST_ID`：本系统以该名称在 `spBv1.0/STATE/<名称>` 上"
        "告知自己是否在线。未设置时请将节点的主站留空，否则节点会一直等待而不上报。\n"
        "只在变化时上报的节点，一切正常时会长时间不说话：请让其在该类设备的静默时限内定期发送各设备数据，"
        "或在台账中为设备设更长的时限。用 NATS 作代理时，组、节点、设备名中不能有空格。",
    ),
)
