"""Every format reads what devices send, as its golden cases say: tests/ingest/golden/<format>/<story>.json.

A case is a list of steps, in the order of the messages: `topic`, `payload` (an object or a list is sent as JSON, a text as it
is, `{"hex": "…"}` as bytes), `retained`, and what they come to: `expect`, items as msgspec writes them with `is` (reading,
event, presence, reply), fields left out where they are as they are by default, or `{"is": "rejected", "reason": …, "key": …}`.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.binary_copy import reading_encoder
from ingest.formats import all_formats
from ingest.formats.parts.document import PAGE, formats_page
from ingest.kinds import all_kinds
from ingest.kinds.check import check_event, check_reading
from ingest.model import Decode, Decoded, DeviceEvent, Message, Presence, Reading, RejectedError, Reply
from ingest.tables import reading_table
from ingest.topics import Readers, filter_pattern

GOLDEN = Path(__file__).parent / "golden"
RECEIVED = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CASES = sorted(GOLDEN.glob("*/*.json"))
WORDS = {Reading: "reading", DeviceEvent: "event", Presence: "presence", Reply: "reply"}


def payload_of(step: dict[str, Any]) -> bytes:
    payload = step.get("payload", "")
    if isinstance(payload, dict) and set(payload) == {"hex"}:
        return bytes.fromhex(payload["hex"])
    return payload.encode() if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False).encode()


def message_of(step: dict[str, Any]) -> Message:
    payload = payload_of(step)
    return Message(
        topic=step["topic"], payload=payload, size=len(payload), received_at=RECEIVED, retained=step.get("retained", False)
    )


def as_written(item: Decoded) -> dict[str, Any]:
    """Without what is as it is by default; a reply's JSON as an object, so that a case can be read."""
    if isinstance(item, RejectedError):
        return {"is": "rejected", "reason": item.reason, "key": item.key}
    fields = {name: getattr(item, name) for name in item.__struct_fields__}
    for field in msgspec.structs.fields(item):
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        if fields[field.name] == default or (field.name == "unmapped" and not fields["unmapped"]):
            del fields[field.name]
    if isinstance(item, Reply):
        fields["payload"] = read_reply(item.payload)
    return {"is": WORDS[type(item)], **json.loads(msgspec.json.encode(fields))}


def read_reply(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return {"hex": payload.hex()}


def outcome(decode: Decode, message: Message) -> list[dict[str, Any]]:
    try:
        return [as_written(item) for item in decode(message)]
    except RejectedError as error:
        return [as_written(error)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_case_comes_to_what_it_says(path: Path) -> None:
    format_ = all_formats()[path.parent.name]
    decode = format_.decoder()
    for step in json.loads(path.read_text(encoding="utf-8")):
        assert any(filter_pattern(each).fullmatch(step["topic"]) for each in format_.topics), step["topic"]
        assert outcome(decode, message_of(step)) == step["expect"]


@pytest.mark.parametrize("slug", [slug for slug in all_formats() if slug != "native"])
def test_a_format_has_cases_with_a_good_and_a_bad_message(slug: str) -> None:
    expected = [
        each for path in CASES if path.parent.name == slug for step in json.loads(path.read_text()) for each in step["expect"]
    ]
    kinds_of_item = {each["is"] for each in expected}
    assert "rejected" in kinds_of_item
    assert kinds_of_item - {"rejected"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_a_format_finds_is_what_its_kind_knows(path: Path) -> None:
    """Where it names the kind: every measure, fault and event is declared there and fits into the kind's table."""
    decode = all_formats()[path.parent.name].decoder()
    for step in json.loads(path.read_text(encoding="utf-8")):
        try:
            items = decode(message_of(step))
        except RejectedError:
            continue
        for item in items:
            if isinstance(item, (Reply, RejectedError)) or item.kind is None:
                continue
            kind = all_kinds()[item.kind]
            if isinstance(item, DeviceEvent):
                check_event(kind, item)
            elif isinstance(item, Reading):
                checked = check_reading(kind, item)
                assert (checked.unknown, checked.unknown_faults) == (None, ())
                assert set(item.cleared) <= {fault.slug for fault in kind.faults}
                assert reading_encoder(reading_table(kind))(1, 1, RECEIVED, RECEIVED, None, checked.measures)


def test_no_two_formats_read_the_same_message() -> None:
    readers = Readers(all_formats())
    for path in CASES:
        for step in json.loads(path.read_text(encoding="utf-8")):
            reader = readers.find(step["topic"])
            assert reader is not None
            assert reader.format == path.parent.name, step["topic"]


@pytest.mark.parametrize("slug", list(all_formats()))
def test_hostile_payloads_are_rejected_and_break_nothing(slug: str) -> None:
    """Each case's message cut short, with every kind of JSON value in place of the payload, and with bytes that are no text."""
    steps = [step for path in CASES if path.parent.name == slug for step in json.loads(path.read_text(encoding="utf-8"))]
    hostile = [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"0",
        b'"x"',
        b"[[[[1]]]]",
        b'{"a":NaN}',
        b"\xff\xfe\x00",
        b"[" * 5000,
        b'{"params":{"":{}}}',
    ]
    for step in steps:
        decode = all_formats()[slug].decoder()
        good = payload_of(step)
        for payload in (*hostile, *(good[: len(good) * tenth // 10] for tenth in range(10)), *mutations(good)):
            outcome(decode, msgspec.structs.replace(message_of(step), payload=payload, size=len(payload)))


def mutations(good: bytes) -> list[bytes]:
    """The message with each of its values, at any depth, replaced by values of other types."""
    try:
        whole = json.loads(good)
    except ValueError:
        return [good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :] for at in range(0, len(good), max(1, len(good) // 50))]
    found: list[bytes] = []

    def walk(node: Any) -> None:
        places = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for place, value in list(places):
            for other in (None, True, -1, 1e300, "", "x" * 300, [], {}, [1], {"a": 1}):
                node[place] = other
                found.append(json.dumps(whole).encode())
            node[place] = value
            walk(value)

    walk(whole)
    return found


def test_the_page_of_formats_is_that_of_the_declarations() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == formats_page(), "docs/formats.md is out of date; run: uv run python -m ingest.formats.parts.document"
