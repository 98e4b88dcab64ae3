"""Codes are made easy to type and read as people type them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from patrol.planning.codes import check_code, generate_code, normalise_code


@pytest.mark.parametrize("typed", ["b2 g7-45", "Ｂ２Ｇ７４５", " B2G745\n", "b2.g7_45"])
def test_capitals_spaces_and_wide_characters_do_not_matter(typed: str) -> None:
    assert normalise_code(typed) == "B2G745"


@pytest.mark.parametrize("typed", ["", "123", "1234567890123", "车库01", "12!45"])
def test_a_code_has_4_to_12_digits_or_letters(typed: str) -> None:
    with pytest.raises(Invalid):
        check_code(typed)


@given(st.text(st.characters(max_codepoint=0x7F) | st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E), max_size=30))
@settings(deadline=None)
def test_reading_a_code_twice_is_reading_it_once(typed: str) -> None:
    assert normalise_code(normalise_code(typed)) == normalise_code(typed)


def test_a_made_code_has_no_look_alikes_and_one_slip_never_meets_another() -> None:
    taken: list[str] = []
    for _ in range(200):
        taken.append(generate_code(taken))
    assert all(check_code(code) == code and not set(code) & set("01") for code in taken)
    assert min(differences(a, b) for i, a in enumerate(taken) for b in taken[:i]) >= 2


def differences(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))
