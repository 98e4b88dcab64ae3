"""One compound, alive: a thread that lets it happen in time and hands what it says to a publisher."""

from datetime import timedelta
from threading import Event, Lock, Thread

from core.clock import Clock
from core.logs import get_logger
from simulators import pace
from simulators.engine import Engine
from simulators.faults import Trouble
from simulators.ground_truth import GroundTruth, TroubleKind
from simulators.messages import Publisher
from simulators.models import SimSite
from simulators.publisher import MqttPublisher
from simulators.weather import Weather

log = get_logger(__name__)


class Simulation:
    """Plays `site` on the broker at `mqtt_url`: `start()`, `inject()` as often as wanted, `stop()`.

    interval          the clock's time between two readings of a device; None: as pace.REPORT_EVERY says for its kind
    speedup           simulated seconds for each second of the clock (traffic, weather, wear); message times stay the clock's
    between_troubles  mean time between troubles of chance; None: nothing breaks unless it is injected
    weather           None: what the seed brings; give one with an extra shower to have rain at a certain time
    truth             where outages are written down
    own_connections   so many devices have a connection and a will of their own, the rest share the gateway's
    history           so long before the start the devices were at work already; they send first what they kept
    farewell          whether devices sign off when it stops; else they are just not heard any more
    publisher         instead of MQTT: whatever takes the messages
    """

    def __init__(
        self,
        site: SimSite,
        mqtt_url: str,
        *,
        clock: Clock,
        seed: int,
        interval: timedelta | None = None,
        speedup: float = 1.0,
        between_troubles: timedelta | None = None,
        weather: Weather | None = None,
        truth: GroundTruth | None = None,
        own_connections: int = pace.OWN_CONNECTIONS,
        history: timedelta = timedelta(),
        farewell: bool = True,
        publisher: Publisher | None = None,
    ) -> None:
        self.site = site
        self.own = tuple([device.slug for device in site.devices if device.will][:own_connections])
        self._clock = clock
        self._engine = Engine(
            site,
            seed=seed,
            start=clock.now(),
            own=frozenset(self.own),
            truth=truth or GroundTruth(),
            weather=weather or Weather(seed, tz=site.tz),
            interval=interval,
            speedup=speedup,
            between_troubles=between_troubles,
            history=history,
        )
        self._publisher = publisher or MqttPublisher(mqtt_url, site.slug, self.own, clock=clock, seed=seed, farewell=farewell)
        # The thread and whoever injects take turns, so that their messages stay in order.
        self._turn = Lock()
        self._wake = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name=f"simulate-{site.slug}", daemon=True)

    def start(self) -> None:
        """Connect and begin; returns at once."""
        log.info("simulation.start", site=self.site.slug, devices=len(self.site.devices), own_connections=len(self.own))
        self._thread.start()

    def stop(self) -> None:
        """Say farewell (if it was asked for) for every device and end, within two seconds. Harmless when not started or stopped before."""
        if self._stopping:
            return
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._publisher.stop()
        self._engine.finish(self._clock.now())

    def step(self) -> None:
        """Let happen what is due by the clock. The thread does this; a test with a manual clock does it itself."""
        with self._turn:
            self._publisher.send(self._engine.advance(self._clock.now()))

    def inject(self, target: str, *, kind: TroubleKind, fault: str | None = None, duration: timedelta) -> Trouble:
        """Break something now.

        kind   will        the device's own connection is cut; the broker publishes its will
               silence     the device hangs with its connection open
               fault       the device reports `fault` (None: the first of its kind)
               uplink      device or asset: everything behind it keeps its readings and sends them late
               power_cut   asset: everything it feeds goes dark
        Raises ImpossibleTroubleError when this compound cannot have it.
        """
        with self._turn:
            trouble, actions = self._engine.inject(target, kind=kind, fault=fault, duration=duration, now=self._clock.now())
            self._publisher.send(actions)
        log.info("simulation.inject", site=self.site.slug, kind=kind, target=target, fault=trouble.fault)
        self._wake.set()
        return trouble

    def repair(self, trouble: Trouble) -> None:
        """End an injected trouble before its time."""
        with self._turn:
            self._publisher.send(self._engine.repair(trouble.id, self._clock.now()))

    def _run(self) -> None:
        # A long history takes a second to make up; connections must not wait for it.
        with self._turn:
            past = self._engine.advance(self._clock.now())
            self._publisher.start()
            self._publisher.send(past)
        while not self._stopping:
            self.step()
            self._wake.wait(max(0.0, (self._engine.due - self._clock.now()).total_seconds()))
            self._wake.clear()
