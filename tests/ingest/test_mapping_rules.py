"""What fields come to by the rules that an integrator entered."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from ingest.kinds import all_kinds
from ingest.mappings.edit import TARGETS, RuleFacts, check_rules
from ingest.mappings.model import FieldRule
from ingest.mappings.rules import apply, converters, named
from ingest.model import Reading

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DRAINAGE, GATE = all_kinds()["drainage"], all_kinds()["gate_barrier"]


def rule(target: str, *, source: str = "x", device_id: int | None = None, **more: Any) -> FieldRule:
    return FieldRule(site_id=1, format="acme", source=source, target=target, device_id=device_id, **more)


def says(*, faults: tuple[str, ...] | None = None, measures: dict[str, Any] | None = None, **fields: Any) -> Reading:
    return Reading(device="P-7", ts=NOW, measures=measures or {}, faults=faults, unmapped=fields)


def comes_to(reading: Reading, *rules: FieldRule, kind: Any = DRAINAGE) -> Reading:
    return apply(converters(rules, kind), reading)


@pytest.mark.parametrize(
    ("given_value", "more", "measure"),
    [
        (12, {}, 12),
        ("12.5", {}, 12.5),
        (0.8, {"factor": -1000, "addend": 2500}, 1700),
        (2.51, {"factor": -1000, "addend": 2500}, 0),  # the floor of a dry pit, a little deeper than it was measured
        (65.535, {"factor": -1000, "addend": 2500}, -63035),  # a sensor that failed: refused as impossible, never "dry"
        ("--", {}, None),
        ("NaN", {}, None),
        ("1e999", {}, None),
        (10**400, {"factor": 2}, math.inf),  # refused as well, as one that is no number
        (True, {}, None),
        (None, {}, None),
    ],
)
def test_a_number_is_converted_and_what_is_none_says_nothing(given_value: Any, more: dict[str, Any], measure: Any) -> None:
    found = comes_to(says(x=given_value), rule("measure:depth", **more)).measures
    assert found == ({} if measure is None else {"depth": pytest.approx(measure)})


def test_a_count_is_whole() -> None:
    assert comes_to(says(x=12.0000001), rule("measure:cycles"), kind=GATE).measures == {"cycles": 12}


@pytest.mark.parametrize(
    ("given_value", "words", "measure"),
    [
        ("ON", "", True),
        (0, "", False),
        ("maybe", "", None),
        ("RUN", "run, 7", True),
        (7.0, "run, 7", True),
        ("stop", "run, 7", False),
        (False, "false, 0", True),  # the other way round
        ([], "", None),
    ],
)
def test_a_truth_goes_by_its_words(given_value: Any, words: str, measure: bool | None) -> None:
    found = comes_to(says(x=given_value), rule("measure:pump_on", words=words)).measures
    assert found == ({} if measure is None else {"pump_on": measure})


def test_a_choice_goes_by_the_words_of_each_else_by_its_own() -> None:
    by = rule("measure:position", words="open = 1, up; closed = 0")
    for given_value, position in ((1, "open"), ("UP", "open"), (0, "closed"), ("Blocked", "blocked")):
        assert comes_to(says(x=given_value), by, kind=GATE).measures == {"position": position}
    assert comes_to(says(x="sideways"), by, kind=GATE).measures == {}


def test_what_is_said_of_a_device_alone_goes_before_what_is_said_of_all() -> None:
    of_all, alone = rule("measure:depth", addend=1), rule("measure:depth", addend=2, source="y", device_id=7)
    assert comes_to(says(x=10, y=20), alone, of_all).measures == {"depth": 22}
    assert comes_to(says(x=10), alone, of_all).measures == {}  # its own field is silent: nothing is known


def test_rules_for_other_kinds_do_no_harm() -> None:
    reading = says(x=1)
    assert comes_to(reading, rule("measure:cycles"), rule("fault:motor_stall")) is reading


def test_faults_begin_and_end_with_the_values_that_mean_them() -> None:
    pump, tilt = rule("fault:pump_fault", words="3"), rule("fault:sensor_fault", source="y", words="1")
    reading = comes_to(says(x=3, y=0), pump, tilt)
    assert (reading.faults, reading.raised, reading.cleared) == (None, ("pump_fault",), ("sensor_fault",))
    several = (rule("fault:pump_fault", source="x"), rule("fault:pump_fault", source="y"))
    assert comes_to(says(x=1, y=0), *several).raised == ("pump_fault",)
    assert comes_to(says(x=1, y=0), *several).cleared == ()


def test_to_all_that_a_device_says_is_wrong_what_is_found_is_added() -> None:
    reading = comes_to(says(x=3, faults=("overflow",)), rule("fault:pump_fault", words="3"))
    assert (reading.faults, reading.raised) == (("overflow", "pump_fault"), ())


def test_a_measure_of_ours_can_be_corrected_too() -> None:
    assert comes_to(says(measures={"depth": 10}), rule("measure:depth", source="depth", addend=-2)).measures == {"depth": 8}


def test_the_fields_of_a_stranger_tell_what_it_may_be() -> None:
    found = named([rule("measure:pump_on"), rule("fault:overflow", source="y")], says(x="?", y=0))
    assert (found.measures, found.raised) == ({"pump_on": "?"}, ("overflow",))


integers = st.one_of(st.integers(), st.just(10**400), st.just(-(10**400)))
scalars = st.one_of(st.none(), st.booleans(), integers, st.floats(), st.text(max_size=40), st.lists(st.integers(), max_size=2))
numbers = st.one_of(st.just(""), st.floats(-1e13, 1e13).map(str), st.text(max_size=5))


@given(
    facts=st.lists(
        st.builds(
            RuleFacts,
            source=st.sampled_from(["x", "y", "z", ""]),
            target=st.sampled_from([*TARGETS, "measure:nothing", ""]),
            factor=numbers,
            addend=numbers,
            words=st.one_of(st.text(max_size=20), st.just("open = 1; closed = 0")),
        ),
        max_size=4,
    ),
    fields=st.fixed_dictionaries({}, optional={"x": scalars, "y": scalars}),
)
def test_whatever_is_entered_is_refused_at_its_field_or_applies_to_whatever_is_sent(
    facts: list[RuleFacts], fields: dict[str, Any]
) -> None:
    rules = []
    try:
        rules = check_rules(1, "acme", None, facts)
    except Invalid as error:
        refused_at = error.field
    else:
        refused_at = "rules."
    assert refused_at is not None
    assert refused_at.startswith("rules.")
    for kind in all_kinds().values():
        reading = says(**fields)
        found = comes_to(reading, *rules, kind=kind)
        assert found.measures.keys() <= {measure.slug for measure in kind.measures}
        assert not set(found.raised) & set(found.cleared)
        assert found.unmapped == reading.unmapped
