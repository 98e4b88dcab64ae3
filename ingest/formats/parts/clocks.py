"""Times that are no ISO 8601 with a zone and no milliseconds: seconds since 1970, and what a clock on the wall shows."""

import re
from datetime import UTC, datetime

from ingest.formats.parts.times import UNIX_2100_MS, parse_time
from ingest.model import RejectedError, shown

LAST_SECOND = UNIX_2100_MS // 1000
_EXAMPLE = "2026-11-22 08:00:00"
_COMPACT = re.compile(r"([0-9]{8})[ T]?([0-9]{6})")


def from_seconds(value: object, where: str) -> datetime:
    """The moment of seconds since 1970, whole or not; else RejectedError `bad_time`, which names the field."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise RejectedError("bad_time", "expected", where=where, expected="float", found=shown(value))
    if not 0 <= value <= LAST_SECOND:
        raise RejectedError("bad_time", "range", where=where, low=0, high=LAST_SECOND, unit="s", found=shown(value))
    return datetime.fromtimestamp(value, UTC)


def wall_clock(value: object, where: str) -> datetime:
    """A text like `2026-11-22 08:00:00`, `2026/11/22 08:00:00` or `20261122080000`, left without a zone; one with a zone is made
    UTC. Else RejectedError `bad_time`."""
    try:
        moment = datetime.fromisoformat(_as_iso(value.strip())) if isinstance(value, str) else None
    except ValueError:  # as 0000-00-00 00:00:00 of a clock that was never set
        moment = None
    if moment is None:
        raise RejectedError("bad_time", "like", where=where, found=shown(value), example=_EXAMPLE)
    if not 1970 <= moment.year <= 2100:
        raise RejectedError("bad_time", "time_outside", where=where, found=moment.isoformat())
    return parse_time(moment, where) if moment.tzinfo else moment


def _as_iso(text: str) -> str:
    """As the standard has it; ValueError for what is a day without a time."""
    if match := _COMPACT.fullmatch(text):
        return f"{match[1]}T{match[2]}"
    if ":" not in text:
        raise ValueError(text)
    return text.replace("/", "-") if text[4:5] == "/" else text
