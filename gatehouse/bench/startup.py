"""From nothing to the first page with live readings; memory of the whole demo; how long pages take."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from core.clock import SystemClock
from core.processes import free_port
from gatehouse.bench import Figure
from gatehouse.demo import PASSWORD

_PATIENCE_SECONDS = 60.0
_LOOKS = 20
_PAGES = ("overview", "devices", "assets", "patrol", "alerts")


def measure(*, short: bool) -> Iterable[Figure]:
    """Two starts of the demo in a folder of its own, the first with an empty one. Short: one start, two looks at each page."""
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    folder.chmod(0o755)
    try:
        with _demo(folder) as (process, client, cold):
            yield Figure(name="cold start to first live reading", value=cold, unit="s", goal=10)
            yield Figure(name="memory of all processes (PSS)", value=_memory(process) / 2**20, unit="MiB", goal=450)
            yield from _page_times(client, looks=2 if short else _LOOKS)
        if short:
            return
        with _demo(folder) as (_, _, warm):
            yield Figure(name="second start to first live reading", value=warm, unit="s", goal=10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[psutil.Process, httpx.Client, float]]:
    """A running demo, a client signed in as its manager, and the seconds until a device was online."""
    clock = SystemClock()
    port = free_port()
    environ = {**os.environ, "GATEHOUSE_DATA_DIR": str(folder), "GATEHOUSE_MQTT_PORT": "0", "GATEHOUSE_LOG_LEVEL": "ERROR"}
    begun = clock.monotonic()
    args = [sys.executable, "-m", "gatehouse.cli", "demo", "--port", str(port)]
    process = subprocess.Popen(args, env=environ, stdout=subprocess.DEVNULL)  # noqa: S603 - ourselves
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:
            _wait(clock, lambda: _sign_in(client))
            site = client.get("/api/v1/sites").json()["items"][0]["slug"]
            client.headers["X-Site"] = site
            _wait(clock, lambda: client.get(f"/api/v1/sites/{site}/overview").json()["devices"]["online"] > 0)
            yield psutil.Process(process.pid), client, clock.monotonic() - begun
    finally:
        process.terminate()
        process.wait(30)


def _wait(clock: SystemClock, condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    deadline = clock.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if clock.monotonic() > deadline:
            raise TimeoutError("the demo did not come up")
        pause.wait(0.05)


def _sign_in(client: httpx.Client) -> bool:
    try:
        return client.post("/api/v1/session", json={"username": "manager", "password": PASSWORD}).is_success
    except httpx.TransportError:
        return False


def _memory(process: psutil.Process) -> float:
    """Memory of a process and all below it; shared pages count once (Linux), else as resident."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        memory = each.memory_full_info()
        total += getattr(memory, "pss", memory.rss)
    return total


def _page_times(client: httpx.Client, *, looks: int) -> Iterator[Figure]:
    clock = SystemClock()
    site = client.headers["X-Site"]
    for page in _PAGES:
        times = []
        for _ in range(looks):
            begun = clock.monotonic()
            client.get(f"/s/{site}/{page}").raise_for_status()
            times.append((clock.monotonic() - begun) * 1000)
        yield Figure(name=f"page {page}, median of {looks}", value=statistics.median(times), unit="ms", goal=100)
