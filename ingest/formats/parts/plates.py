"""Number plates as cameras write them."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ingest.formats.parts.loose import text_of

_NO_PLATE = frozenset({None, "_无_", "无牌车"})


def plate_in(fields: Mapping[str, Any], *, in_base64: bool, name: str = "license") -> str | None:
    """The plate; None where the vehicle has none. What is no base64 after all was written plainly."""
    text = text_of(fields, name)
    if in_base64 and text:
        with suppress(ValueError):
            text = base64.b64decode(text, validate=True).decode() or None
    return None if text in _NO_PLATE else text
