"""Nothing lost and nothing twice, whatever is killed, cut off or full: numbered messages, counted in the database."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.clock import SystemClock
from gatehouse.bench import Figure
from gatehouse.rig import queries
from gatehouse.rig.mosquitto import Mosquitto
from gatehouse.rig.numbered import Numbered
from gatehouse.rig.proxy import Proxy
from gatehouse.rig.small_disk import fill, small_disk
from gatehouse.rig.stand import RigBroker, Stand, stand
from ingest.embedded_broker import EmbeddedBroker

_RATE = 2_000  # messages a second
_PATIENCE_SECONDS = 300.0
_UNWRITTEN_SECONDS = 1.0  # from when mosquitto writes until it is killed
_QUIET_SECONDS = 5.0  # after which nothing more will come

MakeBroker = Callable[[Path], RigBroker]


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How often something is killed, how long something is away, and the calm around it, seconds."""

    kills: int = 12
    stops: int = 2
    away: float = 30.0
    calm: float = 3.0


_SHORT = Size(kills=2, stops=1, away=2.0, calm=0.5)


def measure(*, short: bool) -> Iterable[Figure]:
    """With the embedded broker, which keeps what it has acknowledged, and may be on the database's disk."""
    yield from survive(EmbeddedBroker, short=short)
    with small_disk() as folder:
        if folder is not None:
            yield from _disk_full("disk of both full", folder, _size(short), lambda _: EmbeddedBroker(folder / "broker"))


def survive(make_broker: MakeBroker, *, short: bool) -> Iterable[Figure]:
    """Each disaster on a stand of its own, while messages keep coming: how many were sent, lost, and stored twice."""
    size = _size(short)
    for name, disaster in _DISASTERS.items():
        yield from _survive(name, disaster, size, make_broker)
    with small_disk() as folder:
        if folder is not None:
            yield from _disk_full("disk full", folder, size, make_broker)


def _size(short: bool) -> Size:
    return _SHORT if short else Size()


class Scene:
    """A stand with one site, its ingester behind a network that can be cut, and the load, which has begun.

    `unwritten`: messages that mosquitto may have acknowledged and not written when it was killed; no subscriber can get them.
    """

    def __init__(self, stand: Stand, load: Numbered) -> None:
        self.stand = stand
        self.load = load
        self.unwritten: set[int] = set()
        self.network = Proxy(stand.broker.port)
        self._ingester = ExitStack()

    def start_ingester(self) -> None:
        """Start one, listening."""
        self._pid = self._ingester.enter_context(
            self.stand.ingester(
                GATEHOUSE_MQTT_URL=self.stand.broker.url.replace(f":{self.stand.broker.port}", f":{self.network.port}")
            )
        ).pid

    def kill_ingester(self) -> None:
        """With -9; what is left of it is put away."""
        os.kill(self._pid, signal.SIGKILL)
        self._ingester.close()

    def kill_broker(self) -> None:
        """With -9; it is started again by itself."""
        broker = self.stand.broker
        written = self.load.answered
        if isinstance(broker, Mosquitto):
            broker.save()
            self.rest(_UNWRITTEN_SECONDS)
        _kill(broker.pid, signal.SIGKILL)
        if isinstance(broker, Mosquitto):
            self.unwritten.update(range(written, self.load.sent))

    def close(self) -> None:
        """End what runs."""
        self._ingester.close()
        self.network.close()

    def rest(self, seconds: float) -> None:
        """Let messages come."""
        threading.Event().wait(seconds)


def _kill_ingester(scene: Scene, size: Size) -> None:
    for _ in range(size.kills):
        scene.kill_ingester()
        scene.start_ingester()
        scene.rest(size.calm)


def _kill_broker(scene: Scene, size: Size) -> None:
    for _ in range(size.stops):
        scene.kill_broker()
        scene.rest(size.calm + 2)


