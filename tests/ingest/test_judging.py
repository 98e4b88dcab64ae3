"""What is wrong with a device: judged from its measures, message by message, whatever each of them leaves out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.health import Health, faults_of
from ingest.health_tracker import HealthTracker
from ingest.kinds import all_kinds
from ingest.kinds.judging import judge, status_of
from ingest.model import DeviceKind, Measure, Unit
from tests.ingest.test_health import START, known, tracked

GATE = all_kinds()["gate_barrier"]
DOOR = all_kinds()["access_control"]
CAMERA = all_kinds()["cctv"]
PUMP = all_kinds()["drainage"]
BEAM = all_kinds()["perimeter_beam"]
SECOND = timedelta(seconds=1)

Measures = Mapping[str, Any]
Faults = tuple[str, ...] | None


@pytest.mark.parametrize(
    ("kind", "measures", "status", "faults"),
    [
        (PUMP, {"level": 79.9}, "online", ()),
        (PUMP, {"level": 80}, "degraded", ("high_level",)),
        (PUMP, {"level": 100}, "fault", ("overflow",)),
        (PUMP, {"grease": 150, "depth": 600}, "degraded", ("grease_high",)),
        (PUMP, {"grease": 0, "depth": 0}, "online", ()),
        (PUMP, {"grease": 900}, "online", ()),
        (CAMERA, {"disk_used": 98}, "degraded", ("disk_full",)),
        (CAMERA, {"streaming": True, "fps": 0}, "fault", ("video_loss",)),
        (CAMERA, {"streaming": False, "recording": False}, "fault", ("video_loss", "not_recording")),
        (CAMERA, {"streaming": False, "fps": 0}, "fault", ("video_loss",)),
        (DOOR, {"battery": 19.9}, "degraded", ("battery_low",)),
        (DOOR, {"battery": 20}, "online", ()),
        (BEAM, {"aligned": False, "signal": 3}, "fault", ("misaligned", "signal_low")),
        (GATE, {"position": "blocked"}, "degraded", ("obstructed",)),
        (GATE, {"motor_temp": 95}, "degraded", ("motor_hot",)),
    ],
)
def test_measures_are_judged(kind: DeviceKind, measures: Measures, status: str, faults: tuple[str, ...]) -> None:
    found = faults_of(judge(kind, measures, ()))

    assert found == faults
    assert status_of(kind, found) == status


def test_reported_faults_come_first_and_are_not_repeated_by_the_judgement() -> None:
    faults = faults_of(judge(PUMP, {"level": 104, "battery": 9}, ("pump_fault", "overflow")))

    assert faults == ("pump_fault", "overflow", "battery_low")


def test_the_worst_fault_counts() -> None:
    assert status_of(DOOR, ()) == "online"
    assert status_of(DOOR, ("power_loss",)) == "degraded"
    assert status_of(DOOR, ("power_loss", "tamper")) == "fault"


# Messages that leave something out


class Device:
    """One device, its messages a second apart."""

    def __init__(self, kind: DeviceKind) -> None:
        self.kind = kind
        self.now = START
        self._track(Health(status="online", since=START - timedelta(days=1), reason="seen"))

    def _track(self, health: Health) -> None:
        of_kind = {"kind": self.kind, "kind_slug": self.kind.slug, "silent_after": self.kind.silent_after}
        self.tracker = HealthTracker(self.now)
        self.tracker.sync([replace(known(), health=health, last_ts=self.now, **of_kind)], self.now)
        self.tracker.hear(self.now)

    def says(self, measures: Measures, faults: Faults = (), *, late: bool = False) -> "Device":
        self.now += SECOND
        ts = self.now - timedelta(days=2) if late else self.now
        self.tracker.reading(tracked(self.tracker), ts=ts, received_at=self.now, measures=measures, faults=faults)
        return self

    def after_our_restart(self) -> "Device":
        """What remains is what was written; another tracker begins with it."""
        written = self.health
        for seen in self.tracker.take_seen(self.now, older_than=timedelta(0), most=1):
            written = msgspec.structs.replace(written, grounds=seen.grounds)
        self._track(written)
        return self

    @property
    def health(self) -> Health:
        return tracked(self.tracker).health

    @property
    def faults(self) -> set[str]:
        return set(self.health.faults)


def test_measures_in_turns_neither_end_a_fault_nor_begin_it_anew() -> None:
    camera = Device(CAMERA).says({"disk_used": 99})
    camera.tracker.take_transitions()
    for _ in range(3):
        camera.says({"streaming": True, "fps": 25}).says({}).says({"disk_used": 98.5})
    assert (camera.health.status, camera.faults) == ("degraded", {"disk_full"})
    assert camera.tracker.take_transitions() == []
    camera.says({"disk_used": 60})
    assert (camera.health.status, camera.health.reason, camera.faults) == ("online", "recovered", set())


def test_each_measure_that_may_make_a_fault_is_judged_by_itself() -> None:
    camera = Device(CAMERA).says({"streaming": False}).says({"fps": 25})
    assert camera.faults == {"video_loss"}, "the picture is still away"
    camera.says({"fps": 0}).says({"streaming": True})
    assert camera.faults == {"video_loss"}, "the picture stands still"
    assert camera.says({"fps": 25}).faults == set()


def test_measures_that_are_judged_together_are_so_where_one_message_has_both() -> None:
    trap = Device(PUMP).says({"grease": 200, "depth": 400})
    assert trap.says({"grease": 10}).says({"depth": 800}).faults == {"grease_high"}
    assert trap.says({"grease": 10, "depth": 800}).faults == set()


def test_a_reported_fault_goes_when_it_is_no_longer_in_the_list() -> None:
    pump = Device(PUMP).says({"level": 86}, ("pump_fault",)).says({"battery": 80})
    assert pump.faults == {"high_level"}


def test_a_fault_both_reported_and_judged_goes_when_neither_says_it() -> None:
    for first, second in [(((), {"level": 50}), ((), {})), (((), {}), (("overflow",), {"level": 50}))]:
        pump = Device(PUMP).says({"level": 120}, ("overflow",)).says(first[1], first[0])
        assert pump.says({"level": 50}, second[0]).faults == set(second[0])
    assert Device(PUMP).says({"level": 120}, ("overflow",)).says({}).faults == {"overflow"}


def test_of_a_message_that_says_nothing_of_faults_the_reported_ones_stay() -> None:
    pump = Device(PUMP).says({"level": 86}, ("pump_fault",))
    assert pump.says({"battery": 80}, None).faults == {"pump_fault", "high_level"}
    assert pump.says({"level": 20}, None).faults == {"pump_fault"}
    assert pump.says({}, ()).faults == set()


def test_another_ground_of_the_same_fault_is_no_transition_but_is_written_at_once() -> None:
    pump = Device(PUMP).says({}, ("overflow",))
    pump.tracker.take_transitions()
    pump.tracker.take_seen(pump.now, older_than=timedelta(0), most=1)
    pump.says({"level": 120}, ("overflow",))
    assert pump.tracker.take_transitions() == []
    assert [seen.grounds for seen in pump.tracker.take_seen(pump.now, older_than=timedelta(days=1), most=1)] == [
        ("overflow", "overflow:level")
    ]
    assert pump.tracker.take_seen(pump.now, older_than=timedelta(days=1), most=1) == []


def test_a_condition_that_another_version_knew_is_forgotten() -> None:
    assert judge(PUMP, {}, (), held=("overflow:height", "high_level:level")) == ("high_level:level",)


# Whatever the order


def values(measure: Measure) -> st.SearchStrategy[Any]:
    """What a message may hold, most often near where something is judged."""
    if measure.unit is Unit.BOOL:
        return st.booleans()
    if measure.unit is Unit.CHOICE:
        return st.sampled_from(sorted(measure.choices))
    assert measure.low is not None
    assert measure.high is not None
    high = min(int(measure.high), 130)
    return st.integers(max(int(measure.low), -5), high)


@st.composite
def histories(draw: st.DrawFn) -> tuple[DeviceKind, list[tuple[str, dict[str, Any], Faults]]]:
    """A kind, and messages of any of its measures with any faults: in time, late, or behind a restart of ours."""
    kind = draw(st.sampled_from(list(all_kinds().values())))
    slugs = st.sampled_from([fault.slug for fault in kind.faults])
    message = st.tuples(
        st.sampled_from(["says", "says", "says", "late", "restart"]),
        st.fixed_dictionaries({}, optional={measure.slug: values(measure) for measure in kind.measures}),
        st.one_of(st.none(), st.just(()), st.lists(slugs, unique=True, max_size=3).map(tuple)),
    )
    return kind, draw(st.lists(message, max_size=12))


def in_force(kind: DeviceKind, heard: Iterable[tuple[Measures, Faults]]) -> set[str]:
    """By the last message that said something of each: the reported faults, and those whose measures mean them."""
    reported: tuple[str, ...] = ()
    last: dict[tuple[str, tuple[str, ...]], bool] = {}
    for measures, faults in heard:
        reported = reported if faults is None else faults
        for fault in kind.faults:
            for condition in fault.judged:
                if all(slug in measures for slug in condition.reads):
                    last[fault.slug, condition.reads] = condition.holds(*(measures[slug] for slug in condition.reads))
    return {*reported, *(slug for (slug, _), holds in last.items() if holds)}


@given(histories())
@settings(max_examples=400, deadline=None)
def test_the_faults_are_those_that_the_last_word_on_each_means(
    history: tuple[DeviceKind, list[tuple[str, dict[str, Any], Faults]]],
) -> None:
    kind, messages = history
    device = Device(kind)
    heard: list[tuple[Measures, Faults]] = []
    for way, measures, faults in messages:
        if way == "restart":
            device.after_our_restart()
        device.says(measures, faults, late=way == "late")
        if way != "late":
            heard.append((measures, faults))
        assert device.faults == in_force(kind, heard)
        assert device.health.status in (status_of(kind, device.faults), "unknown")


@given(histories(), st.randoms())
@settings(max_examples=200, deadline=None)
def test_a_message_cut_into_pieces_means_the_same_in_any_order(
    history: tuple[DeviceKind, list[tuple[str, dict[str, Any], Faults]]], random: Any
) -> None:
    kind, messages = history
    whole, pieces = Device(kind), Device(kind)
    together = {slug for fault in kind.faults for each in fault.judged if len(each.reads) > 1 for slug in each.reads}
    for _, measures, faults in messages:
        whole.says(measures, faults)
        cut: list[Measures] = [{slug: value} for slug, value in measures.items() if slug not in together]
        cut.append({slug: value for slug, value in measures.items() if slug in together})
        random.shuffle(cut)
        for piece in cut:
            pieces.says(piece, faults)
        assert pieces.faults == whole.faults
        assert pieces.health.status == whole.health.status
