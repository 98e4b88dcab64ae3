"""The same story on mosquitto."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from assets.devices import retire_device
from assets.models import Site
from ingest.mappings.edit import MappingFacts, RuleFacts, create_mapping, delete_mapping
from ingest.mappings.model import TopicMapping
from people.models import SYSTEM
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, reading, rows
from tests.ingest.test_mappings import register
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


def create_direct(db: Database, site: Site, now: datetime, slug: str) -> TopicMapping:
    facts = MappingFacts(slug=slug, name=slug, topic_filter=f"{slug}/+/up", direct=True, device_from="topic.2")
    with db.transaction() as conn:
        rules = [RuleFacts(source="value", target="measure:depth")]
        return create_mapping(conn, SYSTEM, now=now, site_id=site.id, facts=facts, rules=rules, direct=True)


def test_topics_of_a_mapping_are_subscribed_to_while_it_is_there(
    db: Database, wutong: Site, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    """At a broker of the operator's nothing comes that was not asked for."""
    ingester = run_ingester(url=mosquitto, everything=False)
    probe = Publisher(mosquitto, "probe")
    probe.publish("acme/P-7/up", "1")
    mapping = create_direct(db, wutong, now, "acme")

    def is_heard() -> bool:
        probe.publish("acme/P-7/up", "2")
        return rows(db, "SELECT address FROM discovered_device") == [("acme:P-7",)]

    wait_for(is_heard)
    probe_id = register(db, wutong, now, slug="probe", address="acme:P-7")
    wait_for(lambda: rows(db, "SELECT device_id, depth FROM reading_drainage") == [(probe_id, 2.0)])
    with db.transaction() as conn:
        retire_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=probe_id)
        delete_mapping(conn, SYSTEM, now=now, site_id=wutong.id, mapping_id=mapping.id)

    def is_heard_no_more() -> bool:
        before = ingester.stats.received
        probe.publish("acme/P-7/up", "3")
        probe.publish("gatehouse/v1/wutong/gate-9/status", '{"status": "online"}')
        wait_for(lambda: ingester.stats.received > before)
        return ingester.stats.received == before + 1

    wait_for(is_heard_no_more)
    probe.close()


class TestTopicsThatTheBrokerRefuses:
    """By an `acl_file` mosquitto lets everybody subscribe and holds messages back; its plugin refuses the subscription."""

    @pytest.fixture
    def mosquitto_settings(self, tmp_path: Path) -> str:
        """Nobody may subscribe to what is below secret/."""
        acl = {"acltype": "subscribePattern", "topic": "secret/#", "allow": False}
        rights = tmp_path / "rights.json"
        rights.write_text(
            json.dumps(
                {
                    "defaultACLAccess": dict.fromkeys(
                        ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), True
                    ),
                    "roles": [{"rolename": "guest", "acls": [acl]}],
                    "groups": [{"groupname": "everybody", "roles": [{"rolename": "guest"}], "clients": []}],
                    "anonymousGroup": "everybody",
                    "clients": [],
                }
            )
        )
        [plugin] = Path("/usr").glob("lib/*/mosquitto_dynamic_security.so")
        return f"plugin {plugin}\nplugin_opt_config_file {rights}\n"

    def test_everything_else_is_heard(
        self, db: Database, wutong: Site, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
    ) -> None:
        first = run_ingester(url=mosquitto, everything=False)
        create_direct(db, wutong, now, "secret")
        create_direct(db, wutong, now, "acme")
        probe = Publisher(mosquitto, "probe")

        def is_heard(name: str) -> bool:
            probe.publish(f"secret/{name}/up", "1")
            probe.publish(f"acme/{name}/up", "1")
            return (f"acme:{name}",) in rows(db, "SELECT address FROM discovered_device")

        wait_for(lambda: is_heard("P-7"))
        first.stop()
        run_ingester(url=mosquitto, everything=False)  # which asks again
        wait_for(lambda: is_heard("P-8"))
        assert rows(db, "SELECT address FROM discovered_device ORDER BY address") == [("acme:P-7",), ("acme:P-8",)]
        probe.close()
