"""From a device's message to a row, its state, its history, and the word that something changed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from assets.models import Site
from assets.sites import renew_mqtt_password
from core.clock import ManualClock
from ingest.embedded_broker import EmbeddedBroker
from people.models import SYSTEM
from store.db import Database
from store.listen import ChangeListener
from store.notify import Change, notify
from tests.ingest.conftest import Connect, Devices, Publisher, Run, insert_device, reading, rows

Wait = Callable[..., None]
GATE = "gatehouse/v1/wutong/gate-1"
SECOND = timedelta(seconds=1)


def statuses(db: Database, device_id: int) -> list[tuple[object, ...]]:
    return rows(db, "SELECT previous, status, reason FROM device_status WHERE device_id = %s ORDER BY at, id", device_id)


def state(db: Database, device_id: int) -> object:
    return rows(db, "SELECT status FROM device_state WHERE device_id = %s", device_id)[0][0]


def test_a_reading_becomes_a_row_and_the_device_is_online(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    device.publish(f"{GATE}/reading", reading(now, position="closed", motor_temp=31.5, cycles=12))
    wait_for(lambda: ingester.stats.committed == 1)
    query = "SELECT device_id, ts, received_at, faults, position, motor_temp, cycles, motor_current FROM reading_gate_barrier"
    assert rows(db, query) == [(devices.gate, now, now, None, "closed", 31.5, 12, None)]
    assert statuses(db, devices.gate) == [("unknown", "online", "seen")]
    query = "SELECT status, reason, last_seen_at, last_ts FROM device_state WHERE device_id = %s"
    assert rows(db, query, devices.gate) == [("online", "seen", now, now)]


def test_every_kind_has_its_table(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    run_ingester()
    measures: dict[str, dict[str, object]] = {
        "gate-1": {"position": "open"},
        "door-1": {"door_open": True, "battery": 88},
        "cam-1": {"streaming": True, "fps": 25},
        "drain-1": {"level": 41.5, "pump_on": False},
        "beam-1": {"aligned": True, "signal": 93},
    }
    for slug, values in measures.items():
        device.send(f"gatehouse/v1/wutong/{slug}/reading", {"ts": now.isoformat(), "measures": values})
    wait_for(lambda: len(rows(db, "SELECT 1 FROM device_status")) == 5)
    for table in ("gate_barrier", "access_control", "cctv", "drainage", "perimeter_beam"):
        assert rows(db, f"SELECT count(*) FROM reading_{table}") == [(1,)]  # noqa: S608 - our own names


def test_what_an_unregistered_device_said_last_counts_as_soon_as_it_is_registered(
    db: Database, wutong: Site, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    """A level sensor may speak once a day."""
    ingester = run_ingester()
    for level in (40, 41.5):
        device.publish("gatehouse/v1/wutong/sump-9/reading", reading(now + timedelta(seconds=level), level=level))
    wait_for(lambda: ingester.stats.committed == 2)
    with db.transaction() as conn:
        sump = insert_device(conn, wutong.id, "sump-9", "drainage", now)
        notify(conn, Change(topic="ledger", site_id=wutong.id))
    wait_for(lambda: rows(db, "SELECT device_id, level FROM reading_drainage") == [(sump, 41.5)])
    assert state(db, sump) == "online"


def test_faults_and_their_end_are_transitions(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    run_ingester()
    device.publish(f"{GATE}/reading", reading(now, position="open"))
    device.publish(f"{GATE}/reading", reading(now + SECOND, "motor_stall", position="blocked"))
    device.publish(f"{GATE}/reading", reading(now + 2 * SECOND, position="open", motor_temp=97))
    device.publish(f"{GATE}/reading", reading(now + 3 * SECOND, position="open", motor_temp=60))
    wait_for(lambda: len(statuses(db, devices.gate)) == 4)
    assert statuses(db, devices.gate) == [
        ("unknown", "online", "seen"),
        ("online", "fault", "fault"),
        ("fault", "degraded", "fault"),
        ("degraded", "online", "recovered"),
    ]
    query = "SELECT faults FROM device_status WHERE status = 'fault'"
    assert rows(db, query) == [(["motor_stall", "obstructed"],)]
    assert rows(db, "SELECT faults FROM reading_gate_barrier ORDER BY ts") == [(None,), (["motor_stall"],), (None,), (None,)]


def test_a_judged_fault_holds_over_a_restart_until_its_measure_says_otherwise(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    camera = "gatehouse/v1/wutong/cam-1/reading"
    first = run_ingester()
    device.publish(camera, reading(now, disk_used=99))
    wait_for(lambda: state(db, devices.cam) == "degraded")
    first.stop()
    run_ingester()
    wait_for(lambda: state(db, devices.cam) == "unknown")
    device.publish(camera, reading(now + SECOND, streaming=True, fps=25))
    wait_for(lambda: state(db, devices.cam) == "degraded")
    device.publish(camera, reading(now + 2 * SECOND, disk_used=60))
    wait_for(lambda: state(db, devices.cam) == "online")
    query = "SELECT status, faults FROM device_status WHERE device_id = %s ORDER BY at, id"
    assert rows(db, query, devices.cam) == [
        ("degraded", ["disk_full"]),
        ("unknown", ["disk_full"]),
        ("degraded", ["disk_full"]),
        ("online", []),
    ]
    assert rows(db, "SELECT grounds FROM device_state WHERE device_id = %s", devices.cam) == [([],)]


def test_what_faults_rest_on_is_written_when_nothing_else_changes(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    run_ingester()
    camera = "gatehouse/v1/wutong/cam-1/reading"
    device.publish(camera, reading(now, "disk_full"))
    wait_for(lambda: state(db, devices.cam) == "degraded")
    device.publish(camera, reading(now + SECOND, "disk_full", disk_used=99))
    query = "SELECT grounds FROM device_state WHERE device_id = %s"
    wait_for(lambda: rows(db, query, devices.cam) == [(["disk_full", "disk_full:disk_used"],)])
    assert len(statuses(db, devices.cam)) == 1


def test_the_same_message_twice_is_one_row(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    for cycles in (1, 1, 2):
        device.publish(f"{GATE}/reading", reading(now, cycles=cycles))
    for _ in range(2):
        event = {"id": "e1", "ts": now.isoformat(), "type": "vehicle_passed", "data": {"lane": 1}}
        device.publish(f"{GATE}/event", event)
    wait_for(lambda: ingester.stats.committed == 5)
    assert rows(db, "SELECT cycles FROM reading_gate_barrier") == [(1,)]
    assert rows(db, "SELECT event_id, type, data FROM device_event") == [("e1", "vehicle_passed", {"lane": 1})]
    assert ingester.stats.rejected == {}


def test_a_back_filled_reading_is_stored_in_its_time_and_changes_nothing_now(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    device.publish(f"{GATE}/reading", reading(now, position="open"))
    device.publish(f"{GATE}/reading", reading(now - timedelta(hours=20), "motor_stall", position="blocked"))
    wait_for(lambda: ingester.stats.committed == 2)
    assert len(rows(db, "SELECT 1 FROM reading_gate_barrier")) == 2
    assert statuses(db, devices.gate) == [("unknown", "online", "seen")]
    assert rows(db, "SELECT last_ts FROM device_state WHERE device_id = %s", devices.gate) == [(now,)]


def test_silence_makes_a_device_stale_and_then_offline_and_a_message_brings_it_back(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    start = clock.now()
    run_ingester()
    device.publish(f"{GATE}/reading", reading(start, position="open"))
    wait_for(lambda: state(db, devices.gate) == "online")
    clock.advance(timedelta(seconds=91))
    wait_for(lambda: state(db, devices.gate) == "stale")
    clock.advance(timedelta(seconds=180))
    wait_for(lambda: state(db, devices.gate) == "offline")
    device.publish(f"{GATE}/reading", reading(clock.now(), position="open"))
    wait_for(lambda: state(db, devices.gate) == "online")
    assert rows(db, "SELECT at, status, reason FROM device_status WHERE device_id = %s ORDER BY at", devices.gate) == [
        (start, "online", "seen"),
        (start + timedelta(seconds=90), "stale", "silence"),
        (start + timedelta(seconds=270), "offline", "silence"),
        (start + timedelta(seconds=271), "online", "recovered"),
    ]


def test_a_device_that_vanishes_is_offline_by_its_will_at_once(
    db: Database, devices: Devices, connect: Connect, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    run_ingester()
    gate = connect("gate", will=(f"{GATE}/status", '{"status": "offline"}'))
    gate.publish(f"{GATE}/status", {"status": "online"}, retain=True)
    wait_for(lambda: state(db, devices.gate) == "online")
    gate.vanish()
    wait_for(lambda: state(db, devices.gate) == "offline", seconds=3)
    assert statuses(db, devices.gate)[-1] == ("online", "offline", "will")


def test_what_the_broker_retained_proves_no_life_but_tells_of_a_death(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    device.publish(f"{GATE}/status", {"status": "online"}, retain=True)
    device.publish("gatehouse/v1/wutong/door-1/status", {"status": "offline"}, retain=True)
    device.publish(f"{GATE}/reading", reading(now, position="open"), retain=True)
    device.publish("gatehouse/v1/wutong/ghost/status", {"status": "offline"}, retain=True)
    ingester = run_ingester()
    wait_for(lambda: ingester.stats.committed >= 4)
    assert state(db, devices.gate) == "unknown"
    assert rows(db, "SELECT last_seen_at FROM device_state WHERE device_id = %s", devices.gate) == [(None,)]
    assert state(db, devices.door) == "offline"
    assert rows(db, "SELECT 1 FROM discovered_device") == []


def test_after_a_restart_everything_is_unknown_until_it_is_heard_or_the_grace_window_ends(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    first = run_ingester()
    device.publish(f"{GATE}/reading", reading(clock.now(), "motor_stall"))
    device.publish("gatehouse/v1/wutong/door-1/reading", reading(clock.now(), locked=True))
    wait_for(lambda: state(db, devices.gate) == "fault" and state(db, devices.door) == "online")
    first.stop()
    clock.advance(timedelta(hours=2))
    run_ingester()
    wait_for(lambda: state(db, devices.gate) == "unknown" and state(db, devices.door) == "unknown")
    assert statuses(db, devices.gate)[-1] == ("fault", "unknown", "restart")
    device.publish(f"{GATE}/status", {"status": "online"})
    wait_for(lambda: state(db, devices.gate) == "fault")  # nobody said that the fault has gone
    clock.advance(timedelta(minutes=31))
    wait_for(lambda: state(db, devices.door) == "offline")
    assert statuses(db, devices.door)[-1] == ("unknown", "offline", "silence")


def test_an_unregistered_device_is_discovered_and_its_first_reading_after_registration_shows(
    db: Database, wutong: Site, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    for step in range(3):
        device.publish("gatehouse/v1/wutong/cam-9/reading", reading(now + step * SECOND, fps=25, streaming=True))
    wait_for(lambda: ingester.stats.committed == 3)
    query = "SELECT slug, kind_guess, message_count, last_topic FROM discovered_device"
    assert rows(db, query) == [("cam-9", "cctv", 3, "gatehouse/v1/wutong/cam-9/reading")]
    assert ingester.stats.rejected == {}
    with db.transaction() as conn:
        camera = insert_device(conn, wutong.id, "cam-9", "cctv", now)
        notify(conn, Change(topic="ledger", site_id=wutong.id))

    def first_reading_shows() -> bool:
        device.publish("gatehouse/v1/wutong/cam-9/reading", reading(now + 9 * SECOND, fps=24, streaming=True))
        return state(db, camera) == "online"

    wait_for(first_reading_shows)
    assert rows(db, "SELECT fps FROM reading_cctv") == [(24.0,)]
    assert rows(db, query) == []


def test_pages_are_told_at_once_of_status_and_events_and_now_and_then_of_readings(
    db: Database,
    devices: Devices,
    device: Publisher,
    listener: ChangeListener,
    run_ingester: Run,
    clock: ManualClock,
    wait_for: Wait,
) -> None:
    told: list[Change] = []
    with listener.subscribed(told.append):
        ingester = run_ingester()
        for step in range(20):
            device.publish(f"{GATE}/reading", reading(clock.now() + step * timedelta(milliseconds=1), cycles=step))
            wait_for(lambda committed=step + 1: ingester.stats.committed == committed)
        event = {"id": "e1", "ts": clock.now().isoformat(), "type": "tailgating", "data": {}}
        device.publish(f"{GATE}/event", event)
        wait_for(lambda: ingester.stats.committed == 21)
        wait_for(lambda: Change(topic="event", site_id=devices.site_id) in told)
        assert told.count(Change(topic="status", site_id=devices.site_id, subject=str(devices.gate))) == 1
        assert told.count(Change(topic="reading", site_id=devices.site_id)) == 1
        clock.advance(SECOND)
        wait_for(lambda: told.count(Change(topic="reading", site_id=devices.site_id)) == 2)


def test_a_steady_device_costs_no_write_but_its_reading(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    ingester = run_ingester()
    seen = "SELECT last_seen_at, xmin::text FROM device_state WHERE device_id = %s"
    device.publish(f"{GATE}/reading", reading(clock.now(), cycles=0))
    wait_for(lambda: state(db, devices.gate) == "online")
    before = rows(db, seen, devices.gate)
    for step in range(1, 6):
        clock.advance(SECOND)
        device.publish(f"{GATE}/reading", reading(clock.now(), cycles=step))
    wait_for(lambda: ingester.stats.committed == 6)
    assert rows(db, seen, devices.gate) == before
    last = clock.now()
    clock.advance(timedelta(seconds=29))
    wait_for(lambda: rows(db, seen, devices.gate)[0][0] == last)
    clock.advance(SECOND)
    device.publish(f"{GATE}/reading", reading(clock.now(), cycles=9))
    wait_for(lambda: ingester.stats.committed == 7)
    ingester.stop()
    assert rows(db, seen, devices.gate)[0][0] == clock.now()


def test_a_sites_new_password_lets_its_devices_in_at_once(
    db: Database, devices: Devices, broker: EmbeddedBroker, connect: Connect, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester(broker=broker)
    with db.transaction() as conn:
        password = renew_mqtt_password(conn, SYSTEM, now=now, site_id=devices.site_id)
    url = f"mqtt://wutong:{password}@127.0.0.1:{broker.port}"
    wait_for(lambda: connect("gate", url=url).refused is None)
    connect("gate", url=url).publish(f"{GATE}/reading", reading(now, cycles=1))
    wait_for(lambda: ingester.stats.committed == 1)


def test_the_ingester_says_of_itself_that_it_is_there(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    started = clock.now()
    ingester = run_ingester(name="ingest-a")
    device.publish(f"{GATE}/reading", reading(started, cycles=0))
    device.publish(f"{GATE}/reading", "nonsense")
    wait_for(lambda: ingester.stats.committed == 2)
    clock.advance(timedelta(seconds=5))
    query = "SELECT client_id, started_at, seen_at, connected, received, committed, rejected FROM ingester"
    wait_for(lambda: rows(db, query) == [("ingest-a", started, clock.now(), True, 2, 2, 1)])
    ingester.stop()
    assert rows(db, "SELECT connected FROM ingester") == [(False,)]
