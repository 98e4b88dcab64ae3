"""A publisher that keeps what it is given, and a simulation on a clock that is moved by hand."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from core.clock import ManualClock
from ingest.model import Decoded, DeviceEvent, Reading
from simulators.compound import make_compound
from simulators.ground_truth import GroundTruth
from simulators.messages import Action, Publish
from simulators.models import SimSite
from simulators.run import Simulation
from simulators.weather import Weather
from tests.messages import heard

# A Thursday, midnight in Shanghai.
MIDNIGHT = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
SITE = make_compound("cuihu-garden", seed=1, devices=30)


class Recorder:
    """Takes the place of the broker."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.running = False

    def start(self) -> None:
        self.running = True

    def send(self, actions: Sequence[Action]) -> None:
        self.actions += actions

    def stop(self) -> None:
        self.running = False


class Play:
    """A simulation that runs as far as it is told to, and what it has said."""

    def __init__(
        self,
        *,
        site: SimSite = SITE,
        seed: int = 7,
        start: datetime = MIDNIGHT,
        interval: timedelta | None = timedelta(minutes=1),
        speedup: float = 1.0,
        between_troubles: timedelta | None = None,
        weather: Weather | None = None,
        truth: GroundTruth | None = None,
        own_connections: int = 60,
    ) -> None:
        self.clock = ManualClock(start)
        self.recorder = Recorder()
        self.simulation = Simulation(
            site,
            "mqtt://unused",
            clock=self.clock,
            seed=seed,
            interval=interval,
            speedup=speedup,
            between_troubles=between_troubles,
            weather=weather,
            truth=truth,
            own_connections=own_connections,
            publisher=self.recorder,
        )

    def go(self, span: timedelta, *, step: timedelta = timedelta(minutes=1)) -> "Play":
        for _ in range(int(span / step)):
            self.clock.advance(step)
            self.simulation.step()
        return self

    def take(self) -> list[Action]:
        """What was said since the last time."""
        actions = self.recorder.actions[:]
        self.recorder.actions.clear()
        return actions


def decoded(actions: Iterable[Action], device: str | None = None) -> Iterator[Decoded]:
    """The messages as ingest reads them."""
    for action in actions:
        if isinstance(action, Publish) and (device is None or action.device == device):
            yield from heard(action.topic, action.payload)


def readings(actions: Iterable[Action], device: str | None = None) -> list[Reading]:
    return [message for message in decoded(actions, device) if isinstance(message, Reading)]


def events(actions: Iterable[Action], device: str | None = None) -> list[DeviceEvent]:
    return [message for message in decoded(actions, device) if isinstance(message, DeviceEvent)]
