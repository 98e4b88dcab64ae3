"""Water under a compound: rain runs off into drains, sumps are pumped out, grease builds up, sewage follows the day."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from ingest.model import Value
from simulators.behaviour.model import Around, Behaviour, Happening, Step
from simulators.behaviour.motion import battery, near, service_cycle, wander
from simulators.models import SimDevice

# Rain reaches the drains as runoff, so long after it falls.
_RUNOFF_SETTLES_IN = 600.0
_BATTERY_DAYS = 1400.0
_OVERFLOWING = 104.0
_LONGEST_PUMPING_STEP = 20.0

# Storm drain: depth below the permitted level, and the water in it at 1 mm/h of runoff.
_DRAIN_MM, _DRAIN_DRY_MM, _DRAIN_MM_AT_ONE, _DRAIN_POWER, _DRAIN_LITRES = 1500.0, 60.0, 85.0, 0.62, 0.9
# Sump: it fills by seepage and by runoff from the ramp, in mm of depth each second; the pump takes more than both.
_SUMP_MM, _SUMP_SEEPS, _SUMP_PER_MM_H, _SUMP_PUMPS = 1600.0, 0.05, 0.045, 4.0
_PUMP_STARTS_MM, _PUMP_STOPS_MM, _PUMP_LITRES = 960.0, 320.0, 11.0
# Grease trap: emptied every so many days, when the grease has reached nearly a quarter of the depth.
_TRAP_MM, _TRAP_FULL_MM, _TRAP_DAYS, _GREASE_FRESH_MM, _GREASE_GROWN_MM = 900.0, 1400.0, (18.0, 32.0), 15.0, 185.0
_MEALS = ((7.5, 0.6), (12.0, 1.0), (18.5, 1.0))
_MEAL_HOURS = 1.1
# Ponding: the road drains itself until the runoff is more than its gullies take.
_PONDING_MM, _GULLIES_TAKE, _PONDING_PER_MM_H = 150.0, 12.0, 2.2
# Sewage well.
_WELL_MM = 1200.0


@dataclass(frozen=True, slots=True)
class State:
    """`runoff` in mm/h; `depth` in mm; `service_days`: how often this trap is emptied."""

    runoff: float
    depth: float
    pumping: bool
    noise: float
    service_days: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one profile makes of a step."""

    depth: float
    full: float
    flow: float
    grease: float | None = None
    pumping: bool | None = None


def begin(device: SimDevice, around: Around, rng: Random) -> State:
    """As it stands at this hour, with the rain that is falling already run off."""
    depth = rng.uniform(_PUMP_STOPS_MM, _PUMP_STARTS_MM) if device.profile == "sump" else 0.0
    return State(runoff=around.weather.rain, depth=depth, pumping=False, noise=0.0, service_days=rng.uniform(*_TRAP_DAYS))


def step(device: SimDevice, state: State, around: Around, rng: Random) -> Step[State]:
    """Let the rain run off, then ask the profile what its sensor sees."""
    was_pumping = state.pumping
    state = replace(
        state,
        runoff=near(state.runoff, around.weather.rain, seconds=around.seconds, settles_in=_RUNOFF_SETTLES_IN),
        noise=wander(state.noise, 0, rng, seconds=around.seconds, settles_in=240, spread=1.0),
    )
    seen = _PROFILES[device.profile](device, state, around)
    state = replace(state, depth=seen.depth, pumping=bool(seen.pumping))
    happenings: tuple[Happening, ...] = ()
    if state.pumping != was_pumping:
        happenings = (Happening(type="pump_started" if state.pumping else "pump_stopped"),)
    return Step(state=state, measures=_measures(device, seen, around), happenings=happenings)


