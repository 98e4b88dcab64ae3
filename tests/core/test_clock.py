"""Times have zones, always."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.clock import ManualClock, SystemClock, as_utc


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_utc(datetime(2026, 11, 22))  # noqa: DTZ001 - the naive one that must be refused


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert as_utc(datetime(2026, 11, 22, 8, tzinfo=shanghai)) == datetime(2026, 11, 22, tzinfo=UTC)


def test_the_manual_clock_moves_when_told() -> None:
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    before = clock.monotonic()
    clock.advance(timedelta(minutes=5))
    assert (clock.now().minute, clock.monotonic() - before) == (5, 300)


def test_the_machine_clock_is_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
