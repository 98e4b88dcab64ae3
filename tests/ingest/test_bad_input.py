"""Whatever is sent: taken, absorbed or rejected with its reason, counted, and nothing else disturbed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assets.models import Site
from ingest.batch import Batch
from ingest.credentials import new_hash
from ingest.formats import all_formats
from ingest.health_tracker import HealthTracker
from ingest.intake import Intake, Limits
from ingest.kinds import all_kinds
from ingest.model import Decoded, Message, RejectedError
from ingest.rejected import RejectedMessages
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, insert_device, reading, rows

Wait = Callable[..., None]
GATE = "gatehouse/v1/wutong/gate-1"
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def with_measure(value: str) -> str:
    return f'{{"ts": "{NOON.isoformat()}", "measures": {{"motor_temp": {value}}}}}'


def at(ts: object) -> str:
    return json.dumps({"ts": ts, "measures": {"cycles": 1}})


BAD: list[tuple[str, str, str | bytes, str]] = [
    ("unknown site", "gatehouse/v1/nowhere/gate-1/reading", at(NOON.isoformat()), "unknown_site"),
    ("misspelt topic", f"{GATE}/readings", at(NOON.isoformat()), "topic"),
    ("short topic", "gatehouse/v1/wutong", at(NOON.isoformat()), "topic"),
    ("capital letters", "gatehouse/v1/wutong/Gate-1/reading", at(NOON.isoformat()), "topic"),
    ("no JSON", f"{GATE}/reading", "position=open", "not_json"),
    ("no text", f"{GATE}/reading", b"\xff\xfe\x00\x01", "not_json"),
    ("empty", f"{GATE}/reading", "", "not_json"),
    ("an array", f"{GATE}/reading", "[1, 2]", "not_object"),
    ("a number", f"{GATE}/reading", "42", "not_object"),
    ("NaN", f"{GATE}/reading", with_measure("NaN"), "not_finite"),
    ("infinity", f"{GATE}/reading", with_measure("-Infinity"), "not_finite"),
    ("text for a number", f"{GATE}/reading", with_measure('"31.5"'), "wrong_type"),
    ("beyond a float", f"{GATE}/reading", with_measure("1e400"), "out_of_range"),
    ("beyond the possible", f"{GATE}/reading", with_measure("5000"), "out_of_range"),
    ("no time", f"{GATE}/reading", '{"measures": {"cycles": 1}}', "missing_field"),
    ("1970", f"{GATE}/reading", at(0), "bad_time"),
    ("2036", f"{GATE}/reading", at("2036-02-07T06:28:16Z"), "bad_time"),
    ("seconds for milliseconds", f"{GATE}/reading", at(int(NOON.timestamp())), "bad_time"),
    ("no zone", f"{GATE}/reading", at("2026-11-22T04:00:00"), "bad_time"),
    ("too old", f"{GATE}/reading", at((NOON - timedelta(days=8)).isoformat()), "time_too_old"),
    ("ahead", f"{GATE}/reading", at((NOON + timedelta(days=2)).isoformat()), "time_ahead"),
    ("nothing known", f"{GATE}/reading", json.dumps({"ts": NOON.isoformat(), "measures": {"colour": 1}}), "unknown_measure"),
    ("unknown event", f"{GATE}/event", json.dumps({"id": "1", "ts": NOON.isoformat(), "type": "party"}), "unknown_event"),
    ("unknown status", f"{GATE}/status", '{"status": "asleep"}', "bad_status"),
    ("almost 1 MB", f"{GATE}/reading", " " * 1_000_000, "too_large"),
    ("unknown kind", "gatehouse/v1/wutong/robot-1/reading", at(NOON.isoformat()), "unknown_kind"),
]


def test_every_mistake_is_counted_with_its_reason_and_nothing_else_is_disturbed(
    db: Database, wutong: Site, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    with db.transaction() as conn:
        insert_device(conn, wutong.id, "robot-1", "robot", now)
    ingester = run_ingester()
    for number, (_, topic, payload, _) in enumerate(BAD):
        device.send(f"{GATE}/reading", reading(now + timedelta(seconds=number), cycles=number))
        device.send(topic, payload)
    wait_for(lambda: ingester.stats.committed == 2 * len(BAD))
    reasons = [reason for *_, reason in BAD]
    assert dict(ingester.stats.rejected) == {reason: reasons.count(reason) for reason in reasons}
    assert rows(db, "SELECT count(*) FROM reading_gate_barrier") == [(len(BAD),)]
    assert rows(db, "SELECT status FROM device_state WHERE device_id = %s", devices.gate) == [("online",)]
    kept = rows(db, "SELECT topic, reason, sum(count)::int FROM rejected_message GROUP BY topic, reason")
    expected = {(topic, reason) for _, topic, _, reason in BAD}
    assert {row[:2] for row in kept} == expected
    assert sum(int(str(row[2])) for row in kept) == len(BAD)
    large = rows(db, "SELECT length(payload), payload_bytes, detail_key, facts FROM rejected_message WHERE reason = 'too_large'")
    assert large == [(4096, 1_000_000, "too_large", {"most": "65536"})]


def test_a_mistake_of_a_known_site_is_shown_there_and_of_no_site_to_nobody_else(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, wait_for: Wait
) -> None:
    ingester = run_ingester()
    for topic in (f"{GATE}/reading", "gatehouse/v1/nowhere/gate-1/reading", "gatehouse/v1/wutong/stranger/reading"):
        device.publish(topic, "nonsense")
    wait_for(lambda: ingester.stats.committed == 3)
    found = rows(db, "SELECT topic, site_id FROM rejected_message ORDER BY topic")
    assert found == [
        ("gatehouse/v1/nowhere/gate-1/reading", None),
        (f"{GATE}/reading", devices.site_id),
        ("gatehouse/v1/wutong/stranger/reading", devices.site_id),
    ]


def test_the_same_mistake_again_only_counts(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, wait_for: Wait
) -> None:
    ingester = run_ingester()
    for number in range(5):
        device.publish(f"{GATE}/reading", f"nonsense {number}")
    wait_for(lambda: ingester.stats.committed == 5)
    assert rows(db, "SELECT count, payload, payload_bytes FROM rejected_message") == [(5, b"nonsense 4", 10)]


def test_what_the_kind_knows_is_kept_and_the_rest_is_named(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    device.publish(f"{GATE}/reading", reading(now, "motor_stall", "bored", cycles=7, colour="red"))
    wait_for(lambda: ingester.stats.committed == 1)
    assert rows(db, "SELECT cycles, faults FROM reading_gate_barrier") == [(7, ["motor_stall"])]
    assert rows(db, "SELECT reason, detail_key, facts FROM rejected_message") == [
        ("unknown_fault", "not_kept", {"kind": "gate_barrier", "names": "bored"}),
    ]
    assert rows(db, "SELECT device_id, name, value, last_at FROM device_unmapped") == [(devices.gate, "colour", '"red"', now)]


def test_a_text_postgresql_cannot_hold_harms_nobody(
    db: Database, devices: Devices, device: Publisher, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    ingester = run_ingester()
    device.publish("gatehouse/v1/wutong/new-1/reading", b'{"ts": "2026-11-22T04:00:00Z", "measures": {"a\\u0000": "\x00"}}')
    device.publish("gatehouse/v1/wutong/new-2/reading", b'{"ts": "2026-11-22T04:00:00Z", "measures": {"a\\u0000": "\\ud800"}}')
    device.publish("gatehouse/v1/wutong/new-3/reading", b'{"ts": "2026-11-22T04:00:00Z", "measures": {"a\\u0000": 1}}')
    device.publish(f"{GATE}/event", b'{"id": "a\\u0000", "ts": "2026-11-22T04:00:00Z", "type": "tailgating"}')
    device.publish(f"{GATE}/reading", reading(now, cycles=1))
    wait_for(lambda: ingester.stats.committed == 5)
    assert rows(db, "SELECT count(*) FROM reading_gate_barrier") == [(1,)]
    assert ingester.stats.quarantined == 0


# --- the intake alone -------------------------------------------------------------------------------------------------


def message(topic: str, payload: bytes = b"{}") -> Message:
    return Message(topic=topic, payload=payload, size=len(payload), received_at=NOON)


def test_a_defect_of_a_format_costs_only_its_own_message() -> None:
    def broken(_: Message) -> list[Decoded]:
        raise KeyError("a defect")

    formats = {"broken": replace(all_formats()["native"], slug="broken", topics=("broken/+",), decoder=lambda: broken)}
    intake = Intake({**formats, **all_formats()}, all_kinds(), HealthTracker(NOON), Limits(), new_hash())
    batch = Batch()
    intake.take(message("broken/1"), batch)
    [rejected] = batch.rejected.sorted()
    assert (rejected.reason, rejected.detail_key, rejected.facts) == ("internal", "defect", {"error": "KeyError"})


def test_a_topic_of_no_format_is_told() -> None:
    batch = Batch()
    Intake(all_formats(), all_kinds(), HealthTracker(NOON), Limits(), new_hash()).take(message("acme/gate"), batch)
    [rejected] = batch.rejected.sorted()
    assert (rejected.reason, rejected.detail_key, rejected.facts) == ("topic", "no_format", {"topic": '"acme/gate"'})


@pytest.mark.parametrize("many", [1000])
def test_ever_new_topics_are_counted_together_beyond_a_bound(many: int) -> None:
    rejected = RejectedMessages()
    for number in range(many):
        rejected.add(message(f"gatehouse/v1/{number}"), RejectedError("topic", "no_format", topic=number), None)
    kept = rejected.sorted()
    assert len(kept) == 201
    assert sum(each.count for each in kept) == rejected.count == many
    assert (kept[0].topic, kept[0].facts) == ("", {"topic": "999"})
