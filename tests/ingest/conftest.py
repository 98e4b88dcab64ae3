"""Devices of wutong, a broker of the test's own, and hands to publish with."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from assets.models import Site
from core.clock import Clock
from core.processes import ChildProcess, free_port
from ingest.broker_url import parse_broker_url
from ingest.embedded_broker import EmbeddedBroker
from ingest.ingester import Ingester, IngestOptions
from store.db import Database
from store.listen import ChangeListener


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """The embedded broker, empty."""
    server = EmbeddedBroker(tmp_path / "broker", ack_wait=2).start()
    yield server
    server.stop()


@pytest.fixture
def listener(db: Database) -> Iterator[ChangeListener]:
    """Hears changes in the test's database."""
    heard = ChangeListener(db)
    heard.start()
    yield heard
    heard.stop()


@dataclass(frozen=True, kw_only=True, slots=True)
class Devices:
    """One device of each kind at wutong."""

    site_id: int
    gate: int
    door: int
    cam: int
    drain: int
    beam: int


@pytest.fixture
def devices(db: Database, wutong: Site, now: datetime) -> Devices:
    """gate-1, door-1, cam-1, drain-1, beam-1."""
    kinds = {
        "gate": "gate_barrier",
        "door": "access_control",
        "cam": "cctv",
        "drain": "drainage",
        "beam": "perimeter_beam",
    }
    with db.transaction() as conn:
        ids = {name: insert_device(conn, wutong.id, f"{name}-1", kind, now) for name, kind in kinds.items()}
    return Devices(site_id=wutong.id, **ids)


def insert_device(conn: Any, site_id: int, slug: str, kind: str, now: datetime) -> int:
    """A device of the ledger; its id."""
    row = conn.execute(
        "INSERT INTO device (site_id, slug, kind, name, registered_at) VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (site_id, slug, kind, slug, now),
    ).fetchone()
    return int(row[0])


def reading(ts: datetime, *faults: str, **measures: object) -> dict[str, object]:
    """A native reading."""
    return {"ts": ts.isoformat(), "measures": measures, "faults": list(faults)}


def rows(db: Database, query: str, *values: object) -> list[tuple[object, ...]]:
    """What the database says now."""
    with db.transaction() as conn:
        return conn.execute(query.encode(), values).fetchall()


class Publisher:
    """An MQTT client as a device has it. `publish` returns when the broker has acknowledged."""

    def __init__(self, url: str, client_id: str, *, will: tuple[str, str] | None = None, keepalive: int = 60) -> None:
        address = parse_broker_url(url)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.username_pw_set(address.username, address.password)
        self._client.max_inflight_messages_set(1000)
        self.connected = threading.Event()
        self.disconnected = threading.Event()
        self.refused: str | None = None
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self.disconnected.set()
        if will is not None:
            self._client.will_set(will[0], will[1], qos=1, retain=True)
        self._client.connect(address.host, address.port, keepalive=keepalive)
        self._client.loop_start()
        assert self.connected.wait(10)

    def _on_connect(self, _: object, __: object, ___: object, reason: Any, ____: object) -> None:
        self.refused = str(reason) if reason.is_failure else None
        self.connected.set()

    def publish(self, topic: str, payload: str | bytes | Mapping[str, object], *, retain: bool = False) -> None:
        self.send(topic, payload, retain=retain).wait_for_publish(20)

    def send(self, topic: str, payload: str | bytes | Mapping[str, object], *, retain: bool = False) -> Any:
        body = json.dumps(payload) if isinstance(payload, Mapping) else payload
        return self._client.publish(topic, body, qos=1, retain=retain)

    def vanish(self) -> None:
        """Lose the network: no DISCONNECT is sent, so that the broker sends the will."""
        sock = self._client.socket()
        assert sock is not None
        self._client.loop_stop()
        sock.close()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


Connect = Callable[..., Publisher]


@pytest.fixture
def connect(broker: EmbeddedBroker) -> Iterator[Connect]:
    """Makes publishers on the test's broker."""
    made: list[Publisher] = []

    def make(client_id: str = "device", *, url: str | None = None, will: tuple[str, str] | None = None) -> Publisher:
        # Two of one id would end each other's connections, again and again.
        publisher = Publisher(url or broker.local_url, f"{client_id}-{len(made)}", will=will)
        made.append(publisher)
        return publisher

    yield make
    for publisher in made:
        publisher.close()


@pytest.fixture
def device(connect: Connect) -> Publisher:
    """A publisher that may speak for every device."""
    return connect()


def mosquitto_binary() -> str:
    """Where Debian, or the operator, has put it."""
    binary = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert binary is not None
    return binary


@pytest.fixture
def mosquitto_settings() -> str:
    """Lines of its configuration that a test may have of its own."""
    return ""


@pytest.fixture
def mosquitto(tmp_path: Path, mosquitto_settings: str, wait_for: Callable[..., None]) -> Iterator[str]:
    """Its address; set up as docs/operations.md says."""
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {tmp_path}/\n"
        f"max_inflight_messages 0\nmax_queued_messages 0\nuser root\n{mosquitto_settings}"
    )
    process = ChildProcess([mosquitto_binary(), "-c", config], pid_file=tmp_path / "pid", log_file=tmp_path / "log")
    process.start()
    url = f"mqtt://127.0.0.1:{port}"
    wait_for(lambda: Publisher(url, "probe").close() is None, ignore=OSError)
    yield url
    process.stop()


Run = Callable[..., Ingester]


@pytest.fixture
def run_ingester(db: Database, listener: ChangeListener, broker: EmbeddedBroker, clock: Clock) -> Iterator[Run]:
    """Starts ingesters; stopped at the end."""
    embedded = broker
    running: list[Ingester] = []

    def run(
        *, database: Database | None = None, url: str | None = None, broker: EmbeddedBroker | None = None, **options: Any
    ) -> Ingester:
        ingester = Ingester(
            db=database or db,
            listener=listener,
            clock=clock,
            mqtt_url=url or embedded.url,
            options=IngestOptions(**{"batch_ms": 5, "everything": True} | options),
            broker=broker,
        ).start()
        running.append(ingester)
        assert ingester.wait_until_listening(20)
        return ingester

    yield run
    for ingester in running:
        ingester.stop()


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(db: Database, tmp_path: Path, wait_for: Callable[..., None]) -> Iterator[Start]:
    """Starts `gatehouse ingest` with a client id and settings, and waits until it listens."""
    with ExitStack() as stack:

        def run(name: str, broker_url: str, **settings: str) -> "subprocess.Popen[bytes]":
            environ = {
                **os.environ,
                "GATEHOUSE_DATABASE_URL": db.url,
                "GATEHOUSE_MQTT_URL": broker_url,
                "GATEHOUSE_MQTT_CLIENT_ID": name,
                "GATEHOUSE_DATA_DIR": str(tmp_path / name),
                "GATEHOUSE_BATCH_SIZE": "50",
                **settings,
            }
            begun = datetime.now(UTC)  # noqa: TID251 - the process has a clock of its own
            args = [sys.executable, "-m", "gatehouse.cli", "ingest"]
            running = subprocess.Popen(args, env=environ, stderr=subprocess.DEVNULL)
            stack.callback(end, running)
            listens = "SELECT 1 FROM ingester WHERE client_id = %s AND connected AND started_at >= %s"
            wait_for(lambda: rows(db, listens, name, begun), seconds=60)
            return running

        yield run


def end(running: "subprocess.Popen[bytes]") -> None:
    running.terminate()
    running.wait(40)
