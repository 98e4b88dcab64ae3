"""The native format: what an integrator's device may send, and what becomes of all the rest."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.formats.native import FORMAT
from ingest.kinds import all_kinds
from ingest.kinds.check import check_reading
from ingest.model import Decoded, DeviceEvent, DeviceKind, Measure, Presence, Reading, RejectedError, Unit
from ingest.sentences import sentence
from tests.messages import heard

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PUMP = "gatehouse/v1/riverside/pump-03/"


def said(channel: str, payload: bytes | str | dict[str, Any], *, retained: bool = False) -> list[Decoded]:
    """What the pump in the garage of Riverside says."""
    if isinstance(payload, dict):
        payload = msgspec.json.encode(payload)
    return heard(PUMP + channel, payload.encode() if isinstance(payload, str) else payload, retained)


def rejection(channel: str, payload: bytes | str | dict[str, Any]) -> RejectedError:
    """What a message of the pump is rejected with."""
    with pytest.raises(RejectedError) as caught:
        said(channel, payload)
    return caught.value


# What is taken


def test_a_reading_is_understood() -> None:
    assert said(
        "reading", '{"ts":"2026-11-22T12:00:00.000+08:00","measures":{"level":34.5,"pump_on":true},"faults":["pump_fault"]}'
    ) == [Reading(site="riverside", device="pump-03", ts=NOON, measures={"level": 34.5, "pump_on": True}, faults=("pump_fault",))]


def test_a_reading_without_faults_has_none_and_its_time_may_be_in_milliseconds() -> None:
    assert said("reading", '{"ts":1795320000000,"measures":{}}') == [
        Reading(site="riverside", device="pump-03", ts=NOON, measures={})
    ]


def test_an_event_is_understood() -> None:
    assert said("event", '{"id":"b41f-7","ts":1795320000000,"type":"cover_moved","data":{"tilt":12}}') == [
        DeviceEvent(site="riverside", device="pump-03", ts=NOON, event_id="b41f-7", type="cover_moved", data={"tilt": 12})
    ]


def test_an_event_may_have_nothing_to_add() -> None:
    (event,) = said("event", '{"id":"b41f-7","ts":1795320000000,"type":"cover_moved"}')

    assert isinstance(event, DeviceEvent)
    assert event.data == {}


def test_a_will_cannot_know_its_time() -> None:
    gone = Presence(site="riverside", device="pump-03", ts=None, online=False)

    assert said("status", '{"status":"offline"}') == [gone]
    assert said("status", '{"status":"offline","ts":null}') == [gone]


def test_a_status_kept_by_the_broker_is_marked_as_said_some_time_ago() -> None:
    assert said("status", '{"status":"online","ts":1795320000000}', retained=True) == [
        Presence(site="riverside", device="pump-03", ts=NOON, online=True, retained=True)
    ]


def test_a_will_with_a_field_of_its_own_still_says_that_the_device_is_gone() -> None:
    (presence,) = said("status", '{"status":"offline","cause":"will"}')

    assert isinstance(presence, Presence)
    assert not presence.online


def test_deleting_a_retained_status_says_nothing() -> None:
    assert said("status", b"") == []


@pytest.mark.parametrize("channel", ["reading", "event"])
def test_a_reading_or_event_kept_by_the_broker_does_not_bring_a_dead_device_to_life(channel: str) -> None:
    payload = '{"ts":1795320000000,"measures":{}}' if channel == "reading" else '{"id":"1","ts":1795320000000,"type":"x"}'

    assert said(channel, payload, retained=True) == []


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    assert said("reading", '{"ts":0,"ts":1795320000000,"measures":{"level":1,"level":2},"faults":["overflow"],"faults":[]}') == [
        Reading(site="riverside", device="pump-03", ts=NOON, measures={"level": 2})
    ]


def test_codes_may_hold_dots_dashes_and_underscores() -> None:
    (presence,) = heard("gatehouse/v1/hz.xihu_03/320dc55b-d6d6c442/status", b'{"status":"online"}', False)

    assert (presence.site, presence.device) == ("hz.xihu_03", "320dc55b-d6d6c442")


# What is rejected


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("gatehouse/v1/riverside/pump-03/telemetry", "it must be one of reading, event, status"),
        ("gatehouse/v1/riverside/reading", "is not gatehouse/v1/<site>/<device>/"),
        ("gatehouse/v2/riverside/pump-03/reading", "is not gatehouse/v1/"),
        ("/gatehouse/v1/riverside/pump-03/reading", "is not gatehouse/v1/"),
        ("gatehouse/v1/riverside/pump-03/reading/", "is not gatehouse/v1/"),
        ("gatehouse/v1/riverside/pump-03/reading\n", "it must be one of reading"),
        ("gatehouse/v1/Riverside/pump-03/reading", 'site "Riverside" must be 1 to 64 of a-z'),
        ("gatehouse/v1/riverside/pump 03/reading", 'device "pump 03" must be'),
        ("gatehouse/v1/riverside/泵-03/reading", 'device "泵-03" must be'),
        ("gatehouse/v1/riverside/../reading", 'device ".." must be'),
        ("gatehouse/v1//pump-03/reading", 'site "" must be'),
        (f"gatehouse/v1/riverside/{'p' * 65}/reading", "…"),
        ("", '"" is not'),
    ],
)
def test_a_topic_that_is_not_ours_is_rejected(topic: str, hint: str) -> None:
    with pytest.raises(RejectedError) as caught:
        heard(topic, b'{"ts":1795320000000,"measures":{}}', False)

    assert caught.value.reason == "topic"
    assert hint in caught.value.english


def test_a_code_may_be_64_long() -> None:
    assert heard(f"gatehouse/v1/{'s' * 64}/{'d' * 64}/reading", b'{"ts":1795320000000,"measures":{}}', False)


@pytest.mark.parametrize(
    ("payload", "reason", "hint"),
    [
        (b"", "not_json", "empty"),
        (b"online", "not_json", "malformed"),
        (b"{", "not_json", "truncated"),
        (b'{"ts":1795320000000,"measures":{}} and more', "not_json", "trailing"),
        (b'\xef\xbb\xbf{"ts":1795320000000,"measures":{}}', "not_json", "byte order mark"),
        (b'{"ts":1795320000000,"measures":{"\xff":1}}', "not_json", "UTF-8"),
        (b'{"ts":1795320000000,"measures":{"position":"\\ud800"}}', "not_json", "truncated"),
        ('{"ts":1,"measures":{}}'.encode("utf-16"), "not_json", "malformed"),
        (b'{"ts":1795320000000,"measures":' + b'{"a":' * 100_000, "not_json", "nested too deep"),
        (
            b'{"ts":' + b"[" * 100_000 + b"]" * 100_000 + b',"measures":{}}',
            "bad_time",
            "ts must be an ISO 8601 text or epoch milliseconds, not an array",
        ),
        (b'{"ts":1795320000000,"measures":{"level":NaN}}', "not_finite", "no NaN"),
        (b'{"ts":1795320000000,"measures":{"level":-Infinity}}', "not_finite", "no Infinity"),
        (b'{"ts":1795320000000,"measures":{"level":1e999}}', "out_of_range", "out of range"),
        (b'{"ts":1795320000000,"measures":{"level":' + b"9" * 5000 + b"}}", "out_of_range", "out of range"),
        (b"[]", "not_object", "not an array"),
        (b"null", "not_object", "not null"),
        (b"3", "not_object", "not a whole number"),
        (b'"online"', "not_object", "not a text"),
        (b'{"measures":{}}', "missing_field", "the message lacks the field ts"),
        (b'{"ts":1795320000000}', "missing_field", "field measures"),
        (b'{"ts":1795320000000,"measures":{},"fault":["overflow"]}', "unknown_field", "a field fault, which"),
        (b'{"ts":1795320000000,"measures":[]}', "wrong_type", "measures must be an object"),
        (b'{"ts":1795320000000,"measures":null}', "wrong_type", "measures must be an object"),
        (b'{"ts":1795320000000,"measures":{},"faults":"overflow"}', "wrong_type", "faults must be an array"),
        (b'{"ts":1795320000000,"measures":{},"faults":null}', "wrong_type", "faults must be an array"),
        (b'{"ts":1795320000000,"measures":{},"faults":[1]}', "wrong_type", "faults[0] must be a text, not a whole number"),
        (b'{"ts":"2026-11-22T12:00:00","measures":{}}', "bad_time", "has no time zone"),
        (b'{"ts":"yesterday","measures":{}}', "bad_time", '"yesterday", which is not like'),
        (b'{"ts":"1795320000000","measures":{}}', "bad_time", "without quotes"),
        (b'{"ts":true,"measures":{}}', "bad_time", "not true"),
        (b'{"ts":null,"measures":{}}', "bad_time", "not null"),
        (b'{"ts":1e999,"measures":{}}', "bad_time", "out of range"),
        (b'{"ts":"yesterday","measures":', "bad_time", "ts is not valid RFC 3339"),
        (b'{"ts":1795320000000000,"measures":{}}', "bad_time", "microseconds"),
        (b'{"ts":' + b"9" * 400 + b',"measures":{}}', "bad_time", "beyond 2100"),
    ],
)
def test_a_reading_that_cannot_be_taken_is_rejected_with_a_reason(payload: bytes, reason: str, hint: str) -> None:
    error = rejection("reading", payload)

    assert error.reason == reason
    assert hint in error.english


@pytest.mark.parametrize(
    ("payload", "reason", "hint"),
    [
        ({"ts": 1795320000000, "type": "cover_moved"}, "missing_field", "field id"),
        ({"id": "1", "type": "cover_moved"}, "missing_field", "the message lacks the field ts"),
        ({"id": "1", "ts": 1795320000000}, "missing_field", "field type"),
        ({"id": 1, "ts": 1795320000000, "type": "cover_moved"}, "wrong_type", "id must be a text"),
        ({"id": "1", "ts": 1795320000000, "type": "cover_moved", "data": [1]}, "wrong_type", "data must be an object"),
        ({"id": "1", "ts": 1795320000000, "type": "cover_moved", "date": {}}, "unknown_field", "a field date, which"),
        ({"id": "1", "ts": "noon", "type": "cover_moved"}, "bad_time", '"noon"'),
    ],
)
def test_an_event_that_cannot_be_taken_is_rejected_with_a_reason(payload: dict[str, Any], reason: str, hint: str) -> None:
    error = rejection("event", payload)

    assert error.reason == reason
    assert hint in error.english


@pytest.mark.parametrize(
    ("payload", "reason", "hint"),
    [
        ({"status": "Online"}, "bad_status", 'not "Online"'),
        ({"status": True}, "bad_status", "not true"),
        ({"status": ["online"]}, "bad_status", "not an array"),
        ({"online": True}, "missing_field", "field status"),
        ("online", "not_json", "malformed"),
        ({"status": "offline", "ts": "noon"}, "bad_time", '"noon"'),
    ],
)
def test_a_status_that_cannot_be_taken_is_rejected_with_a_reason(payload: str | dict[str, Any], reason: str, hint: str) -> None:
    error = rejection("status", payload)

    assert error.reason == reason
    assert hint in error.english


# What nobody thought of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TOPICS = st.sampled_from([PUMP + channel for channel in ("reading", "event", "status")])


def answer(topic: str, payload: bytes, retained: bool) -> str:
    """Decode, check against a kind, and say how it ended. Any exception but a rejection with a sentence fails the test."""
    try:
        for message in heard(topic, payload, retained):
            if isinstance(message, Reading):
                check_reading(all_kinds()["drainage"], message)
    except RejectedError as error:
        chinese = sentence(error.key, error.facts, "zh")
        assert chinese.isprintable()
        assert re.search("[一-鿿]", chinese)
        return error.english
    return "taken"


def assert_fit_for_a_page(detail: str) -> None:
    """Something was said, and it can be stored and shown."""
    assert 0 < len(detail) <= 800
    assert detail.isprintable()


@settings(deadline=None)
@given(TOPICS | st.text(), st.binary(), st.booleans())
@example(PUMP + "reading", b'{"ts":"x"', False)
def test_no_bytes_whatever_do_harm(topic: str, payload: bytes, retained: bool) -> None:
    assert_fit_for_a_page(answer(topic, payload, retained))


@settings(deadline=None)
@given(
    TOPICS,
    st.fixed_dictionaries(
        {},
        optional={
            "ts": JSON | st.integers(0, 2**62),
            "measures": JSON | st.dictionaries(st.sampled_from(["level", "pump_on", "x\0"]), JSON),
            "faults": JSON,
            "id": JSON,
            "type": JSON,
            "data": JSON,
            "status": JSON | st.just("online"),
            "x\0": JSON,
        },
    ),
)
def test_no_json_whatever_does_harm(topic: str, message: dict[str, Any]) -> None:
    assert_fit_for_a_page(answer(topic, msgspec.json.encode(message), False))


@settings(deadline=None)
@given(TOPICS, st.binary(max_size=6), st.integers(0, 60), st.integers(0, 6))
def test_no_damage_on_the_way_does_harm(topic: str, noise: bytes, at: int, lost: int) -> None:
    sound = b'{"ts":"2026-11-22T04:00:00Z","measures":{"level":34.5},"faults":[]}'

    assert_fit_for_a_page(answer(topic, sound[:at] + noise + sound[at + lost :], False))


def values_of(measure: Measure) -> st.SearchStrategy[bool | float | str]:
    """What a device may report of this measure."""
    if measure.unit is Unit.BOOL:
        return st.booleans()
    if measure.unit is Unit.CHOICE:
        return st.sampled_from(sorted(measure.choices))
    assert measure.low is not None
    assert measure.high is not None
    whole = st.integers(math.ceil(measure.low), math.floor(measure.high))
    return whole if measure.unit is Unit.COUNT else whole | st.floats(measure.low, measure.high)


@st.composite
def readings(draw: st.DrawFn) -> tuple[DeviceKind, Reading]:
    """A kind, and a reading a device of it may send."""
    kind = draw(st.sampled_from(list(all_kinds().values())))
    chosen = draw(st.lists(st.sampled_from(kind.measures), unique_by=lambda measure: measure.slug))
    faults = draw(st.lists(st.sampled_from([fault.slug for fault in kind.faults]), unique=True))
    reading = Reading(
        site=draw(st.from_regex("[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)),
        device=draw(st.from_regex("[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)),
        ts=NOON + timedelta(milliseconds=draw(st.integers(-(10**9), 10**9))),
        measures={measure.slug: draw(values_of(measure)) for measure in chosen},
        faults=tuple(faults),
    )
    return kind, reading


@settings(deadline=None)
@given(readings(), st.booleans())
def test_every_possible_reading_arrives_as_it_was_sent(sent: tuple[DeviceKind, Reading], in_milliseconds: bool) -> None:
    kind, reading = sent
    ts = round(reading.ts.timestamp() * 1000) if in_milliseconds else reading.ts.isoformat()
    payload = msgspec.json.encode({"ts": ts, "measures": reading.measures, "faults": reading.faults})

    (received,) = heard(f"gatehouse/v1/{reading.site}/{reading.device}/reading", payload, False)

    assert received == reading
    assert isinstance(received, Reading)
    checked = check_reading(kind, received)
    assert (checked.measures, checked.faults) == (reading.measures, reading.faults)


def test_the_subscriptions_cover_the_topics_and_no_filter_counts_twice() -> None:
    assert [topic.rsplit("/", 1)[1] for topic in FORMAT.topics] == ["reading", "event", "status"]
    assert not any("#" in topic for topic in FORMAT.topics)
