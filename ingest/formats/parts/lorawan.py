"""What LoRaWAN devices say, as their makers' codecs write it: Milesight and Dragino, level, leak and contact sensors."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ingest.formats.parts.times import parse_time
from ingest.model import Reading, RejectedError

_MILESIGHT_PORT = 85  # of all its devices, unless it was changed
_MILESIGHT_NAME = re.compile(r"milesight|\bEM\d{3}\b", re.IGNORECASE)
_QUANTITY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(mm|V)")
_MOST_VOLTS = 5  # of a battery; beyond it the number is no voltage but percent
_DEEPEST, _MOST_FIELDS, _LONGEST_TEXT = 4, 64, 200  # of what is unmapped: levels, names, characters


def readings(device: str, ts: datetime, decoded: Any, radio: Mapping[str, Any], *, milesight: bool) -> list[Reading]:
    """What holds now, if only that the device sends, and what it kept. `radio`: further values of this uplink, unmapped."""
    said = decoded if isinstance(decoded, dict) else {}
    now = _reading(device, ts, _in_millimetres(said) if milesight else said, milesight=milesight)
    now = msgspec.structs.replace(now, unmapped={**(now.unmapped or {}), **radio})
    kept = said.get("history") if milesight else None
    points = kept if isinstance(kept, list) else []
    return [now, *(reading for point in points if (reading := _kept(device, point)))]


def is_milesight(port: Any, *names: Any) -> bool:
    """Whether it is of that maker, by its port or by the name of its model: only then a `depth` is known to be in cm."""
    return port == _MILESIGHT_PORT or any(isinstance(name, str) and _MILESIGHT_NAME.search(name) for name in names)


def strongest(receptions: Any, path: str) -> dict[str, Any]:
    """Signal and noise as the gateway measured them that heard it best, by the vendor's dotted path."""
    heard = [each for each in receptions if isinstance(each, dict)] if isinstance(receptions, list) else []
    best = max((each for each in heard if _is_number(each.get("rssi"))), key=lambda each: each["rssi"], default={})
    return {f"{path}.{name}": best[name] for name in ("rssi", "snr") if _is_number(best.get(name))}


def percent(value: Any) -> float | None:
    """A number from 0 to 100."""
    return value if _is_number(value) and 0 <= value <= 100 else None


def _reading(device: str, ts: datetime, said: dict[str, Any], *, milesight: bool) -> Reading:
    measures: dict[str, Any] = {}
    faults: dict[str, bool] = {}
    unmapped: dict[str, Any] = {}
    for name, value in said.items():
        slugs, read = _MEASURES.get(name) or (_OF_MILESIGHT.get(name) if milesight else None) or ((), _nothing)
        fault, judge = _FAULTS.get(name) or ("", _nothing)
        if (holds := judge(value)) is not None:
            faults[fault] = holds
        if (measure := read(value)) is not None:
            measures.update(dict.fromkeys(slugs, measure))
        else:
            number = _distance(value) if name == "Distance" else None
            _flatten(unmapped, name, value if number is None else number, depth=1)
    if "depth" in measures:
        faults.setdefault("sensor_fault", False)
    return Reading(
        device=device,
        ts=ts,
        measures=measures,
        faults=None,
        raised=tuple(slug for slug, holds in faults.items() if holds),
        cleared=tuple(slug for slug, holds in faults.items() if not holds),
        unmapped=unmapped,
    )


def _kept(device: str, point: Any) -> Reading | None:
    """A point of a history, its `timestamp` in seconds. One without a time that can be told is passed over."""
    if not isinstance(point, dict) or not _is_number(point.get("timestamp")):
        return None
    try:
        reading = _reading(device, parse_time(point["timestamp"] * 1000, "history"), point, milesight=True)
    except RejectedError:
        return None
    # Of what is unmapped only the last value is kept.
    kept = msgspec.structs.replace(reading, unmapped={}, backfilled=True)
    return kept if kept.measures or kept.raised else None


def _in_millimetres(said: dict[str, Any]) -> dict[str, Any]:
    """The codec of the EM500-UDL divides the distances of its alarm frame by 10, and of no other."""
    if "distance_mutation" not in said:
        return said
    distances = {name: said[name] for name in ("distance", "distance_mutation") if _is_number(said.get(name))}
    return {**said, **{name: round(value * 10, 3) for name, value in distances.items()}}


def _flatten(into: dict[str, Any], name: str, value: Any, *, depth: int) -> None:
    """Numbers, truths and short texts, by their dotted path; nothing of lists."""
    if isinstance(value, dict):
        for inner, each in value.items() if depth < _DEEPEST else ():
            _flatten(into, f"{name}.{inner}", each, depth=depth + 1)
        return
    scalar = isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= _LONGEST_TEXT)
    if scalar and len(into) < _MOST_FIELDS:
        into[name] = value


# --- what names mean --------------------------------------------------------------------------------------------------


def _nothing(_value: Any) -> None:
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _quantity(value: Any, unit: str, most: float) -> float | None:
    """A number, or one in a text with its unit (`"3.3 V"`), as versions of a codec differ."""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    number = float(match[1]) if match and match[2] == unit else value
    return number if _is_number(number) and 0 <= number <= most else None


def _distance(value: Any) -> float | None:
    return _quantity(value, "mm", 1e9)


def _volts(value: Any) -> float | None:
    return _quantity(value, "V", _MOST_VOLTS)


def _whole_percent(value: Any) -> float | None:
    """Others write volts under the same name: 3.98."""
    return value if percent(value) is not None and value == int(value) else None


def _from_centimetres(value: Any) -> float | None:
    return round(value * 10, 3) if _is_number(value) and value >= 0 else None


def _word(words: Mapping[Any, bool]) -> Callable[[Any], bool | None]:
    """One of the words, or the number that some codecs leave in their place."""
    return lambda value: words.get(value) if isinstance(value, (str, int, float)) else None


def _unreadable(value: Any) -> bool | None:
    if value in ("Invalid Reading", "No Sensor"):
        return True
    return None if _distance(value) is None else False


_flag = _word({0: False, 1: True})
# A contact is a door's or a manhole cover's: the kind that the ledger says has only one of the two.
_CONTACT = ("door_open", "cover_open")

_MEASURES: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "battery": (("battery",), _whole_percent),
    "Bat": (("battery_voltage",), _volts),
    "BatV": (("battery_voltage",), _volts),
    "BAT_V": (("battery_voltage",), _volts),
    "leakage_status": (("water_present",), _word({"normal": False, "leak": True, 0: False, 1: True})),
    "WATER_LEAK_STATUS": (("water_present",), _flag),
    "water_leak_status": (("water_present",), _flag),
    "DOOR_OPEN_STATUS": (_CONTACT, _flag),
    "door_open_status": (_CONTACT, _flag),
}
_OF_MILESIGHT: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "depth": (("depth",), _from_centimetres),
    "water_level": (("depth",), _from_centimetres),
}
_FAULTS: Mapping[str, tuple[str, Callable[[Any], bool | None]]] = {
    "depth_error": ("sensor_fault", lambda value: True if isinstance(value, str) else None),
    "Distance": ("sensor_fault", _unreadable),
    "position": ("sensor_moved", _word({"normal": False, "tilt": True})),
}
