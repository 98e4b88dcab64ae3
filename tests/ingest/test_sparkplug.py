"""Sparkplug: what its golden cases cannot tell. Any bytes, repetitions, impatience, and nodes without number."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import all_formats
from ingest.formats.parts.protobuf import field, fields
from ingest.formats.parts.sparkplug_payload import read_payload
from ingest.formats.parts.sparkplug_session import NODE, Sessions
from ingest.model import Decode, Decoded, Message, Reading, RejectedError, Reply
from tests.ingest.sparkplug_encoder import GOLDEN, TYPES, encode, varint

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
NOON_MS = 1_795_320_000_000
WORDS = ("NBIRTH", "NDATA", "NDEATH", "NCMD", "DBIRTH", "DDATA", "DDEATH", "DCMD", "STATE")
TOPICS = [f"spBv1.0/g/{word}/n" for word in WORDS] + [f"spBv1.0/g/{word}/n/d" for word in WORDS]


def decoder() -> Decode:
    return all_formats()["sparkplug"].decoder()


def message(topic: str, payload: bytes, *, after: timedelta = timedelta(0), repeated: bool = False) -> Message:
    return Message(topic=topic, payload=payload, size=len(payload), received_at=NOON + after, repeated=repeated)


def said(word: str, seq: int, *metrics: dict[str, Any]) -> tuple[str, bytes]:
    device = "/d" if word.startswith("D") else ""
    return f"spBv1.0/g/{word}/n{device}", encode({"timestamp": NOON_MS, "metrics": metrics, "seq": seq})


def replies(items: list[Decoded]) -> list[Reply]:
    return [item for item in items if isinstance(item, Reply)]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_the_bytes_of_a_golden_case_are_what_it_says(path: Path) -> None:
    for step in json.loads(path.read_text(encoding="utf-8")):
        if "says" in step:
            assert step["payload"]["hex"] == encode(step["says"]).hex(), "run python -m tests.ingest.sparkplug_encoder"


# --- any bytes --------------------------------------------------------------------------------------------------------

names = st.sampled_from(["level", "Gate/Position", "bdSeq", "Node Control/Rebirth", "a/Overflow"]) | st.text(max_size=20)
unsigned = st.integers(0, 2**64 - 1)


@st.composite
def metrics(draw: st.DrawFn) -> dict[str, Any]:
    """A metric of any type, as its birth or its data write it."""
    type_ = draw(st.sampled_from(sorted(TYPES)))
    form = TYPES[type_][2]
    bits = int(type_.lstrip("UInt") or 64) if "Int" in type_ else 64
    signed = type_.startswith("Int")
    values = {
        "float": st.floats(width=32, allow_nan=False),
        "double": st.floats(allow_nan=False),
        "text": st.text(max_size=30),
        "bytes": st.binary(max_size=9).map(bytes.hex),
    }
    whole = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)
    metric = {"type": type_, "value": draw(st.booleans() if type_ == "Boolean" else values.get(form, whole))}
    optional = st.fixed_dictionaries(
        {}, optional={"name": names, "alias": unsigned, "timestamp": st.integers(1, 2 * NOON_MS), "historical": st.just(True)}
    )
    return {**metric, **draw(optional)}


payloads = st.fixed_dictionaries(
    {"metrics": st.lists(metrics(), max_size=6)}, optional={"timestamp": st.integers(1, 2 * NOON_MS), "seq": st.integers(0, 255)}
)


def bytes_that_were_a_payload() -> st.SearchStrategy[bytes]:
    """A payload with some of its bytes replaced, so that more than its first byte is read."""
    return st.builds(
        lambda says, at, other: (good := encode(says))[: at % (len(good) + 1)] + other + good[at % (len(good) + 1) + len(other) :],
        payloads,
        st.integers(0, 500),
        st.binary(max_size=4),
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TOPICS), st.binary(max_size=60) | bytes_that_were_a_payload()), max_size=8))
def test_any_bytes_are_items_or_rejected(messages: list[tuple[str, bytes]]) -> None:
    decode = decoder()
    asked = 0
    for topic, payload in messages:
        try:
            items = decode(message(topic, payload))
        except RejectedError:
            continue
        asked += len(replies(items))
        assert all(item.device in ("g/n", "g/n/d") for item in items if not isinstance(item, Reply))
    assert asked <= 1, "no more than once a minute"


@settings(max_examples=100, deadline=None)
@given(payloads)
def test_what_is_encoded_is_read_again(says: dict[str, Any]) -> None:
    payload = read_payload(encode(says))

    assert payload.seq == says.get("seq")
    assert payload.ts == moment(says)
    assert len(payload.metrics) == len(says["metrics"])
    for metric, wanted in zip(payload.metrics, says["metrics"], strict=True):
        assert (metric.name, metric.alias, metric.ts) == (wanted.get("name"), wanted.get("alias"), moment(wanted))
        assert (metric.datatype, metric.historical) == (TYPES[wanted["type"]][0], wanted.get("historical", False))
        if wanted["type"] == "Bytes":
            assert metric.value(None) is None, "a file is not read"
        elif wanted["type"] == "Float":
            assert metric.value(None) == pytest.approx(wanted["value"], rel=1e-6, abs=1e-44)
        else:
            assert metric.value(None) == wanted["value"]


def moment(says: dict[str, Any]) -> datetime | None:
    return NOON + timedelta(milliseconds=says["timestamp"] - NOON_MS) if "timestamp" in says else None


@given(st.lists(st.tuples(st.integers(1, 2**29 - 1), unsigned | st.binary(max_size=20)), max_size=9))
def test_fields_are_read_as_they_were_written(written: list[tuple[int, int | bytes]]) -> None:
    assert fields(b"".join(field(number, value) for number, value in written)) == written


@pytest.mark.parametrize("small", [0xFF, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF], ids=hex)
def test_a_small_negative_number_is_read_however_far_its_sign_was_extended(small: int) -> None:
    """An Int8 of -1: publishers write it in 8, 32 or 64 bits."""
    metric = field(1, b"level") + field(4, 1) + field(10, small)

    assert read_payload(field(2, metric)).metrics[0].value(None) == -1


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(RejectedError):
        fields(b"\x08" + b"\xff" * 60_000)


# --- in the course of time --------------------------------------------------------------------------------------------

LEVEL = {"name": "level", "alias": 1, "type": "Double", "value": 40.0}


def test_a_message_that_came_before_is_no_gap_and_none_after_it() -> None:
    decode = decoder()
    decode(message(*said("NBIRTH", 0)))
    decode(message(*said("DBIRTH", 1, LEVEL)))
    data = said("DDATA", 2, {"alias": 1, "type": "Double", "value": 41.0})
    first = decode(message(*data))

    assert decode(message(*data, repeated=True)) == first
    assert replies(decode(message(*said("DDATA", 3, {"alias": 1, "type": "Double", "value": 42.0})))) == []


def test_a_node_that_never_counts_right_is_asked_once_a_minute() -> None:
    """It answers each request with its births, and leaves its count at 0."""
    decode = decoder()
    asked = []
    for second in range(150):
        for word in ("NBIRTH", "DBIRTH", "DDATA"):
            items = decode(message(*said(word, 0, LEVEL), after=timedelta(seconds=second)))
            asked += [second] * len(replies(items))

    assert asked == [0, 60, 120]


def test_the_type_a_birth_declared_holds_for_data_without_one() -> None:
    decode = decoder()
    decode(message(*said("NBIRTH", 0)))
    decode(message(*said("DBIRTH", 1, {"name": "rssi", "type": "Int16", "value": 0})))

    *_, reading = decode(message(*said("DDATA", 2, {"name": "rssi", "as": "Int16", "value": -90})))

    assert isinstance(reading, Reading)
    assert reading.unmapped == {"rssi": -90}


# --- nodes without number ---------------------------------------------------------------------------------------------


def births(count: int) -> tuple[Any, ...]:
    numbered = ({"name": f"m{number}", "alias": number, "type": "Double", "value": 1.0} for number in range(count))
    return read_payload(encode({"metrics": list(numbered)})).metrics


def test_of_nodes_without_number_those_heard_last_are_remembered() -> None:
    sessions = Sessions(most_nodes=10, most_metrics=1000)
    for number in range(100):
        sessions.remember(sessions.find("g", f"n{number}"), NODE, births(20))
        sessions.find("g", "n0")  # heard again and again

    assert (sessions.nodes, sessions.metrics) == (10, 210)
    assert sessions.find("g", "n0").alive
    assert not sessions.find("g", "n50").alive


def test_metrics_without_number_leave_room_for_other_nodes() -> None:
    sessions = Sessions(most_metrics=100, most_of_node=30)
    flood, quiet = sessions.find("g", "flood"), sessions.find("g", "quiet")
    sessions.remember(quiet, NODE, births(20))
    for number in range(100):
        sessions.remember(flood, f"d{number}", births(25))

    assert quiet.find(NODE, births(20)[19]) is not None
    assert sessions.metrics <= 21 + 30
    sessions.remember(flood, NODE, births(40))
    assert flood.alive, "its death must be noticed"
    sessions.forget(flood)
    assert sessions.metrics == 21


def test_a_name_too_long_to_remember_is_read_where_it_is_sent() -> None:
    decode = decoder()
    long = {"name": f"{'x' * 300}/level", "type": "Double", "value": 40.0}

    *_, reading = decode(message(*said("NBIRTH", 0, long)))

    assert isinstance(reading, Reading)
    assert reading.measures == {"level": 40.0}


def test_varints_of_the_encoder_are_the_documented_example() -> None:
    """150 is `96 01` in the documentation of Protocol Buffers."""
    assert varint(150) == b"\x96\x01"
