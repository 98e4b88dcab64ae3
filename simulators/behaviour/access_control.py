"""A controlled door: people by the hour, some refused, now and then the door held open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from ingest.model import Value
from simulators.behaviour.model import Around, Behaviour, Happening, Step
from simulators.behaviour.motion import battery
from simulators.dice import poisson
from simulators.models import SimDevice
from simulators.traffic import traffic

_PEOPLE_IN_BUSIEST_HOUR: Mapping[str, float] = {"wicket": 220.0, "lobby": 110.0, "garage": 45.0, "plant": 0.8}
_DENIED, _EXIT_BUTTON, _CALLED = 0.03, 0.30, 0.02
_HELD_FOR_EACH_PASSAGE = 0.0015
_FORCED_PER_DAY = 0.01
_OPEN_SECONDS = (2.0, 8.0)
_HELD_SECONDS = (60.0, 240.0)
# A door open for longer than this is told as held.
_HELD_AFTER = 30.0
_BATTERY_DAYS = 420.0


@dataclass(frozen=True, slots=True)
class State:
    """`held`: seconds the door is being held open; `let_go`: seconds at which whoever holds it lets go, 0 when nobody does."""

    held: float = 0.0
    let_go: float = 0.0


def begin(device: SimDevice, around: Around, rng: Random) -> State:
    """Closed."""
    return State()


def step(device: SimDevice, state: State, around: Around, rng: Random) -> Step[State]:
    """Who came since, and whether the door stands open at this moment."""
    mean = _PEOPLE_IN_BUSIEST_HOUR.get(device.profile, 40.0) * traffic(around.local) * around.seconds / 3600
    came = 0 if "reader_fault" in around.faults else poisson(rng, mean)
    happenings = [_passage(around, rng) for _ in range(came)]
    state, held = _hold(state, came, around, rng)
    happenings += held
    if rng.random() < _FORCED_PER_DAY * around.seconds / 86_400:
        happenings.append(Happening(type="forced"))
    passing = came > 0 and rng.random() < min(0.9, came * _OPEN_SECONDS[1] / max(around.seconds, 1.0))
    is_open = state.held > 0 or passing
    measures: dict[str, Value] = {
        "door_open": is_open,
        "locked": not is_open and "lock_fault" not in around.faults,
        "held_open": _open_for(state, passing, rng),
        "battery": battery(device.installed, around.local, days=_BATTERY_DAYS),
    }
    return Step(state=state, measures=measures, happenings=tuple(happenings))


def _passage(around: Around, rng: Random) -> Happening:
    drawn = rng.random()
    ago = rng.uniform(0, around.seconds)
    if drawn < _DENIED:
        return Happening(type="denied", ago=ago, data={"reason": rng.choice(("unknown_card", "expired_card", "face_not_matched"))})
    if drawn < _DENIED + _CALLED:
        return Happening(type="called", ago=ago)
    if drawn < _DENIED + _CALLED + _EXIT_BUTTON:
        return Happening(type="exit_button", ago=ago)
    return Happening(type="granted", ago=ago, data={"by": rng.choice(("card", "face", "phone"))})


def _hold(state: State, came: int, around: Around, rng: Random) -> tuple[State, list[Happening]]:
    """Somebody may begin to hold the door, go on, or let go; told once, when it has lasted too long."""
    if state.let_go == 0:
        begins = rng.random() < came * _HELD_FOR_EACH_PASSAGE
        return (State(held=1.0, let_go=rng.uniform(*_HELD_SECONDS)), []) if begins else (State(), [])
    held = state.held + around.seconds
    told = [Happening(type="held", ago=min(held - _HELD_AFTER, around.seconds))] if state.held < _HELD_AFTER <= held else []
    return (State(), told) if held >= state.let_go else (replace(state, held=held), told)


def _open_for(state: State, passing: bool, rng: Random) -> float:
    if state.held > 0:
        return round(state.held, 1)
    return round(rng.uniform(0.5, _OPEN_SECONDS[1]), 1) if passing else 0


def faults(_: SimDevice) -> tuple[str, ...]:
    """All that a door reports of itself."""
    return ("reader_fault", "lock_fault", "tamper", "power_loss")


BEHAVIOUR = Behaviour(slug="access_control", begin=begin, step=step, faults=faults)
