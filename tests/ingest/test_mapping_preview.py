"""What is shown while a mapping is entered: what its rules would make of messages that came."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from ingest.kinds import all_kinds
from ingest.mappings.model import FieldRule
from ingest.mappings.preview import READINGS_SHOWN, Preview, fitting, preview, preview_fields, readable, unread
from ingest.views import HeardMessage
from tests.ingest.test_mapping_fields import forms, mapping, payloads

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
# The probe hangs 2.5 m above the bottom.
RULES = (
    FieldRule(site_id=1, format="acme", source="distance", target="measure:depth", factor=-1000, addend=2500),
    FieldRule(site_id=1, format="acme", source="pump", target="measure:pump_on", words="run"),
    FieldRule(site_id=1, format="acme", source="alarm", target="fault:overflow", words="3"),
)


def heard(payload: Any, topic: str = "acme/P-7/up", *, at: datetime = NOW) -> HeardMessage:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return HeardMessage(topic=topic, payload=body, received_at=at)


def shown(message: HeardMessage, rules: Any = RULES, **more: Any) -> Preview:
    return preview(mapping(**more), rules, message, site="wutong", zone=SHANGHAI)


def test_what_the_rules_take_and_what_is_left_of_a_message() -> None:
    found = shown(heard({"distance": 0.8, "pump": "RUN", "alarm": 0, "rssi": -71}))
    assert found.levels == {"topic.1": "acme", "topic.2": "P-7", "topic.3": "up"}
    [told] = found.told
    assert (told.device, told.ts, told.error) == ("P-7", NOW, None)
    assert told.kind is all_kinds()["drainage"]
    assert [(each.rule.slug, each.given, each.value) for each in told.found] == [
        ("depth", 0.8, 1700.0),
        ("pump_on", "RUN", True),
        ("overflow", 0, False),
    ]
    assert [each.measure and each.measure.slug for each in told.found] == ["depth", "pump_on", None]
    assert told.rest == {"rssi": -71}


def test_what_says_nothing_and_what_no_kind_would_take_is_seen() -> None:
    [told] = shown(heard({"distance": "--"})).told
    assert ([each.value for each in told.found], told.error) == ([None], None)
    [told] = shown(heard({"distance": 65.535})).told
    assert told.error is not None
    assert told.error.reason == "out_of_range"
    [told] = shown(heard({"rssi": -71})).told
    assert (told.kind, told.found, told.error) == (None, [], None)


@pytest.mark.parametrize(
    ("message", "more", "reason"),
    [
        (heard(b"{"), {}, "not_json"),
        (heard({"a": 1}), {"device_from": "id"}, "missing_field"),
        (heard({"id": ""}), {"device_from": "id"}, "unknown_device"),
        (heard({}, "acme//up"), {}, "unknown_device"),
        (heard({"t": "2026-11-01 12:00:00"}), {"time_from": "t"}, "time_too_old"),
        (heard({"t": "2026-11-24 12:00:00"}), {"time_from": "t"}, "time_ahead"),
        (heard({"t": 0}), {"time_from": "t", "time_form": "seconds"}, "bad_time"),
    ],
)
def test_why_a_message_would_be_rejected(message: HeardMessage, more: dict[str, Any], reason: str) -> None:
    found = shown(message, **more)
    [told] = found.told
    assert told.error is not None
    assert told.error.reason == reason
    assert found.fields == ({} if reason == "not_json" else json.loads(message.payload))


def test_a_time_without_a_zone_is_of_the_clock_on_the_wall() -> None:
    [told] = shown(heard({"t": "2026-11-22 12:00:00"}), time_from="t").told
    assert (told.ts, told.error) == (NOW, None)


def test_each_device_of_a_list_is_shown() -> None:
    said = heard({"list": [{"id": 1, "distance": 1}, {"id": 2, "distance": 2}]})
    found = shown(said, entries_from="list", device_from="id")
    assert [(each.device, each.found[0].value) for each in found.told] == [("1", 1500), ("2", 500)]


def test_an_entry_without_its_device_is_shown_with_what_stands_in_it() -> None:
    found = shown(heard({"list": [{"id": "a"}, {"name": "b", "v": 1}]}), entries_from="list", device_from="id")
    first, second = found.told
    assert (first.device, first.error) == ("a", None)
    assert second.error is not None
    assert (second.error.reason, second.rest) == ("missing_field", {"name": "b", "v": 1})


def test_of_a_list_without_end_the_first_are_shown_with_the_names_that_rules_find() -> None:
    said = heard({"at": 1, "list": [{"id": number} for number in range(1000)]})
    found = shown(said, entries_from="list", device_from="id")
    assert (len(found.told), found.more) == (READINGS_SHOWN, 1000 - READINGS_SHOWN)
    assert found.fields == {"at": 1, "id": 0}
    assert shown(said, entries_from="list", device_from="serial").fields == {"at": 1, "id": 0}  # of which one can be chosen


def test_a_single_value_is_shown_by_the_name_that_rules_find() -> None:
    assert shown(heard(34.5, "acme/P-7/level"), topic_filter="acme/+/+").fields == {"level": 34.5}


def test_what_was_kept_of_a_long_message_is_shown() -> None:
    cut = json.dumps({"id": "P-7", "distance": 0.8, "log": ["x" * 50] * 100}).encode()[:4096]
    found = shown(replace(heard(cut), is_cut=True), device_from="id")
    assert found.is_cut
    [told] = found.told
    assert (told.device, told.found[0].value, told.error) == ("P-7", 1700.0, None)


def test_without_a_mapping_there_are_names_only() -> None:
    found = unread(heard({"distance": 1}))
    assert (found.fields, found.levels["topic.2"], found.told) == ({"distance": 1}, "P-7", ())
    assert unread(heard(b"\xff{")).fields == {"value": "�{"}


def test_the_last_message_of_each_topic_that_fits_counts() -> None:
    raw = "gatehouse/v1/wutong/raw/acme/P-7/up"
    messages = [
        heard(1, raw),
        heard(2, "acme/P-7/up", at=NOW - timedelta(minutes=1)),
        heard(3, "acme/P-8/up"),
        heard(4, "gatehouse/v1/jinxiu/raw/acme/P-9/up"),
        heard(5, "acme/P-7/down"),
    ]
    found = fitting("acme/+/up", readable(messages, "wutong", direct=True))
    assert [(each.topic, each.payload) for each in found] == [("acme/P-7/up", b"1"), ("acme/P-8/up", b"3")]
    found = fitting("acme/+/up", readable(messages, "wutong", direct=False))
    assert [(each.topic, each.payload) for each in found] == [("acme/P-7/up", b"1")]


def test_rules_are_tried_on_the_last_values_of_a_device() -> None:
    told = preview_fields({"distance": 1, "rssi": -71}, RULES, all_kinds()["drainage"], now=NOW)
    assert [(each.rule.slug, each.value) for each in told.found] == [("depth", 1500)]
    assert (told.rest, told.error) == ({"rssi": -71}, None)


@given(payload=payloads, form=forms)
def test_whatever_came_can_be_shown(payload: bytes, form: dict[str, str]) -> None:
    targets = {"id": "measure:depth", "t": "measure:cycles", "value": "fault:overflow", "a.id": "measure:position"}
    rules = [FieldRule(site_id=1, format="acme", source=each, target=targets[each], factor=-2, addend=1) for each in targets]
    for told in shown(heard(payload), rules, **form).told:
        assert told.error is not None or told.ts is not None
    assert unread(heard(payload)).told == ()
