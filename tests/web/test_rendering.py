"""Times and numbers as Chinese and English readers expect them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from core.i18n import Language, Translator
from web.rendering import (
    NOTHING,
    format_ago,
    format_date,
    format_datetime,
    format_day,
    format_duration,
    format_number,
    format_time_of_day,
    make_templates,
    static_url,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 16, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("zh", ["2026-11-23 00:05", "2026-11-23", "11月23日 周一", "00:05"]), ("en", ["23 Nov 2026, 00:05", "23 Nov 2026", "Mon 23 Nov", "00:05"])],
)  # fmt: skip
def test_a_moment_is_written_on_the_clock_of_the_site(lang: Language, expected: list[str]) -> None:
    written = [form(NOW, SHANGHAI, lang) for form in (format_datetime, format_date, format_day, format_time_of_day)]
    assert written == expected


def test_seconds_are_written_when_asked_for() -> None:
    assert format_datetime(NOW, "Asia/Shanghai", "zh", seconds=True) == "2026-11-23 00:05:09"
    assert format_time_of_day(NOW, "Asia/Shanghai", "zh", seconds=True) == "00:05:09"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        format_datetime(NOW.replace(tzinfo=None), SHANGHAI, "zh")


def test_nothing_is_a_dash() -> None:
    assert format_datetime(None, SHANGHAI, "zh") == NOTHING
    assert format_duration(None, "en") == NOTHING
    assert format_number(None, "%", "en") == NOTHING
    assert format_ago(None, NOW, SHANGHAI, Translator("en")) == NOTHING


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (timedelta(0), "0秒", "0s"),
        (timedelta(seconds=45.9), "45秒", "45s"),
        (timedelta(minutes=1, seconds=30), "1分钟30秒", "1m 30s"),
        (timedelta(hours=2), "2小时", "2h"),
        (timedelta(hours=2, seconds=59), "2小时", "2h"),
        (timedelta(days=2, hours=3, minutes=59), "2天3小时", "2d 3h"),
        (timedelta(seconds=-5), "0秒", "0s"),
    ],
)
def test_a_duration_has_its_two_largest_units(length: timedelta, zh: str, en: str) -> None:
    assert format_duration(length, "zh") == zh
    assert format_duration(length, "en") == en


def test_a_duration_without_seconds_has_them_only_under_a_minute() -> None:
    assert format_duration(timedelta(minutes=7, seconds=50), "en", seconds=False) == "7m"
    assert format_duration(timedelta(seconds=50), "en", seconds=False) == "50s"


@pytest.mark.parametrize(
    ("distance", "zh", "en"),
    [
        (timedelta(seconds=-44), "刚刚", "just now"),
        (timedelta(seconds=-50), "1分钟前", "1 minute ago"),
        (timedelta(minutes=-3, seconds=-59), "3分钟前", "3 minutes ago"),
        (timedelta(hours=-23, minutes=-59), "23小时前", "23 hours ago"),
        (timedelta(days=-6), "6天前", "6 days ago"),
        (timedelta(hours=2, minutes=1), "2小时后", "in 2 hours"),
        (timedelta(days=-7), "2026-11-16 00:05", "16 Nov 2026, 00:05"),
    ],
)
def test_a_near_moment_is_written_from_now_on_a_far_one_by_date(distance: timedelta, zh: str, en: str) -> None:
    assert format_ago(NOW + distance, NOW, SHANGHAI, Translator("zh")) == zh
    assert format_ago(NOW + distance, NOW, SHANGHAI, Translator("en")) == en


@pytest.mark.parametrize(
    ("value", "unit", "digits", "expected"),
    [
        (87.0, "%", 1, "87%"),
        (36.25, "°C", 1, "36.2\u00a0°C"),
        (1234567, "", 1, "1,234,567"),
        (0.25, "A", 2, "0.25\u00a0A"),
        (3.6, "", 0, "4"),
        (-1.5e300, "mm", 1, "-1.5e+300\u00a0mm"),
    ],
)
def test_a_number_keeps_to_its_unit(value: float, unit: str, digits: int, expected: str) -> None:
    assert format_number(value, unit, "zh", digits=digits) == expected


def test_the_numbers_of_a_column_have_as_many_decimals() -> None:
    assert [format_number(value, "mm", "zh", digits=1, fixed=True) for value in (119, 119.5)] == ["119.0\u00a0mm", "119.5\u00a0mm"]


def test_a_static_address_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "page.css"
    file.write_text("a{}", encoding="utf-8")
    static = static_url(tmp_path)
    before = static("page.css")
    file.write_text("b{}", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert before.startswith("/static/page.css?v=")
    assert static("page.css") != before


def test_filters_read_language_zone_and_now_from_the_page() -> None:
    page = make_templates().from_string("{{ at | datetime }} | {{ at | ago }} | {{ length | duration }} | {{ 0.5 | number('%') }}")
    context = {"t": Translator("en"), "lang": "en", "tz": SHANGHAI, "now": NOW}
    written = page.render(context | {"at": NOW - timedelta(hours=1), "length": timedelta(minutes=5)})
    assert written == "22 Nov 2026, 23:05 | 1 hour ago | 5m | 0.5%"


def test_pages_escape_what_people_wrote_and_fail_on_an_unknown_name() -> None:
    templates = make_templates()
    assert templates.from_string("{{ name }}").render(name="<b>东门</b>") == "&lt;b&gt;东门&lt;/b&gt;"
    with pytest.raises(UndefinedError):
        templates.from_string("{{ nmae }}").render(name="东门")
