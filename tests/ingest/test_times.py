"""Clocks of devices are wrong in a few well-known ways."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.formats.parts.times import check_time, parse_time
from ingest.model import RejectedError

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
NOON_MS = 1_795_320_000_000


def check(ts: datetime, now: datetime = NOON) -> None:
    """With the limits that hold unless configured otherwise."""
    check_time(ts, now, max_age=timedelta(days=7), max_ahead=timedelta(hours=24))


def rejection(ts: datetime) -> RejectedError:
    """What a time is rejected with at noon."""
    with pytest.raises(RejectedError) as caught:
        check(ts)
    return caught.value


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22T04:00:00Z",
        "2026-11-22T04:00:00.000Z",
        "2026-11-22t04:00:00z",
        "2026-11-22T12:00:00+08:00",
        "2026-11-22 12:00:00.000000+08:00",
        "2026-11-21T23:30:00-04:30",
        NOON_MS,
        float(NOON_MS),
        datetime.fromisoformat("2026-11-22T12:00:00+08:00"),
    ],
)
def test_noon_in_shanghai_can_be_written_in_many_ways(written: object) -> None:
    moment = parse_time(written)

    assert moment == NOON
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("milliseconds", [1, 123, 499, 999])
def test_milliseconds_are_exact(milliseconds: int) -> None:
    assert parse_time(NOON_MS + milliseconds) == NOON + timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("2026-11-22T04:00:00", "has no time zone"),
        (datetime(2026, 11, 22, 4), "has no time zone"),  # noqa: DTZ001
        ("2026-11-22", "which is not like 2026-11-22T08:00:00.000Z"),
        ("22.11.2026 04:00", "not like"),
        ("2026-13-22T04:00:00Z", "not like"),
        ("", "not like"),
        ("now\0", r'"now\x00", which is not like'),
        (str(NOON_MS), "milliseconds are written without quotes"),
        ("0001-01-01T00:00:00+08:00", "outside the calendar"),
        ("9999-12-31T23:59:59-08:00", "outside the calendar"),
        (NOON_MS * 1000, "microseconds where milliseconds belong"),
        (NOON_MS * 1_000_000, "nanoseconds where milliseconds belong"),
        (10**4000, "an integer of more than 128 bits"),
        (-(10**30), "nanoseconds"),
        (1.5e300, "nanoseconds"),
        (math.nan, "not a finite number"),
        (-math.inf, "not a finite number"),
        (True, "not true"),
        (None, "not null"),
        ([NOON_MS], "not an array"),
        ({"s": 1}, "not an object"),
    ],
)
def test_what_is_no_time_is_rejected_with_a_hint(written: Any, hint: str) -> None:
    with pytest.raises(RejectedError) as caught:
        parse_time(written)

    assert caught.value.reason == "bad_time"
    assert hint in caught.value.english


@pytest.mark.parametrize("away", [timedelta(0), timedelta(days=-7), timedelta(hours=24)])
def test_late_readings_and_fast_clocks_are_taken_within_bounds(away: timedelta) -> None:
    check(NOON + away)


def test_a_reading_of_last_month_is_too_old() -> None:
    error = rejection(NOON - timedelta(days=30))

    assert error.reason == "time_too_old"
    assert error.english == "2026-10-23T04:00:00.000Z is 30 days old; at most 7 days is taken"


def test_a_clock_in_next_week_is_ahead() -> None:
    error = rejection(NOON + timedelta(days=6))

    assert error.reason == "time_ahead"
    assert error.english == "2026-11-28T04:00:00.000Z is 6 days ahead; at most 24 hours is taken"


@pytest.mark.parametrize(
    ("ts", "hint"),
    [
        (parse_time(NOON_MS // 1000), "seconds where milliseconds belong"),
        (parse_time(0), "starts in 1970 and was never set"),
        (parse_time("1970-01-01T08:12:00+08:00"), "starts in 1970 and was never set"),
        (parse_time("2000-01-01T00:00:31Z"), "was never set"),
        (parse_time("2036-02-07T06:28:16Z"), "9.22 years ahead: in 2036 the NTP era ends"),
        (parse_time("2036-01-01T00:00:00Z"), "9.11 years ahead: in 2036 the NTP era ends"),
        (parse_time("2080-01-01T00:00:00Z"), "53.1 years ahead: the device's clock is wrong"),
    ],
)
def test_a_clock_that_was_never_set_is_told_apart_from_one_that_is_off(ts: datetime, hint: str) -> None:
    error = rejection(ts)

    assert error.reason == "bad_time"
    assert hint in error.english


def test_in_2036_the_year_2036_is_an_ordinary_year() -> None:
    check(datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC), now=datetime(2036, 2, 7, 7, tzinfo=UTC))
