"""Reads the messages of a mapping: who says it, when, and every field by its name; rules make measures of these."""

from datetime import datetime
from typing import Any

from ingest.formats.parts.clocks import from_seconds, wall_clock
from ingest.formats.parts.payloads import each_alone
from ingest.formats.parts.times import parse_time
from ingest.mappings.fields import SINGLE, Scalar, content, entries
from ingest.mappings.model import TopicMapping
from ingest.model import Decode, Message, Reading, RejectedError, shown

_LEVEL = "topic."


def decoder(mapping: TopicMapping, site: str) -> Decode:
    """Reads messages of the mapping of that site (its slug). The decoder raises RejectedError."""

    return lambda message: [*readings(mapping, site, message)]


def readings(mapping: TopicMapping, site: str, message: Message) -> list[Reading | RejectedError]:
    """One of each device that the message tells of, or why not. Raises RejectedError when it cannot be read at all."""
    # A retained copy tells of the past, and would make a dead device look alive.
    if message.retained or not message.payload:
        return []
    found = entries(content(message), mapping.entries_from)
    return list(each_alone(found, lambda fields: [_reading(mapping, site, fields, message)]))


def fields_for_rules(mapping: TopicMapping, message: Message) -> list[dict[str, Scalar]]:
    """The fields as rules find them, of each device that the message tells of. Raises RejectedError."""
    return [_named(mapping, found, message.topic) for found in entries(content(message), mapping.entries_from)]


def topic_levels(topic: str) -> dict[str, str]:
    """The levels of a topic by the names that a mapping has for them: `topic.1` and so on."""
    return {f"{_LEVEL}{number}": level for number, level in enumerate(topic.split("/"), start=1)}


def _reading(mapping: TopicMapping, site: str, found: dict[str, Scalar], message: Message) -> Reading:
    named = _named(mapping, found, message.topic)
    levels = topic_levels(message.topic)
    device = _text_at(mapping.device_from, levels if mapping.device_from.startswith(_LEVEL) else found)
    ts = message.received_at
    if mapping.time_from:
        ts = _time(mapping, _value_at(mapping.time_from, levels if mapping.time_from.startswith(_LEVEL) else found))
    return Reading(device=device, ts=ts, measures={}, faults=None, unmapped=named or None, site=site)


def _named(mapping: TopicMapping, found: dict[str, Scalar], topic: str) -> dict[str, Scalar]:
    """The fields; a single value by the topic's last level where each measure has a topic of its own (`pump/+/+`)."""
    if found.keys() == {SINGLE} and mapping.topic_filter.endswith(("/+", "/#")):
        number, last = list(topic_levels(topic).items())[-1]
        if last and number != mapping.device_from:
            return {last: found[SINGLE]}
    return found


def _value_at(path: str, among: dict[str, Any]) -> Scalar:
    if path not in among:
        raise RejectedError("missing_field", "missing", where="$", field=path)
    value: Scalar = among[path]
    return value


def _text_at(path: str, among: dict[str, Any]) -> str:
    value = _value_at(path, among)
    if isinstance(value, (bool, float)):
        raise RejectedError("wrong_type", "expected", where=path, expected="str", found=shown(value))
    return str(value).strip()


def _time(mapping: TopicMapping, value: Scalar) -> datetime:
    where = mapping.time_from
    if mapping.time_form == "text":
        return wall_clock(value, where)
    number = _number(value)
    return from_seconds(number, where) if mapping.time_form == "seconds" else parse_time(number, where)


def _number(value: Scalar) -> Scalar:
    """A number that is written in quotes as one."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
