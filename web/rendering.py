"""Jinja templates, and filters that write times and numbers as Chinese and English readers expect them."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.dates import format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from core.i18n import Language, Translator

FOLDER = Path(__file__).parent
LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en"}
NOTHING = "–"

_DATE: dict[Language, str] = {"zh": "yyyy-MM-dd", "en": "d MMM yyyy"}
_DATE_TIME: dict[Language, str] = {"zh": "yyyy-MM-dd HH:mm", "en": "d MMM yyyy, HH:mm"}
_DAY: dict[Language, str] = {"zh": "M月d日 EEE", "en": "EEE d MMM"}
_UNIT_LENGTH: dict[Language, Literal["short", "narrow"]] = {"zh": "short", "en": "narrow"}  # babel lacks the narrow Chinese ones
_JUST_NOW = timedelta(seconds=45)
_TOO_LONG = 1e15
_AGO_UNTIL = timedelta(days=7)
_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def local_zone(zone: tzinfo | str) -> tzinfo:
    """A zone, or the zone of that IANA name."""
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def format_datetime(moment: datetime | None, zone: tzinfo | str, lang: Language, *, seconds: bool = False) -> str:
    """`2026-11-22 16:05` or `22 Nov 2026, 16:05`, on the clock of `zone`."""
    pattern = _DATE_TIME[lang] + (":ss" if seconds else "")
    return _in_zone(moment, zone, lang, pattern)


def format_date(moment: datetime | None, zone: tzinfo | str, lang: Language) -> str:
    """`2026-11-22` or `22 Nov 2026`: the day it was in `zone`."""
    return _in_zone(moment, zone, lang, _DATE[lang])


def format_calendar_date(day: date | None, lang: Language) -> str:
    """`2026-11-22` or `22 Nov 2026`: a day of no zone, as on a label."""
    return NOTHING if day is None else babel_date(day, _DATE[lang], locale=LOCALES[lang])


def format_day(moment: datetime | None, zone: tzinfo | str, lang: Language) -> str:
    """`11月22日 周日` or `Sun 22 Nov`: a day near enough not to need its year."""
    return _in_zone(moment, zone, lang, _DAY[lang])


def format_time_of_day(moment: datetime | None, zone: tzinfo | str, lang: Language, *, seconds: bool = False) -> str:
    """`16:05`, on the clock of `zone`."""
    return _in_zone(moment, zone, lang, "HH:mm:ss" if seconds else "HH:mm")


def _in_zone(moment: datetime | None, zone: tzinfo | str, lang: Language, pattern: str) -> str:
    if moment is None:
        return NOTHING
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return babel_datetime(moment.astimezone(local_zone(zone)), pattern, locale=LOCALES[lang])


def format_duration(length: timedelta | None, lang: Language, *, seconds: bool = True) -> str:
    """The two largest units of a length of time, rounded down: `2天3小时`, `2d 3h`, `1m 30s`.

    Without `seconds`, they are only written under a minute: `7m`, `45s`.
    """
    if length is None:
        return NOTHING
    rest = max(0, int(length.total_seconds()))
    if not seconds and rest >= 60:
        rest -= rest % 60
    start = next((index for index, (size, _) in enumerate(_STEPS) if rest >= size), len(_STEPS) - 1)
    parts: list[str] = []
    for size, name in _STEPS[start : start + 2]:
        count, rest = divmod(rest, size)
        if count or not parts:
            parts.append(format_unit(count, f"duration-{name}", length=_UNIT_LENGTH[lang], locale=LOCALES[lang]))
    return ("" if lang == "zh" else " ").join(parts)


def format_ago(moment: datetime | None, now: datetime, zone: tzinfo | str, t: Translator) -> str:
    """`3分钟前`, `in 2 hours`, `just now`; the date and time when a week or more away. gatehouse.js does the same."""
    if moment is None:
        return NOTHING
    distance = moment - now
    if abs(distance) < _JUST_NOW:
        return t("times.just_now")
    if abs(distance) >= _AGO_UNTIL:
        return format_datetime(moment, zone, t.language)
    whole = _largest_unit(distance)
    return format_timedelta(whole, threshold=1, add_direction=True, locale=LOCALES[t.language])


def _largest_unit(distance: timedelta) -> timedelta:
    """The distance cut to whole days, hours or minutes, at least one minute."""
    size = next((size for size, _ in _STEPS[:3] if abs(distance).total_seconds() >= size), 60)
    count = max(1, int(abs(distance).total_seconds() // size))
    return timedelta(seconds=count * size) * (1 if distance > timedelta(0) else -1)


def format_number(value: float | None, unit: str, lang: Language, *, digits: int = 1, fixed: bool = False) -> str:
    """`1,234.5 kbit/s`, `87%`, `36.2 °C`: at most `digits` decimals, none when they are zeros.

    `fixed`: as many, so that the numbers of a column stand under each other.
    """
    if value is None:
        return NOTHING
    pattern = "#,##0" + ("." + ("0" if fixed else "#") * digits if digits else "")
    # A device may send any number, and what cannot be rounded to decimals any more is not for reading digit by digit.
    text = f"{value:.6g}" if abs(value) >= _TOO_LONG else format_decimal(value, format=pattern, locale=LOCALES[lang])
    if not unit:
        return text
    return f"{text}{unit}" if unit == "%" else f"{text}\u00a0{unit}"


def file_hash(path: Path) -> str:
    """Ten characters that change with the file's content."""
    return _hash_of(path, path.stat().st_mtime_ns)


