"""The largest gap, also across midnight and the edges of the duty."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.gaps import Gap, largest_gap, merge

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: float) -> datetime:
    return MIDNIGHT + hour * HOUR


def gap(duty: list[tuple[float, float]], checks: list[float], *, now: float, since: float = 0) -> Gap | None:
    return largest_gap([(at(start), at(end)) for start, end in duty], [at(c) for c in checks], since=at(since), now=at(now))


def test_neighbouring_slots_can_be_kept_with_nearly_two_hours_between() -> None:
    assert gap([(8, 9), (9, 10)], [8.01, 9.98], now=10) == Gap(since=at(8.01), until=at(9.98), running=False)


def test_the_time_since_the_last_check_counts_while_it_runs() -> None:
    assert gap([(8, 9), (9, 10)], [8.25], now=9.75) == Gap(since=at(8.25), until=at(9.75), running=True)


def test_a_gap_across_midnight_has_its_whole_length() -> None:
    assert gap([(-2, -1), (-1, 0), (0, 1), (1, 2)], [-0.75, 0.75, 1.5], now=2) == Gap(
        since=at(-0.75), until=at(0.75), running=False
    )


def test_time_without_duty_is_no_gap() -> None:
    found = gap([(0, 5), (20, 24)], [1, 2, 3, 4, 4.9, 20.5, 21.5, 22.5, 23.5], now=24)
    assert found is not None
    assert found.length == HOUR


def test_no_duty_no_gap() -> None:
    assert gap([(20, 24)], [], now=12) is None
    assert gap([(-4, -1)], [], now=12) is None


def test_checks_outside_the_duty_change_nothing() -> None:
    assert gap([(8, 10)], [7.5, 11], now=12) == Gap(since=at(8), until=at(10), running=False)


hours = st.floats(min_value=-24, max_value=24).map(lambda hour: round(hour, 2))
slots = st.lists(st.tuples(hours, st.floats(min_value=0.1, max_value=4)).map(lambda p: (at(p[0]), at(p[0] + p[1]))), max_size=8)
checks = st.lists(hours.map(at), max_size=12)


@given(slots)
@settings(deadline=None)
def test_merged_duties_hold_the_same_moments(duty: list[tuple[datetime, datetime]]) -> None:
    merged = merge(duty)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(merged))
    for start, end in duty:
        assert any(first <= start and end <= last for first, last in merged)


@given(slots, checks, hours.map(at))
@settings(deadline=None)
def test_one_more_check_never_widens_the_gap(duty: list[tuple[datetime, datetime]], seen: list[datetime], more: datetime) -> None:
    before = largest_gap(duty, seen, since=at(-30), now=at(24))
    after = largest_gap(duty, [*seen, more], since=at(-30), now=at(24))
    assert (before is None) == (after is None)
    if before and after:
        assert after.length <= before.length


@given(slots, checks)
@settings(deadline=None)
def test_nobody_comes_within_the_gap(duty: list[tuple[datetime, datetime]], seen: list[datetime]) -> None:
    found = largest_gap(duty, seen, since=at(-30), now=at(24))
    if found:
        assert not any(found.since < check < found.until for check in seen)
