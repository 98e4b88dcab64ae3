"""How facts are written for one reader: in their language, on the site's clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from babel.dates import format_datetime

from core.i18n import Language, Text

_LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en"}
_TIMES: dict[Language, str] = {"zh": "yyyy-MM-dd HH:mm", "en": "d MMM yyyy, HH:mm"}
_SHORT: dict[Language, str] = {"zh": "M月d日 HH:mm", "en": "d MMM, HH:mm"}
_CLOCK = "HH:mm"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One fact: what it is, and its value as people read it."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Writes for one reader."""

    language: Language
    zone: tzinfo

    def text(self, text: Text, /, **params: object) -> str:
        """A declared text with its blanks filled in."""
        return text.in_(self.language).format(**params)

    def line(self, label: Text, value: str) -> Line:
        """A fact with its label."""
        return Line(label=self.text(label), value=value)

    def time(self, moment: datetime | str) -> str:
        """`2026-11-22 12:03`, `22 Nov 2026, 12:03`; takes the ISO 8601 of facts as well."""
        return self._write(moment, _TIMES[self.language])

    def span(self, start: datetime | str, end: datetime | str) -> str:
        """`11月22日 02:00–03:00`."""
        return f"{self._write(start, _SHORT[self.language])}–{self._write(end, _CLOCK)}"

    def listing(self, items: Iterable[str]) -> str:
        """`东门、南门`, `East gate, South gate`."""
        return ("、" if self.language == "zh" else ", ").join(items)

    def _write(self, moment: datetime | str, pattern: str) -> str:
        aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return format_datetime(aware.astimezone(self.zone), pattern, locale=_LOCALES[self.language])
