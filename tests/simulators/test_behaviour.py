"""Behaviour of the kinds: understood by ingest, physically possible, ill only when something is wrong."""

from collections import Counter
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest

from ingest.health import faults_of
from ingest.kinds import all_kinds
from ingest.kinds.check import check_event, check_reading
from ingest.kinds.judging import judge, status_of
from ingest.model import DeviceEvent, Presence, Reading
from simulators.behaviour import all_behaviours
from simulators.compound import make_compound
from simulators.messages import Action
from simulators.models import SimDevice
from simulators.weather import Weather, shower
from tests.simulators.recorder import MIDNIGHT, SITE, Play, decoded, events, readings

STORM = shower(begins=MIDNIGHT + timedelta(hours=13), minutes=120, peak=60)


@cache
def quiet_day() -> tuple[Action, ...]:
    """A day in which nothing breaks, with a storm in the afternoon."""
    play = Play(weather=Weather(7, extra=(STORM,)))
    return tuple(play.go(timedelta(days=1)).take())


@cache
def bad_day() -> tuple[Action, ...]:
    """A day full of troubles."""
    return tuple(Play(between_troubles=timedelta(minutes=5)).go(timedelta(days=1)).take())


def kind_of(slug: str) -> str:
    return SITE.device(slug).kind


def local_hour(message: Reading | DeviceEvent) -> int:
    return (message.ts + timedelta(hours=8)).hour


def test_every_kind_can_be_played() -> None:
    assert set(all_kinds()) >= set(all_behaviours()) == {device.kind for device in SITE.devices}


def test_what_can_be_reported_is_declared() -> None:
    for device in make_compound("big", seed=1, devices=60).devices:
        declared = {fault.slug for fault in all_kinds()[device.kind].faults}
        assert set(all_behaviours()[device.kind].faults(device)) <= declared


@pytest.mark.parametrize("day", [quiet_day, bad_day], ids=["quiet", "bad"])
def test_ingest_takes_every_message_of_a_day(day: object) -> None:
    assert callable(day)
    seen = Counter[str]()
    for message in decoded(day()):
        assert not isinstance(message, Presence)
        kind = all_kinds()[kind_of(message.device)]
        if isinstance(message, Reading):
            checked = check_reading(kind, message)
            assert (checked.unknown, checked.unknown_faults) == (None, ())
        else:
            check_event(kind, message)
        seen[kind.slug] += 1
    assert set(seen) == set(all_behaviours())
    assert sum(seen.values()) > 30_000


def test_a_device_that_nothing_is_wrong_with_is_online_even_in_a_storm() -> None:
    ill = [
        (reading.device, reading.ts, grounds)
        for reading in readings(quiet_day())
        if (grounds := judge(all_kinds()[kind_of(reading.device)], reading.measures, reading.faults))
    ]
    assert ill == []


def test_no_device_says_two_things_of_the_same_moment_and_none_goes_back() -> None:
    for day in (quiet_day(), bad_day()):
        for device in SITE.devices:
            times = [reading.ts for reading in readings(day, device.slug)]
            assert all(before < after for before, after in pairwise(times))
        ids = [(event.device, event.event_id) for event in events(day)]
        assert len(ids) == len(set(ids))


def first(kind: str, profile: str = "") -> SimDevice:
    return next(device for device in SITE.devices if device.kind == kind and profile in ("", device.profile))


def test_cycles_only_grow_and_most_at_the_rush_hours() -> None:
    said = readings(quiet_day(), first("gate_barrier").slug)
    cycles = [reading.measures["cycles"] for reading in said]
    assert all(before <= after for before, after in pairwise(cycles))
    by_hour = Counter[int]()
    for before, after in pairwise(said):
        by_hour[local_hour(after)] += after.measures["cycles"] - before.measures["cycles"]
    assert {hour for hour, _ in by_hour.most_common(2)} == {8, 18}
    assert by_hour[3] < by_hour[8] / 10


