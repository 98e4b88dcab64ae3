"""Movements that several kinds share: nearing a target, slow saws of wear and service, noise that does not jump."""

import math
from datetime import date, datetime
from random import Random


def near(value: float, target: float, *, seconds: float, settles_in: float) -> float:
    """`value` after nearing `target` for so many seconds; two thirds of the way are done after `settles_in`."""
    return target + (value - target) * math.exp(-seconds / settles_in)


def wander(value: float, home: float, rng: Random, *, seconds: float, settles_in: float, spread: float) -> float:
    """Noise with a memory: strays around `home` with that standard deviation, at the same pace for any step length."""
    kept = math.exp(-seconds / settles_in)
    return home + (value - home) * kept + rng.gauss(0, spread) * math.sqrt(1 - kept * kept)


def service_cycle(installed: date, local: datetime, *, days: float) -> float:
    """How far the time between two services has passed, 0 to 1, counted from the installation.

    Depends on nothing but the date, so what wears goes on where it was when the simulator is started anew.
    """
    passed = local.replace(tzinfo=None) - datetime(installed.year, installed.month, installed.day)  # noqa: DTZ001 - local days
    return passed.total_seconds() / 86_400 / days % 1.0


def battery(installed: date, local: datetime, *, days: float, lowest: float = 45.0) -> int:
    """Percent left in a battery that is changed every `days` days, when it has fallen to `lowest`."""
    return round(100 - (100 - lowest) * service_cycle(installed, local, days=days))
