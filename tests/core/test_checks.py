"""What people type is cleaned, understood or refused at its field."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import checks
from core.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")


@given(st.text())
def test_a_line_has_no_control_characters_and_single_spaces(text: str) -> None:
    line = checks.one_line(text, field="name", limit=10_000, required=False)
    assert line == " ".join(line.split())
    assert not any(ord(char) < 32 for char in line)
    assert checks.one_line(line, field="name", limit=10_000, required=False) == line


def test_a_paragraph_keeps_its_lines() -> None:
    assert checks.paragraph(" a\r\nb\rc\x00 ", field="note", limit=10) == "a\nb\nc"


def test_numbers_are_read_as_people_write_them() -> None:
    assert checks.amount(" 1,234.50 ", field="cost") == Decimal("1234.50")
    assert checks.amount("１２，５００", field="cost") == Decimal(12500)
    assert checks.amount("", field="cost") is None


def test_times_are_those_of_the_zone() -> None:
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert checks.local_time("2026-11-22T12:00", zone=SHANGHAI, field="at") == noon
    assert checks.local_time("2026-11-22T04:00Z", zone=SHANGHAI, field="at") == noon
    assert checks.day("2026-11-22", field="on") == date(2026, 11, 22)
    assert checks.day(" ", field="on") is None


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (lambda: checks.one_line(" ", field="x", limit=9), "text_missing"),
        (lambda: checks.one_line("1234567890", field="x", limit=9), "text_too_long"),
        (lambda: checks.one_of("", ("a",), field="x"), "choice_missing"),
        (lambda: checks.one_of("b", ("a",), field="x"), "choice_unknown"),
        (lambda: checks.slug("Ä", field="x", limit=9), "slug_form"),
        (lambda: checks.day("22.11.2026", field="x"), "date_form"),
        (lambda: checks.local_time("", zone=SHANGHAI, field="x"), "text_missing"),
        (lambda: checks.local_time("yesterday", zone=SHANGHAI, field="x"), "time_form"),
        (lambda: checks.local_time("0001-01-01T00:00", zone=SHANGHAI, field="x"), "time_form"),
        (lambda: checks.amount("much", field="x"), "number_form"),
        (lambda: checks.amount("Infinity", field="x"), "number_form"),
    ],
)
def test_what_is_not_understood_is_refused_at_its_field(check: Callable[[], object], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check()
    assert (refused.value.code, refused.value.field) == (code, "x")
