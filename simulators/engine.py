"""Decides what a compound sends and when: no thread, no network, no clock; the same input gives the same messages."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from simulators import pace
from simulators.device import Device
from simulators.dice import dice
from simulators.faults import Chance, Trouble, make_trouble, outages
from simulators.ground_truth import GroundTruth, TroubleKind
from simulators.messages import Action, Publish
from simulators.models import SimSite
from simulators.simulated_time import SimulatedTime, whole_milliseconds
from simulators.weather import Weather

_Happening = Callable[[datetime], list[Action]]


class Engine:
    """A compound and what lies before it, in order of time.

    `own`: devices that have a connection of their own. `interval`: between two readings of a device (None: as
    pace.REPORT_EVERY says). `between_troubles`: mean time between troubles of chance (None: nothing breaks by itself).
    `history`: so long before the start the devices were already at work; the first `advance` hands out what they kept.
    """

    def __init__(
        self,
        site: SimSite,
        *,
        seed: int,
        start: datetime,
        own: frozenset[str],
        truth: GroundTruth,
        weather: Weather,
        interval: timedelta | None = None,
        speedup: float = 1.0,
        between_troubles: timedelta | None = None,
        history: timedelta = timedelta(),
    ) -> None:
        self._start = start = whole_milliseconds(start)
        begin = start - history
        self._site = site
        self._own = own
        self._truth = truth
        self._numbers = count(1)
        self._run = f"{site.slug}-{start:%Y%m%dT%H%M%S}"
        self._order = count()
        self._ahead: list[tuple[datetime, int, _Happening]] = []
        self._active: list[Trouble] = []
        time = SimulatedTime(begin, speedup)
        self._devices = {
            spec.slug: Device(spec, site, seed=seed, time=time, weather=weather, own=spec.slug in own, start=begin)
            for spec in site.devices
        }
        self._plan_reports(start, seed, interval)
        self._plan_history(begin, seed)
        if between_troubles is not None:
            self._plan_trouble(Chance(site, own, seed=seed, between=between_troubles, name=self._trouble_id), start)
        truth.run_began(site=site.slug, seed=seed, at=start)

    @property
    def due(self) -> datetime:
        """When something happens next."""
        return self._ahead[0][0]

    def advance(self, now: datetime) -> list[Action]:
        """Everything that happens up to and including `now`, in order."""
        actions: list[Action] = []
        while self.due <= now:
            at, _, happen = heapq.heappop(self._ahead)
            # What lies too far back, because the machine slept, happens now: late, but in order. History keeps its time.
            actions += happen(at if at < self._start else max(at, whole_milliseconds(now) - pace.CATCH_UP))
        return actions

    def inject(
        self, target: str, *, kind: TroubleKind, fault: str | None, duration: timedelta, now: datetime
    ) -> tuple[Trouble, list[Action]]:
        """Break something now, for `duration`. Raises ImpossibleTroubleError."""
        trouble = make_trouble(
            self._site,
            self._own,
            trouble_id=self._trouble_id(),
            kind=kind,
            target=target,
            fault=fault,
            begins=whole_milliseconds(now),
            lasts=duration,
            injected=True,
        )
        return trouble, self._strike(trouble, trouble.begins)

    def repair(self, trouble_id: str, now: datetime) -> list[Action]:
        """End a trouble before its time; nothing when it is over already."""
        found = [trouble for trouble in self._active if trouble.id == trouble_id]
        return [action for trouble in found for action in self._relieve(trouble, whole_milliseconds(now))]

    def finish(self, now: datetime) -> None:
        """Close the ground truth: whatever is still broken ends with the run."""
        for trouble in self._active:
            self._truth.ended(trouble.id, trouble.devices, now)
        self._active.clear()
        self._truth.run_ended(site=self._site.slug, at=now)

    def _plan_reports(self, start: datetime, seed: int, interval: timedelta | None) -> None:
        rng = dice("phases", seed, self._site.slug)
        for device in self._devices.values():
            every = interval or pace.REPORT_EVERY.get(device.spec.kind, pace.REPORT_EVERY_OTHERWISE)
            # All speak soon after the start, and then spread over their interval.
            first = start + min(pace.FIRST_REPORTS_WITHIN, every) * rng.random()
            self._push(whole_milliseconds(first), self._reporting(device, every))

    def _plan_history(self, begin: datetime, seed: int) -> None:
        rng = dice("history", seed, self._site.slug)
        for device in self._devices.values():
            first = whole_milliseconds(begin + pace.HISTORY_EVERY * rng.random())
            if first < self._start:
                self._push(first, self._remembering(device))

    def _remembering(self, device: Device) -> _Happening:
        def report(at: datetime) -> list[Action]:
            following = at + pace.HISTORY_EVERY
            if following < self._start:
                self._push(following, report)
            # Devices keep readings; what happened at a door long ago is told to nobody any more.
            return [action for action in device.report(at) if isinstance(action, Publish) and action.topic.endswith("/reading")]

        return report

    def _reporting(self, device: Device, every: timedelta) -> _Happening:
        def report(at: datetime) -> list[Action]:
            self._push(at + every, report)
            return device.report(at)

        return report

    def _plan_trouble(self, chance: Chance, after: datetime) -> None:
        trouble = chance.next(after)

        def strike(at: datetime) -> list[Action]:
            self._plan_trouble(chance, at)
            return self._strike(trouble, at)

        self._push(trouble.begins, strike)

    def _strike(self, trouble: Trouble, at: datetime) -> list[Action]:
        self._active.append(trouble)
        self._truth.began(outages(trouble, self._site, self._own))
        self._push(trouble.ends, lambda ended: self._relieve(trouble, ended))
        return [action for device in trouble.devices for action in self._devices[device].strike(trouble, at)]

    def _relieve(self, trouble: Trouble, at: datetime) -> list[Action]:
        if trouble not in self._active:
            return []
        self._active.remove(trouble)
        self._truth.ended(trouble.id, trouble.devices, at)
        return [action for device in trouble.devices for action in self._devices[device].relieve(trouble, at)]

    def _trouble_id(self) -> str:
        return f"{self._run}-{next(self._numbers)}"

    def _push(self, at: datetime, happen: _Happening) -> None:
        heapq.heappush(self._ahead, (at, next(self._order), happen))
