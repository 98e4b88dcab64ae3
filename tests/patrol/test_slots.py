"""Slots fill the window of every day, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.slots import Window, day_bounds, first_moment, list_slots

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
# changes of an hour, of half an hour, at midnight, of whole days
ZONES = [
    ZoneInfo(name)
    for name in (
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Asia/Beirut",
        "Pacific/Apia",
    )
]
NIGHT = Window(from_time=time(20), until_time=time(5), every=timedelta(hours=1))

zones = st.sampled_from(ZONES)
times = st.times().map(lambda t: t.replace(microsecond=0))
windows = st.builds(
    Window, from_time=times, until_time=times, every=st.integers(min_value=7, max_value=1440).map(lambda m: timedelta(minutes=m))
)
moments = st.datetimes(min_value=datetime(2009, 1, 1), max_value=datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
spans = st.integers(min_value=1, max_value=6 * 24 * 60).map(lambda m: timedelta(minutes=m))


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc] # year, month, day and so on


def test_a_night_window_runs_past_midnight() -> None:
    slots = list_slots(NIGHT, SHANGHAI, local(SHANGHAI, 2026, 11, 22, 12), local(SHANGHAI, 2026, 11, 23, 12))
    assert len(slots) == 9
    assert slots[0].starts_at == local(SHANGHAI, 2026, 11, 22, 20)
    assert slots[4].starts_at == local(SHANGHAI, 2026, 11, 23, 0)
    assert slots[-1].due_at == local(SHANGHAI, 2026, 11, 23, 5)


def test_a_period_that_begins_at_night_finds_the_window_of_the_day_before() -> None:
    slots = list_slots(NIGHT, SHANGHAI, local(SHANGHAI, 2026, 11, 23, 2), local(SHANGHAI, 2026, 11, 23, 12))
    assert [slot.starts_at.astimezone(SHANGHAI).hour for slot in slots] == [2, 3, 4]


def test_equal_times_are_the_whole_day_and_days_meet() -> None:
    whole = Window(from_time=time(8), until_time=time(8), every=timedelta(hours=2))
    slots = list_slots(whole, SHANGHAI, local(SHANGHAI, 2026, 11, 22, 0), local(SHANGHAI, 2026, 11, 24, 0))
    assert len(slots) == 24
    assert all(before.due_at == after.starts_at for before, after in pairwise(slots))


def test_the_last_slot_of_a_window_ends_with_it() -> None:
    window = Window(from_time=time(9), until_time=time(11), every=timedelta(minutes=50))
    slots = list_slots(window, SHANGHAI, local(SHANGHAI, 2026, 11, 22, 0), local(SHANGHAI, 2026, 11, 23, 0))
    assert [slot.due_at - slot.starts_at for slot in slots] == [timedelta(minutes=m) for m in (50, 50, 20)]


def test_the_night_clocks_go_forward_has_an_hour_less() -> None:
    slots = list_slots(NIGHT, BERLIN, local(BERLIN, 2026, 3, 28, 12), local(BERLIN, 2026, 3, 29, 12))
    assert [slot.starts_at.astimezone(BERLIN).hour for slot in slots] == [20, 21, 22, 23, 0, 1, 3, 4]
    assert slots[-1].due_at == local(BERLIN, 2026, 3, 29, 5)


def test_the_night_clocks_go_back_has_an_hour_more() -> None:
    slots = list_slots(NIGHT, BERLIN, local(BERLIN, 2026, 10, 24, 12), local(BERLIN, 2026, 10, 25, 12))
    assert [slot.starts_at.astimezone(BERLIN).hour for slot in slots] == [20, 21, 22, 23, 0, 1, 2, 2, 3, 4]
    assert all(slot.due_at - slot.starts_at == timedelta(hours=1) for slot in slots)


def test_a_time_that_clocks_skip_is_the_moment_of_the_change() -> None:
    assert first_moment(date(2026, 3, 29), time(2, 30), BERLIN) == local(BERLIN, 2026, 3, 29, 3)


def test_a_time_that_clocks_show_twice_is_the_first() -> None:
    assert first_moment(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_that_was_skipped_has_no_slots() -> None:
    apia = ZoneInfo("Pacific/Apia")
    start, end = day_bounds(date(2011, 12, 30), apia)
    assert start == end
    noon = Window(from_time=time(11), until_time=time(13), every=timedelta(hours=1))
    slots = list_slots(noon, apia, local(apia, 2011, 12, 29), local(apia, 2012, 1, 1))
    assert [slot.starts_at.astimezone(apia).day for slot in slots] == [29, 29, 31, 31]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 22), 24)])
def test_a_day_is_as_long_as_it_is(day: date, hours: int) -> None:
    start, end = day_bounds(day, BERLIN)
    assert end - start == timedelta(hours=hours)


@given(windows, zones, moments, spans)
@settings(deadline=None)
def test_slots_are_in_order_and_never_overlap(window: Window, zone: ZoneInfo, since: datetime, span: timedelta) -> None:
    slots = list_slots(window, zone, since, since + span)
    assert all(slot.starts_at < slot.due_at <= slot.starts_at + window.every for slot in slots)
    assert all(before.due_at <= after.starts_at for before, after in pairwise(slots))
    assert all(since <= slot.starts_at < since + span for slot in slots)


@given(windows, zones, moments, spans)
@settings(deadline=None)
def test_slots_cover_exactly_the_window(window: Window, zone: ZoneInfo, moment: datetime, span: timedelta) -> None:
    """A moment is in a slot when the wall clock has reached the window's start and not its end, on that day or the one before."""
    moment = moment.replace(microsecond=0)
    slots = list_slots(window, zone, moment - timedelta(days=3), moment + span)
    day = moment.astimezone(zone).date()
    expected = any(_begin(window, zone, d) <= moment < _end(window, zone, d) for d in (day - timedelta(days=n) for n in range(3)))
    assert any(slot.starts_at <= moment < slot.due_at for slot in slots) == expected


def _begin(window: Window, zone: ZoneInfo, day: date) -> datetime:
    return first_moment(day, window.from_time, zone)


def _end(window: Window, zone: ZoneInfo, day: date) -> datetime:
    return first_moment(day if window.until_time > window.from_time else day + timedelta(days=1), window.until_time, zone)


@given(windows, zones, moments, spans, st.floats(min_value=0, max_value=1))
@settings(deadline=None)
def test_slots_are_the_same_however_the_period_is_cut(
    window: Window, zone: ZoneInfo, since: datetime, span: timedelta, cut: float
) -> None:
    middle = since + span * cut
    parts = list_slots(window, zone, since, middle) + list_slots(window, zone, middle, since + span)
    assert parts == list_slots(window, zone, since, since + span)


@given(zones, st.dates(min_value=date(2009, 1, 1), max_value=date(2026, 12, 31)), times)
@settings(deadline=None)
def test_the_first_moment_is_when_the_wall_clock_gets_there(zone: ZoneInfo, day: date, at: time) -> None:
    moment = first_moment(day, at, zone)
    wanted = datetime.combine(day, at)
    assert moment.astimezone(zone).replace(tzinfo=None) >= wanted
    earlier = (moment - timedelta(seconds=1) - n * timedelta(minutes=5) for n in range(36))
    assert all(before.astimezone(zone).replace(tzinfo=None) < wanted for before in earlier)
