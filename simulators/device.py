"""One simulated device at work: steps its behaviour, obeys its troubles, says what it has to say."""

from collections import deque
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from simulators import messages, pace
from simulators.behaviour import all_behaviours
from simulators.behaviour.model import Around, Happening, Step
from simulators.dice import dice
from simulators.faults import Trouble
from simulators.messages import Action, Cut, Publish, Restore
from simulators.models import SimDevice, SimSite
from simulators.simulated_time import SimulatedTime
from simulators.weather import Weather

_MILLISECOND = timedelta(milliseconds=1)


class Device:
    """A device of the simulation. `own`: whether it has a connection of its own that can break."""

    def __init__(
        self, spec: SimDevice, site: SimSite, *, seed: int, time: SimulatedTime, weather: Weather, own: bool, start: datetime
    ) -> None:
        self.spec = spec
        self._site = site.slug
        self._tz = ZoneInfo(site.tz)
        self._time = time
        self._weather = weather
        self._own = own
        self._rng = dice("device", seed, site.slug, spec.slug)
        self._behaviour = all_behaviours()[spec.kind]
        self._troubles: list[Trouble] = []
        self._held: deque[Publish] = deque(maxlen=pace.DEVICE_BUFFER)
        self._said = start - _MILLISECOND
        self._world = time.at(start)
        self._state: Any = self._behaviour.begin(spec, self._around(self._world, 0.0), self._rng)
        # Ids of events differ between runs, and are the same for the same start.
        self._event_ids = (f"{int(start.timestamp() * 1000):x}-{number}" for number in count(1))

    def report(self, at: datetime) -> list[Action]:
        """Live until `at` and say what there is to say; nothing reaches the outside while it is dark or cut off."""
        happenings, step = self._live_until(at)
        if self._dark:
            return []
        said: list[Publish] = [self._event(at, happening) for happening in sorted(happenings, key=lambda one: -one.ago)]
        # Two readings of one device never have the same time, even when a trouble ends on the beat.
        self._said = max(at, self._said + _MILLISECOND)
        faults = tuple(sorted(self._faults))
        said.append(messages.reading(self._site, self.spec.slug, self._said, step.measures, faults))
        if self._buffering:
            self._held.extend(said)
            return []
        return list(said)

    def strike(self, trouble: Trouble, at: datetime) -> list[Action]:
        """Let a trouble begin."""
        linked, faults = self._linked, self._faults
        self._troubles.append(trouble)
        actions: list[Action] = []
        if linked and not self._linked:
            actions.append(Cut(device=self.spec.slug))
        if trouble.kind == "power_cut":
            self._held.clear()
        if faults != self._faults:
            actions += self.report(at)
        return actions

    def relieve(self, trouble: Trouble, at: datetime) -> list[Action]:
        """Let a trouble end: back on the line, first what was held, then how things are now."""
        linked = self._linked
        self._troubles.remove(trouble)
        actions: list[Action] = []
        if self._linked and not linked:
            actions.append(Restore(device=self.spec.slug))
        if not self._buffering and not self._dark:
            actions += self._held
            self._held.clear()
        actions += self.report(at)
        return actions

    @property
    def _faults(self) -> frozenset[str]:
        return frozenset(trouble.fault for trouble in self._troubles if trouble.fault is not None)

    @property
    def _dark(self) -> bool:
        """It says nothing, and nobody keeps what it would have said."""
        return any(trouble.kind in ("will", "silence", "power_cut") for trouble in self._troubles)

    @property
    def _buffering(self) -> bool:
        return any(trouble.kind == "uplink" for trouble in self._troubles)

    @property
    def _linked(self) -> bool:
        """Its own connection stands. One that shares a gateway's has none that could break."""
        return not self._own or all(trouble.kind in ("silence", "fault") for trouble in self._troubles)

    def _live_until(self, at: datetime) -> tuple[list[Happening], Step[Any]]:
        """Step the behaviour in pieces that are short enough for its physics."""
        world = self._time.at(at)
        seconds = max(0.0, (world - self._world).total_seconds())
        pieces = max(1, -int(-seconds // pace.LONGEST_STEP_SECONDS))
        happenings: list[Happening] = []
        for piece in range(1, pieces + 1):
            later = seconds * (pieces - piece) / pieces
            step = self._behaviour.step(
                self.spec, self._state, self._around(world - timedelta(seconds=later), seconds / pieces), self._rng
            )
            self._state = step.state
            happenings += [Happening(type=one.type, ago=one.ago + later, data=one.data) for one in step.happenings]
        self._world = world
        return happenings, step

    def _around(self, world: datetime, seconds: float) -> Around:
        faults = self._faults
        # Nobody hears of it, but an arm without power lets nobody pass meanwhile.
        if any(trouble.kind == "power_cut" for trouble in self._troubles):
            faults |= {"power_loss"}
        return Around(local=world.astimezone(self._tz), seconds=seconds, weather=self._weather.at(world), faults=faults)

    def _event(self, at: datetime, happening: Happening) -> Publish:
        ts = at - self._time.real(happening.ago)
        return messages.event(self._site, self.spec.slug, ts, next(self._event_ids), happening.type, happening.data)
