"""A pair of infrared beams: weakened by fog and rain, armed by night, crossed by a cat now and then."""

from dataclasses import dataclass, replace
from random import Random

from ingest.model import Value
from simulators.behaviour.model import Around, Behaviour, Happening, Step
from simulators.behaviour.motion import battery, near, wander
from simulators.dice import poisson
from simulators.models import SimDevice

_CLEAR_SIGNAL = (84.0, 96.0)
_LOST_IN_FOG, _LOST_PER_MM, _MOST_RAIN_MM, _MISALIGNED = 38.0, 0.35, 30.0, 4.0
_ARMED_FROM, _ARMED_UNTIL = 22, 6
_CROSSINGS_PER_NIGHT = 0.15
_CROSSING_SECONDS = (1.0, 4.0)
_BATTERY_DAYS = 600.0


@dataclass(frozen=True, slots=True)
class State:
    """`clear`: the signal of this pair in clear air; `noise`: dust, leaves, the sun."""

    clear: float
    signal: float
    noise: float
    armed: bool


def begin(device: SimDevice, around: Around, rng: Random) -> State:
    """Aligned, as bright as the air allows."""
    clear = rng.uniform(*_CLEAR_SIGNAL)
    return State(clear=clear, signal=_target(clear, around), noise=0.0, armed=_armed(around))


def step(device: SimDevice, state: State, around: Around, rng: Random) -> Step[State]:
    """The signal follows the air, or is gone when the pair no longer looks at each other."""
    armed = _armed(around)
    happenings = list(_crossed(around, rng)) if armed else []
    if armed != state.armed:
        happenings.append(Happening(type="armed" if armed else "disarmed"))
    # Fog comes slowly, a pair is knocked out of line at once.
    settles_in = 5.0 if "misaligned" in around.faults else 120.0
    state = replace(
        state,
        signal=near(state.signal, _target(state.clear, around), seconds=around.seconds, settles_in=settles_in),
        noise=wander(state.noise, 0, rng, seconds=around.seconds, settles_in=300, spread=1.0),
        armed=armed,
    )
    measures: dict[str, Value] = {
        "aligned": "misaligned" not in around.faults,
        "signal": round(min(100.0, max(0.0, state.signal + state.noise)), 1),
        "armed": armed,
        "battery": battery(device.installed, around.local, days=_BATTERY_DAYS),
    }
    return Step(state=state, measures=measures, happenings=tuple(happenings))


def _target(clear: float, around: Around) -> float:
    if "misaligned" in around.faults:
        return _MISALIGNED
    return clear - _LOST_IN_FOG * around.weather.fog - _LOST_PER_MM * min(around.weather.rain, _MOST_RAIN_MM)


def _armed(around: Around) -> bool:
    return around.local.hour >= _ARMED_FROM or around.local.hour < _ARMED_UNTIL


def _crossed(around: Around, rng: Random) -> tuple[Happening, ...]:
    """Nearly always an animal; the beam is free again a moment later."""
    night_seconds = (24 - _ARMED_FROM + _ARMED_UNTIL) * 3600
    if not poisson(rng, _CROSSINGS_PER_NIGHT * around.seconds / night_seconds):
        return ()
    ago = rng.uniform(_CROSSING_SECONDS[1], max(_CROSSING_SECONDS[1], around.seconds))
    lasted = rng.uniform(*_CROSSING_SECONDS)
    return (Happening(type="intrusion", ago=ago), Happening(type="restored", ago=ago - lasted))


def faults(_: SimDevice) -> tuple[str, ...]:
    """All that a pair of beams reports of itself."""
    return ("misaligned", "tamper")


BEHAVIOUR = Behaviour(slug="perimeter_beam", begin=begin, step=step, faults=faults)
