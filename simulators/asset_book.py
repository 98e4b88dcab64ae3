"""Writes a compound's assets: numbers, dates, makers and ages that fit their category."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from assets.models import Category, Condition
from core.i18n import Text
from simulators.models import SimAsset
from simulators.names import MAKERS


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is usual for a category: prefix of its ledger codes, model names, years of life."""

    prefix: str
    models: tuple[str, ...]
    life_years: int


_USUAL: Mapping[Category, _Usual] = {
    "gate": _Usual("DZ", ("BG-300", "BG-450S", "FastArm 2"), 8),
    "access": _Usual("MJ", ("AC-2100", "FaceDoor 5", "AC-2300P"), 8),
    "cctv": _Usual("JK", ("IPC-4M28", "IPC-8M40", "Dome 500"), 6),
    "drainage": _Usual("PS", ("LW-200", "LW-310 ultrasonic", "LW-330 pressure"), 6),
    "perimeter": _Usual("HW", ("ABT-100", "ABT-150Q"), 6),
    "power": _Usual("PD", ("XL-21", "GGD-3", "PZ30"), 20),
    "network": _Usual("WL", ("S5720-24P", "S2928-PoE"), 8),
    "lift": _Usual("DT", ("TKJ-1000/1.75", "TKJ-1050/2.0"), 15),
    "fire": _Usual("XF", ("XBD-8/40", "JB-QG", "SNW65"), 15),
    "lighting": _Usual("LD", ("LED-60W", "LED-120W"), 8),
    "fence": _Usual("WQ", ("wrought iron, 1.8 m", "brick, 2.2 m"), 20),
    "roof": _Usual("WM", ("SBS membrane", "flat tiles"), 15),
    "road": _Usual("DL", ("asphalt", "concrete"), 15),
    "pipe": _Usual("GD", ("HDPE DN400", "cast iron DN200"), 25),
    "structure": _Usual("GJ", ("steel frame", "timber"), 15),
    "other": _Usual("SB", ("CDL32-5", "DL65-16"), 12),
}

_DAYS_PER_YEAR = 365.25


class AssetBook:
    """Collects assets of one compound that was handed over in `delivered`; `today` is the date their condition is as of."""

    def __init__(self, rng: Random, *, delivered: date, today: date) -> None:
        self._rng = rng
        self._delivered = delivered
        self._today = today
        self._numbers: dict[Category, int] = {}
        self.assets: list[SimAsset] = []

    def add(self, slug: str, name: Text, category: Category, area: str) -> SimAsset:
        """Write down one more asset; its code is the next of its category."""
        usual = _USUAL[category]
        number = self._numbers[category] = self._numbers.get(category, 0) + 1
        installed = self._installed(usual.life_years)
        asset = SimAsset(
            slug=slug,
            code=f"{usual.prefix}-{number:03d}",
            name=name,
            category=category,
            area=area,
            installed=installed,
            maker=self._rng.choice(MAKERS),
            model=self._rng.choice(usual.models),
            serial=f"{usual.prefix}{installed:%y%m}{self._rng.randrange(100_000):05d}",
            life_years=usual.life_years,
            condition=self._condition(installed, usual.life_years),
        )
        self.assets.append(asset)
        return asset

    def _installed(self, life_years: int) -> date:
        """At the handover, or at one of the replacements since; a few are overdue for theirs."""
        installed = self._delivered + timedelta(days=self._rng.randrange(60))
        while (self._today - installed).days > life_years * _DAYS_PER_YEAR * self._rng.uniform(0.8, 1.3):
            installed += timedelta(days=round(life_years * _DAYS_PER_YEAR * self._rng.uniform(0.6, 0.9)))
        return min(installed, self._today - timedelta(days=30))

    def _condition(self, installed: date, life_years: int) -> Condition:
        used = (self._today - installed).days / (life_years * _DAYS_PER_YEAR) + self._rng.uniform(-0.15, 0.15)
        if used < 0.6:
            return "good"
        return "fair" if used < 1.0 else "poor"
