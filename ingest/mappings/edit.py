"""What integrators enter is checked and kept."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from assets.changes import tell
from assets.queries.devices import get_device
from assets.queries.ledger import lock_ledger
from core import checks
from core.errors import Conflict, Forbidden, Invalid
from ingest.formats import all_formats, vendor_formats
from ingest.kinds import all_kinds
from ingest.mappings.model import TIME_FORMS, FieldRule, TopicMapping
from ingest.mappings.rules import choices_of
from ingest.model import OUR_FORMAT, Unit
from ingest.queries import mappings as queries
from ingest.topics import covers, is_filter, overlap
from people.models import Actor
from store.db import Connection

NAME_LIMIT, SLUG_LIMIT, FILTER_LIMIT, PATH_LIMIT, WORDS_LIMIT = 100, 32, 200, 100, 500
MAPPING_LIMIT, RULE_LIMIT = 50, 100  # of a site; of all devices of a format at a site, or of one device
_PATH = re.compile(r"[^.\s]+( [^.\s]+)*(\.[^.\s]+( [^.\s]+)*)*")
_AS_IN_ASCII = str.maketrans("，；＝", ",;=")  # as Chinese keyboards write them
_LEVEL = re.compile(r"topic\.([1-9][0-9]?)")


class MappingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping as it was entered, not yet checked."""

    slug: str = ""
    name: str = ""
    topic_filter: str = ""
    direct: bool = False
    entries_from: str = ""
    device_from: str = ""
    time_from: str = ""
    time_form: str = "text"


class RuleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it was entered, not yet checked; an empty factor is 1, an empty addend 0."""

    source: str = ""
    target: str = ""
    factor: str = ""
    addend: str = ""
    words: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing was entered."""
        return not (self.source.strip() or self.target)


def create_mapping(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, facts: MappingFacts, rules: Sequence[RuleFacts], direct: bool
) -> TopicMapping:
    """From now on messages of its topics are read by it. `direct`: whether the actor may let it read topics without a site.

    Raises Invalid or Conflict, which name the field; `rules.0.source` of the first rule that was entered.
    """
    lock_ledger(conn, site_id)  # two that are made at once would not see each other
    slug = checks.slug(facts.slug, field="slug", limit=SLUG_LIMIT)
    if slug in all_formats():
        raise Conflict("mapping_slug_format", field="slug", slug=slug)
    mapping = _checked(conn, site_id, 0, slug, facts, may_direct=direct)
    checked = check_rules(site_id, slug, None, rules)
    if len(queries.list_mappings(conn, site_ids=[site_id])) >= MAPPING_LIMIT:
        raise Conflict("too_many_mappings", limit=MAPPING_LIMIT)
    mapping_id = queries.insert_mapping(conn, mapping)
    if mapping_id is None:
        raise Conflict("mapping_slug_taken", field="slug", slug=slug)
    queries.replace_rules(conn, site_id=site_id, format_=slug, device_id=None, rules=checked)
    detail = _detail(mapping, checked)
    tell(conn, actor, now=now, action="mapping.created", subject=f"mapping:{mapping_id}", site_id=site_id, detail=detail)
    return queries.get_mapping(conn, site_id, mapping_id)


def update_mapping(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    mapping_id: int,
    facts: MappingFacts,
    rules: Sequence[RuleFacts],
    direct: bool,
) -> TopicMapping:
    """Read by it as it is now; the slug stays, for devices are addressed by it. Errors as of `create_mapping`."""
    lock_ledger(conn, site_id)
    before = queries.get_mapping(conn, site_id, mapping_id)
    if before.direct and facts.direct and not direct and before.topic_filter != facts.topic_filter.strip():
        raise Invalid("mapping_direct_kept", field="topic_filter")
    mapping = _checked(conn, site_id, mapping_id, before.slug, facts, may_direct=direct or before.direct)
    checked = check_rules(site_id, before.slug, None, rules)
    queries.update_mapping(conn, mapping)
    queries.replace_rules(conn, site_id=site_id, format_=before.slug, device_id=None, rules=checked)
    detail = _detail(mapping, checked)
    tell(conn, actor, now=now, action="mapping.changed", subject=f"mapping:{mapping_id}", site_id=site_id, detail=detail)
    return mapping


