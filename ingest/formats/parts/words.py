"""Reads payloads that are one word, as `online` or `ON`."""

from collections.abc import Mapping
from typing import TypeVar

from ingest.model import RejectedError, shown
from ingest.sentences import WHOLE

T = TypeVar("T")

MAX_WORD = 32  # characters


def word(payload: bytes) -> str:
    """The payload as a short printable text without blanks around it; else RejectedError `wrong_type`."""
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise RejectedError("wrong_type", "form", where=WHOLE, form="UTF-8") from None
    if not (0 < len(text) <= MAX_WORD and text.isprintable()):
        raise RejectedError("wrong_type", "characters", where=WHOLE, most=MAX_WORD, found=shown(text))
    return text


def meaning(said: object, meanings: Mapping[str, T], where: str = WHOLE) -> T:
    """What a word means; else RejectedError `bad_status`, which tells the words there are."""
    if not isinstance(said, str) or said not in meanings:
        raise RejectedError("bad_status", "choice", where=where, choices=", ".join(meanings), found=shown(said))
    return meanings[said]
