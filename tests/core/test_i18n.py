"""Texts in the reader's language."""

import pytest

from core.i18n import MissingTextError, Text, Translator, choose_language


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("zh-CN,zh;q=0.9,en;q=0.8",), "zh"),
        (("en-GB,en;q=0.9",), "en"),
        (("fr-FR,en;q=0.5",), "en"),
        (("fr",), "zh"),
        ((None, "en", "zh"), "en"),
        (("", None), "zh"),
    ],
)
def test_the_first_language_of_ours_is_taken(wishes: tuple[str | None, ...], language: str) -> None:
    assert choose_language(*wishes) == language


def test_a_text_is_filled_in() -> None:
    assert Translator("en").text(Text(en="Gate", zh="道闸")) == "Gate"
    assert Translator("zh").text(Text(en="Gate", zh="道闸")) == "道闸"


def test_a_key_nobody_wrote_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(MissingTextError, match=r"nowhere\.to\.be\.found"):
        Translator("en")("nowhere.to.be.found")
