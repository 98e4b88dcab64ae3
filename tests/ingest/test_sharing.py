"""Several ingesters among which mosquitto shares what is sent, message by message."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from assets.models import Site
from core.clock import ManualClock
from ingest.formats import all_formats
from ingest.ingester import Ingester
from ingest.sharing import GRACE
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, Start, insert_device, reading, rows
from tests.ingest.test_scale_out import all_stored_once, send_numbered

Wait = Callable[..., None]
GATE = "gatehouse/v1/wutong/gate-1/reading"
HISTORY = "SELECT status FROM device_status WHERE device_id = %s ORDER BY at, id"
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.mosquitto


@pytest.fixture
def device(mosquitto: str) -> Publisher:
    """A publisher at mosquitto."""
    return Publisher(mosquitto, "device")


@pytest.fixture
def two(mosquitto: str, run_ingester: Run) -> tuple[Ingester, Ingester]:
    """North and south, which share."""
    north, south = (run_ingester(url=mosquitto, name=name, share="city", everything=False) for name in ("north", "south"))
    return north, south


@pytest.fixture
def pass_time(db: Database, clock: ManualClock, wait_for: Wait) -> Callable[..., None]:
    """Twenty seconds, and those named have told of themselves since."""

    def run(*names: str) -> None:
        clock.advance(20 * SECOND)
        told = "SELECT count(*) FROM ingester WHERE client_id = ANY(%s) AND seen_at > %s"
        wait_for(lambda: rows(db, told, list(names), clock.now() - 6 * SECOND) == [(len(names),)])

    return run


def test_one_of_two_that_share_is_killed_and_nothing_is_lost_or_twice(
    db: Database, devices: Devices, jinxiu: Site, mosquitto: str, device: Publisher, start: Start, now: datetime, wait_for: Wait
) -> None:
    """mosquitto keeps the part of one that was killed until it is back; the devices are heard by the other meanwhile."""
    with db.transaction() as conn:
        other = insert_device(conn, jinxiu.id, "gate-1", "gate_barrier", now)
    start("north", mosquitto, GATEHOUSE_MQTT_SHARE="city")
    south = start("south", mosquitto, GATEHOUSE_MQTT_SHARE="city")
    send_numbered(device, ["wutong", "jinxiu"], range(4000))
    received = "SELECT min(received) > 200 FROM ingester"
    wait_for(lambda: rows(db, received) == [(True,)], seconds=60)
    south.kill()
    south.wait(10)
    before = rows(db, "SELECT count(*) FROM reading_gate_barrier")
    send_numbered(device, ["wutong", "jinxiu"], range(4000, 5000))
    wait_for(lambda: rows(db, "SELECT count(*) FROM reading_gate_barrier") > before)  # the other one goes on
    start("south", mosquitto, GATEHOUSE_MQTT_SHARE="city")
    wait_for(lambda: all_stored_once(db, 5000), seconds=60)
    for device_id in (devices.gate, other):
        assert rows(db, HISTORY, device_id) == [("online",)]


def test_a_device_is_silent_when_nobody_hears_it_and_that_is_told_once(
    db: Database,
    devices: Devices,
    device: Publisher,
    two: tuple[Ingester, Ingester],
    clock: ManualClock,
    pass_time: Callable[..., None],
    wait_for: Wait,
) -> None:
    def committed() -> int:
        return sum(each.stats.committed for each in two)

    for minute in range(10):  # a gate may be silent for less than that
        before = committed()
        device.publish(GATE, reading(clock.now(), cycles=minute))
        wait_for(lambda before=before: committed() > before)
        clock.advance(timedelta(seconds=30))
    assert all(each.stats.committed for each in two), "one of them was given nothing"
    assert rows(db, HISTORY, devices.gate) == [("online",)]

    def is_offline() -> bool:
        pass_time("north", "south")
        return rows(db, HISTORY, devices.gate)[-1] == ("offline",)

    wait_for(is_offline, seconds=60)
    assert rows(db, HISTORY, devices.gate) == [("online",), ("stale",), ("offline",)]
    [(heard, stale)] = rows(
        db,
        "SELECT s.last_seen_at, (SELECT at FROM device_status WHERE device_id = %s AND status = 'stale') "
        "FROM device_state s WHERE s.device_id = %s",
        devices.gate,
        devices.gate,
    )
    assert stale >= heard + GRACE  # type: ignore[operator]


@pytest.mark.parametrize("last_word", ["it leaves", None])
def test_whose_messages_wait_for_one_that_is_away_is_not_silent(
    db: Database,
    devices: Devices,
    jinxiu: Site,
    device: Publisher,
    mosquitto: str,
    run_ingester: Run,
    clock: ManualClock,
    pass_time: Callable[..., None],
    now: datetime,
    wait_for: Wait,
    last_word: str | None,
) -> None:
    """mosquitto deals the messages out in turn, also to who is away: of two gates that speak in turn nobody hears one."""
    with db.transaction() as conn:
        gates = (devices.gate, insert_device(conn, jinxiu.id, "gate-1", "gate_barrier", now))
    run_ingester(url=mosquitto, name="north", share="city", everything=False)
    south = run_ingester(url=mosquitto, name="south", share="city", everything=False)
    heard = "SELECT count(*) FROM reading_gate_barrier WHERE device_id = %s"

    def speak(*sites: str) -> None:
        for site in sites:
            device.publish(f"gatehouse/v1/{site}/gate-1/reading", reading(clock.now(), cycles=1))
        clock.advance(SECOND)

    speak("wutong", "jinxiu")
    speak("wutong")  # so that each of them hears both
    speak("wutong", "jinxiu")
    wait_for(lambda: rows(db, "SELECT count(*) FROM reading_gate_barrier") == [(5,)])
    pass_time("north", "south")
    south.stop()
    if last_word is None:  # as one that is killed leaves it
        with db.transaction() as conn:
            conn.execute("UPDATE ingester SET connected = true WHERE client_id = 'south'")
    before = [rows(db, heard, gate) for gate in gates]
    for _ in range(20):  # a gate may be silent for less than that
        speak("wutong", "jinxiu")
        pass_time("north")
    assert any(rows(db, heard, gate) == count for gate, count in zip(gates, before, strict=True)), "both were heard"
    for gate in gates:
        assert rows(db, HISTORY, gate) == [("online",)]

    run_ingester(url=mosquitto, name="south", share="city", everything=False)
    wait_for(lambda: rows(db, "SELECT count(*) FROM reading_gate_barrier") == [(45,)])
    for _ in range(60):
        pass_time("north", "south")
    for gate in gates:
        assert rows(db, HISTORY, gate) == [("online",), ("stale",), ("offline",)]


def test_what_one_finds_the_other_goes_on_from(
    db: Database, devices: Devices, device: Publisher, two: tuple[Ingester, Ingester], clock: ManualClock, wait_for: Wait
) -> None:
    def say(*faults: str) -> None:
        clock.advance(SECOND)
        device.publish(GATE, reading(clock.now(), *faults, position="open"))

    def is_said_to_be(status: str, *faults: str) -> Callable[[], bool]:
        def look() -> bool:
            say(*faults)
            return rows(db, "SELECT status FROM device_state WHERE device_id = %s", devices.gate) == [(status,)]

        return look

    for _ in range(3):
        wait_for(is_said_to_be("online"))
        wait_for(is_said_to_be("fault", "motor_stall"))
    wait_for(is_said_to_be("online"))
    history = [status for (status,) in rows(db, HISTORY, devices.gate)]
    assert history[0] == "online"
    assert set(history) == {"online", "fault"}
    assert all(one != next_ for one, next_ in pairwise(history))


def test_one_that_will_not_come_back_is_not_waited_for(
    db: Database, devices: Devices, device: Publisher, mosquitto: str, two: tuple[Ingester, Ingester], now: datetime, wait_for: Wait
) -> None:
    def who() -> list[tuple[object, ...]]:
        return rows(db, "SELECT client_id FROM ingester WHERE report ->> 'share' = 'city' ORDER BY client_id")

    wait_for(lambda: who() == [("north",), ("south",)])
    north, south = two
    south.stop()
    environ = {
        **os.environ,
        "GATEHOUSE_DATABASE_URL": db.url,
        "GATEHOUSE_MQTT_URL": mosquitto,
        "GATEHOUSE_MQTT_CLIENT_ID": "south",
        "GATEHOUSE_MQTT_SHARE": "city",
    }
    args = [sys.executable, "-m", "gatehouse.cli", "ingest", "--end-session"]
    subprocess.run(args, env=environ, check=True, timeout=60)
    assert who() == [("north",)]
    before = north.stats.committed
    for number in range(4):  # all of them come to the one that is left
        device.publish(GATE, reading(now + number * SECOND, cycles=number))
    wait_for(lambda: north.stats.committed == before + 4)


def test_what_has_to_be_remembered_is_refused(
    db: Database, devices: Devices, device: Publisher, two: tuple[Ingester, Ingester], wait_for: Wait
) -> None:
    device.publish("gatehouse/v1/wutong/raw/spBv1.0/plant/NDATA/edge", b"\x08\x01")
    wait_for(lambda: rows(db, "SELECT reason, detail_key FROM rejected_message") == [("topic", "not_shared")])
    remembering = {slug for slug, each in all_formats().items() if each.remembers}
    assert remembering == {slug for slug, each in all_formats().items() if each.decoder() != each.decoder()}
