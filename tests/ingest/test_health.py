"""The state machine of health: what no sequence of messages and silences may lead to."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import health as machine
from ingest.health import Health
from ingest.health_tracker import HealthTracker
from ingest.kinds import all_kinds
from ingest.kinds.judging import status_of
from ingest.registry import KnownDevice
from ingest.tracked import TrackedDevice, Transition

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
KIND = all_kinds()["gate_barrier"]
SILENT = KIND.silent_after
KEY = (1, 1)


def known(key: tuple[int, int] = KEY, status: str = "unknown") -> KnownDevice:
    return KnownDevice(
        key=key,
        slug=f"gate-{key[1]}",
        kind_slug=KIND.slug,
        kind=KIND,
        silent_after=SILENT,
        health=Health(status=status, since=START - timedelta(days=1), reason="registered"),  # type: ignore[arg-type]
        last_seen_at=None,
        last_ts=None,
    )


def tracked(tracker: HealthTracker, key: tuple[int, int] = KEY) -> TrackedDevice:
    """A device of the story, which has only one mostly."""
    found = tracker.find(key)
    assert found is not None
    return found


def listening(*devices: KnownDevice) -> HealthTracker:
    tracker = HealthTracker(START)
    tracker.sync(devices or (known(),), START)
    tracker.hear(START)
    return tracker


# What may happen, each after some seconds.
seconds = st.integers(0, 400)
fault_sets = st.sampled_from([(), ("motor_stall",), ("motor_hot",), ("power_loss", "arm_hit")])
happenings = st.lists(
    st.tuples(
        seconds,
        st.one_of(
            st.tuples(st.just("reading"), st.integers(-2000, 2000), fault_sets),
            st.tuples(st.just("event"), st.integers(-2000, 0)),
            st.tuples(st.just("presence"), st.booleans(), st.booleans()),
            st.tuples(st.just("sweep")),
            st.tuples(st.just("deaf")),
            st.tuples(st.just("hear")),
        ),
    ),
    max_size=40,
)


class World:
    """Plays happenings to a tracker and keeps what a judge needs to know."""

    def __init__(self) -> None:
        self.tracker = listening()
        self.now = START
        self.transitions: list[Transition] = []

    def play(self, wait: int, what: tuple[object, ...]) -> None:
        self.now += timedelta(seconds=wait)
        self.tracker.sweep(self.now)  # as the writer does after each batch
        tracker = self.tracker
        match what:
            case ("reading", int(offset), tuple() as faults):
                ts = self.now + timedelta(seconds=offset)
                tracker.reading(tracked(tracker), ts=ts, received_at=self.now, measures={}, faults=faults)
            case ("event", int(offset)):
                tracker.event(tracked(tracker), ts=self.now + timedelta(seconds=offset), received_at=self.now)
            case ("presence", bool(online), bool(old)):
                tracker.presence(tracked(tracker), online=online, ts=None, received_at=self.now, old=old)
            case ("deaf",):
                tracker.lose_hearing(self.now)
            case ("hear",):
                tracker.hear(self.now)
        self.transitions += tracker.take_transitions()

    @property
    def health(self) -> Health:
        return tracked(self.tracker).health


@given(happenings)
@settings(max_examples=300, deadline=None)
def test_transitions_form_one_unbroken_history(steps: list[tuple[int, tuple[object, ...]]]) -> None:
    world = World()
    for wait, what in steps:
        world.play(wait, what)
    status, at = "unknown", START - timedelta(days=1)
    for transition in world.transitions:
        assert transition.previous == status
        assert transition.at >= at
        assert transition.health.since <= transition.at
        assert transition.health.status != transition.previous or transition.health.faults
        status, at = transition.health.status, transition.at
    assert world.health.status == status


@given(happenings)
@settings(max_examples=300, deadline=None)
def test_silence_alone_ends_offline_and_nothing_but_a_message_ends_that(steps: list[tuple[int, tuple[object, ...]]]) -> None:
    world = World()
    for wait, what in steps:
        world.play(wait, what)
    world.play(0, ("hear",))
    world.play(int(machine.SILENT_TIMES_OFFLINE * SILENT.total_seconds()), ("sweep",))
    assert world.health.status == "offline"
    world.play(100_000, ("sweep",))
    assert world.health.status == "offline"
    world.play(1, ("reading", 0, ("motor_stall",)))
    assert world.health.status in ("fault", "online", "degraded")


@given(happenings)
@settings(max_examples=300, deadline=None)
def test_how_often_silence_is_looked_at_changes_nothing(steps: list[tuple[int, tuple[object, ...]]]) -> None:
    often, seldom = World(), World()
    for wait, what in steps:
        for _ in range(wait // 20):
            often.play(20, ("sweep",))
        often.play(wait % 20, what)
        seldom.play(wait, what)
    assert [(each.at, each.health) for each in often.transitions if each.health.reason != "restart"] == [
        (each.at, each.health) for each in seldom.transitions if each.health.reason != "restart"
    ]


@given(happenings)
@settings(max_examples=200, deadline=None)
def test_an_older_reading_never_changes_what_a_heard_device_is(steps: list[tuple[int, tuple[object, ...]]]) -> None:
    world = World()
    for wait, what in steps:
        world.play(wait, what)
    world.play(0, ("hear",))
    world.play(0, ("reading", 0, ()))
    before = world.health
    world.play(1, ("reading", -1900, ("motor_stall",)))
    assert world.health == before


@given(fault_sets, st.sampled_from(["stale", "offline"]))
def test_a_device_that_comes_back_has_the_faults_it_left_with(faults: tuple[str, ...], silent: str) -> None:
    status = status_of(KIND, faults)
    here = Health(status=status, since=START, reason="seen", grounds=faults)
    away = machine.after_silence(here, at=START + SILENT, status=silent)  # type: ignore[arg-type]
    back = machine.after_sign_of_life(away, at=START + 2 * SILENT, status=status)
    assert (back.status, back.faults) == (status, faults)


def test_the_will_of_long_ago_tells_only_what_nobody_knew() -> None:
    online = Health(status="online", since=START, reason="seen")
    assert machine.after_old_will(online, at=START) is online
    assert machine.after_old_will(msgspec.structs.replace(online, status="unknown"), at=START).status == "offline"
