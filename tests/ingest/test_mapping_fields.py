"""What a message holds that nobody described: read as its mapping says, or refused with a reason, whatever is sent."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.mappings.decoder import decoder
from ingest.mappings.fields import MAX_NAME, MOST_AROUND, MOST_ENTRIES, MOST_FIELDS, content, entries, fields
from ingest.mappings.model import TopicMapping
from ingest.model import Message, Reading, RejectedError
from ingest.topics import covers, filter_pattern, is_filter, overlap

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def message(payload: bytes | str | dict[str, Any], topic: str = "acme/P-7/up", **more: Any) -> Message:
    body = json.dumps(payload).encode() if isinstance(payload, dict) else payload.encode() if isinstance(payload, str) else payload
    return Message(topic=topic, payload=body, size=len(body), received_at=NOW, **more)


def mapping(**more: Any) -> TopicMapping:
    said = {"topic_filter": "acme/+/up", "device_from": "topic.2"} | more
    return TopicMapping(id=1, site_id=1, slug="acme", name="Probes", **said)


def read(said: Message, **more: Any) -> list[Any]:
    return decoder(mapping(**more), "wutong")(said)


def test_fields_are_named_by_their_paths() -> None:
    found = fields({"a": {"b": 1, "c": [True, {"d": "x"}]}, "e": None, "f": "y" * 300})
    assert found == {"a.b": 1, "a.c.0": True, "a.c.1.d": "x"}
    assert fields({"a.b": 1}) == {"a.b": 1}  # as it is written


def test_what_is_endless_is_cut() -> None:
    deep: Any = 1
    for _ in range(50):
        deep = {"n": deep}
    assert fields(deep) == {}
    assert len(fields({str(number): number for number in range(10_000)})) == MOST_FIELDS
    assert fields({"x" * (MAX_NAME + 1): 1, "": 2}) == {}


@pytest.mark.parametrize(("payload", "value"), [("34.5", 34.5), (" 7\n", 7), ("ON", "ON"), ('"up"', "up"), ("true", True)])
def test_a_single_value_has_a_name_too(payload: str, value: Any) -> None:
    [reading] = read(message(payload))
    assert (reading.device, reading.unmapped) == ("P-7", {"value": value})
    [reading] = read(message(payload, "acme/P-7/level"), topic_filter="acme/+/+")
    assert reading.unmapped == {"level": value}
    [reading] = read(message(payload, "acme/P-7"), topic_filter="acme/+")
    assert reading.unmapped == {"value": value}
    [reading] = read(message(payload, "acme/P-7/"), topic_filter="acme/+/+")
    assert reading.unmapped == {"value": value}


def test_device_and_time_stand_where_it_is_said() -> None:
    said = message({"dev": {"id": 12}, "t": NOW.timestamp()})
    [reading] = read(said, device_from="dev.id", time_from="t", time_form="seconds")
    assert (reading.device, reading.ts, reading.site, reading.faults) == ("12", NOW, "wutong", None)
    [reading] = read(message({"t": f"{NOW.timestamp() * 1000:.0f}"}), time_from="t", time_form="milliseconds")
    assert reading.ts == NOW
    [reading] = read(message({"t": "2026-11-22T12:00:00+08:00"}), time_from="t")
    assert reading.ts == NOW.astimezone(timezone(timedelta(hours=8)))
    for said_so in ("2026-11-22 12:00:00", "2026/11/22 12:00:00", "20261122120000", "20261122 120000"):
        [reading] = read(message({"t": said_so}), time_from="t")
        assert reading.ts == datetime(2026, 11, 22, 12)  # noqa: DTZ001 - the wall clock of the compound
    [reading] = read(message({}))
    assert reading.ts == NOW


def test_a_list_tells_of_several_devices() -> None:
    said = message({"at": "x", "data": {"list": [{"id": "a", "v": 1}, {"id": "b", "at": "y"}, 7]}})
    first, second = read(said, entries_from="data.list", device_from="id")
    assert (first.device, first.unmapped) == ("a", {"at": "x", "id": "a", "v": 1})
    assert (second.device, second.unmapped) == ("b", {"at": "y", "id": "b"})
    assert read(message({"data": {"list": []}}), entries_from="data.list", device_from="id") == []


def test_a_message_that_is_a_list_tells_of_several_devices_too() -> None:
    first, second = read(message(b'[{"id": "a", "v": 1}, 7, {"id": "b", "v": 2}]'), device_from="id")
    assert (first.device, second.device, second.unmapped) == ("a", "b", {"id": "b", "v": 2})
    [reading] = read(message(b"[34.5, 12]"))
    assert reading.unmapped == {"0": 34.5, "1": 12}
    with pytest.raises(RejectedError, match="too_large"):
        read(message(f"[{','.join(['{}'] * (MOST_ENTRIES + 1))}]"))


def test_what_stands_around_a_list_is_not_repeated_without_end() -> None:
    said = message({**{f"f{number}": number for number in range(MOST_FIELDS)}, "list": [{"id": "a", "v": 1}]})
    [reading] = read(said, entries_from="list", device_from="id")
    assert reading.unmapped is not None
    assert len(reading.unmapped) == MOST_AROUND + 2


def test_a_long_list_does_not_hide_what_stands_behind_it() -> None:
    listed = [{"id": number, "a": 1, "b": 2} for number in range(MOST_ENTRIES)]
    said = message({"data": {"list": listed, "time": NOW.timestamp()}})
    found = read(said, entries_from="data.list", device_from="id", time_from="data.time", time_form="seconds")
    assert len(found) == MOST_ENTRIES
    assert (found[-1].ts, found[-1].unmapped) == (NOW, {"data.time": NOW.timestamp(), "id": MOST_ENTRIES - 1, "a": 1, "b": 2})
    with pytest.raises(RejectedError, match="too_large: list has more than 1000 entries"):
        read(message({"list": [{}] * (MOST_ENTRIES + 1)}), entries_from="list", device_from="id")


@pytest.mark.parametrize(
    ("payload", "more", "reason"),
    [
        ("{", {}, "not_json"),
        ("{}", {"device_from": "id"}, "missing_field"),
        ('{"id": true}', {"device_from": "id"}, "wrong_type"),
        ('{"id": 1.5}', {"device_from": "id"}, "wrong_type"),
        ("{}", {"time_from": "t"}, "missing_field"),
        ('{"t": "soon"}', {"time_from": "t"}, "bad_time"),
        ('{"t": "soon"}', {"time_from": "t", "time_form": "seconds"}, "bad_time"),
        ('{"t": 1e300}', {"time_from": "t", "time_form": "milliseconds"}, "bad_time"),
        ('{"list": {"id": 1}}', {"entries_from": "list", "device_from": "id"}, "wrong_type"),
        ("x" * 500, {}, "not_json"),
        ("[" * 100_000, {}, "not_json"),
        ('{"a":' * 5000 + "1" + "}" * 5000, {}, "not_json"),
        (b'{"a": "\xff"}', {}, "not_json"),
        ('{"a": "\\ud800"}', {}, "not_json"),
        ('{"a": NaN}', {}, "not_finite"),
        ('{"a": 1e999}', {}, "out_of_range"),
        (f'{{"id": 1{"0" * 5000}}}', {"device_from": "id"}, "out_of_range"),
        (f'{{"t": 1{"0" * 400}}}', {"time_from": "t", "time_form": "seconds"}, "bad_time"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(payload: str | bytes, more: dict[str, Any], reason: str) -> None:
    try:
        [refused] = read(message(payload), **more)
    except RejectedError as error:
        refused = error
    assert isinstance(refused, RejectedError)
    assert refused.reason == reason


def test_an_entry_that_cannot_be_read_costs_the_others_nothing() -> None:
    said = message('{"list": [{"id": "a"}, {"v": 1}, {"id": "c"}]}')
    first, refused, last = read(said, entries_from="list", device_from="id")
    assert (first.device, last.device) == ("a", "c")
    assert isinstance(refused, RejectedError)
    assert (refused.reason, refused.facts["field"]) == ("missing_field", "id")


def test_what_the_broker_kept_says_nothing_of_now() -> None:
    assert read(message("{}", retained=True)) == []
    assert read(message(b"")) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
forms = st.fixed_dictionaries(
    {
        "device_from": st.sampled_from(["topic.2", "id", "a.id"]),
        "time_from": st.sampled_from(["", "t", "a.t"]),
        "time_form": st.sampled_from(["text", "seconds", "milliseconds"]),
        "entries_from": st.sampled_from(["", "a", "a.list"]),
    }
)
payloads = st.binary(max_size=60) | st.one_of(
    json_values,
    st.fixed_dictionaries({"id": json_values, "t": json_values, "a": json_values}),
    st.fixed_dictionaries(
        {"a": st.fixed_dictionaries({"list": st.lists(json_values, max_size=3), "id": json_values, "t": json_values})}
    ),
).map(lambda value: json.dumps(value).encode())


@given(payload=payloads, form=forms)
def test_whatever_is_sent_is_read_or_refused(payload: bytes, form: dict[str, str]) -> None:
    try:
        found = read(message(payload), **form)
    except RejectedError:
        return
    for item in found:
        assert isinstance(item, (Reading, RejectedError))
        assert isinstance(item, RejectedError) or item.unmapped is None or len(item.unmapped) <= 2 * MOST_FIELDS


@given(payload=payloads)
def test_the_fields_of_any_message_can_be_shown(payload: bytes) -> None:
    try:
        said = content(message(payload))
    except RejectedError:
        return
    for found in (fields(said), *entries(said, "")):
        assert all(isinstance(value, (bool, int, float, str)) for value in found.values())


levels = st.sampled_from(["a", "b", "+"])
filters = st.builds(
    lambda head, tail: "/".join(head + tail), st.lists(levels, min_size=1, max_size=3), st.sampled_from([[], ["#"]])
) | st.just("#")
topics = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4).map("/".join)


@given(one=filters, other=filters, topic=topics)
def test_overlap_and_covers_say_what_patterns_match(one: str, other: str, topic: str) -> None:
    fits_one, fits_other = (filter_pattern(each).fullmatch(topic) is not None for each in (one, other))
    assert is_filter(one)
    assert overlap(one, other) == overlap(other, one)
    if fits_one and fits_other:
        assert overlap(one, other)
    if covers(one, other):
        assert overlap(one, other)
        assert fits_one or not fits_other


@given(one=filters, other=filters)
def test_filters_that_overlap_or_do_not_cover_have_a_topic_to_show_it(one: str, other: str) -> None:
    assume(one != "+/#")  # the same as #, by a name that nobody writes
    words = ["a", "b", "c"]
    every = [topic for length in range(1, 6) for topic in _topics(words, length)]
    fits = [(filter_pattern(one).fullmatch(topic), filter_pattern(other).fullmatch(topic)) for topic in every]
    assert overlap(one, other) == any(left and right for left, right in fits)
    assert covers(one, other) == all(left or not right for left, right in fits)


def _topics(words: list[str], length: int) -> list[str]:
    if length == 1:
        return words
    return [f"{word}/{rest}" for word in words for rest in _topics(words, length - 1)]


@pytest.mark.parametrize("text", ["", "a/#/b", "a+/b", "#a", "a/b\n", "a\0"])
def test_what_is_no_filter(text: str) -> None:
    assert not is_filter(text)
