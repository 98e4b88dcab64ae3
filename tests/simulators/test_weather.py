"""Weather and traffic: seeded, smooth, and as the year and the day have it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from simulators.traffic import passages, traffic
from simulators.weather import Weather, shower

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
MINUTES = [BEGIN + timedelta(minutes=5 * number) for number in range(12 * 24 * 30)]


def test_the_same_seed_brings_the_same_weather_in_whatever_order_it_is_asked() -> None:
    one, other = Weather(1), Weather(1)
    assert [one.at(moment) for moment in MINUTES[:2000]] == [other.at(moment) for moment in reversed(MINUTES[:2000])][::-1]


def test_weather_is_possible_and_has_rain_and_dry_days() -> None:
    weather = Weather(3)
    seen = [weather.at(moment) for moment in MINUTES]
    assert all(0 <= conditions.rain <= 60 and 0 <= conditions.fog <= 1 and -20 < conditions.temperature < 42 for conditions in seen)
    wet = sum(conditions.rain > 0 for conditions in seen) / len(seen)
    assert 0.01 < wet < 0.3


def test_rain_swells_and_fades() -> None:
    front = shower(begins=BEGIN, minutes=60, peak=40)
    rain = [front.rain_at(BEGIN + timedelta(minutes=minute)) for minute in range(-5, 70)]
    assert rain[:6] == [0.0] * 6
    assert rain[-4:] == [0.0] * 4
    assert max(rain) == pytest.approx(40)
    assert max(abs(after - before) for before, after in pairwise(rain)) < 2.5


def test_an_extra_shower_comes_on_top() -> None:
    extra = shower(begins=BEGIN, minutes=60, peak=25)
    assert Weather(3, extra=(extra,)).at(BEGIN + timedelta(minutes=30)).rain >= 25


@pytest.mark.parametrize(("day", "peaks"), [(date(2026, 11, 19), {8, 18}), (date(2026, 11, 21), {10, 17})])
def test_traffic_peaks_when_people_commute(day: date, peaks: set[int]) -> None:
    """On a Thursday at eight and six; on a Saturday late in the morning and in the afternoon, and lower."""
    hours = [traffic(datetime(day.year, day.month, day.day, hour, 30, tzinfo=SHANGHAI)) for hour in range(24)]
    assert {hours.index(max(hours[:13])), 13 + hours[13:].index(max(hours[13:]))} == peaks
    assert (max(hours) == 1) == (day.weekday() < 5)
    assert max(hours[1:5]) < 0.05


def test_traffic_has_no_steps() -> None:
    moments = [datetime(2026, 11, 16, tzinfo=SHANGHAI) + timedelta(minutes=minute) for minute in range(7 * 1440)]
    values = [traffic(moment) for moment in moments]
    assert all(0 <= value <= 1 for value in values)
    assert max(abs(after - before) for before, after in pairwise(values)) < 0.02


def test_passages_only_grow_and_are_the_sum_of_traffic() -> None:
    moments = [datetime(2026, 11, 16, tzinfo=SHANGHAI) + timedelta(minutes=minute) for minute in range(7 * 1440 + 1)]
    counts = [passages(moment) for moment in moments]
    assert all(before < after for before, after in pairwise(counts))
    summed = sum(traffic(moment) for moment in moments) / 60
    assert counts[-1] - counts[0] == pytest.approx(summed, rel=0.01)
