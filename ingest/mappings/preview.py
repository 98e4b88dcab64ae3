"""What a mapping and its rules would make of messages that came: shown while they are entered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from ingest.discovered import guess_kind
from ingest.formats.parts.times import check_time
from ingest.kinds import all_kinds
from ingest.kinds.check import check_reading
from ingest.mappings.decoder import fields_for_rules, readings, topic_levels
from ingest.mappings.fields import Scalar, content, entries
from ingest.mappings.mended import mended
from ingest.mappings.model import FieldRule, TopicMapping
from ingest.mappings.rules import apply, conversion, converters, in_force, named
from ingest.model import DeviceKind, Measure, Message, Reading, RejectedError, Value
from ingest.routes import check_name
from ingest.topics import filter_pattern
from ingest.views import HeardMessage

# As they are set at first; what is set otherwise is seen with the first message.
MAX_AGE, MAX_AHEAD = timedelta(days=7), timedelta(hours=24)
READINGS_SHOWN = 5  # of one message, which may tell of a thousand devices


class Found(msgspec.Struct, frozen=True):
    """A field and what a rule makes of it: a measure with its value (None: it says nothing), or a fault in force or not."""

    rule: FieldRule
    given: Scalar
    measure: Measure | None
    value: Value | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One reading that a message comes to, or why it does not: `error`. `rest`: fields that no rule takes."""

    device: str = ""
    ts: datetime | None = None
    kind: DeviceKind | None = None
    found: Sequence[Found] = ()
    rest: Mapping[str, Scalar] = {}
    error: RejectedError | None = None


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A message, what stands in it by name (`topic.1` …, then the fields), and what it comes to: `more` readings are left out.

    Of several devices the fields are the first one's.
    """

    topic: str
    received_at: datetime
    is_cut: bool
    levels: Mapping[str, str]
    fields: Mapping[str, Scalar]
    told: Sequence[Told]
    more: int = 0


def site_topic(topic: str, site: str) -> str:
    """The topic as its device knows it, without the part that names the site."""
    return topic.removeprefix(f"gatehouse/v1/{site}/raw/")


def readable(messages: Iterable[HeardMessage], site: str, *, direct: bool) -> list[HeardMessage]:
    """Those that a mapping of the site may read, by their topics as devices know them; `direct`: also topics without a site."""
    found = ((message, site_topic(message.topic, site)) for message in messages)
    return [
        replace(message, topic=topic)
        for message, topic in found
        if topic != message.topic or (direct and not topic.startswith("gatehouse/v1/"))
    ]


def fitting(topic_filter: str, messages: Iterable[HeardMessage]) -> list[HeardMessage]:
    """Those whose topic a mapping of that filter would read, each topic once."""
    pattern = filter_pattern(topic_filter)
    found: dict[str, HeardMessage] = {}
    for message in messages:
        if pattern.fullmatch(message.topic):
            found.setdefault(message.topic, message)
    return list(found.values())


def preview(mapping: TopicMapping, rules: Sequence[FieldRule], message: HeardMessage, *, site: str, zone: tzinfo) -> Preview:
    """What the mapping makes of one message; `zone`: of the wall clocks at the site."""
    came = _came(message)
    try:
        items = readings(mapping, site, came)
    except RejectedError as error:
        return _preview(message, _fields_of(came), [Told(error=error)])
    there = fields_for_rules(mapping, came) if items else []
    told = [
        Told(rest=fields, error=each) if isinstance(each, RejectedError) else _told(each, rules, came, zone)
        for each, fields in zip(items[:READINGS_SHOWN], there, strict=False)
    ]
    return _preview(message, there[0] if there else {}, told, more=len(items) - len(told))


def unread(message: HeardMessage) -> Preview:
    """What stands in a message, while nobody knows yet which device it is of."""
    return _preview(message, _fields_of(_came(message)), ())


def preview_fields(values: Mapping[str, Any], rules: Sequence[FieldRule], kind: DeviceKind, *, now: datetime) -> Told:
    """What rules make of the last values of one device of that kind, as far as it has what they make."""
    reading = Reading(device="", ts=now, measures={}, faults=None, unmapped=dict(values))
    return _checked(reading, in_force(rules, kind), kind)


def _came(message: HeardMessage) -> Message:
    payload = mended(message.payload) if message.is_cut else message.payload
    return Message(message.topic, payload, len(payload), message.received_at)


def _preview(message: HeardMessage, there: Mapping[str, Scalar], told: Sequence[Told], *, more: int = 0) -> Preview:
    return Preview(
        topic=message.topic,
        received_at=message.received_at,
        is_cut=message.is_cut,
        levels=topic_levels(message.topic),
        fields=there,
        told=told,
        more=more,
    )


def _fields_of(message: Message) -> dict[str, Scalar]:
    return _first(lambda: entries(content(message), ""))


def _first(find: Callable[[], list[dict[str, Scalar]]]) -> dict[str, Scalar]:
    try:
        return next(iter(find()), {})
    except RejectedError:
        return {}


def _told(reading: Reading, rules: Sequence[FieldRule], message: Message, zone: tzinfo) -> Told:
    ts = (reading.ts if reading.ts.tzinfo else reading.ts.replace(tzinfo=zone)).astimezone(UTC)
    guess = guess_kind(named(rules, reading), all_kinds())
    told = _checked(reading, rules, all_kinds()[guess] if guess else None)
    told = msgspec.structs.replace(told, device=reading.device, ts=ts)
    try:
        check_name(reading.device)
        check_time(ts, message.received_at, max_age=MAX_AGE, max_ahead=MAX_AHEAD)
    except RejectedError as error:
        return msgspec.structs.replace(told, error=error)
    return told


def _checked(reading: Reading, rules: Sequence[FieldRule], kind: DeviceKind | None) -> Told:
    values = reading.unmapped or {}
    found = [_found(rule, values[rule.source], kind) for rule in rules if rule.source in values]
    taken = {each.rule.source for each in found}
    rest = {name: value for name, value in values.items() if name not in taken}
    error = None
    if kind is not None:
        try:
            check_reading(kind, apply(converters(rules, kind), reading))
        except RejectedError as refused:
            error = refused
    return Told(kind=kind, found=found, rest=rest, error=error)


def _found(rule: FieldRule, given: Scalar, kind: DeviceKind | None) -> Found:
    if rule.is_fault:
        return Found(rule, given, None, conversion(rule, None)(given))
    kinds = [kind, *all_kinds().values()] if kind else list(all_kinds().values())
    measure = next(measure for each in kinds for measure in each.measures if measure.slug == rule.slug)
    return Found(rule, given, measure, conversion(rule, measure)(given))
