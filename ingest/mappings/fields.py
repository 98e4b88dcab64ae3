"""What a message holds that nobody has described: its fields by name, those within others by a dotted path."""

from typing import Any

import msgspec

from ingest.formats.parts.payloads import read
from ingest.model import Message, RejectedError, shown
from ingest.sentences import WHOLE

Scalar = bool | int | float | str
MOST_FIELDS = 200
MOST_ENTRIES, MOST_AROUND = 1000, 50  # each entry with so many fields of the message around it
MAX_DEPTH = 8
MAX_NAME, MAX_TEXT = 100, 200  # characters
SINGLE = "value"  # the name of what a message is, if that is no object

_read_any = msgspec.json.Decoder().decode


def content(message: Message) -> Any:
    """What the payload says: JSON, or a plain word such as `ON`. Raises RejectedError."""
    text = message.payload.strip()
    if text[:1] in (b"{", b"[", b'"') or not (0 < len(text) <= MAX_TEXT):
        return read(_read_any, message.payload)
    try:
        return _read_any(text)
    except msgspec.DecodeError:
        word = text.decode("utf-8", "replace")
        return word if word.isprintable() else read(_read_any, message.payload)


def fields(value: Any) -> dict[str, Scalar]:
    """Numbers, texts and truths by their paths: `{"a": {"b": 1}, "c": [2]}` has `a.b` and `c.0`. A single value is `value`."""
    found: dict[str, Scalar] = {}
    if isinstance(value, (dict, list)):
        _collect(value, "", found, MAX_DEPTH)
    elif _is_scalar(value):
        found[SINGLE] = value
    return found


def entries(value: Any, path: str) -> list[dict[str, Scalar]]:
    """The fields of each object in the list at `path`, with those of the message around it.

    Without a path, of each object where the message is a list of such, else of the message. Raises RejectedError when there
    is no such list, or it is too long.
    """
    if not path and not _is_list_of_objects(value):
        return [fields(value)]
    listed = value
    for name in path.split(".") if path else ():
        listed = listed.get(name) if isinstance(listed, dict) else None
    if not isinstance(listed, list):
        raise RejectedError("wrong_type", "expected", where=path, expected="array", found=shown(listed))
    if len(listed) > MOST_ENTRIES:
        raise RejectedError("too_large", "too_many", where=path or WHOLE, most=MOST_ENTRIES)
    around: dict[str, Scalar] = {}
    if path:
        _collect(value, "", around, MAX_DEPTH, but=path, most=MOST_AROUND)
    return [around | fields(entry) for entry in listed if isinstance(entry, dict)]


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) for each in value)


def _collect(value: Any, prefix: str, found: dict[str, Scalar], depth: int, *, but: str = "", most: int = MOST_FIELDS) -> None:
    """All of it, within bounds, except for what stands at the path `but`."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        name = f"{prefix}{key}"
        if len(found) >= most or len(name) > MAX_NAME:
            continue
        if isinstance(inner, (dict, list)):
            if depth > 1 and name != but:
                _collect(inner, f"{name}.", found, depth - 1, but=but, most=most)
        elif _is_scalar(inner) and name:
            found[name] = inner


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= MAX_TEXT)
