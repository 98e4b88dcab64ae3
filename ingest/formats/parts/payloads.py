"""Reads payloads with msgspec's decoders, and tells their mistakes as rejections that people of both languages understand."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from ingest.model import RejectedError, RejectReason
from ingest.sentences import WHOLE

T = TypeVar("T")
Item = TypeVar("Item")

_NOT_FINITE = re.compile(rb"[:\[,]\s*[+-]?(?:NaN|Inf(?:inity)?)\b", re.IGNORECASE)
_PLACED = re.compile(r"(.*) - at `([^`]+)`", re.DOTALL)
_WRONG_TYPE = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`", re.DOTALL)
_ENUM = re.compile(r"Invalid (?:enum )?value (.*)", re.DOTALL)
_FORM = re.compile(r"Invalid (RFC3339|ISO8601|UUID|base64)\b.*")
_MALFORMED = re.compile(r"JSON is malformed: (.*) \(byte (\d+)\)", re.DOTALL)
_FORMS: Mapping[str, str] = {"RFC3339": "RFC 3339", "ISO8601": "ISO 8601"}
# As msgspec names what it expected; of a whole number or a number, the number says it all.
_TYPES: Mapping[str, str] = {"int | float": "float", "int | float | datetime": "datetime"}


def read(decode: Callable[[bytes], T], payload: bytes) -> T:
    """What a decoder (`msgspec.json.Decoder(Struct).decode`) makes of the payload; else RejectedError with the mistake.

    Reasons: `not_json`, `not_object`, `not_finite`, `missing_field`, `unknown_field`, `wrong_type`, `out_of_range`. `where`
    of its facts is the path of the field (`measures`, `faults[0]`), or `$` for the message itself.
    """
    try:
        return decode(payload)
    except msgspec.ValidationError as error:
        raise not_as_declared(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(payload, error) from None
    except RecursionError:
        raise RejectedError("not_json", "nesting") from None


def each_alone(parts: Iterable[T], items_of: Callable[[T], Iterable[Item]]) -> Iterator[Item | RejectedError]:
    """What each part of a message comes to: one that cannot be read costs the others nothing, its error is among the items."""
    for part in parts:
        try:
            yield from items_of(part)
        except RejectedError as error:
            yield error


def not_as_declared(problem: str) -> RejectedError:
    """A decoder's English message (of `msgspec.convert` as well) as facts; the tests hold each wording."""
    placed = _PLACED.fullmatch(problem)
    said, where = (placed[1], placed[2].removeprefix("$.")) if placed else (problem, WHOLE)
    if match := _WRONG_TYPE.fullmatch(said):
        expected, found = (_TYPES.get(type_, type_) for type_ in match.groups())
        reason: RejectReason = "not_object" if (where, expected) == (WHOLE, "object") else "wrong_type"
        return RejectedError(reason, "expected", where=where, expected=expected, found=found)
    if match := _FIELD.fullmatch(said):
        if match[1] == "missing required":
            return RejectedError("missing_field", "missing", where=where, field=match[2])
        return RejectedError("unknown_field", "unknown_field", where=where, field=match[2])
    if said.endswith("umber out of range") or said == "Integer value out of range":
        return RejectedError("out_of_range", "number_too_large", where=where)
    if match := _ENUM.fullmatch(said):
        return RejectedError("out_of_range", "unknown_value", where=where, found=match[1])
    if match := _FORM.fullmatch(said):
        return RejectedError("wrong_type", "form", where=where, form=_FORMS.get(match[1], match[1]))
    return RejectedError("wrong_type", "decoder", where=where, text=said)


def _not_json(payload: bytes, error: Exception) -> RejectedError:
    if not payload:
        return RejectedError("not_json", "empty")
    if payload.startswith(b"\xef\xbb\xbf"):
        return RejectedError("not_json", "byte_order_mark")
    if isinstance(error, UnicodeDecodeError):
        return RejectedError("not_json", "form", where=WHOLE, form="UTF-8")
    if _NOT_FINITE.search(payload):
        return RejectedError("not_finite", "no_json_nan")
    if match := _MALFORMED.fullmatch(str(error)):
        return RejectedError("not_json", "malformed", problem=match[1], byte=match[2])
    if str(error) == "Input data was truncated":
        return RejectedError("not_json", "truncated")
    return RejectedError("not_json", "decoder", where=WHOLE, text=str(error))
