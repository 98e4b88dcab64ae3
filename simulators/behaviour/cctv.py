"""A camera: a steady frame rate, a bit rate that follows what moves before it, a recorder that fills and tidies up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from ingest.model import Value
from simulators.behaviour.model import Around, Behaviour, Happening, Step
from simulators.behaviour.motion import near, service_cycle, wander
from simulators.dice import poisson
from simulators.models import SimDevice
from simulators.traffic import traffic

_FPS = 25.0
_STILL_KBIT, _BUSY_KBIT, _RAIN_KBIT_PER_MM, _FROZEN_KBIT, _COVERED_KBIT = 2100.0, 4300.0, 25.0, 180.0, 420.0
_MOST_RAIN_MM = 30.0
# The recorder deletes its oldest films once a day, at a fixed share of the disk.
_DISK_AFTER_TIDYING, _DISK_PER_DAY = 78.0, 3.0
_RETENTION_DAYS = (30.0, 33.0)
_MOTIONS_IN_BUSIEST_HOUR: Mapping[str, float] = {"gate": 6.0, "garage": 3.0, "lobby": 4.0, "fence": 0.3}
_PICTURE_LOST = frozenset({"video_loss"})
_NOT_RECORDING = frozenset({"video_loss", "storage_fault"})


@dataclass(frozen=True, slots=True)
class State:
    """`retention`: days that this recorder's disk holds."""

    fps: float
    bitrate: float
    retention: float


def begin(device: SimDevice, around: Around, rng: Random) -> State:
    """At work already."""
    return State(fps=_FPS, bitrate=_target(around), retention=rng.uniform(*_RETENTION_DAYS))


def step(device: SimDevice, state: State, around: Around, rng: Random) -> Step[State]:
    """The picture follows the scene; a fault cuts it off, covers it or lets it stand still."""
    state = replace(
        state,
        fps=min(wander(state.fps, _FPS, rng, seconds=around.seconds, settles_in=60, spread=0.25), _FPS + 0.5),
        bitrate=near(state.bitrate, _target(around), seconds=around.seconds, settles_in=90),
    )
    streaming = around.faults.isdisjoint(_PICTURE_LOST)
    measures: dict[str, Value] = {
        "streaming": streaming,
        "recording": around.faults.isdisjoint(_NOT_RECORDING),
        "fps": round(state.fps, 1) if streaming else 0,
        "bitrate": round(state.bitrate * rng.uniform(0.97, 1.03)) if streaming else 0,
    }
    if "storage_fault" not in around.faults:
        full = "disk_full" in around.faults
        today = service_cycle(device.installed, around.local, days=1.0)
        measures["disk_used"] = 99.5 if full else round(_DISK_AFTER_TIDYING + _DISK_PER_DAY * today, 1)
        measures["retention"] = round(state.retention + today, 1)
    seen = 0 if around.faults else poisson(rng, _motions(device, around))
    happenings = tuple(Happening(type="motion", ago=rng.uniform(0, around.seconds)) for _ in range(seen))
    return Step(state=state, measures=measures, happenings=happenings)


def _target(around: Around) -> float:
    """What the encoder needs: little for what stands still, much for traffic and falling rain."""
    if "frozen" in around.faults:
        return _FROZEN_KBIT
    if "covered" in around.faults:
        return _COVERED_KBIT
    rain = min(around.weather.rain, _MOST_RAIN_MM) * _RAIN_KBIT_PER_MM
    return _STILL_KBIT + (_BUSY_KBIT - _STILL_KBIT) * traffic(around.local) + rain


def _motions(device: SimDevice, around: Around) -> float:
    return _MOTIONS_IN_BUSIEST_HOUR.get(device.profile, 0.5) * traffic(around.local) * around.seconds / 3600


def faults(_: SimDevice) -> tuple[str, ...]:
    """All that a camera reports of itself."""
    return ("video_loss", "covered", "frozen", "storage_fault", "disk_full")


BEHAVIOUR = Behaviour(slug="cctv", begin=begin, step=step, faults=faults)
