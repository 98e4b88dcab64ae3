"""Codes of checkpoints: made so that a tired person types them right, read as such a person types them."""

import re
import secrets
import unicodedata
from collections.abc import Collection

from core.errors import Invalid

_DIGITS = "23456789"  # without 0 and 1, which are taken for letters; digits alone get a phone's large keypad
_LENGTH = 6
_VALID = re.compile(r"[0-9A-Z]{4,12}")
_SPACING = re.compile(r"[\s\-_.]+")


def normalise_code(typed: str) -> str:
    """What was typed as codes are stored: capitals, plain digits, no spaces or hyphens."""
    return _SPACING.sub("", unicodedata.normalize("NFKC", typed)).upper()


def check_code(typed: str) -> str:
    """A code that may be given to a checkpoint, normalised. Raises Invalid."""
    code = normalise_code(typed)
    if not _VALID.fullmatch(code):
        raise Invalid("checkpoint_code_form", field="code")
    return code


def generate_code(taken: Collection[str]) -> str:
    """A new code that differs from every taken one in at least two places: one wrong digit never is another place."""
    while True:
        code = "".join(secrets.choice(_DIGITS) for _ in range(_LENGTH))
        if all(len(other) != _LENGTH or sum(a != b for a, b in zip(code, other, strict=True)) >= 2 for other in taken):
            return code
