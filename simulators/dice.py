"""All chance of the simulation: one generator for each purpose, so that adding a device never changes another."""

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

# Above this mean the exact draw is slow and the normal distribution is as good.
_NORMAL_ABOVE = 30.0


def dice(*parts: object) -> Random:
    """A generator that gives the same numbers for the same parts, on every machine and Python version."""
    return Random("/".join(str(part) for part in parts))  # noqa: S311 - a simulation, not a secret


def poisson(rng: Random, mean: float) -> int:
    """How many independent happenings fall into an interval that has `mean` of them on average."""
    if mean <= 0:
        return 0
    if mean > _NORMAL_ABOVE:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def shuffled(rng: Random, items: Sequence[T]) -> list[T]:
    """The items in a new order; the given sequence stays as it is."""
    return rng.sample(items, len(items))
