"""What is remembered of Sparkplug nodes between their messages: births, aliases, the count of messages. Bounded."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from ingest.formats.parts.slugs import slugs_of
from ingest.formats.parts.sparkplug_payload import Metric, Scalar

LONGEST_NAME = 200  # characters of a metric; a longer one is read but not remembered
_COUNT = 256  # messages until `seq` begins again
NODE = ""  # in place of a device's name: the node itself


class Known(msgspec.Struct, frozen=True):
    """A metric as its birth declared it; `slug`: what it is to us."""

    name: str
    datatype: int | None
    slug: str | None


Born = dict[int | str, Known]  # by the alias, or by the name of those without


@dataclass(slots=True)
class Node:
    """`born`: by the device's name, NODE for its own; empty until they are heard. `doubtful`: messages were missed since, among
    which may be births; the aliases are forgotten then."""

    born: dict[str, Born] = field(default_factory=dict)
    doubtful: bool = False
    seq: int | None = None
    death: Scalar | None = None  # the `bdSeq` its death will have
    asked: bool = False  # for its births, since the last of its own
    asked_at: datetime | None = None

    @property
    def alive(self) -> bool:
        """Whether its birth is known."""
        return NODE in self.born

    @property
    def devices(self) -> list[str]:
        """Those whose birth is known."""
        return [name for name in self.born if name != NODE]

    def size(self) -> int:
        """Metrics remembered; a device without any counts as one."""
        return sum(len(metrics) + 1 for metrics in self.born.values())

    def begin(self, seq: int | None, death: Scalar | None) -> None:
        """Its birth: from here its messages are counted."""
        self.seq, self.death, self.asked, self.doubtful = seq, death, False, False

    def follows(self, seq: int | None) -> bool:
        """Count a message. False: some before it were missed."""
        expected = None if self.seq is None else (self.seq + 1) % _COUNT
        self.seq = seq
        return seq is None or expected is None or seq == expected

    def may_be_asked(self, now: datetime, patience: timedelta) -> bool:
        """Whether to ask for its births; who is told so asks."""
        if self.asked or (self.asked_at is not None and now - self.asked_at < patience):
            return False
        self.asked, self.asked_at = True, now
        return True

    def knows(self, device: str, metrics: Iterable[Metric]) -> bool:
        """Whether node and device were born, with all these metrics, and nothing was missed since."""
        named = all(metric.name or self.find(device, metric) for metric in metrics)
        return self.alive and not self.doubtful and device in self.born and named

    def find(self, device: str, metric: Metric) -> Known | None:
        """What the births say of a metric."""
        return self.born.get(device, {}).get((metric.name or "") if metric.alias is None else metric.alias)


class Sessions:
    """The nodes heard of, those last that were heard last. When there are too many, the first are forgotten: they are asked for
    their birth when they speak again."""

    def __init__(self, *, most_nodes: int = 10_000, most_metrics: int = 300_000, most_of_node: int = 20_000) -> None:
        """`most_of_node`: metrics of one node with its devices. 300,000 metrics take some 100 MB."""
        self._most_nodes, self._most_metrics, self._most_of_node = most_nodes, most_metrics, most_of_node
        self._nodes: OrderedDict[tuple[str, str], Node] = OrderedDict()
        self._metrics = 0

    @property
    def nodes(self) -> int:
        """How many are remembered."""
        return len(self._nodes)

    @property
    def metrics(self) -> int:
        """How many are remembered, of all nodes; a device counts as one more."""
        return self._metrics

    def find(self, group: str, name: str) -> Node:
        """The node, new if need be."""
        key = group, name
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node()
            self._make_room()
        self._nodes.move_to_end(key)
        return node

    def remember(self, node: Node, device: str, metrics: Iterable[Metric]) -> None:
        """A birth. Where it is too much to remember, only metrics sent with their names can be read later."""
        self.forget_device(node, device)
        declared = _declared(metrics)
        room = self._most_of_node - node.size()
        if room > 0 or device == NODE:
            node.born[device] = declared if len(declared) < room else {}
            self._metrics += len(node.born[device]) + 1
        self._make_room()

    def forget_device(self, node: Node, device: str) -> None:
        """One birth."""
        born = node.born.pop(device, None)
        self._metrics -= 0 if born is None else len(born) + 1

    def forget(self, node: Node) -> None:
        """All births of the node."""
        self._metrics -= node.size()
        node.born.clear()

    def doubt(self, node: Node) -> None:
        """Messages of the node were missed: who is there is still known, but no alias."""
        self._metrics -= node.size()
        node.doubtful = True
        for metrics in node.born.values():
            metrics.clear()
        self._metrics += node.size()

    def _make_room(self) -> None:
        while len(self._nodes) > self._most_nodes or self._metrics > self._most_metrics:
            _, oldest = self._nodes.popitem(last=False)
            self._metrics -= oldest.size()


def _declared(metrics: Iterable[Metric]) -> Born:
    named = {name: metric for metric in metrics if (name := metric.name) and len(name) <= LONGEST_NAME}
    slugs = slugs_of(named)
    return {
        name if metric.alias is None else metric.alias: Known(name, metric.datatype, slugs.get(name))
        for name, metric in named.items()
    }
