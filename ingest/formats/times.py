"""Times as devices write them, and whether they can be true."""

import math
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.model import RejectedError, shown

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)  # before it no device of ours was installed: its clock was never set
FAR_AHEAD = timedelta(days=366)  # beyond it a clock is not fast but wrong
NTP_ERA_END = datetime(2036, 2, 7, tzinfo=UTC)  # where a clock lands that takes an empty NTP answer for the time
UNIX_2100_MS = 4_102_444_800_000


def parse_time(value: object) -> datetime:
    """The moment, in UTC, of an ISO 8601 text with a zone (as RFC 3339 has it) or of milliseconds since 1970.

    Takes a datetime too, as a typed decoder makes it of such a text. Raises RejectedError `bad_time`; a time without
    a zone is not guessed at.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo is UTC else _in_utc(value)
    if isinstance(value, str):
        return parse_time(_parse_text(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _parse_milliseconds(value)
    raise RejectedError("bad_time", f"ts must be an ISO 8601 text or epoch milliseconds, not {shown(value)}")


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise RejectedError("bad_time", f"ts {moment.isoformat()} has no time zone; end it with Z or +08:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise RejectedError("bad_time", f"ts {moment.isoformat()} lies outside the calendar") from None


def _parse_text(text: str) -> datetime:
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        hint = "; milliseconds are written without quotes" if text.strip().lstrip("-").isdigit() else ""
        raise RejectedError("bad_time", f"ts {shown(text)} is not like 2026-11-22T08:00:00.000Z{hint}") from None


def _parse_milliseconds(value: float) -> datetime:
    if abs(value) <= UNIX_2100_MS:
        return datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, int) or math.isfinite(value):
        unit = "microseconds" if abs(value) <= UNIX_2100_MS * 1000 else "nanoseconds"
        raise RejectedError("bad_time", f"ts {shown(value)} lies beyond 2100; {unit} where milliseconds belong?")
    raise RejectedError("bad_time", f"ts is {value!r}, which is not a time")


def check_time(ts: datetime, now: datetime, *, max_age: timedelta, max_ahead: timedelta) -> None:
    """Nothing when `ts` can be true, given that it is `now`; else a RejectedError.

    `bad_time`: the device's clock is wrong, and how; `time_too_old`, `time_ahead`: a plausible time, but out of bounds.
    """
    if ts < EARLIEST:
        raise RejectedError("bad_time", f"{_iso(ts)}: {_why_so_early(ts)}")
    ahead = ts - now
    if ahead > FAR_AHEAD:
        raise RejectedError("bad_time", f"{_iso(ts)} is {ahead.days // 365} years ahead: {_why_so_late(ts)}")
    if ahead > max_ahead:
        raise RejectedError("time_ahead", f"{_iso(ts)} is {_span(ahead)} ahead; at most {_span(max_ahead)} is taken")
    if -ahead > max_age:
        raise RejectedError("time_too_old", f"{_iso(ts)} is {_span(-ahead)} old; at most {_span(max_age)} is taken")


def _why_so_early(ts: datetime) -> str:
    since_1970 = ts - datetime(1970, 1, 1, tzinfo=UTC)
    if EARLIEST.timestamp() <= since_1970.total_seconds() * 1000 <= UNIX_2100_MS / 1000:
        return "seconds where milliseconds belong"
    if ts.year == 1970:
        return "the device's clock starts in 1970 and was never set"
    return "the device's clock was never set"


def _why_so_late(ts: datetime) -> str:
    if ts.year == NTP_ERA_END.year:
        return "in 2036 the NTP era ends, where a clock lands that was set by an empty answer"
    return "the device's clock is wrong"


def _iso(ts: datetime) -> str:
    return ts.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _span(span: timedelta) -> str:
    """A span of time in its largest fitting unit."""
    seconds = span.total_seconds()
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} s"