def delete_mapping(conn: Connection, actor: Actor, *, now: datetime, site_id: int, mapping_id: int) -> None:
    """Nothing is read by it any more. Raises Conflict while devices in operation are addressed by it: they would fall silent."""
    lock_ledger(conn, site_id)
    mapping = queries.get_mapping(conn, site_id, mapping_id)
    devices = queries.count_devices_of(conn, site_id=site_id, format_=mapping.slug)
    if devices:
        raise Conflict("mapping_in_use", n=devices)
    queries.delete_rules_of(conn, site_id=site_id, format_=mapping.slug)
    queries.delete_mapping(conn, site_id=site_id, mapping_id=mapping_id)
    detail = {"slug": mapping.slug, "name": mapping.name}
    tell(conn, actor, now=now, action="mapping.deleted", subject=f"mapping:{mapping_id}", site_id=site_id, detail=detail)


def set_rules(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, device_id: int, alone: bool, rules: Sequence[RuleFacts]
) -> None:
    """What is said of the fields of a device: of it `alone`, or of all devices at the site that speak its format.

    Raises Invalid, which names the field: `rules.0.source`.
    """
    lock_ledger(conn, site_id)  # two who save at once would both put theirs in
    device = get_device(conn, site_id, device_id)
    format_ = format_of(device.address)
    of_device = device_id if alone else None
    checked = check_rules(site_id, format_, of_device, rules)
    queries.replace_rules(conn, site_id=site_id, format_=format_, device_id=of_device, rules=checked)
    detail = {"format": format_, "alone": alone, "rules": _rules_detail(checked)}
    tell(conn, actor, now=now, action="mapping.rules_changed", subject=f"device:{device_id}", site_id=site_id, detail=detail)


def draft(site_id: int, slug: str, facts: MappingFacts) -> TopicMapping:
    """The mapping as far as messages can be read by it, to be tried. Raises Invalid, which names the field."""
    mapping = TopicMapping(
        id=0,
        site_id=site_id,
        slug=slug,
        name=facts.name,
        topic_filter=_checked_filter(facts.topic_filter),
        direct=facts.direct,
        entries_from=_path(facts.entries_from, "entries_from", required=False),
        device_from=_path(facts.device_from, "device_from"),
        time_from=_path(facts.time_from, "time_from", required=False),
        time_form=checks.one_of(facts.time_form, TIME_FORMS, field="time_form"),
    )
    _check_level(mapping.device_from, mapping.topic_filter, "device_from")
    _check_level(mapping.time_from, mapping.topic_filter, "time_from")
    return mapping


def format_of(address: str | None) -> str:
    """Which format, or mapping, reads a device of that address."""
    return address.partition(":")[0] if address else OUR_FORMAT


def formats_at(conn: Connection, site_id: int) -> tuple[str, ...]:
    """What addresses at a site may begin with: the vendors' formats, and the site's mappings."""
    return (*vendor_formats(), *(each.slug for each in queries.list_mappings(conn, site_ids=[site_id])))


def check_rules(site_id: int, format_: str, device_id: int | None, rules: Sequence[RuleFacts]) -> list[FieldRule]:
    """Those that were entered. Raises Invalid, which names the field by its place: `rules.2.factor`."""
    checked: dict[tuple[str, str], FieldRule] = {}
    for number, facts in enumerate(rules):
        if facts.is_blank:
            continue
        rule = _checked_rule(site_id, format_, device_id, facts, f"rules.{number}")
        once = (rule.target, rule.source if rule.is_fault else "")
        if once in checked:
            raise Invalid("mapping_target_twice", field=f"rules.{number}.target")
        checked[once] = rule
    if len(checked) > RULE_LIMIT:
        raise Invalid("mapping_too_many_rules", limit=RULE_LIMIT)
    return list(checked.values())


def _checked_rule(site_id: int, format_: str, device_id: int | None, facts: RuleFacts, where: str) -> FieldRule:
    source = checks.one_line(facts.source, field=f"{where}.source", limit=PATH_LIMIT)
    target = checks.one_of(facts.target, TARGETS.keys(), field=f"{where}.target")
    factor = _number(facts.factor, 1, f"{where}.factor")
    if factor == 0:
        raise Invalid("mapping_factor_zero", field=f"{where}.factor")
    words = checks.one_line(facts.words.translate(_AS_IN_ASCII), field=f"{where}.words", limit=WORDS_LIMIT, required=False)
    rule = FieldRule(
        site_id=site_id,
        format=format_,
        device_id=device_id,
        source=source,
        target=target,
        factor=factor,
        addend=_number(facts.addend, 0, f"{where}.addend"),
        words=words,
    )
    _check_words(rule, f"{where}.words")
    return rule


