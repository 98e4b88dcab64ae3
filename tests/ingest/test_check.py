"""A device says things; its kind knows which of them can be."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.i18n import Text
from ingest.kinds import all_kinds
from ingest.kinds.check import check_event, check_reading
from ingest.kinds.judging import judge
from ingest.model import DeviceEvent, DeviceKind, Measure, Reading, RejectedError, Unit

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
GATE = all_kinds()["gate_barrier"]
DOOR = all_kinds()["access_control"]
CAMERA = all_kinds()["cctv"]
PUMP = all_kinds()["drainage"]
BEAM = all_kinds()["perimeter_beam"]


def reading(measures: dict[str, Any], *faults: str) -> Reading:
    """A reading of noon."""
    return Reading(site="riverside", device="d-1", ts=NOON, measures=measures, faults=faults)


def event(type_: str = "denied", event_id: str = "e-1", **data: Any) -> DeviceEvent:
    """An event of noon."""
    return DeviceEvent(site="riverside", device="d-1", ts=NOON, event_id=event_id, type=type_, data=data)


def rejection(kind: DeviceKind, measures: dict[str, Any], *faults: str) -> RejectedError:
    """What a reading is rejected with."""
    with pytest.raises(RejectedError) as caught:
        check_reading(kind, reading(measures, *faults))
    return caught.value


# What is kept


def test_whole_numbers_pass_where_decimals_are_expected() -> None:
    assert check_reading(PUMP, reading({"level": 34})).measures == {"level": 34}


def test_a_count_written_with_a_decimal_point_is_stored_as_a_count() -> None:
    cycles = check_reading(GATE, reading({"cycles": 12.0})).measures["cycles"]

    assert cycles == 12
    assert type(cycles) is int


def test_a_heartbeat_without_measures_says_that_nothing_is_wrong() -> None:
    checked = check_reading(GATE, reading({}))

    assert checked.measures == {}
    assert judge(GATE, checked.measures, checked.faults) == ()


def test_newer_firmware_is_heard_and_what_it_says_too_much_is_named() -> None:
    checked = check_reading(PUMP, reading({"level": 34.5, "ph": 7.1, "smell": "bad"}, "sensor_fault", "hiccup"))

    assert checked.measures == {"level": 34.5}
    assert checked.faults == ("sensor_fault",)
    assert checked.unknown == {"ph": 7.1, "smell": "bad"}
    assert checked.unknown_faults == ("hiccup",)


def test_an_unknown_measure_beside_a_known_fault_does_not_silence_the_fault() -> None:
    checked = check_reading(PUMP, reading({"ph": 7.1}, "pump_fault"))

    assert checked.measures == {}
    assert checked.faults == ("pump_fault",)


def test_a_fault_reported_twice_is_one() -> None:
    assert check_reading(PUMP, reading({}, "overflow", "pump_fault", "overflow")).faults == ("overflow", "pump_fault")


def test_the_reading_itself_is_left_as_it_came() -> None:
    original = reading({"cycles": 12.0, "colour": "red"})

    check_reading(GATE, original)

    assert original.measures == {"cycles": 12.0, "colour": "red"}


# What is rejected


@pytest.mark.parametrize(
    ("kind", "measures", "detail"),
    [
        (PUMP, {"level": "34.5"}, 'level must be a number, not "34.5"'),
        (PUMP, {"level": True}, "level must be a number, not true"),
        (PUMP, {"level": None}, "level must be a number, not null"),
        (PUMP, {"level": [34.5]}, "level must be a number, not an array"),
        (PUMP, {"level": {"value": 34.5}}, "level must be a number, not an object"),
        (PUMP, {"pump_on": 1}, "pump_on must be true or false, not 1"),
        (PUMP, {"pump_on": "on"}, 'pump_on must be true or false, not "on"'),
        (GATE, {"cycles": 12.5}, "cycles must be a whole number, not 12.5"),
        (GATE, {"cycles": True}, "cycles must be a whole number, not true"),
        (GATE, {"position": 1}, "position must be one of open, closed, moving, blocked, not 1"),
    ],
)
def test_a_value_of_a_wrong_type_is_rejected_by_name(kind: DeviceKind, measures: dict[str, Any], detail: str) -> None:
    error = rejection(kind, measures)

    assert (error.reason, error.english) == ("wrong_type", detail)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("kind", "slug"), [(PUMP, "level"), (GATE, "cycles")])
def test_what_is_not_finite_is_rejected(kind: DeviceKind, slug: str, value: float) -> None:
    assert rejection(kind, {slug: value}).reason == "not_finite"


@pytest.mark.parametrize(
    ("kind", "measures", "detail"),
    [
        (PUMP, {"battery": 100.5}, "battery must be from 0 to 100 %, not 100.5"),
        (PUMP, {"depth": -1}, "depth must be from 0 to 30000 mm, not -1"),
        (PUMP, {"level": 10**4000}, "level must be from 0 to 200 %, not an integer of more than 128 bits"),
        (GATE, {"cycles": -1}, "cycles must be from 0 to 100000000, not -1"),
        (GATE, {"cycles": 1e300}, "cycles must be from 0 to 100000000, not 1e+300"),
        (GATE, {"motor_temp": -127}, "motor_temp must be from -40 to 200 °C, not -127"),
        (GATE, {"position": "ajar"}, 'position must be one of open, closed, moving, blocked, not "ajar"'),
    ],
)
def test_what_cannot_be_is_rejected_with_the_range(kind: DeviceKind, measures: dict[str, Any], detail: str) -> None:
    error = rejection(kind, measures)

    assert (error.reason, error.english) == ("out_of_range", detail)


def test_one_wrong_value_rejects_the_whole_reading() -> None:
    assert rejection(PUMP, {"level": 34.5, "battery": 400}).reason == "out_of_range"


def test_a_reading_in_which_no_measure_is_known_is_rejected() -> None:
    error = rejection(BEAM, {"levle": 34.5}, "hiccup")

    assert error.reason == "unknown_measure"
    assert error.english == 'perimeter_beam has no measure "levle"; it has aligned, signal, armed, battery'


def test_a_reading_in_which_only_an_unknown_fault_stands_is_rejected() -> None:
    error = rejection(BEAM, {}, "hiccup")

    assert error.reason == "unknown_fault"
    assert error.english == 'perimeter_beam has no fault "hiccup"; it has misaligned, tamper, signal_low, battery_low'


def test_a_measure_without_a_declared_range_still_fits_its_column() -> None:
    count = Measure(slug="drops", unit=Unit.COUNT, name=Text("Drops", "滴数"))
    weight = Measure(slug="weight", unit=Unit.MILLIMETRE, name=Text("Weight", "重量"))
    kind = DeviceKind(
        slug="bucket", name=Text("Bucket", "水桶"), icon="droplet", measures=(count, weight), silent_after=timedelta(minutes=1)
    )

    assert check_reading(kind, reading({"drops": 2**63 - 1, "weight": -3e38})).measures
    assert rejection(kind, {"drops": 2**63}).reason == "out_of_range"
    assert rejection(kind, {"weight": 1e39}).reason == "out_of_range"
    assert rejection(kind, {"weight": math.inf}).reason == "not_finite"


# Events


def test_an_event_of_the_kind_is_found_with_its_weight() -> None:
    assert not check_event(DOOR, event("denied", card="0004711", nested={"a": [1, 2.5, None, True]})).security
    assert check_event(DOOR, event("forced")).security


def test_an_event_the_kind_does_not_have_is_rejected_with_those_it_has() -> None:
    with pytest.raises(RejectedError) as caught:
        check_event(BEAM, event("denied"))

    assert caught.value.reason == "unknown_event"
    assert caught.value.english == 'perimeter_beam has no event "denied"; it has intrusion, restored, armed, disarmed'


@pytest.mark.parametrize("event_id", ["", "x" * 129, "a\0b", "line\nbreak"])
def test_an_event_id_that_no_column_should_hold_is_rejected(event_id: str) -> None:
    with pytest.raises(RejectedError, match="printable characters"):
        check_event(DOOR, event(event_id=event_id))


def nested(depth: int) -> Any:
    """That many arrays within each other."""
    return [nested(depth - 1)] if depth > 1 else []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"text": "a\0b"}, "wrong_type"),
        ({"a\0b": 1}, "wrong_type"),
        ({"deep": nested(8)}, "wrong_type"),
        ({"much": [1, {"n": 2**63}]}, "out_of_range"),
        ({"nothing": math.nan}, "not_finite"),
    ],
)
def test_data_the_database_would_refuse_is_rejected_before(data: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        check_event(DOOR, event(**data))

    assert caught.value.reason == reason


def test_data_may_be_nested_eight_deep() -> None:
    assert check_event(DOOR, event(deep=nested(7))).slug == "denied"
