"""A payload that cannot be read: the decoder's English messages become facts."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest

from ingest.formats.parts.payloads import read
from ingest.model import RejectedError


class Lamp(msgspec.Struct, forbid_unknown_fields=True):
    """A bit of everything a vendor may send."""

    id: str
    on: bool = True
    volts: int | float = 0
    name: str | None = None
    mode: Literal["day", "night"] = "day"
    days: Annotated[int, msgspec.Meta(ge=0)] = 0
    at: datetime | int | float = 0
    key: UUID | None = None
    raw: bytes = b""
    phases: dict[str, float] = {}
    rows: list[int] = []


DECODE = msgspec.json.Decoder(Lamp).decode


def with_(text: str) -> bytes:
    return f'{{"id": "1", {text}}}'.encode()


@pytest.mark.parametrize(
    ("payload", "reason", "key", "facts"),
    [
        (b"[]", "not_object", "expected", {"where": "$", "expected": "object", "found": "array"}),
        (b"{}", "missing_field", "missing", {"where": "$", "field": "id"}),
        (with_('"colour": 1'), "unknown_field", "unknown_field", {"where": "$", "field": "colour"}),
        (with_('"a\\nb": 1'), "unknown_field", "unknown_field", {"where": "$", "field": "a\\nb"}),
        (with_('"on": 1'), "wrong_type", "expected", {"where": "on", "expected": "bool", "found": "int"}),
        (with_('"volts": "12"'), "wrong_type", "expected", {"where": "volts", "expected": "float", "found": "str"}),
        (with_('"name": 1'), "wrong_type", "expected", {"where": "name", "expected": "str | null", "found": "int"}),
        (with_('"at": []'), "wrong_type", "expected", {"where": "at", "expected": "datetime", "found": "array"}),
        (with_('"rows": [1, null]'), "wrong_type", "expected", {"where": "rows[1]", "expected": "int", "found": "null"}),
        (with_('"phases": {"a": []}'), "wrong_type", "expected", {"where": "phases[...]", "expected": "float", "found": "array"}),
        (with_('"phases": {"a": 1e999}'), "out_of_range", "number_too_large", {"where": "phases[...]"}),
        (with_('"mode": "dusk"'), "out_of_range", "unknown_value", {"where": "mode", "found": "'dusk'"}),
        (with_('"key": "7"'), "wrong_type", "form", {"where": "key", "form": "UUID"}),
        (with_('"raw": "?"'), "wrong_type", "form", {"where": "raw", "form": "base64"}),
        (with_('"at": "noon"'), "wrong_type", "form", {"where": "at", "form": "RFC 3339"}),
        (with_('"days": -1'), "wrong_type", "decoder", {"where": "days", "text": "Expected `int` >= 0"}),
        (b"", "not_json", "empty", {}),
        (b"\xef\xbb\xbf{}", "not_json", "byte_order_mark", {}),
        (b'{"id": "\xff"}', "not_json", "form", {"where": "$", "form": "UTF-8"}),
        (b'{"id": ', "not_json", "truncated", {}),
        (with_('"volts": -Infinity'), "not_finite", "no_json_nan", {}),
        (b'{"id": "1"', "not_json", "truncated", {}),
        (b'{"id": "1",}', "not_json", "malformed", {"problem": "trailing comma in object", "byte": "11"}),
        (b'{"id"; "1"}', "not_json", "malformed", {"problem": "expected ':'", "byte": "5"}),
        (b'{"id": "1"; }', "not_json", "malformed", {"problem": "expected ',' or '}'", "byte": "10"}),
        (b"{id: 1}", "not_json", "malformed", {"problem": "object keys must be strings", "byte": "1"}),
        (with_('"volts": 01'), "not_json", "malformed", {"problem": "invalid number", "byte": "22"}),
        (with_('"rows": [1;2]'), "not_json", "malformed", {"problem": "expected ',' or ']'", "byte": "22"}),
        (with_('"rows": [1,]'), "not_json", "malformed", {"problem": "trailing comma in array", "byte": "23"}),
        (b'{"id": "\\q"}', "not_json", "malformed", {"problem": "invalid escape character in string", "byte": "10"}),
        (b'{"id": "\\u12"}', "not_json", "malformed", {"problem": "invalid character in unicode escape", "byte": "13"}),
        (b'{"id": "\\ud800\\u0041"}', "not_json", "malformed", {"problem": "invalid utf-16 surrogate pair", "byte": "20"}),
        (b'{"id": "1"} and more', "not_json", "malformed", {"problem": "trailing characters", "byte": "13"}),
        (b"?", "not_json", "malformed", {"problem": "invalid character", "byte": "0"}),
        (b'{"rows": ' + b"[" * 100_000, "wrong_type", "expected", {"where": "rows[0]", "expected": "int", "found": "array"}),
    ],
)
def test_every_wording_of_the_decoder_becomes_facts(payload: bytes, reason: str, key: str, facts: dict[str, str]) -> None:
    with pytest.raises(RejectedError) as caught:
        read(DECODE, payload)

    assert (caught.value.reason, caught.value.key, caught.value.facts) == (reason, key, facts)


def test_what_is_nested_too_deep_is_told() -> None:
    with pytest.raises(RejectedError) as caught:
        read(msgspec.json.Decoder(Any).decode, b"[" * 100_000)

    assert (caught.value.reason, caught.value.key) == ("not_json", "nesting")


def test_a_field_name_that_imitates_the_decoder_stays_a_short_fact() -> None:
    with pytest.raises(RejectedError) as caught:
        read(DECODE, with_(f'" - at `$.ts`{"x" * 5000}": 1'))

    assert caught.value.reason == "unknown_field"
    assert len(caught.value.facts["field"]) == 300
