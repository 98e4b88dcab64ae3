"""Reads fields of vendors who write numbers as texts and texts as numbers, and whose values nobody has described."""

from collections.abc import Mapping
from typing import Any

MAX_TEXT = 100  # characters; what is longer is a picture or a document
MAX_DEPTH = 4  # objects within each other


def text_of(fields: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields that holds a text which is not blank, or a whole number."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 64:
            return str(value)
    return None


def whole_of(fields: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also one in quotes; None for anything else."""
    text = text_of(fields, name)
    if text is None or len(text) > 20 or not text.lstrip("-").isdecimal():
        return None
    return int(text) if text.count("-") <= 1 else None


def object_of(fields: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """The object at that path; empty where there is none."""
    found: Any = fields
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def scalars(fields: Mapping[str, Any], prefix: str = "", depth: int = MAX_DEPTH) -> dict[str, bool | int | float | str]:
    """Numbers, texts and truths by the vendor's names, those within objects by a dotted path. No lists, no long texts."""
    found: dict[str, bool | int | float | str] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            if depth > 1:
                found.update(scalars(value, f"{prefix}{name}.", depth - 1))
        elif isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= MAX_TEXT):
            found[f"{prefix}{name}"] = value
    return found
