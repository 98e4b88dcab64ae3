"""What may be entered as a mapping, and what an entry leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from assets.models import Site
from core.errors import AppError, Conflict, Forbidden, Invalid
from ingest.mappings import edit
from ingest.mappings.edit import MAPPING_LIMIT, RULE_LIMIT, MappingFacts, RuleFacts
from ingest.mappings.model import TopicMapping
from ingest.queries import mappings as queries
from people.models import SYSTEM
from store.db import Connection, Database
from tests.ingest.conftest import Devices, rows

FACTS = MappingFacts(slug="acme", name="Probes", topic_filter="acme/+/up", device_from="topic.2")
DEPTH = RuleFacts(source="distance", target="measure:depth", factor="-1", addend="2500")


@dataclass(frozen=True, kw_only=True)
class Integrator:
    """Enters mappings at a site."""

    conn: Connection
    site: Site
    now: datetime

    def create(self, *rules: RuleFacts, may_direct: bool = False, **more: Any) -> TopicMapping:
        facts = msgspec.structs.replace(FACTS, **more)
        direct = may_direct
        return edit.create_mapping(self.conn, SYSTEM, now=self.now, site_id=self.site.id, facts=facts, rules=rules, direct=direct)

    def update(self, mapping: TopicMapping, *rules: RuleFacts, **more: Any) -> TopicMapping:
        facts = msgspec.structs.replace(FACTS, **more)
        return edit.update_mapping(
            self.conn,
            SYSTEM,
            now=self.now,
            site_id=self.site.id,
            mapping_id=mapping.id,
            facts=facts,
            rules=rules,
            direct=False,
        )


@pytest.fixture
def zhao(conn: Connection, wutong: Site, now: datetime) -> Integrator:
    """At wutong."""
    return Integrator(conn=conn, site=wutong, now=now)


@pytest.fixture
def sun(conn: Connection, jinxiu: Site, now: datetime) -> Integrator:
    """At jinxiu."""
    return Integrator(conn=conn, site=jinxiu, now=now)


@pytest.mark.parametrize(
    ("facts", "error", "code", "field"),
    [
        ({"slug": "Acme"}, Invalid, "slug_form", "slug"),
        ({"slug": "native"}, Conflict, "mapping_slug_format", "slug"),
        ({"name": " "}, Invalid, "text_missing", "name"),
        ({"topic_filter": "acme/#/up"}, Invalid, "mapping_filter_form", "topic_filter"),
        ({"topic_filter": "$SYS/+"}, Invalid, "mapping_filter_form", "topic_filter"),
        ({"topic_filter": "gatehouse/v1/+/x"}, Invalid, "mapping_filter_form", "topic_filter"),
        ({"topic_filter": "my probes/+/up"}, Invalid, "mapping_filter_form", "topic_filter"),
        ({"topic_filter": "acme/+up"}, Invalid, "mapping_filter_form", "topic_filter"),
        ({"topic_filter": "gatehouse/v1/wutong/raw/"}, Invalid, "text_missing", "topic_filter"),
        ({"topic_filter": "a/" * 100 + "+"}, Invalid, "text_too_long", "topic_filter"),
        ({"topic_filter": "tele/+/SENSOR"}, Conflict, "mapping_filter_format", "topic_filter"),
        ({"device_from": ""}, Invalid, "text_missing", "device_from"),
        ({"device_from": "a..b"}, Invalid, "mapping_path_form", "device_from"),
        ({"device_from": "topic.1"}, Invalid, "mapping_level", "device_from"),
        ({"device_from": "topic.0"}, Invalid, "mapping_level", "device_from"),
        ({"device_from": "topic.9"}, Invalid, "mapping_level", "device_from"),
        ({"entries_from": ".list"}, Invalid, "mapping_path_form", "entries_from"),
        ({"time_from": "topic.x"}, Invalid, "mapping_level", "time_from"),
        ({"time_form": "days"}, Invalid, "choice_unknown", "time_form"),
        ({"direct": True}, Forbidden, "forbidden", None),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    zhao: Integrator, facts: dict[str, Any], error: type[AppError], code: str, field: str | None
) -> None:
    with pytest.raises(error) as refused:
        zhao.create(**facts)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert queries.list_mappings(zhao.conn, site_ids=[zhao.site.id]) == []


@pytest.mark.parametrize(
    ("rule", "code", "field"),
    [
        ({"source": ""}, "text_missing", "rules.1.source"),
        ({"target": "measure:none"}, "choice_unknown", "rules.1.target"),
        ({"target": ""}, "choice_missing", "rules.1.target"),
        ({"factor": "0"}, "mapping_factor_zero", "rules.1.factor"),
        ({"addend": "nan"}, "mapping_number", "rules.1.addend"),
        ({"factor": "1e13"}, "mapping_number", "rules.1.factor"),
        ({"target": "measure:position", "words": "sideways = 1"}, "mapping_choices", "rules.1.words"),
        ({"target": "measure:position", "words": "1"}, "mapping_choices", "rules.1.words"),
        ({"words": "x" * 501}, "text_too_long", "rules.1.words"),
        ({}, "mapping_target_twice", "rules.1.target"),
    ],
)
def test_a_rule_is_refused_at_its_field(zhao: Integrator, rule: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        zhao.create(DEPTH, msgspec.structs.replace(DEPTH, **rule))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_blank_row_is_no_rule_and_a_minus_may_be_typed_as_one_likes(zhao: Integrator) -> None:
    zhao.create(RuleFacts(), msgspec.structs.replace(DEPTH, factor="−1000"), RuleFacts(factor="2"))
    [rule] = queries.list_rules(zhao.conn, site_ids=[zhao.site.id])
    assert (rule.source, rule.factor, rule.addend) == ("distance", -1000, 2500)


def test_rules_may_be_typed_with_the_marks_of_a_chinese_keyboard(zhao: Integrator) -> None:
    position = RuleFacts(source="gate", target="measure:position", words="open ＝ 1，开；closed ＝ 0")
    zhao.create(position, msgspec.structs.replace(DEPTH, factor="－1"))
    by_target = {rule.target: rule for rule in queries.list_rules(zhao.conn, site_ids=[zhao.site.id])}
    assert by_target["measure:position"].words == "open = 1,开;closed = 0"
    assert by_target["measure:depth"].factor == -1


def test_the_site_before_a_topic_is_taken_off(zhao: Integrator) -> None:
    assert zhao.create(topic_filter="gatehouse/v1/wutong/raw/acme/+/up").topic_filter == "acme/+/up"


def test_a_topic_has_one_that_reads_it(zhao: Integrator, sun: Integrator) -> None:
    mapping = zhao.create()
    with pytest.raises(Conflict) as refused:
        zhao.create(slug="other", topic_filter="acme/#", device_from="id")
    assert (refused.value.code, refused.value.params) == ("mapping_filter_taken", {"name": "Probes"})
    assert refused.value.field == "topic_filter"
    with pytest.raises(Conflict, match="mapping_slug_taken") as refused:
        zhao.create(topic_filter="other/+/up")
    assert refused.value.field == "slug"
    zhao.update(mapping, topic_filter="acme/+/#")  # over what was its own
    sun.create()  # below another site

    sun.create(slug="direct", topic_filter="direct/+", direct=True, may_direct=True)
    with pytest.raises(Conflict, match="mapping_filter_elsewhere") as refused:
        zhao.create(slug="direct", topic_filter="direct/#", device_from="id", direct=True, may_direct=True)
    assert refused.value.field == "topic_filter"
    zhao.create(slug="direct", topic_filter="direct/#", device_from="id")  # below its own site


@pytest.mark.parametrize("topic_filter", ["+/P-7/up", "#"])
def test_without_a_site_before_it_a_topic_begins_with_a_word(zhao: Integrator, topic_filter: str) -> None:
    with pytest.raises(Invalid) as refused:
        zhao.create(topic_filter=topic_filter, device_from="id", direct=True, may_direct=True)
    assert (refused.value.code, refused.value.field) == ("mapping_direct_wild", "topic_filter")
    zhao.create(topic_filter=topic_filter, device_from="id")


def test_who_may_not_let_it_read_topics_without_a_site_keeps_those_that_it_reads(zhao: Integrator) -> None:
    mapping = zhao.create(direct=True, may_direct=True)
    changed = zhao.update(mapping, DEPTH, name="Level probes", direct=True)
    assert (changed.name, changed.direct) == ("Level probes", True)
    with pytest.raises(Invalid) as refused:
        zhao.update(mapping, topic_filter="acme/#", direct=True)
    assert (refused.value.code, refused.value.field) == ("mapping_direct_kept", "topic_filter")
    assert not zhao.update(mapping).direct
    with pytest.raises(Forbidden):
        zhao.update(mapping, direct=True)
    assert zhao.update(mapping, slug="other").slug == "acme"  # by which its devices are addressed


def test_there_are_not_endlessly_many_rules(zhao: Integrator) -> None:
    faults = [RuleFacts(source=f"x{number}", target="fault:overflow") for number in range(RULE_LIMIT + 1)]
    zhao.create(*faults[:-1])
    with pytest.raises(Invalid, match="mapping_too_many_rules"):
        zhao.create(*faults, slug="other", topic_filter="other/+")


def test_a_site_has_not_endlessly_many(zhao: Integrator) -> None:
    for number in range(MAPPING_LIMIT):
        zhao.create(slug=f"m{number}", topic_filter=f"m{number}/+/up")
    with pytest.raises(Conflict, match="too_many_mappings"):
        zhao.create()


def test_what_devices_need_stays_and_what_is_deleted_leaves_nothing(
    zhao: Integrator, db: Database, devices: Devices, wutong: Site
) -> None:
    mapping = zhao.create(DEPTH)
    conn = zhao.conn
    zhao.update(mapping, DEPTH)
    conn.execute("UPDATE device SET address = 'acme:P-7' WHERE id = %s", (devices.drain,))
    edit.set_rules(conn, SYSTEM, now=zhao.now, site_id=wutong.id, device_id=devices.drain, alone=True, rules=[DEPTH])
    with pytest.raises(Conflict) as refused:
        edit.delete_mapping(conn, SYSTEM, now=zhao.now, site_id=wutong.id, mapping_id=mapping.id)
    assert (refused.value.code, refused.value.params) == ("mapping_in_use", {"n": 1})
    conn.execute("UPDATE device SET retired_at = registered_at WHERE id = %s", (devices.drain,))
    edit.delete_mapping(conn, SYSTEM, now=zhao.now, site_id=wutong.id, mapping_id=mapping.id)
    assert queries.list_rules(conn, site_ids=[wutong.id]) == []
    told = conn.execute("SELECT action, detail FROM audit_entry WHERE action LIKE 'mapping.%' ORDER BY id").fetchall()
    assert [action.removeprefix("mapping.") for action, _ in told] == ["created", "changed", "rules_changed", "deleted"]
    assert told[0][1] == told[1][1]
    assert told[0][1]["topic_filter"] == "acme/+/up"
    assert told[0][1]["rules"] == told[2][1]["rules"] == ["distance → measure:depth × -1 + 2500"]
    assert (told[2][1]["format"], told[2][1]["alone"]) == ("acme", True)
    assert rows(db, "SELECT 1 FROM mapping") == []


def test_of_two_who_save_the_same_rules_at_once_the_later_counts(
    db: Database, devices: Devices, wutong: Site, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    def save(addend: str) -> None:
        rule = msgspec.structs.replace(DEPTH, addend=addend)
        with db.transaction() as conn:
            edit.set_rules(conn, SYSTEM, now=now, site_id=wutong.id, device_id=devices.drain, alone=True, rules=[rule])

    for _ in range(5):
        run_together(*(partial(save, addend) for addend in ("1", "2", "3", "4")))
    assert len(rows(db, "SELECT 1 FROM mapping_rule")) == 1