def test_a_barrier_counts_on_where_it_was_when_the_simulation_starts_anew() -> None:
    slug = first("gate_barrier").slug
    before = readings(Play(start=MIDNIGHT + timedelta(hours=8)).go(timedelta(hours=2)).take(), slug)[-1]
    after = readings(Play(start=MIDNIGHT + timedelta(hours=10)).go(timedelta(minutes=2)).take(), slug)[0]
    assert 0 <= after.measures["cycles"] - before.measures["cycles"] <= 5


def test_a_barrier_is_up_when_a_vehicle_is_there() -> None:
    said = [reading.measures for reading in readings(quiet_day(), first("gate_barrier").slug)]
    seen = Counter(measures["position"] for measures in said)
    assert seen["open"] > 20
    assert seen["closed"] > seen["open"]
    assert seen["blocked"] == 0
    for measures in said:
        assert measures["motor_current"] > 1 if measures["position"] == "moving" else measures["motor_current"] < 1
        if measures["loop_occupied"]:
            assert measures["position"] != "closed"


def test_doors_are_used_most_when_people_come_and_go() -> None:
    granted = Counter(local_hour(event) for event in events(quiet_day()) if event.type == "granted")
    assert {hour for hour, _ in granted.most_common(4)} & {8, 18} == {8, 18}
    kinds = Counter(event.type for event in events(quiet_day()) if kind_of(event.device) == "access_control")
    assert kinds["granted"] > 10 * kinds["denied"] > 0


def test_a_closed_door_has_not_been_open_for_any_time() -> None:
    for reading in readings(quiet_day()):
        if kind_of(reading.device) == "access_control":
            measures = reading.measures
            assert measures["door_open"] == (measures["held_open"] > 0)
            assert measures["locked"] != measures["door_open"]


@pytest.mark.parametrize("profile", ["storm_drain", "ponding"])
def test_levels_rise_after_the_rain_begins_and_fall_after_it_ends(profile: str) -> None:
    slug = next(device.slug for device in SITE.devices if device.profile == profile)
    depth = {reading.ts: reading.measures["depth"] for reading in readings(quiet_day(), slug)}
    before = max(value for ts, value in depth.items() if STORM.begins - timedelta(hours=1) < ts < STORM.begins)
    during = max(value for ts, value in depth.items() if STORM.begins < ts < STORM.ends)
    after = max(value for ts, value in depth.items() if ts > STORM.ends + timedelta(hours=2))
    assert during > before + 50
    assert after < during / 2
    highest = next(ts for ts, value in depth.items() if value == during)
    # Water takes its time: the peak comes after the heaviest rain, which falls in the middle.
    assert highest > STORM.begins + STORM.lasts / 2


def test_a_sump_is_pumped_between_its_marks_and_more_often_in_rain() -> None:
    slug = next(device.slug for device in SITE.devices if device.profile == "sump")
    started = [event.ts for event in events(quiet_day(), slug) if event.type == "pump_started"]
    in_storm = sum(STORM.begins < ts < STORM.ends + timedelta(minutes=30) for ts in started)
    assert in_storm > (len(started) - in_storm)
    assert all(200 < reading.measures["depth"] < 1300 for reading in readings(quiet_day(), slug))


def test_grease_builds_up_slowly() -> None:
    slug = next(device.slug for device in SITE.devices if device.profile == "grease_trap")
    grease = [reading.measures["grease"] for reading in readings(quiet_day(), slug)]
    assert 2 < grease[-1] - grease[0] < 15 or grease[-1] < grease[0]
    assert sum(after < before for before, after in pairwise(grease)) <= 1