def _measures(device: SimDevice, seen: _Seen, around: Around) -> dict[str, Value]:
    measures: dict[str, Value] = {"battery": battery(device.installed, around.local, days=_BATTERY_DAYS)}
    if "sensor_fault" in around.faults:
        return measures
    level = _OVERFLOWING if "overflow" in around.faults else seen.depth / seen.full * 100
    measures |= {"level": round(level, 1), "depth": round(level * seen.full / 100), "flow": round(seen.flow, 2)}
    if seen.grease is not None:
        measures["grease"] = round(seen.grease, 1)
    if seen.pumping is not None:
        measures["pump_on"] = seen.pumping
    return measures


def _storm_drain(device: SimDevice, state: State, around: Around) -> _Seen:
    depth = _DRAIN_DRY_MM + _DRAIN_MM_AT_ONE * max(0.0, state.runoff) ** _DRAIN_POWER + state.noise
    return _Seen(depth=max(0.0, depth), full=_DRAIN_MM, flow=_DRAIN_LITRES * state.runoff)


def _sump(device: SimDevice, state: State, around: Around) -> _Seen:
    depth, pumping = state.depth, state.pumping
    works = "pump_fault" not in around.faults
    for seconds in _pieces(around.seconds, _LONGEST_PUMPING_STEP):
        depth += (_SUMP_SEEPS + _SUMP_PER_MM_H * state.runoff) * seconds
        if pumping:
            depth -= _SUMP_PUMPS * seconds
        pumping = works and (depth > _PUMP_STOPS_MM if pumping else depth >= _PUMP_STARTS_MM)
    depth = min(max(0.0, depth), _SUMP_MM * _OVERFLOWING / 100)
    return _Seen(depth=depth, full=_SUMP_MM, flow=_PUMP_LITRES if pumping else 0.0, pumping=pumping)


def _grease_trap(device: SimDevice, state: State, around: Around) -> _Seen:
    grown = service_cycle(device.installed, around.local, days=state.service_days)
    cooking = _cooking(around)
    return _Seen(
        depth=_TRAP_MM + 40 * cooking + state.noise,
        full=_TRAP_FULL_MM,
        flow=0.05 + 1.9 * cooking,
        grease=_GREASE_FRESH_MM + _GREASE_GROWN_MM * grown,
    )


def _ponding(device: SimDevice, state: State, around: Around) -> _Seen:
    depth = max(0.0, state.runoff - _GULLIES_TAKE) * _PONDING_PER_MM_H
    return _Seen(depth=depth, full=_PONDING_MM, flow=0.0)


def _sewage(device: SimDevice, state: State, around: Around) -> _Seen:
    """Two waves a day: when people rise and when they are home again."""
    hour = _hour(around)
    use = 0.15 + 0.7 * math.exp(-(((hour - 7.5) / 1.8) ** 2)) + 0.8 * math.exp(-(((hour - 20.0) / 2.5) ** 2))
    return _Seen(depth=120 + 330 * use + 4 * state.noise + 4 * state.runoff, full=_WELL_MM, flow=0.4 + 5.5 * use)


def _cooking(around: Around) -> float:
    hour = _hour(around)
    return sum(weight * math.exp(-(((hour - meal) / _MEAL_HOURS) ** 2)) for meal, weight in _MEALS)


def _hour(around: Around) -> float:
    return around.local.hour + around.local.minute / 60 + around.local.second / 3600


def _pieces(seconds: float, longest: float) -> Iterator[float]:
    """Equal pieces of a step, none longer than `longest`; none at all for a step of no length."""
    count = math.ceil(seconds / longest)
    for _ in range(count):
        yield seconds / count


_PROFILES: Mapping[str, Callable[[SimDevice, State, Around], _Seen]] = {
    "storm_drain": _storm_drain,
    "sump": _sump,
    "grease_trap": _grease_trap,
    "ponding": _ponding,
    "sewage": _sewage,
}


def faults(device: SimDevice) -> tuple[str, ...]:
    """A pump fault only where there is a pump; an overflow only where water can stand."""
    return ("sensor_fault", "overflow", "pump_fault") if device.profile == "sump" else ("sensor_fault", "overflow")


BEHAVIOUR = Behaviour(slug="drainage", begin=begin, step=step, faults=faults)
