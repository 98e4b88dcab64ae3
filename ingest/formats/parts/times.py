"""Times as devices write them, and whether they can be true."""

import math
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.model import RejectedError, shown

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)  # before it no device of ours was installed: its clock was never set
FAR_AHEAD = timedelta(days=366)  # beyond it a clock is not fast but wrong
NTP_ERA_END = datetime(2036, 2, 7, tzinfo=UTC)  # where a clock lands that takes an empty NTP answer for the time
UNIX_2100_MS = 4_102_444_800_000


def parse_time(value: object, where: str = "ts") -> datetime:
    """The moment, in UTC, of an ISO 8601 text with a zone (as RFC 3339 has it) or of milliseconds since 1970.

    Takes a datetime too, as a typed decoder makes it of such a text. Raises RejectedError `bad_time`, which names the field
    (`where`); a time without a zone is not guessed at.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo is UTC else _in_utc(value, where)
    if isinstance(value, str):
        return parse_time(_parse_text(value, where), where)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _parse_milliseconds(value, where)
    raise RejectedError("bad_time", "expected", where=where, expected="datetime", found=shown(value))


def _in_utc(moment: datetime, where: str) -> datetime:
    if moment.tzinfo is None:
        raise RejectedError("bad_time", "time_no_zone", where=where, found=moment.isoformat())
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise RejectedError("bad_time", "time_outside", where=where, found=moment.isoformat()) from None


def _parse_text(text: str, where: str) -> datetime:
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        if text.strip().lstrip("-").isdigit():
            raise RejectedError("bad_time", "time_quoted", where=where, found=shown(text)) from None
        raise RejectedError("bad_time", "time_like", where=where, found=shown(text)) from None


def _parse_milliseconds(value: float, where: str) -> datetime:
    if abs(value) <= UNIX_2100_MS:
        return datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, int) or math.isfinite(value):
        unit = "microseconds" if abs(value) <= UNIX_2100_MS * 1000 else "nanoseconds"
        raise RejectedError("bad_time", "time_unit", where=where, found=shown(value), unit=unit)
    raise RejectedError("bad_time", "not_finite", where=where, found=shown(value))


def check_time(ts: datetime, now: datetime, *, max_age: timedelta, max_ahead: timedelta) -> None:
    """Nothing when `ts` can be true, given that it is `now`; else a RejectedError.

    `bad_time`: the device's clock is wrong, and how; `time_too_old`, `time_ahead`: a plausible time, but out of bounds.
    """
    if ts < EARLIEST:
        raise _too_early(ts)
    ahead = ts - now
    if ahead > FAR_AHEAD:
        raise _too_late(ts, ahead)
    if ahead > max_ahead:
        raise RejectedError("time_ahead", "time_ahead", at=ts, ahead=ahead, most=max_ahead)
    if -ahead > max_age:
        raise RejectedError("time_too_old", "time_too_old", at=ts, age=-ahead, most=max_age)


def _too_early(ts: datetime) -> RejectedError:
    since_1970 = ts - datetime(1970, 1, 1, tzinfo=UTC)
    if EARLIEST.timestamp() <= since_1970.total_seconds() * 1000 <= UNIX_2100_MS / 1000:
        return RejectedError("bad_time", "clock_in_seconds", at=ts)
    if ts.year == 1970:
        return RejectedError("bad_time", "clock_1970", at=ts)
    return RejectedError("bad_time", "clock_unset", at=ts)


def _too_late(ts: datetime, ahead: timedelta) -> RejectedError:
    if ts.year == NTP_ERA_END.year:
        return RejectedError("bad_time", "clock_2036", at=ts, ahead=ahead)
    return RejectedError("bad_time", "clock_wrong", at=ts, ahead=ahead)
