"""Chinese and English: texts beside the code that declares them, and catalogues for pages."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "zh"

_FOLDERS: Mapping[Language, str] = {"zh": "zh_CN", "en": "en"}


@dataclass(frozen=True, slots=True)
class Text:
    """A name in both languages, for declarations that must stay in one file (kinds, rules, channels)."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The text in that language."""
        return self.zh if language == "zh" else self.en


class MissingTextError(KeyError):
    """A key that no catalogue has: a programming error, found by the shape tests."""


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of one language by its full key (`overview.title`), from all files of its folder."""
    texts: dict[str, str] = {}
    folder = resources.files("locales") / _FOLDERS[language]
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), texts)
    return texts


def _flatten(prefix: str, node: Mapping[str, object], into: dict[str, str]) -> None:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            if key in into:
                raise ValueError(f"text {key} is given twice")
            into[key] = value
        else:
            _flatten(f"{key}.", cast("Mapping[str, object]", value), into)


@dataclass(frozen=True, slots=True)
class Translator:
    """Finds texts in one language. Called `t` in templates."""

    language: Language

    def __call__(self, key: str, /, **params: object) -> str:
        """The text of `key` with `{name}` filled in.

        With a number `n`, English may give `key.one` and `key.other`; the fitting one is taken.
        """
        texts = catalogue(self.language)
        if "n" in params and key not in texts:
            key = f"{key}.one" if params["n"] == 1 and f"{key}.one" in texts else f"{key}.other"
        try:
            text = texts[key]
        except KeyError:
            raise MissingTextError(key) from None
        return text.format(**params) if params else text

    def text(self, text: Text) -> str:
        """A declared text in this language."""
        return text.in_(self.language)


def choose_language(*wishes: str | None) -> Language:
    """The first wish that names a language of ours; a wish may be a code or an Accept-Language header."""
    for wish in wishes:
        for part in (wish or "").split(","):
            code = part.split(";")[0].strip().lower()[:2]
            if code in LANGUAGES:
                return code
    return DEFAULT_LANGUAGE