def _check_words(rule: FieldRule, where: str) -> None:
    choices = TARGETS[rule.target]
    if not rule.words or choices is None:
        return
    if "=" not in rule.words or not choices_of(rule.words).keys() <= choices:
        raise Invalid("mapping_choices", field=where, choices=", ".join(sorted(choices)))


def _targets() -> dict[str, frozenset[str] | None]:
    """Every measure and fault of any kind, with the choices of one that has some."""
    found: dict[str, frozenset[str] | None] = {}
    for kind in all_kinds().values():
        for measure in kind.measures:
            found[f"measure:{measure.slug}"] = frozenset(measure.choices) if measure.unit is Unit.CHOICE else None
        found |= {f"fault:{fault.slug}": None for fault in kind.faults}
    return found


TARGETS: Mapping[str, frozenset[str] | None] = _targets()


def _number(text: str, empty: float, field: str) -> float:
    text = text.strip().replace("−", "-").replace("－", "-")
    if not text:
        return empty
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e12:
        raise Invalid("mapping_number", field=field)
    return number


def _checked(conn: Connection, site_id: int, mapping_id: int, slug: str, facts: MappingFacts, *, may_direct: bool) -> TopicMapping:
    if facts.direct and not may_direct:
        raise Forbidden
    name = checks.one_line(facts.name, field="name", limit=NAME_LIMIT)
    mapping = msgspec.structs.replace(draft(site_id, slug, facts), id=mapping_id, name=name)
    _check_alone(conn, mapping)
    return mapping


def _checked_filter(text: str) -> str:
    """Without the part that names a site, which comes before every topic that is read below it."""
    topic = re.sub(r"^gatehouse/v1/[^/]+/raw/", "", checks.one_line(text, field="topic_filter", limit=FILTER_LIMIT + 100))
    checks.one_line(topic, field="topic_filter", limit=FILTER_LIMIT)
    if not is_filter(topic) or topic.startswith(("$", "gatehouse/")) or " " in topic:
        raise Invalid("mapping_filter_form", field="topic_filter")
    return topic


def _path(text: str, field: str, *, required: bool = True) -> str:
    path = checks.one_line(text, field=field, limit=PATH_LIMIT, required=required)
    if path and not _PATH.fullmatch(path):
        raise Invalid("mapping_path_form", field=field)
    return path


def _check_level(path: str, topic_filter: str, field: str) -> None:
    """A level of the topic that is the same for all says nothing of a device."""
    if not path.startswith("topic."):
        return
    level = _LEVEL.fullmatch(path)
    levels = topic_filter.split("/")
    number = int(level[1]) if level else 0
    in_rest = levels[-1] == "#" and number >= len(levels)
    if not number or not (in_rest or (number <= len(levels) and levels[number - 1] == "+")):
        raise Invalid("mapping_level", field=field)


def _check_alone(conn: Connection, mapping: TopicMapping) -> None:
    """Each topic has one that reads it."""
    for format_ in all_formats().values():
        if any(covers(each, mapping.topic_filter) for each in format_.topics):
            raise Conflict("mapping_filter_format", field="topic_filter", format=format_.name.en)
    for other in queries.list_mappings(conn, site_ids=[mapping.site_id]):
        if other.id != mapping.id and overlap(other.topic_filter, mapping.topic_filter):
            raise Conflict("mapping_filter_taken", field="topic_filter", name=other.name)
    if mapping.direct:
        if mapping.topic_filter.split("/")[0] in ("+", "#"):
            raise Invalid("mapping_direct_wild", field="topic_filter")
        if any(overlap(each, mapping.topic_filter) for each in queries.list_direct_filters(conn, but=mapping.id)):
            raise Conflict("mapping_filter_elsewhere", field="topic_filter")


def _detail(mapping: TopicMapping, rules: Sequence[FieldRule]) -> dict[str, object]:
    facts = msgspec.structs.asdict(mapping)
    return {name: facts[name] for name in mapping.__struct_fields__ if name not in ("id", "site_id")} | {
        "rules": _rules_detail(rules)
    }


def _rules_detail(rules: Sequence[FieldRule]) -> list[str]:
    return [f"{rule.source} → {rule.target} × {rule.factor:g} + {rule.addend:g} {rule.words}".strip() for rule in rules]
