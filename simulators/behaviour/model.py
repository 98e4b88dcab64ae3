"""The words of behaviour: what a device finds around it, and what it makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Generic, TypeVar

from ingest.model import Value
from simulators.models import SimDevice
from simulators.weather import Conditions

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What a device finds in one step: the simulated local time, the seconds since its step before, the weather, its faults."""

    local: datetime
    seconds: float
    weather: Conditions
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """An event, `ago` simulated seconds before the step it is told in."""

    type: str
    ago: float = 0.0
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step(Generic[S]):
    """The outcome of one step: what the device now is, measures, and has seen happen."""

    state: S
    measures: Mapping[str, Value]
    happenings: tuple[Happening, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour(Generic[S]):
    """How one kind behaves: two pure functions, given all chance and time from outside.

    `slug`: the kind. `begin`: the state a device wakes up in. `step`: what follows.
    `faults`: those it can act out, given the device (a drain without a pump has no pump fault).
    """

    slug: str
    begin: Callable[[SimDevice, Around, Random], S]
    step: Callable[[SimDevice, S, Around, Random], Step[S]]
    faults: Callable[[SimDevice], tuple[str, ...]]