@cache
def _hash_of(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def static_url(folder: Path) -> Callable[[str], str]:
    """A function from a path under `folder` to its address, which changes when the file does."""

    def static(path: str) -> str:
        return f"/static/{path}?v={file_hash(folder / path)}"

    return static


@pass_context
def _datetime(context: Context, moment: datetime | None, zone: tzinfo | None = None, *, seconds: bool = False) -> str:
    return format_datetime(moment, zone or context["tz"], context["lang"], seconds=seconds)


@pass_context
def _date(context: Context, moment: datetime | None, zone: tzinfo | None = None) -> str:
    return format_date(moment, zone or context["tz"], context["lang"])


@pass_context
def _calendar_date(context: Context, day: date | None) -> str:
    return format_calendar_date(day, context["lang"])


@pass_context
def _day(context: Context, moment: datetime | None, zone: tzinfo | None = None) -> str:
    return format_day(moment, zone or context["tz"], context["lang"])


@pass_context
def _time_of_day(context: Context, moment: datetime | None, zone: tzinfo | None = None, *, seconds: bool = False) -> str:
    return format_time_of_day(moment, zone or context["tz"], context["lang"], seconds=seconds)


@pass_context
def _duration(context: Context, length: timedelta | None, *, seconds: bool = True) -> str:
    return format_duration(length, context["lang"], seconds=seconds)


@pass_context
def _ago(context: Context, moment: datetime | None, zone: tzinfo | None = None) -> str:
    return format_ago(moment, context["now"], zone or context["tz"], context["t"])


@pass_context
def _number(context: Context, value: float | None, unit: str = "", digits: int = 1, *, fixed: bool = False) -> str:
    return format_number(value, unit, context["lang"], digits=digits, fixed=fixed)


@pass_context
def _money(context: Context, amount: Decimal | None) -> str:
    """`¥2,380.50`: renminbi, in both languages."""
    return NOTHING if amount is None else "¥" + str(format_decimal(amount, format="#,##0.00", locale=LOCALES[context["lang"]]))


@pass_context
def _named(context: Context, words: Iterable[str], family: str) -> list[tuple[str, str]]:
    """Each word with its text `<family>.<word>`, as choices of a select."""
    return [(word, context["t"](f"{family}.{word}")) for word in words]


FILTERS: dict[str, Callable[..., Any]] = {
    "datetime": _datetime,
    "date": _date,
    "calendar_date": _calendar_date,
    "day": _day,
    "time_of_day": _time_of_day,
    "duration": _duration,
    "ago": _ago,
    "number": _number,
    "money": _money,
    "named": _named,
}


def make_templates(templates: Path = FOLDER / "templates", static: Path = FOLDER / "static") -> Environment:
    """Templates that escape everything and fail on an unknown name.

    Each render is given `t`, `lang`, `tz` and `now`; the filters read them from there.
    """
    env = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters.update(FILTERS)
    env.globals["static"] = static_url(static)
    return env
