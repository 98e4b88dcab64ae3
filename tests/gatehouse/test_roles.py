"""The roles apart, on a database and a broker that are configured: what one ingests, another shows."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from core.processes import free_port
from core.settings import load_settings
from gatehouse.parts import prepare_database
from gatehouse.seed import seed_city
from ingest.embedded_broker import EmbeddedBroker
from simulators.city import make_city
from store.db import Database
from tests.ingest.home import Home

Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def broker(work_folder: Path) -> Iterator[EmbeddedBroker]:
    """A broker that is not the roles' own."""
    running = EmbeddedBroker(work_folder / "roles-broker", home_assistant_prefix="homeassistant").start()
    yield running
    running.stop()


@pytest.fixture
def run(db: Database, broker: EmbeddedBroker) -> Iterator[Run]:
    """Runs a command with both configured, and ends it."""
    with ExitStack() as stack:

        def start(*args: str, mqtt_url: str | None = None) -> "subprocess.Popen[str]":
            environ = {
                **os.environ,
                "GATEHOUSE_DATABASE_URL": db.url,
                "GATEHOUSE_MQTT_URL": mqtt_url or broker.url,
                "GATEHOUSE_MQTT_EVERYTHING": "true",
                "GATEHOUSE_HOME_ASSISTANT_PREFIX": "homeassistant",
                "GATEHOUSE_LOG_LEVEL": "ERROR",
            }
            process = subprocess.Popen(
                [sys.executable, "-m", "gatehouse.cli", *args], env=environ, stdout=subprocess.PIPE, text=True
            )
            stack.callback(_end, process)
            return process

        yield start


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.communicate(timeout=30)


def test_web_ingest_and_jobs_apart_are_one_system(
    db: Database, broker: EmbeddedBroker, run: Run, wait_for: Callable[..., None]
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - what is published must be of the processes' own day
    prepare_database(db.url, load_settings({}), now)
    with db.transaction() as conn:
        seed_city(conn, make_city(1, devices=5, seed=1), now=now)
    port = free_port()
    web = run("web", "--port", str(port))
    run("ingest")
    run("jobs", mqtt_url=broker.showing_url)
    load = run("simulate", "--sites", "1", "--devices", "5", "--rate", "20", "--seconds", "60", mqtt_url=broker.local_url)

    def online() -> bool:
        with db.transaction() as conn:
            row = conn.execute("SELECT count(*) FROM device_state WHERE status = 'online'").fetchone()
        return row is not None and row[0] > 0

    wait_for(online, seconds=60)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
        wait_for(lambda: client.get("/login").is_success, seconds=30, ignore=httpx.HTTPError)

    def has_rounds() -> bool:
        with db.transaction() as conn:
            row = conn.execute("SELECT count(*) FROM round").fetchone()
        return row is not None and row[0] > 0

    wait_for(has_rounds, seconds=30)
    home = Home(broker.home_assistant_url)
    wait_for(lambda: len(home.names) == 5, seconds=30)
    home.close()
    assert [process.poll() for process in (web, load)] == [None, None]