@pytest.mark.parametrize(
    ("kind", "measure", "largest_step"),
    [
        ("gate_barrier", "motor_temp", 3.0),
        ("cctv", "fps", 1.5),
        ("cctv", "bitrate", 800),
        ("perimeter_beam", "signal", 8.0),
        ("drainage", "level", 16.0),
    ],
)
def test_measures_change_smoothly(kind: str, measure: str, largest_step: float) -> None:
    for device in SITE.devices:
        if device.kind == kind:
            values = [reading.measures[measure] for reading in readings(quiet_day(), device.slug)]
            steps = [abs(after - before) for before, after in pairwise(values)]
            assert max(steps) <= largest_step, device.slug
            assert len(set(values)) > 3 or device.profile == "ponding"


def test_beams_are_weak_in_fog() -> None:
    foggy = next(seed for seed in range(100) if Weather(seed).at(MIDNIGHT + timedelta(hours=6)).fog > 0.8)
    said = readings(Play(seed=foggy).go(timedelta(hours=12)).take(), first("perimeter_beam").slug)
    by_hour = {local_hour(reading): reading.measures["signal"] for reading in said}
    assert by_hour[6] < by_hour[1] - 15
    assert all(reading.measures["aligned"] for reading in said)


def test_beams_are_armed_by_night() -> None:
    slug = first("perimeter_beam").slug
    assert {(event.type, local_hour(event)) for event in events(quiet_day(), slug)} >= {("disarmed", 6), ("armed", 22)}
    assert {local_hour(reading) for reading in readings(quiet_day(), slug) if reading.measures["armed"]} == {*range(6), 22, 23, 0}


EFFECTS = [
    ("gate_barrier", "", "motor_stall", {"position": "blocked"}, "fault"),
    ("gate_barrier", "", "power_loss", {"motor_current": 0}, "fault"),
    ("access_control", "", "lock_fault", {"locked": False}, "fault"),
    ("access_control", "", "power_loss", {}, "degraded"),
    ("cctv", "", "video_loss", {"streaming": False, "fps": 0, "bitrate": 0}, "fault"),
    ("cctv", "", "frozen", {"streaming": True}, "fault"),
    ("cctv", "", "storage_fault", {"recording": False}, "degraded"),
    ("drainage", "sump", "pump_fault", {"pump_on": False}, "fault"),
    ("drainage", "storm_drain", "overflow", {"level": 104.0}, "fault"),
    ("perimeter_beam", "", "misaligned", {"aligned": False}, "fault"),
]


@pytest.mark.parametrize(("kind", "profile", "fault", "effect", "status"), EFFECTS, ids=[f"{row[0]}-{row[2]}" for row in EFFECTS])
def test_a_fault_shows_in_the_measures_too(kind: str, profile: str, fault: str, effect: dict[str, object], status: str) -> None:
    device = first(kind, profile)
    play = Play(start=MIDNIGHT + timedelta(hours=9)).go(timedelta(minutes=3))
    play.take()
    play.simulation.inject(device.slug, kind="fault", fault=fault, duration=timedelta(minutes=10))
    said = readings(play.take(), device.slug)
    assert len(said) == 1, "told at once"
    assert fault in said[0].faults
    assert effect.items() <= said[0].measures.items()
    faults = faults_of(judge(all_kinds()[kind], said[0].measures, said[0].faults))
    assert status_of(all_kinds()[kind], faults) == status


def test_a_sump_without_its_pump_fills_in_the_rain() -> None:
    slug = next(device.slug for device in SITE.devices if device.profile == "sump")
    play = Play(start=STORM.begins, weather=Weather(7, extra=(STORM,)))
    play.simulation.inject(slug, kind="fault", fault="pump_fault", duration=timedelta(hours=3))
    said = readings(play.go(timedelta(hours=2)).take(), slug)
    assert said[-1].measures["level"] > 100


def test_without_its_sensor_a_drain_says_no_level() -> None:
    slug = next(device.slug for device in SITE.devices if device.profile == "sump")
    play = Play()
    play.simulation.inject(slug, kind="fault", fault="sensor_fault", duration=timedelta(hours=3))
    assert set(readings(play.take(), slug)[0].measures) == {"battery"}
