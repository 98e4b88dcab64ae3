"""A small ledger for tests: a gate with its device, what it depends on, and what it said."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from assets.dependencies import add_dependency
from assets.devices import register_device
from assets.ledger import create_asset
from assets.models import Area, Asset, AssetFacts, Device, Record, RecordEntry, Site
from assets.records import write_record
from assets.sites import create_area
from ingest.kinds import all_kinds
from store.db import Database
from tests.cast import Cast


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """At wutong: the east gate's barrier with a device and a record, fed by a switch that has neither."""

    east: Area
    gate: Asset
    switch: Asset
    device: Device
    record: Record


@pytest.fixture
def ledger(db: Database, cast: Cast, wutong: Site, now: datetime) -> Ledger:
    """Entered by Zhao an hour ago."""
    then, actor = now - timedelta(hours=1), cast.zhao.actor
    with db.transaction() as conn:
        east = create_area(conn, cast.admin.actor, now=then, site_id=wutong.id, slug="east", name="东大门", key_area=True)
        gate, switch = (
            create_asset(conn, actor, now=then, site_id=wutong.id, facts=facts)
            for facts in (
                AssetFacts(code="DZ-01", name="东大门道闸", category="gate", area_id=east.id, condition="poor"),
                AssetFacts(code="WL-01", name="车库交换机", category="network"),
            )
        )
        add_dependency(conn, actor, now=then, site_id=wutong.id, asset_id=gate.id, depends_on_id=switch.id, kind="network")
        device = register_device(
            conn,
            actor,
            now=then,
            site_id=wutong.id,
            slug="dz-01",
            kind="gate_barrier",
            kinds=all_kinds(),
            name="东大门道闸",
            asset_id=gate.id,
        )
        entry = RecordEntry(kind="repair", done_at=then, done_by="捷顺售后", summary="更换皮带", outcome="fixed")
        record = write_record(conn, actor, now=then, site_id=wutong.id, asset_id=gate.id, entry=entry)
    return Ledger(east=east, gate=gate, switch=switch, device=device, record=record)


@pytest.fixture
def spoken(db: Database, wutong: Site, ledger: Ledger, now: datetime) -> Ledger:
    """The device sent ten readings and an event, fell silent, and reports a fault now."""
    site_id, device_id = wutong.id, ledger.device.id
    with db.transaction() as conn:
        for minute in range(10):
            ts = now - timedelta(minutes=40 - minute)
            conn.execute(
                "INSERT INTO reading_gate_barrier (site_id, device_id, ts, received_at, position, cycles, motor_temp, loop_occupied)"
                " VALUES (%s, %s, %s, %s, 'open', %s, 41.5, true)",
                (site_id, device_id, ts, ts, 100 + minute),
            )
        conn.execute(
            "INSERT INTO device_event (site_id, device_id, ts, event_id, received_at, type, data) VALUES (%s, %s, %s, 'e1', %s, %s, %s)",
            (site_id, device_id, now, now, "opened_by_hand", Jsonb({"by": "<b>岗亭</b>"})),
        )
        for minutes, status, previous, reason in (
            (40, "online", "unknown", "seen"),
            (20, "stale", "online", "silence"),
            (5, "fault", "stale", "fault"),
        ):
            conn.execute(
                "INSERT INTO device_status (site_id, device_id, at, status, previous, reason, faults) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (
                    site_id,
                    device_id,
                    now - timedelta(minutes=minutes),
                    status,
                    previous,
                    reason,
                    ["motor_stall"] if status == "fault" else [],
                ),
            )
        conn.execute(
            "UPDATE device_state SET status = 'fault', since = %s, reason = 'fault', faults = '{motor_stall}', last_seen_at = %s, skew_ms = 95000"
            " WHERE device_id = %s",
            (now - timedelta(minutes=5), now, device_id),
        )
    return ledger


@pytest.fixture
def inboxes(db: Database, wutong: Site, now: datetime) -> None:
    """A camera nobody registered, and two messages nobody could take."""
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO discovered_device (site_id, slug, kind_guess, first_seen_at, last_seen_at, message_count, last_topic, last_payload)"
            " VALUES (%s, 'cam-7', 'cctv', %s, %s, 12, 'gatehouse/v1/wutong/cam-7/reading', '{\"x\": \"<b>\"}')",
            (wutong.id, now, now),
        )
        cut = ("truncated", {})
        level = ("range", {"where": "level", "low": "0", "high": "200", "unit": "%", "found": "940"})
        nowhere = ("no_site", {"site": '"x"'})
        for site_id, reason, (key, facts), payload, count in (
            (wutong.id, "not_json", cut, b'{"ts": <script>', 3),
            (wutong.id, "out_of_range", level, b"\x00\xff\xfe", 1),
            (None, "unknown_site", nowhere, b"{}", 9),
        ):
            conn.execute(
                "INSERT INTO rejected_message (site_id, topic, reason, detail_key, facts, payload, payload_bytes, count, first_at, last_at)"
                " VALUES (%s, 'gatehouse/v1/x/y/reading', %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    site_id,
                    reason,
                    key,
                    Jsonb(facts),
                    payload,
                    len(payload),
                    count,
                    now - timedelta(hours=1),
                    now - timedelta(minutes=count),
                ),
            )
