"""What an integrator teaches us: from a vendor's message that nobody reads to a row, a fault and the device's page."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from assets.devices import register_device
from assets.models import Site
from assets.sites import renew_mqtt_password
from ingest.embedded_broker import EmbeddedBroker
from ingest.kinds import all_kinds
from ingest.mappings import edit
from ingest.mappings.edit import MappingFacts, RuleFacts
from ingest.mappings.model import TopicMapping
from ingest.queries import mappings as queries
from people.models import SYSTEM
from store.db import Database
from tests.ingest.conftest import Connect, Devices, Publisher, Run, insert_device, rows

Wait = Callable[..., None]
SECOND = timedelta(seconds=1)
RAW = "gatehouse/v1/wutong/raw"
SUMP = MappingFacts(
    slug="acme",
    name="Acme level probes",
    topic_filter="acme/+/up",
    device_from="topic.2",
    time_from="at",
    time_form="seconds",
)
# The probe hangs 2.5 m above the bottom and tells how far below it the water is.
RULES = (
    RuleFacts(source="probe.distance", target="measure:depth", factor="-1000", addend="2500"),
    RuleFacts(source="probe.pump", target="measure:pump_on", words="run"),
    RuleFacts(source="alarm", target="fault:pump_fault", words="3"),
)


def create(
    db: Database, site: Site, now: datetime, *rules: RuleFacts, facts: MappingFacts = SUMP, direct: bool = False
) -> TopicMapping:
    with db.transaction() as conn:
        return edit.create_mapping(conn, SYSTEM, now=now, site_id=site.id, facts=facts, rules=rules, direct=direct)


def register(db: Database, site: Site, now: datetime, *, slug: str, address: str, kind: str = "drainage") -> int:
    with db.transaction() as conn:
        formats = edit.formats_at(conn, site.id)
        return register_device(
            conn,
            SYSTEM,
            now=now,
            site_id=site.id,
            slug=slug,
            kind=kind,
            kinds=all_kinds(),
            name=slug,
            address=address,
            formats=formats,
        ).id


def says(now: datetime, distance: float, *, pump: str = "idle", alarm: int = 0) -> str:
    return json.dumps({"at": now.timestamp(), "probe": {"distance": distance, "pump": pump}, "alarm": alarm})


def test_a_vendor_nobody_knows_is_mapped_registered_and_read_without_code(
    db: Database, wutong: Site, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    device.publish(f"{RAW}/acme/P-7/up", says(now, 0.8))
    wait_for(lambda: rows(db, "SELECT reason, detail_key FROM rejected_message") == [("topic", "no_format")])

    mapping = create(db, wutong, now, *RULES)

    def is_discovered() -> bool:
        device.publish(f"{RAW}/acme/P-7/up", says(now + SECOND, 0.8))
        return rows(db, "SELECT address, kind_guess FROM discovered_device") == [("acme:P-7", "drainage")]

    wait_for(is_discovered)
    sump = register(db, wutong, now, slug="sump-7", address="acme:P-7")
    wait_for(lambda: len(rows(db, "SELECT 1 FROM reading_drainage")) == 1)  # what it had said counts at once
    device.publish(f"{RAW}/acme/P-7/up", says(now + 2 * SECOND, 2.51, pump="RUN", alarm=3))
    wait_for(lambda: len(rows(db, "SELECT 1 FROM reading_drainage")) == 2)

    stored = "SELECT device_id, ts, depth, pump_on, faults FROM reading_drainage ORDER BY ts"
    assert rows(db, stored) == [
        (sump, now + SECOND, 1700.0, False, None),
        (sump, now + 2 * SECOND, 0.0, True, ["pump_fault"]),
    ]
    assert rows(db, "SELECT status, faults FROM device_state WHERE device_id = %s", sump) == [("fault", ["pump_fault"])]
    device.publish(f"{RAW}/acme/P-7/up", says(now + 3 * SECOND, 2.0))
    wait_for(lambda: rows(db, "SELECT status FROM device_state WHERE device_id = %s", sump) == [("online",)])
    with db.transaction() as conn:
        heard = queries.list_heard(conn, site_id=wutong.id, mapping_id=mapping.id)
    assert [message.topic for message in heard] == [f"{RAW}/acme/P-7/up"]
    assert ingester.stats.rejected.keys() == {"topic"}
    assert rows(db, "SELECT name, value FROM device_unmapped WHERE name = 'probe.distance'") == [("probe.distance", "0.8")]


def test_a_changed_rule_counts_from_the_next_message_on(
    db: Database, wutong: Site, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    mapping = create(db, wutong, now, *RULES)
    register(db, wutong, now, slug="sump-7", address="acme:P-7")
    run_ingester()
    device.publish(f"{RAW}/acme/P-7/up", says(now, 0.5))
    wait_for(lambda: rows(db, "SELECT depth FROM reading_drainage") == [(2000.0,)])
    higher = RuleFacts(source="probe.distance", target="measure:depth", factor="-1000", addend="3000")
    with db.transaction() as conn:
        edit.update_mapping(
            conn, SYSTEM, now=now, site_id=wutong.id, mapping_id=mapping.id, facts=SUMP, rules=[higher], direct=False
        )
    at = iter(range(1, 1000))

    def is_deeper() -> bool:
        device.publish(f"{RAW}/acme/P-7/up", says(now + next(at) * SECOND, 0.5))
        return (2500.0,) in rows(db, "SELECT depth FROM reading_drainage")

    wait_for(is_deeper)


def test_each_manhole_has_its_own_height_and_only_its_own_devices_format_counts(
    db: Database, devices: Devices, wutong: Site, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    """Also of devices that speak our own topics: what their kind has no word for."""
    with db.transaction() as conn:
        other = insert_device(conn, wutong.id, "drain-2", "drainage", now)
        for device_id, alone, height in ((devices.drain, False, "2000"), (other, True, "3000")):
            rule = RuleFacts(source="distance", target="measure:depth", factor="-1", addend=height)
            edit.set_rules(conn, SYSTEM, now=now, site_id=wutong.id, device_id=device_id, alone=alone, rules=[rule])
    run_ingester()
    for slug in ("drain-1", "drain-2"):
        payload = {"ts": now.isoformat(), "measures": {"level": 5, "distance": 500}, "faults": []}
        device.publish(f"gatehouse/v1/wutong/{slug}/reading", payload)
    wait_for(lambda: len(rows(db, "SELECT 1 FROM reading_drainage")) == 2)
    stored = "SELECT device_id, level, depth FROM reading_drainage ORDER BY device_id"
    assert rows(db, stored) == sorted([(devices.drain, 5.0, 1500.0), (other, 5.0, 2500.0)])


def test_one_message_of_a_gateway_tells_of_several_devices(
    db: Database, wutong: Site, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    facts = MappingFacts(
        slug="gw", name="Gateways", topic_filter="gw/#", entries_from="data.list", device_from="id", time_from="data.time"
    )
    create(db, wutong, now, RuleFacts(source="v", target="measure:level"), facts=facts)
    ids = [register(db, wutong, now, slug=f"pit-{number}", address=f"gw:{number}") for number in (1, 2)]
    run_ingester()
    local = now.astimezone(wutong.zone).replace(tzinfo=None).isoformat(" ", "seconds")  # by its own clock on the wall
    listed = [{"id": 1, "v": "12.5"}, {"v": "of nobody"}, {"id": 2, "v": 30}, "nonsense", {"id": 3, "v": 1}, *[{}] * 900]
    device.publish(f"{RAW}/gw/7/x", {"data": {"time": local, "list": listed}})
    wait_for(lambda: len(rows(db, "SELECT 1 FROM reading_drainage")) == 2)
    stored = rows(db, "SELECT device_id, ts, level FROM reading_drainage ORDER BY level")
    assert stored == [(ids[0], now, 12.5), (ids[1], now, 30.0)]
    assert rows(db, "SELECT address FROM discovered_device") == [("gw:3",)]
    assert rows(db, "SELECT site_id, reason, count FROM rejected_message") == [(wutong.id, "missing_field", 1)]


def test_what_cannot_be_read_is_told_at_its_site_and_the_rest_goes_on(
    db: Database, wutong: Site, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    create(db, wutong, now, *RULES)
    register(db, wutong, now, slug="sump-7", address="acme:P-7")
    run_ingester()
    device.publish(f"{RAW}/acme/P-7/up", '{"probe": {"distance": 1}}')
    device.publish(f"{RAW}/acme/P-8/up", '{"at": "yesterday"}')
    device.publish(f"{RAW}/acme/P-9/up", "{")
    device.publish(f"{RAW}/acme/P-7/up", says(now, 65535))  # how this probe says that it has failed
    device.publish(f"{RAW}/acme/P-7/up", says(now, 1))
    wait_for(lambda: rows(db, "SELECT depth FROM reading_drainage") == [(1500.0,)])
    found = rows(db, "SELECT site_id, reason FROM rejected_message ORDER BY reason")
    assert found == [(wutong.id, reason) for reason in ("bad_time", "missing_field", "not_json", "out_of_range")]


def test_topics_without_a_site_are_for_the_only_one_there_is(
    db: Database, wutong: Site, broker: EmbeddedBroker, connect: Connect, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    create(db, wutong, now, *RULES, facts=msgspec.structs.replace(SUMP, direct=True), direct=True)
    register(db, wutong, now, slug="sump-7", address="acme:P-7")
    with db.transaction() as conn:
        password = renew_mqtt_password(conn, SYSTEM, now=now, site_id=wutong.id)
    run_ingester(url=broker.url, broker=broker)
    device = connect("probe", url=f"mqtt://wutong:{password}@127.0.0.1:{broker.port}")
    # Who comes before the broker knows of it is refused, and comes again.
    wait_for(lambda: device.publish("acme/P-7/up", says(now, 1)) is None, ignore=RuntimeError)
    wait_for(lambda: rows(db, "SELECT depth FROM reading_drainage") == [(1500.0,)])
