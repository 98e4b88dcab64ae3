"""The simulation as a whole: repeatable, honest about what is broken, on time."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from core.clock import SystemClock
from simulators import pace
from simulators.faults import ImpossibleTroubleError
from simulators.ground_truth import GroundTruth, Outage, read_outages
from simulators.messages import Action, Cut, Publish, Restore
from simulators.run import Simulation
from tests.simulators.recorder import MIDNIGHT, SITE, Play, Recorder, events, readings

DOOR, CAMERA, TRAP = "door-b1-lobby", "cam-gate-east", "grease-trap"
MINUTE = timedelta(minutes=1)


def device_of(action: Action) -> str:
    return action.device


# --- repeatable -------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_time_give_the_same_messages() -> None:
    first, again = (Play(between_troubles=20 * MINUTE).go(timedelta(hours=6)).take() for _ in range(2))
    assert len(first) > 5000
    assert first == again


def test_it_does_not_matter_how_often_the_thread_wakes_up() -> None:
    often = Play(between_troubles=20 * MINUTE).go(timedelta(hours=3), step=timedelta(seconds=3)).take()
    seldom = Play(between_troubles=20 * MINUTE).go(timedelta(hours=3), step=5 * MINUTE).take()
    assert often == seldom


def test_another_seed_gives_other_messages() -> None:
    assert Play(seed=1).go(timedelta(hours=1)).take() != Play(seed=2).go(timedelta(hours=1)).take()


def test_injecting_at_one_device_leaves_the_others_as_they_are() -> None:
    calm, disturbed = Play().go(10 * MINUTE), Play().go(10 * MINUTE)
    disturbed.simulation.inject(CAMERA, kind="fault", fault="frozen", duration=5 * MINUTE)
    one, other = calm.go(10 * MINUTE).take(), disturbed.go(10 * MINUTE).take()
    assert [action for action in one if device_of(action) != CAMERA] == [action for action in other if device_of(action) != CAMERA]
    assert one != other


# --- on time ----------------------------------------------------------------------------------------------------------


def test_every_device_speaks_within_seconds_of_the_start_and_then_at_its_pace() -> None:
    play = Play(interval=None).go(timedelta(seconds=3), step=timedelta(seconds=1))
    assert {device_of(action) for action in play.take()} == {device.slug for device in SITE.devices}
    said = readings(play.go(timedelta(minutes=10), step=timedelta(seconds=5)).take())
    for device in SITE.devices:
        times = [reading.ts for reading in said if reading.device == device.slug]
        assert {after - before for before, after in pairwise(times)} == {pace.REPORT_EVERY[device.kind]}


def test_a_fast_simulation_shows_a_day_in_minutes_with_the_times_of_the_clock() -> None:
    play = Play(speedup=240.0, interval=timedelta(seconds=15)).go(6 * MINUTE, step=timedelta(seconds=5))
    said = readings(play.recorder.actions, "barrier-east-in")
    assert all(MIDNIGHT <= reading.ts <= play.clock.now() for reading in said)
    assert said[-1].measures["cycles"] - said[0].measures["cycles"] > 400
    assert all(MIDNIGHT - MINUTE < event.ts <= play.clock.now() for event in events(play.recorder.actions))


def test_after_a_long_sleep_it_goes_on_without_living_through_all_of_it() -> None:
    play = Play().go(5 * MINUTE)
    play.take()
    play.clock.advance(timedelta(hours=8))
    play.simulation.step()
    said = readings(play.take(), DOOR)
    assert len(said) <= pace.CATCH_UP / MINUTE + 1
    assert all(reading.ts >= play.clock.now() - pace.CATCH_UP for reading in said)


def test_it_runs_in_a_thread_and_stops_at_once() -> None:
    recorder = Recorder()
    simulation = Simulation(SITE, "mqtt://unused", clock=SystemClock(), seed=1, publisher=recorder)
    simulation.start()
    pause = threading.Event()
    for _ in range(300):
        if recorder.actions:
            break
        pause.wait(0.02)
    began = SystemClock().monotonic()
    simulation.stop()
    simulation.stop()
    assert SystemClock().monotonic() - began < 2
    assert recorder.actions
    assert not recorder.running
    assert not any(thread.name.startswith("simulate-") for thread in threading.enumerate())


# --- troubles ---------------------------------------------------------------------------------------------------------


def test_a_will_cuts_the_connection_and_the_device_comes_back_with_a_reading() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    play.simulation.inject(DOOR, kind="will", duration=5 * MINUTE)
    assert play.take() == [Cut(device=DOOR)]
    said = [action for action in play.go(4 * MINUTE).take() if device_of(action) == DOOR]
    assert said == []
    back = [action for action in play.go(MINUTE).take() if device_of(action) == DOOR]
    assert isinstance(back[0], Restore)
    assert next(reading.ts for reading in readings(back)) == MIDNIGHT + 7 * MINUTE


def test_a_device_that_hangs_keeps_its_connection() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    play.simulation.inject(DOOR, kind="silence", duration=5 * MINUTE)
    assert [action for action in play.go(4 * MINUTE).take() if device_of(action) == DOOR] == []
    back = [action for action in play.go(MINUTE).take() if device_of(action) == DOOR]
    assert back
    assert all(isinstance(action, Publish) for action in back)


def test_a_fault_is_reported_until_it_is_over() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    trouble = play.simulation.inject(CAMERA, kind="fault", fault="covered", duration=5 * MINUTE)
    said = readings(play.go(7 * MINUTE).take(), CAMERA)
    for reading in said:
        assert reading.faults == (("covered",) if trouble.begins <= reading.ts < trouble.ends else ())
    assert {reading.ts for reading in said} >= {trouble.begins, trouble.ends}


def test_a_flaky_uplink_delivers_late_with_the_times_of_the_measurement() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    play.simulation.inject(CAMERA, kind="uplink", duration=5 * MINUTE)
    assert [action for action in play.go(4 * MINUTE).take() if device_of(action) == CAMERA] == [Cut(device=CAMERA)]
    back = [action for action in play.go(MINUTE).take() if device_of(action) == CAMERA]
    assert isinstance(back[0], Restore)
    times = [reading.ts for reading in readings(back)]
    assert len(times) >= 6
    assert times[0] < MIDNIGHT + 4 * MINUTE
    assert times == sorted(times)


def test_what_shares_a_connection_has_nothing_to_cut() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    play.simulation.inject("gateway-lora", kind="uplink", duration=5 * MINUTE)
    silent = {device.slug for device in SITE.devices if device.kind == "drainage"}
    assert not any(device_of(action) in silent for action in play.go(4 * MINUTE).take())
    said = play.go(MINUTE).take()
    assert not any(isinstance(action, Cut | Restore) for action in said)
    assert all(len(readings(said, slug)) >= 5 for slug in silent)


def test_a_power_cut_darkens_a_building_and_nothing_is_delivered_later() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    trouble = play.simulation.inject("box-building-2", kind="power_cut", duration=5 * MINUTE)
    assert set(trouble.devices) == {device.slug for device in SITE.devices_behind("box-building-2")}
    assert {action.device for action in play.take() if isinstance(action, Cut)} == set(trouble.devices)
    assert not any(device_of(action) in trouble.devices for action in play.go(4 * MINUTE).take())
    for slug in trouble.devices:
        times = [reading.ts for reading in readings(play.recorder.actions, slug)]
        assert all(ts >= trouble.ends for ts in times)
    assert {action.device for action in play.go(MINUTE).take() if isinstance(action, Restore)} == set(trouble.devices)


def test_troubles_may_overlap() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    play.simulation.inject("box-building-2", kind="power_cut", duration=5 * MINUTE)
    play.simulation.inject("door-b2-lobby", kind="will", duration=10 * MINUTE)
    play.simulation.inject("door-b2-lobby", kind="fault", fault="tamper", duration=20 * MINUTE)
    said = [action for action in play.go(9 * MINUTE).take() if device_of(action) == "door-b2-lobby"]
    assert said == [Cut(device="door-b2-lobby")]
    back = [action for action in play.go(MINUTE).take() if device_of(action) == "door-b2-lobby"]
    assert isinstance(back[0], Restore)
    assert readings(back)[0].faults == ("tamper",)


def test_an_injected_trouble_can_be_repaired_before_its_time() -> None:
    play = Play().go(2 * MINUTE)
    play.take()
    trouble = play.simulation.inject(CAMERA, kind="fault", fault="covered", duration=timedelta(days=1))
    play.go(MINUTE).take()
    play.simulation.repair(trouble)
    assert readings(play.take(), CAMERA)[-1].faults == ()
    play.simulation.repair(trouble)
    assert play.take() == []


@pytest.mark.parametrize(
    ("target", "kind", "fault"),
    [
        ("nobody", "silence", None),
        ("nobody", "power_cut", None),
        ("fence-east", "power_cut", None),
        (TRAP, "will", None),
        (TRAP, "fault", "pump_fault"),
        (CAMERA, "fault", "motor_stall"),
    ],
)
def test_what_a_compound_cannot_have_is_refused(target: str, kind: str, fault: str | None) -> None:
    play = Play()
    with pytest.raises(ImpossibleTroubleError):
        play.simulation.inject(target, kind=kind, fault=fault, duration=MINUTE)  # type: ignore[arg-type]
    assert play.take() == []


def test_beyond_the_limit_devices_share_the_gateways_connection() -> None:
    play = Play(own_connections=3)
    assert len(play.simulation.own) == 3
    with pytest.raises(ImpossibleTroubleError):
        play.simulation.inject("beam-east", kind="will", duration=MINUTE)


# --- ground truth -----------------------------------------------------------------------------------------------------


def written(path: Path, play: Play) -> list[Outage]:
    play.simulation.stop()
    return read_outages(path)


def test_ground_truth_is_what_was_published(tmp_path: Path) -> None:
    """Each device said nothing, or reported the fault, exactly while the ground truth has it down or ill."""
    path = tmp_path / "truth" / "truth.jsonl"
    play = Play(between_troubles=8 * MINUTE, truth=GroundTruth(path)).go(timedelta(hours=12))
    said = play.take()
    outages = written(path, play)
    assert {outage.kind for outage in outages} == {"will", "silence", "fault", "uplink", "power_cut"}
    for device in SITE.devices:
        mine = [outage for outage in outages if outage.device == device.slug]
        dark = [outage for outage in mine if outage.kind in ("will", "silence", "power_cut")]
        faulty = [outage for outage in mine if outage.kind == "fault"]
        for reading in readings(said, device.slug):
            assert not any(outage.began <= reading.ts < ended(outage) for outage in dark)
            assert set(reading.faults) == {outage.fault for outage in faulty if outage.began <= reading.ts < ended(outage)}
        gone = sum(isinstance(action, Cut) for action in said if action.device == device.slug)
        assert gone <= sum(outage.expect == "offline" for outage in mine)
        assert (gone > 0) == any(outage.expect == "offline" for outage in mine)


def ended(outage: Outage) -> datetime:
    assert outage.ended is not None
    return outage.ended


def test_ground_truth_says_what_should_be_detected(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    play = Play(truth=GroundTruth(path))
    play.simulation.inject(DOOR, kind="will", duration=MINUTE)
    play.simulation.inject(CAMERA, kind="silence", duration=MINUTE)
    play.simulation.inject("barrier-east-in", kind="fault", fault="arm_hit", duration=MINUTE)
    play.simulation.inject("box-building-1", kind="power_cut", duration=MINUTE)
    play.go(2 * MINUTE)
    found = written(path, play)
    assert {(outage.device, outage.expect, outage.fault) for outage in found} >= {
        (DOOR, "offline", None),
        (CAMERA, "silent", None),
        ("barrier-east-in", "fault", "arm_hit"),
        # The gateway on building 1 goes with its power, and what speaks through it has no will.
        (TRAP, "silent", None),
    }
    assert all(outage.injected and outage.began == MIDNIGHT and outage.ended == MIDNIGHT + MINUTE for outage in found)
    assert len({outage.id for outage in found}) == 4


def test_what_is_broken_when_the_simulation_ends_is_closed_and_the_file_only_grows(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    play = Play(truth=GroundTruth(path))
    play.simulation.inject(DOOR, kind="silence", duration=timedelta(days=1))
    before = path.read_bytes()
    [outage] = written(path, play.go(3 * MINUTE))
    assert outage.ended == MIDNIGHT + 3 * MINUTE
    assert path.read_bytes().startswith(before)
    again = Play(truth=GroundTruth(path), start=MIDNIGHT + timedelta(hours=1))
    again.simulation.inject(DOOR, kind="silence", duration=MINUTE)
    assert [found.id for found in written(path, again)] == [outage.id, f"{SITE.slug}-20261118T170000-1"]
