"""Where speed lives: each bench is one module with a docstring and `measure(short) -> Iterable[Figure]`."""

import importlib
import json
import os
import pkgutil
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from core.logs import configure_logs


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured value. `goal` is the most it may be, or with `at_least` the least; None: only told."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal was reached."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_dict(self) -> dict[str, object]:
        """As printed with --json."""
        return {"name": self.name, "value": round(self.value, 3), "unit": self.unit, "goal": self.goal, "met": self.met}


def bench_names() -> tuple[str, ...]:
    """Every bench there is."""
    return tuple(found.name for found in pkgutil.iter_modules(__path__))


def run_bench(name: str, *, as_json: bool, short: bool) -> int:
    """Run one bench and print its figures; 0 when every goal was met, 1 when not, 2 when there is no such bench.

    `short` shows that it works, in a fraction of the time; its figures are worth little.
    """
    if name not in bench_names():
        Console(stderr=True).print(f"Benches: {', '.join(bench_names())}")
        return 0 if name == "list" else 2
    configure_logs(level="CRITICAL")  # that a server died is what is measured, and prints nothing between the figures
    figures = list(_measure(name, short=short))
    if as_json:
        print(json.dumps({"bench": name, "machine": machine(), "figures": [figure.as_dict() for figure in figures]}))  # noqa: T201
    else:
        _print_table(name, figures)
    return 0 if all(figure.met for figure in figures) else 1


def machine() -> dict[str, object]:
    """What was measured on, without names."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _measure(name: str, *, short: bool) -> Iterable[Figure]:
    figures: Iterable[Figure] = importlib.import_module(f"{__name__}.{name}").measure(short=short)
    return figures


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def _print_table(name: str, figures: list[Figure]) -> None:
    table = Table(title=f"{name} on {machine()['cores']} cores, {machine()['cpu']}")
    for column in ("figure", "value", "goal", ""):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for figure in figures:
        goal = "–" if figure.goal is None else f"{'≥' if figure.at_least else '≤'} {figure.goal:g} {figure.unit}"
        table.add_row(figure.name, f"{figure.value:,.2f} {figure.unit}", goal, "met" if figure.met else "MISSED")
    Console().print(table)
