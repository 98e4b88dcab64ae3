"""The same story on mosquitto."""

from collections.abc import Callable
from datetime import datetime

import pytest

from assets.models import Site
from ingest.mappings.edit import MappingFacts, create_mapping, delete_mapping
from people.models import SYSTEM
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, reading, rows
from tests.ingest.test_outages import GATE, all_stored_once, send_numbered, stored

Wait = Callable[..., None]
pytestmark = pytest.mark.mosquitto


def test_messages_are_stored_once_across_a_restart_of_the_ingester(
    db: Database, devices: Devices, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    device = Publisher(mosquitto, "device")
    first = run_ingester(url=mosquitto, batch_size=50, everything=False)
    send_numbered(device, now, range(1000))
    wait_for(lambda: stored(db) > 200)
    first.stop()
    send_numbered(device, now, range(1000, 2000))
    run_ingester(url=mosquitto, everything=False)
    wait_for(lambda: all_stored_once(db, 2000), seconds=60)
    device.close()


def test_a_will_and_what_is_retained_mean_the_same(
    db: Database, devices: Devices, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    def state(device_id: int) -> object:
        with db.transaction() as conn:
            row = conn.execute("SELECT status FROM device_state WHERE device_id = %s", (device_id,)).fetchone()
        return row and row[0]

    door = Publisher(mosquitto, "door")
    door.publish("gatehouse/v1/wutong/door-1/status", {"status": "online"}, retain=True)
    ingester = run_ingester(url=mosquitto, everything=False)
    gate = Publisher(mosquitto, "gate", will=("gatehouse/v1/wutong/gate-1/status", '{"status": "offline"}'))
    gate.publish(GATE, reading(now, cycles=1))
    wait_for(lambda: state(devices.gate) == "online")
    gate.vanish()
    wait_for(lambda: state(devices.gate) == "offline")
    wait_for(lambda: ingester.stats.committed == 3)
    assert state(devices.door) == "unknown"
    door.close()


def test_topics_of_a_mapping_are_subscribed_to_while_it_is_there(
    db: Database, wutong: Site, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    """At a broker of the operator's nothing comes that was not asked for."""
    ingester = run_ingester(url=mosquitto, everything=False)
    probe = Publisher(mosquitto, "probe")
    probe.publish("acme/P-7/up", "1")
    facts = MappingFacts(slug="acme", name="Probes", topic_filter="acme/+/up", direct=True, device_from="topic.2")
    with db.transaction() as conn:
        mapping = create_mapping(conn, SYSTEM, now=now, site_id=wutong.id, facts=facts, rules=[], direct=True)

    def is_heard() -> bool:
        probe.publish("acme/P-7/up", "2")
        return rows(db, "SELECT address FROM discovered_device") == [("acme:P-7",)]

    wait_for(is_heard)
    with db.transaction() as conn:
        delete_mapping(conn, SYSTEM, now=now, site_id=wutong.id, mapping_id=mapping.id)

    def is_heard_no_more() -> bool:
        before = ingester.stats.received
        probe.publish("acme/P-7/up", "3")
        probe.publish("gatehouse/v1/wutong/gate-9/status", '{"status": "online"}')
        wait_for(lambda: ingester.stats.received > before)
        return ingester.stats.received == before + 1

    wait_for(is_heard_no_more)
    probe.close()
