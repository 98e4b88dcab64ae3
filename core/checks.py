"""Checks of what people type, the same in every form and endpoint. Each raises Invalid with the field's name."""

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from core.errors import Invalid

T = TypeVar("T", bound=str)

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
# Control characters but tab and line breaks; PostgreSQL refuses NUL, and the others only ever come by accident.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def one_line(value: str, *, field: str, limit: int, required: bool = True) -> str:
    """Text of one line: outer spaces cut, inner ones single."""
    return _checked(" ".join(_CONTROL.sub(" ", value).split()), field=field, limit=limit, required=required)


def paragraph(value: str, *, field: str, limit: int, required: bool = False) -> str:
    """Text of several lines, outer spaces cut."""
    text = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return _checked(text.strip(), field=field, limit=limit, required=required)


def one_of(value: str, choices: Collection[T], *, field: str) -> T:
    """One of the known words."""
    for choice in choices:
        if choice == value:
            return choice
    raise Invalid("choice_missing" if not value else "choice_unknown", field=field)


def slug(value: str, *, field: str, limit: int) -> str:
    """A name for topics and addresses: small letters, digits, `-` and `_`."""
    text = one_line(value, field=field, limit=limit)
    if not _SLUG.fullmatch(text):
        raise Invalid("slug_form", field=field)
    return text


def day(value: str, *, field: str) -> date | None:
    """A date as forms send it, `2026-11-22`; None when nothing was entered."""
    text = value.strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("date_form", field=field) from None


def local_time(value: str, *, zone: tzinfo, field: str) -> datetime:
    """A moment as forms send it, `2026-11-22T16:05`, on the clock of `zone`; in UTC."""
    text = value.strip()
    if not text:
        raise Invalid("text_missing", field=field)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("time_form", field=field) from None


def amount(value: str, *, field: str) -> Decimal | None:
    """A number as people write it, `1,234.50`; None when nothing was entered."""
    text = unicodedata.normalize("NFKC", value).replace(",", "").strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Invalid("number_form", field=field) from None
    if not number.is_finite():
        raise Invalid("number_form", field=field)
    return number


def _checked(text: str, *, field: str, limit: int, required: bool) -> str:
    if required and not text:
        raise Invalid("text_missing", field=field)
    if len(text) > limit:
        raise Invalid("text_too_long", field=field, limit=limit)
    return text
