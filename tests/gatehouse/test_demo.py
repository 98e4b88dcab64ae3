"""`gatehouse demo` as a newcomer meets it: it comes up, survives the death of its parts, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from core.processes import free_port
from gatehouse.demo import PASSWORD
from people.models import ROLES

Start = Callable[[], "Demo"]


class Demo:
    """A running demo and its manager."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        environ = {**os.environ, "GATEHOUSE_DATA_DIR": str(folder), "GATEHOUSE_MQTT_PORT": "0", "GATEHOUSE_LOG_LEVEL": "ERROR"}
        args = [sys.executable, "-m", "gatehouse.cli", "demo", "--port", str(port)]
        self.process = subprocess.Popen(args, env=environ, stdout=subprocess.PIPE, text=True)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False)
        self.site = ""

    def is_live(self) -> bool:
        """The manager signs in and sees devices online."""
        if not self.site:
            answer = self.client.post("/api/v1/session", json={"username": "manager", "password": PASSWORD})
            answer.raise_for_status()
            self.site = self.client.get("/api/v1/sites").json()["items"][0]["slug"]
        return bool(self.overview()["devices"]["online"] > 0)

    def overview(self) -> dict[str, dict[str, int]]:
        """What the overview says."""
        answer: dict[str, dict[str, int]] = self.client.get(f"/api/v1/sites/{self.site}/overview").raise_for_status().json()
        return answer

    def children(self) -> dict[str, psutil.Process]:
        """The servers it started, by name."""
        return {child.name(): child for child in psutil.Process(self.process.pid).children()}

    def has_another(self, name: str, killed: int) -> bool:
        """Whether a new server of that name runs in place of the killed one."""
        child = self.children().get(name)
        return child is not None and child.pid != killed

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        self.process.kill()
        self.process.wait(30)

    def close(self) -> None:
        """Whatever happened: end it."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        self.client.close()
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture
def start(work_folder: Path, request: pytest.FixtureRequest, wait_for: Callable[..., None]) -> Iterator[Start]:
    """Starts the demo, in the same folder each time, and waits until it is live."""
    started: list[Demo] = []

    def begin() -> Demo:
        demo = Demo(work_folder / request.node.name)
        started.append(demo)
        wait_for(demo.is_live, seconds=60, ignore=httpx.HTTPError)
        return demo

    yield begin
    for demo in started:
        demo.close()


def test_it_prints_its_address_and_accounts_and_ctrl_c_stops_everything(start: Start) -> None:
    demo = start()
    children = demo.children()
    assert set(children) == {"postgres", "nats-server"}
    demo.process.send_signal(signal.SIGINT)
    printed, _ = demo.process.communicate(timeout=30)
    assert demo.process.returncode == 0
    assert str(demo.client.base_url).rstrip("/") in printed
    assert [role for role in ROLES if f"  {role:<10} {PASSWORD}" not in printed] == []
    assert [name for name, child in children.items() if child.is_running()] == []


def test_whichever_process_is_killed_the_demo_lives_again_with_its_data(start: Start, wait_for: Callable[..., None]) -> None:
    demo = start()
    for name in ("nats-server", "postgres"):
        killed = demo.children()[name]
        killed.kill()
        wait_for(partial(demo.has_another, name, killed.pid), seconds=30)
        wait_for(demo.is_live, seconds=60, ignore=httpx.HTTPError)
    devices = demo.overview()["devices"]["total"]
    left = demo.children()
    demo.kill()
    again = start()
    assert again.overview()["devices"]["total"] == devices
    assert [name for name, child in left.items() if child.is_running()] == []


def test_a_second_demo_in_the_same_folder_is_refused(start: Start, work_folder: Path, request: pytest.FixtureRequest) -> None:
    start()
    second = Demo(work_folder / request.node.name)
    assert second.process.wait(60) != 0
    second.close()
