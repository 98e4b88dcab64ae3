"""A gate barrier: vehicles by the hour of the day, each lifting the arm once and warming the motor."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, time
from random import Random

from ingest.model import Value
from simulators.behaviour.model import Around, Behaviour, Happening, Step
from simulators.behaviour.motion import near, wander
from simulators.models import SimDevice
from simulators.traffic import passages, traffic

_VEHICLES_IN_BUSIEST_HOUR = (90, 190)
# One passage, in seconds since the vehicle arrived: the arm rises, stands, falls.
_OPEN_AFTER, _LOOP_FREE_AFTER, _CLOSING_AFTER, _CLOSED_AFTER = 2.5, 6.0, 8.0, 10.5
_IDLE_AMPERE, _MOVING_AMPERE, _STALLED_AMPERE = 0.2, 3.2, 9.4
_OWN_WARMTH, _WARMTH_AT_FULL_TRAFFIC, _WARMTH_STALLED = 4.0, 26.0, 48.0
_WARMS_IN, _NOISE_SETTLES_IN = 900.0, 600.0
_TURNED_BACK = 0.004


@dataclass(frozen=True, slots=True)
class State:
    """`before`: passages before it was installed. `lost`: vehicles that came while the arm could not move."""

    before: float
    busiest: float
    phase: float
    cycles: int
    lost: int
    temperature: float
    noise: float
    move_time: float


def begin(device: SimDevice, around: Around, rng: Random) -> State:
    """Warm for the hour, and its counter where its years of service have brought it."""
    state = State(
        before=passages(datetime.combine(device.installed, time(), tzinfo=around.local.tzinfo)),
        busiest=rng.uniform(*_VEHICLES_IN_BUSIEST_HOUR),
        phase=rng.uniform(0, math.tau),
        cycles=0,
        lost=0,
        temperature=_warmth(around),
        noise=0.0,
        move_time=rng.uniform(2.3, 3.1),
    )
    return replace(state, cycles=int(_arrived(state, around)))


def step(device: SimDevice, state: State, around: Around, rng: Random) -> Step[State]:
    """Count who has come since, and find the arm where the last of them has left it."""
    arrived = _arrived(state, around)
    came = max(0, int(arrived) - state.lost - state.cycles)
    stuck = not around.faults.isdisjoint({"motor_stall", "power_loss"})
    seconds_since = arrived % 1.0 / max(traffic(around.local) * state.busiest / 3600, 1e-9)
    stalled = "motor_stall" in around.faults
    state = replace(
        state,
        cycles=state.cycles + (0 if stuck else came),
        lost=state.lost + (came if stuck else 0),
        temperature=near(
            state.temperature, _warmth(around) + (_WARMTH_STALLED if stalled else 0), seconds=around.seconds, settles_in=_WARMS_IN
        ),
        noise=wander(state.noise, 0, rng, seconds=around.seconds, settles_in=_NOISE_SETTLES_IN, spread=0.4),
    )
    position, current = _arm(seconds_since, stalled=stalled, powered="power_loss" not in around.faults)
    measures: dict[str, Value] = {
        "position": position,
        "cycles": state.cycles,
        "motor_temp": round(state.temperature + state.noise, 1),
        "motor_current": round(current * (1 + rng.uniform(-0.05, 0.05)), 2),
    }
    if "arm_hit" not in around.faults:
        measures["move_time"] = round(state.move_time + rng.uniform(-0.05, 0.05), 2)
    if "loop_fault" not in around.faults:
        measures["loop_occupied"] = (stuck and came > 0) or seconds_since < _LOOP_FREE_AFTER
    return Step(state=state, measures=measures, happenings=() if stuck else _passed(came, around, rng))


def _arrived(state: State, around: Around) -> float:
    """Vehicles since the installation, whole when one arrives. The waves make the gaps between them uneven and never turn back."""
    count = (passages(around.local) - state.before) * state.busiest
    return count + 0.3 * math.sin(2.1 * count + state.phase) + 0.15 * math.sin(0.37 * count + 2 * state.phase)


def _warmth(around: Around) -> float:
    return around.weather.temperature + _OWN_WARMTH + _WARMTH_AT_FULL_TRAFFIC * traffic(around.local)


def _arm(seconds_since: float, *, stalled: bool, powered: bool) -> tuple[str, float]:
    """Position and current so many seconds after a vehicle came."""
    if not powered:
        return "closed", 0.0
    if stalled:
        return "blocked", _STALLED_AMPERE
    if seconds_since >= _CLOSED_AFTER:
        return "closed", _IDLE_AMPERE
    if _OPEN_AFTER <= seconds_since < _CLOSING_AFTER:
        return "open", _IDLE_AMPERE
    return "moving", _MOVING_AMPERE


def _passed(came: int, around: Around, rng: Random) -> tuple[Happening, ...]:
    return tuple(
        Happening(
            type="vehicle_turned_back" if rng.random() < _TURNED_BACK else "vehicle_passed", ago=rng.uniform(0, around.seconds)
        )
        for _ in range(came)
    )


def faults(_: SimDevice) -> tuple[str, ...]:
    """All that a barrier reports of itself."""
    return ("motor_stall", "loop_fault", "arm_hit", "power_loss")


BEHAVIOUR = Behaviour(slug="gate_barrier", begin=begin, step=step, faults=faults)
