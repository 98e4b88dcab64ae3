"""Nothing is lost and nothing is twice, whatever is killed, cut or away."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from core.clock import ManualClock
from gatehouse.rig.proxy import Proxy
from ingest.embedded_broker import EmbeddedBroker
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, reading, rows

Wait = Callable[..., None]
GATE = "gatehouse/v1/wutong/gate-1/reading"
ROOT = Path(__file__).parents[2]


def send_numbered(device: Publisher, start: datetime, numbers: range) -> list[object]:
    """Readings with a time and a number of their own, not waited for."""
    return [device.send(GATE, reading(start + timedelta(milliseconds=number), cycles=number)) for number in numbers]


def stored(db: Database) -> int:
    return int(str(rows(db, "SELECT count(*) FROM reading_gate_barrier")[0][0]))


def all_stored_once(db: Database, count: int) -> bool:
    return rows(db, "SELECT count(*), count(DISTINCT cycles), min(cycles), max(cycles) FROM reading_gate_barrier") == [
        (count, count, 0, count - 1)
    ]


@pytest.fixture
def database_proxy(db: Database) -> Iterator[Proxy]:
    port = urlsplit(db.url).port
    assert port is not None
    between = Proxy(port)
    yield between
    between.close()


@pytest.fixture
def far_database(db: Database, database_proxy: Proxy) -> Iterator[Database]:
    """The test's database behind a network that can be cut."""
    with Database(db.url.replace(f":{urlsplit(db.url).port}/", f":{database_proxy.port}/"), size=4).open() as database:
        yield database


def test_an_ingester_that_is_killed_loses_nothing(
    db: Database, devices: Devices, device: Publisher, broker: EmbeddedBroker, now: datetime, wait_for: Wait
) -> None:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.killable", db.url, broker.url, now.isoformat()],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )

    running = start()
    try:
        # The subscription must stand once, or the broker has nobody to keep messages for.
        wait_for(lambda: rows(db, "SELECT 1 FROM ingester WHERE connected"))
        send_numbered(device, now, range(2000))
        for killed_at in (200, 900):
            wait_for(lambda enough=killed_at: stored(db) >= enough)
            running.send_signal(signal.SIGKILL)
            running.wait(10)
            running = start()
        wait_for(lambda: all_stored_once(db, 2000), seconds=60)
    finally:
        running.kill()
        running.wait(10)


def test_a_broker_that_is_killed_loses_nothing_and_the_ingester_comes_back_by_itself(
    db: Database, devices: Devices, device: Publisher, broker: EmbeddedBroker, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester(batch_size=50)
    sent = send_numbered(device, now, range(2000))
    wait_for(lambda: stored(db) > 300)
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for each in sent:
        each.wait_for_publish(60)  # type: ignore[attr-defined]
    wait_for(lambda: all_stored_once(db, 2000), seconds=60)
    assert ingester.stats.connections > 1


def test_a_database_that_is_away_costs_no_message_and_no_memory(
    db: Database,
    devices: Devices,
    device: Publisher,
    run_ingester: Run,
    far_database: Database,
    database_proxy: Proxy,
    now: datetime,
    wait_for: Wait,
) -> None:
    ingester = run_ingester(database=far_database, batch_size=200)
    send_numbered(device, now, range(500))
    wait_for(lambda: stored(db) == 500)
    database_proxy.cut()
    before = psutil.Process().memory_info().rss
    send_numbered(device, now, range(500, 5000))[-1].wait_for_publish(60)  # type: ignore[attr-defined]
    wait_for(lambda: ingester.stats.received == 5000)
    assert stored(db) == 500
    assert ingester.stats.committed == 500
    assert psutil.Process().memory_info().rss - before < 50_000_000
    database_proxy.restore()
    wait_for(lambda: all_stored_once(db, 5000), seconds=60)


def test_away_for_long_everything_is_unknown_and_nobody_is_called_dead_for_our_absence(
    db: Database,
    devices: Devices,
    device: Publisher,
    run_ingester: Run,
    far_database: Database,
    database_proxy: Proxy,
    clock: ManualClock,
    wait_for: Wait,
) -> None:
    ingester = run_ingester(database=far_database)
    device.publish(GATE, reading(clock.now(), cycles=1))
    wait_for(lambda: ingester.stats.committed == 1)
    database_proxy.cut()
    device.publish(GATE, reading(clock.now() + timedelta(seconds=1), cycles=2))
    wait_for(lambda: ingester.stats.failures > 0)
    clock.advance(timedelta(hours=1))
    database_proxy.restore()
    history = "SELECT status, reason FROM device_status WHERE device_id = %s ORDER BY at, id"
    wait_for(lambda: rows(db, history, devices.gate)[-1] == ("unknown", "restart"), seconds=30)
    clock.advance(timedelta(seconds=269))
    device.publish(GATE, reading(clock.now(), cycles=3))
    wait_for(lambda: rows(db, history, devices.gate)[-1] == ("online", "seen"), seconds=30)
    assert "offline" not in {str(row[0]) for row in rows(db, history, devices.gate)}


def test_a_broker_that_is_away_makes_nobody_stale(
    db: Database, devices: Devices, device: Publisher, broker: EmbeddedBroker, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    proxy = Proxy(broker.port)
    try:
        ingester = run_ingester(url=broker.url.replace(f":{broker.port}", f":{proxy.port}"))
        device.publish(GATE, reading(clock.now(), cycles=1))
        history = "SELECT status, reason FROM device_status WHERE device_id = %s ORDER BY at, id"
        wait_for(lambda: rows(db, history, devices.gate) == [("online", "seen")])
        proxy.cut()
        wait_for(lambda: not ingester.stats.connected)
        device.publish(GATE, reading(clock.now() + timedelta(seconds=1), cycles=2))

        def unknown_as_time_passes() -> bool:
            clock.advance(timedelta(seconds=1))
            return rows(db, history, devices.gate)[-1] == ("unknown", "restart")

        wait_for(unknown_as_time_passes)
        proxy.restore()
        wait_for(lambda: stored(db) == 2, seconds=30)
        assert [row[0] for row in rows(db, history, devices.gate)] == ["online", "unknown", "online"]
    finally:
        proxy.close()


def test_a_database_network_that_is_dead_without_saying_so_is_survived(
    db: Database,
    devices: Devices,
    device: Publisher,
    run_ingester: Run,
    far_database: Database,
    database_proxy: Proxy,
    now: datetime,
    wait_for: Wait,
) -> None:
    ingester = run_ingester(database=far_database)
    send_numbered(device, now, range(10))
    wait_for(lambda: stored(db) == 10)
    database_proxy.freeze()
    send_numbered(device, now, range(10, 20))
    wait_for(lambda: ingester.stats.received == 20)
    database_proxy.restore()  # whoever was waiting is told that the connection is gone
    wait_for(lambda: all_stored_once(db, 20), seconds=60)
