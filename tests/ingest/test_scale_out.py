"""Several ingesters divide the sites: processes of their own, of which one is killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.models import Site
from core.clock import ManualClock
from core.settings import load_settings
from ingest.assignment import Assignment
from ingest.embedded_broker import EmbeddedBroker
from ingest.formats import all_formats
from ingest.session import SessionError, end_session
from ingest.topics import subscriptions
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, Start, insert_device, reading, rows

Wait = Callable[..., None]
VENDORS = tuple(each for each in subscriptions(all_formats()) if not each.startswith("gatehouse/"))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """As a NATS server of the operator's is by itself: each subscription may leave 1024 messages unacknowledged."""
    server = EmbeddedBroker(tmp_path / "broker", ack_wait=2, max_ack_pending=1024).start()
    yield server
    server.stop()


@pytest.fixture
def two_gates(db: Database, devices: Devices, jinxiu: Site, now: datetime) -> tuple[int, int]:
    """Ids of the devices gate-1 of wutong and of jinxiu."""
    with db.transaction() as conn:
        return devices.gate, insert_device(conn, jinxiu.id, "gate-1", "gate_barrier", now)


def send_numbered(device: Publisher, sites: list[str], numbers: range) -> None:
    """Readings of gate-1 of each site in turn, with a time and a number of their own, not waited for."""
    begun = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 - of the processes' own day
    for number in numbers:
        topic = f"gatehouse/v1/{sites[number % len(sites)]}/gate-1/reading"
        device.send(topic, reading(begun + timedelta(milliseconds=number), cycles=number))


def stored(db: Database, device_id: int) -> int:
    return int(str(rows(db, "SELECT count(*) FROM reading_gate_barrier WHERE device_id = %s", device_id)[0][0]))


def all_stored_once(db: Database, count: int) -> bool:
    return rows(db, "SELECT count(*), count(DISTINCT cycles) FROM reading_gate_barrier") == [(count, count)]


def test_one_of_two_assigned_ingesters_is_killed_and_nothing_is_lost_or_twice(
    db: Database, two_gates: tuple[int, int], broker: EmbeddedBroker, device: Publisher, start: Start, wait_for: Wait
) -> None:
    wutong, jinxiu = two_gates
    start("north", broker.url, GATEHOUSE_INGEST_SITES="wutong")
    south = start("south", broker.url, GATEHOUSE_INGEST_SITES="jinxiu")
    send_numbered(device, ["wutong", "jinxiu"], range(4000))
    wait_for(lambda: stored(db, jinxiu) > 200)
    south.kill()
    south.wait(10)
    wait_for(lambda: stored(db, wutong) == 2000, seconds=60)  # the other one goes on
    assert stored(db, jinxiu) < 2000
    start("south", broker.url, GATEHOUSE_INGEST_SITES="jinxiu")
    wait_for(lambda: all_stored_once(db, 4000), seconds=60)
    wait_for(lambda: rows(db, "SELECT received FROM ingester WHERE client_id = 'north'") == [(2000,)])
    statuses = "SELECT status FROM device_state WHERE device_id IN (%s, %s)"
    wait_for(lambda: rows(db, statuses, wutong, jinxiu) == [("online",)] * 2)
    assert rows(db, "SELECT topic FROM rejected_message") == []


def test_the_health_of_a_device_is_its_own_ingesters(
    db: Database, two_gates: tuple[int, int], device: Publisher, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    """South hears nothing of wutong, and concludes nothing from that."""
    north = run_ingester(name="north", assignment=Assignment(sites=frozenset({"wutong"})))
    run_ingester(name="south", assignment=Assignment(sites=frozenset({"jinxiu"})))
    history = "SELECT status FROM device_status WHERE device_id = %s ORDER BY at, id"

    def silent_while_the_other_speaks() -> bool:
        clock.advance(timedelta(minutes=1))
        before = north.stats.committed
        device.publish("gatehouse/v1/wutong/gate-1/reading", reading(clock.now(), cycles=1))
        wait_for(lambda: north.stats.committed > before)
        return rows(db, history, two_gates[1]) == [("offline",)]

    wait_for(silent_while_the_other_speaks)
    assert rows(db, history, two_gates[0]) == [("online",)]


def test_what_the_broker_still_sends_of_another_ingesters_site_is_told(
    db: Database, two_gates: tuple[int, int], device: Publisher, run_ingester: Run, wait_for: Wait, now: datetime
) -> None:
    """Before the sites were divided, the session subscribed to all of them, and a broker forgets no subscription."""
    run_ingester(name="north", assignment=Assignment(vendor_topics=False)).stop()
    device.publish("gatehouse/v1/jinxiu/gate-1/reading", reading(now, cycles=1))
    run_ingester(name="north", assignment=Assignment(sites=frozenset({"wutong"}), vendor_topics=False))
    wait_for(lambda: rows(db, "SELECT reason, detail_key FROM rejected_message") == [("unknown_site", "site_elsewhere")])
    assert stored(db, two_gates[1]) == 0


def test_an_ended_session_leaves_nothing_with_the_broker(
    db: Database,
    two_gates: tuple[int, int],
    device: Publisher,
    broker: EmbeddedBroker,
    run_ingester: Run,
    now: datetime,
    wait_for: Wait,
) -> None:
    run_ingester(name="north").stop()
    device.publish("gatehouse/v1/wutong/gate-1/reading", reading(now, cycles=1))
    environ = os.environ | {"GATEHOUSE_MQTT_URL": broker.url, "GATEHOUSE_MQTT_CLIENT_ID": "north"}
    args = [sys.executable, "-m", "gatehouse.cli", "ingest", "--end-session"]
    subprocess.run(args, env=environ, check=True, timeout=60)
    again = run_ingester(name="north")
    device.publish("gatehouse/v1/wutong/gate-1/reading", reading(now + timedelta(seconds=1), cycles=2))
    wait_for(lambda: again.stats.committed == 1)
    assert rows(db, "SELECT cycles FROM reading_gate_barrier") == [(2,)]


def test_a_session_of_a_broker_that_refuses_us_is_not_said_to_be_ended(broker: EmbeddedBroker) -> None:
    stranger = f"mqtt://nobody:wrong@127.0.0.1:{broker.port}"
    with pytest.raises(SessionError, match="refuses us"):
        end_session(stranger, "north")


@pytest.mark.parametrize(
    ("settings", "filters"),
    [
        ({}, ("gatehouse/v1/#", *VENDORS)),
        ({"INGEST_SITES": "wutong, jinxiu"}, ("gatehouse/v1/jinxiu/#", "gatehouse/v1/wutong/#")),
        ({"INGEST_SITES": "wutong", "INGEST_VENDOR_TOPICS": "true"}, ("gatehouse/v1/wutong/#", *VENDORS)),
        ({"INGEST_VENDOR_TOPICS": "false"}, ("gatehouse/v1/#",)),
    ],
)
def test_topics_that_name_no_site_are_for_who_has_all_sites_or_is_told_to_take_them(
    settings: dict[str, str], filters: tuple[str, ...]
) -> None:
    loaded = load_settings({f"GATEHOUSE_{name}": value for name, value in settings.items()})
    assert Assignment.from_settings(loaded).filters(all_formats()) == filters