def _kill_broker_while_nobody_listens(scene: Scene, size: Size) -> None:
    scene.kill_ingester()
    scene.rest(size.calm)
    _kill_broker(scene, size)
    scene.start_ingester()


def _restart_broker(scene: Scene, size: Size) -> None:
    for _ in range(size.stops):
        _kill(scene.stand.broker.pid, signal.SIGTERM)
        scene.rest(size.calm + 2)


def _stop_database(scene: Scene, size: Size) -> None:
    for _ in range(size.stops):
        _kill(scene.stand.postgres.pid, signal.SIGQUIT)  # "immediate": no checkpoint, redo at the next start
        scene.rest(size.calm + 2)


def _cut_network(scene: Scene, size: Size) -> None:
    scene.network.cut()
    scene.rest(size.away)
    scene.network.restore()


_DISASTERS: dict[str, Callable[[Scene, Size], None]] = {
    "ingester killed": _kill_ingester,
    "broker killed": _kill_broker,
    "broker killed while nobody listens": _kill_broker_while_nobody_listens,
    "broker restarted": _restart_broker,
    "database stopped at once": _stop_database,
    "network cut": _cut_network,
}


def _kill(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        os.kill(pid, number)


@contextmanager
def _scene(place: Stand, size: Size) -> Iterator[Scene]:
    """An ingester that listens, and the load that has begun."""
    scene = Scene(place, Numbered(place.broker.local_url, place.settle_gates(), place.clock, rate=_RATE))
    try:
        scene.start_ingester()
        scene.load.start()
        scene.rest(size.calm)
        yield scene
    finally:
        scene.close()


def _survive(name: str, disaster: Callable[[Scene, Size], None], size: Size, make_broker: MakeBroker) -> Iterator[Figure]:
    with stand(SystemClock(), make_broker=make_broker) as place, _scene(place, size) as scene:
        disaster(scene, size)
        scene.rest(size.calm)
        scene.load.finish()
        yield from _count(name, scene)


def _disk_full(name: str, disk: Path, size: Size, make_broker: MakeBroker) -> Iterator[Figure]:
    """The database finds no room for rows for a while; what was written can be read meanwhile."""
    with stand(SystemClock(), disk=disk, make_broker=make_broker) as place, _scene(place, size) as scene:
        ballast = fill(disk)
        scene.rest(size.away)
        with place.db.transaction() as conn:
            readable = queries.count_numbers(conn).rows
        yield Figure(name=f"{name}: rows readable meanwhile", value=readable, unit="", goal=1, at_least=True)
        ballast.unlink()
        scene.load.finish()
        yield from _count(name, scene)


def _count(name: str, scene: Scene) -> Iterator[Figure]:
    place, sent = scene.stand, scene.load.sent

    def arrived() -> queries.Counted:
        with place.db.transaction() as conn:
            return queries.count_numbers(conn)

    def missing() -> set[int]:
        with place.db.transaction() as conn:
            return set(queries.list_missing_numbers(conn, sent=sent))

    enough = sent - len(scene.unwritten)
    if place.holds(lambda: arrived().different >= enough and missing() <= scene.unwritten, _PATIENCE_SECONDS):
        _wait_until_quiet(scene, arrived)
    counted, lost = arrived(), missing()
    yield Figure(name=f"{name}: messages", value=sent, unit="")
    yield Figure(name=f"{name}: lost", value=len(lost - scene.unwritten), unit="", goal=0)
    yield Figure(name=f"{name}: rows twice", value=counted.rows - counted.different, unit="", goal=0)
    if scene.unwritten:
        yield Figure(name=f"{name}: answered for and not written by mosquitto, lost", value=len(lost & scene.unwritten), unit="")


def _wait_until_quiet(scene: Scene, arrived: Callable[[], queries.Counted]) -> None:
    """Until nothing comes any more of what may be missing."""
    before = None
    while scene.unwritten and (now := arrived()) != before:
        before = now
        scene.rest(_QUIET_SECONDS)
