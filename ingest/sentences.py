"""What was wrong with a message, in the reader's language: a sentence of `locales/*/rejected.toml` filled with facts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from core.i18n import Language, Translator, catalogue

WHOLE = "$"  # as `where`: the message itself
_CHINESE = "[\u3400-\u9fff]"
# Chinese has no space between words. Our words are marked, so that nothing inside a value from outside is touched.
_GAP = re.compile(f"({_CHINESE})\0 (?=\0?{_CHINESE})|({_CHINESE}) (?=\0{_CHINESE})")
_SPANS = ((31_536_000, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"))


def sentence(key: str, facts: Mapping[str, str], language: Language) -> str:
    """The sentence, with `…` for a fact it lacks; the bare facts where another version wrote a key this one does not have."""
    text = catalogue(language).get(f"rejected_detail.{key}")
    if text is None:
        return f"{key}: {', '.join(f'{name}={value}' for name, value in facts.items())}"
    filled = text.format_map(_Facts({name: _Fact(value, language) for name, value in facts.items()}))
    return _GAP.sub(r"\1\2", filled).replace("\0", "")


class _Facts(dict[str, "_Fact"]):
    def __missing__(self, name: str) -> "_Fact":
        return _Fact("…", "en")


@dataclass(frozen=True, slots=True)
class _Fact:
    """Shown as the sentence asks: `{where:place}`, `{found:word}`, `{unit:unit}`, `{age:span}`, or `{low}` as it is."""

    value: str
    language: Language

    def __format__(self, form: str) -> str:
        return _FORMS[form](self.value, self.language) if form else self.value


def _place(value: str, language: Language) -> str:
    return _word("message", language) if value == WHOLE else value


def _word(value: str, language: Language) -> str:
    """One of our words or several (`str | null`); anything else as it is, for it is a value."""
    texts = catalogue(language)
    if f"rejected_word.{value}" in texts:
        return f"\0{texts[f'rejected_word.{value}']}\0"
    parts = value.split(" | ")
    if len(parts) == 1 or not all(part.isidentifier() for part in parts):
        return value
    return f" {_word('or', language)} ".join(_word(part, language) for part in parts)


def _unit(value: str, _language: Language) -> str:
    return f" {value}" if value else ""


def _span(value: str, language: Language) -> str:
    """An ISO 8601 length of time in its largest fitting unit."""
    try:
        seconds = msgspec.convert(value, timedelta).total_seconds()
    except msgspec.ValidationError:
        return value
    size, name = next((each for each in _SPANS if seconds >= 2 * each[0]), (1, "seconds"))
    return Translator(language)(f"rejected_span.{name}", n=f"{float(f'{seconds / size:.3g}'):g}")


_FORMS: Mapping[str, Callable[[str, Language], str]] = {"place": _place, "word": _word, "unit": _unit, "span": _span}
