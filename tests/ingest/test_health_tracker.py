"""Who was heard when, whose silence ends when, and what we conclude when we ourselves could not hear."""

from datetime import timedelta

from ingest.health import Health
from ingest.health_tracker import HealthTracker
from tests.ingest.test_health import KEY, SILENT, START, known, listening, tracked

SECOND = timedelta(seconds=1)


def heard(tracker: HealthTracker, after: timedelta, *, ts_after: timedelta | None = None) -> bool:
    at = START + after
    ts = START + (after if ts_after is None else ts_after)
    return tracker.reading(tracked(tracker), ts=ts, received_at=at, measures={}, faults=())


def status(tracker: HealthTracker) -> str:
    return tracked(tracker).health.status


def test_silence_makes_it_stale_and_then_offline_at_the_very_deadline() -> None:
    tracker = listening()
    heard(tracker, SECOND)
    tracker.sweep(START + SECOND + SILENT - timedelta(microseconds=1))
    assert status(tracker) == "online"
    tracker.sweep(START + timedelta(days=1))
    assert [(each.health.status, each.health.reason, each.at) for each in tracker.take_transitions()] == [
        ("online", "seen", START + SECOND),
        ("stale", "silence", START + SECOND + SILENT),
        ("offline", "silence", START + SECOND + 3 * SILENT),
    ]


def test_every_message_moves_the_deadline() -> None:
    tracker = listening()
    for step in range(1, 20):
        heard(tracker, step * SILENT / 2)
        tracker.sweep(START + step * SILENT / 2)
    assert status(tracker) == "online"
    assert len(tracker.take_transitions()) == 1


def test_old_values_sent_again_do_not_keep_a_dead_device_alive() -> None:
    tracker = listening()
    heard(tracker, SECOND)
    for step in range(1, 100):
        heard(tracker, SECOND + step * SILENT / 10, ts_after=-timedelta(hours=2))
        tracker.sweep(START + SECOND + step * SILENT / 10)
    assert status(tracker) == "offline"


def test_a_device_whose_clock_is_hours_behind_is_alive_and_its_skew_is_known() -> None:
    tracker = listening()
    behind = timedelta(hours=3)
    for step in range(1, 100):
        at = step * SILENT / 2
        heard(tracker, at, ts_after=at - behind)
        tracker.sweep(START + at)
    assert status(tracker) == "online"
    [seen] = tracker.take_seen(START + timedelta(days=1), older_than=SECOND, most=10)
    assert seen.skew_ms == -10_800_000


def test_one_reading_far_ahead_does_not_make_every_later_one_an_old_one() -> None:
    tracker = listening()
    heard(tracker, SECOND, ts_after=timedelta(hours=23))
    at = START + 2 * SECOND
    assert tracker.reading(tracked(tracker), ts=at, received_at=at, measures={}, faults=("motor_stall",))
    assert status(tracker) == "fault"


def test_a_late_reading_shows_life_but_is_no_news() -> None:
    tracker = listening()
    assert heard(tracker, 10 * SECOND)
    assert not heard(tracker, 11 * SECOND, ts_after=5 * SECOND)
    assert not heard(tracker, 12 * SECOND, ts_after=10 * SECOND)


def test_an_online_kept_by_the_broker_proves_nothing() -> None:
    tracker = listening()
    tracker.presence(tracked(tracker), online=True, ts=None, received_at=START + SECOND, old=True)
    assert status(tracker) == "unknown"
    assert tracker.take_seen(START + timedelta(days=1), older_than=SECOND, most=10) == []


def test_an_offline_kept_by_the_broker_tells_only_of_a_device_nobody_heard() -> None:
    unheard, alive = listening(), listening()
    unheard.presence(tracked(unheard), online=False, ts=None, received_at=START + SECOND, old=True)
    assert status(unheard) == "offline"
    heard(alive, SECOND)
    alive.presence(tracked(alive), online=False, ts=None, received_at=START + 2 * SECOND, old=True)
    assert status(alive) == "online"


def test_a_live_will_is_believed_at_once_and_a_reading_ends_it() -> None:
    tracker = listening()
    heard(tracker, SECOND)
    tracker.presence(tracked(tracker), online=False, ts=None, received_at=START + 2 * SECOND, old=False)
    assert status(tracker) == "offline"
    heard(tracker, 3 * SECOND)
    assert [each.health.reason for each in tracker.take_transitions()] == ["seen", "will", "recovered"]


def test_after_our_start_everything_is_unknown_and_has_a_grace_window() -> None:
    tracker = listening(known(status="online"))
    [transition] = tracker.take_transitions()
    assert (transition.previous, transition.health.status, transition.health.reason) == ("online", "unknown", "restart")
    tracker.sweep(START + 3 * SILENT - SECOND)
    assert status(tracker) == "unknown"
    tracker.sweep(START + 3 * SILENT)
    assert status(tracker) == "offline"


def test_a_moment_without_hearing_moves_the_windows_and_nothing_else() -> None:
    tracker = listening()
    heard(tracker, SECOND)
    tracker.take_transitions()
    lost = START + SILENT - SECOND
    tracker.lose_hearing(lost)
    tracker.sweep(lost + 5 * SECOND)
    tracker.hear(lost + 5 * SECOND)
    tracker.sweep(lost + 5 * SECOND + SILENT - SECOND)
    assert tracker.take_transitions() == []
    tracker.sweep(lost + 5 * SECOND + SILENT)
    assert status(tracker) == "stale"


def test_away_for_long_everything_is_unknown_and_the_grace_window_begins_when_we_hear_again() -> None:
    tracker = listening(known((1, 1)), known((1, 2)))
    heard(tracker, SECOND)
    tracker.presence(tracked(tracker, (1, 2)), online=False, ts=None, received_at=START + SECOND, old=False)
    tracker.take_transitions()
    tracker.lose_hearing(START + 10 * SECOND)
    tracker.sweep(START + 21 * SECOND)
    assert [(each.previous, each.health.status, each.health.reason) for each in tracker.take_transitions()] == [
        ("online", "unknown", "restart"),
        ("offline", "unknown", "restart"),
    ]
    back = START + timedelta(hours=5)
    tracker.sweep(back)
    tracker.hear(back)
    tracker.sweep(back + 3 * SILENT - SECOND)
    assert tracker.take_transitions() == []
    tracker.sweep(back + 3 * SILENT)
    assert status(tracker) == "offline"


def test_a_database_away_for_long_counts_as_not_hearing() -> None:
    tracker = listening()
    heard(tracker, SECOND)
    tracker.missed(START + 2 * SECOND, START + timedelta(minutes=5))
    assert status(tracker) == "unknown"
    assert not tracker.deaf


def test_a_device_that_was_registered_meanwhile_is_tracked_and_a_retired_one_is_not() -> None:
    tracker = listening()
    tracker.sync([known((1, 2))], START + SECOND)
    assert tracker.find((1, 1)) is None
    tracker.sweep(START + timedelta(days=1))
    assert [each.device_id for each in tracker.take_transitions()] == [2]


def test_another_silence_allowed_holds_from_now_on() -> None:
    tracker = listening()
    heard(tracker, SECOND)
    shorter = known()
    object.__setattr__(shorter, "silent_after", SILENT / 3)
    tracker.sync([shorter], START + SECOND)
    tracker.sweep(START + SECOND + SILENT / 3)
    assert status(tracker) == "stale"


def test_what_somebody_else_wrote_is_adopted() -> None:
    tracker = listening()
    tracker.adopt(KEY, Health(status="offline", since=START, reason="will"))
    assert status(tracker) == "offline"
    heard(tracker, SECOND)
    assert status(tracker) == "online"


def test_what_waited_with_the_broker_is_no_news_where_others_heard_more() -> None:
    tracker = HealthTracker(START, shared=timedelta(seconds=45))
    tracker.sync([known()], START)
    tracker.hear(START)
    heard(tracker, SECOND)
    tracker.take_over([(KEY, START + 60 * SECOND, START + 60 * SECOND), ((1, 404), START, None)])
    at = START + 61 * SECOND
    old = tracker.reading(tracked(tracker), ts=START + 30 * SECOND, received_at=at, measures={}, faults=("motor_stall",))
    assert not old
    assert status(tracker) == "online"


def test_our_clock_set_back_does_not_set_back_what_is_the_newest() -> None:
    tracker = listening()
    heard(tracker, 10 * SECOND)
    heard(tracker, 4 * SECOND, ts_after=11 * SECOND)
    assert tracked(tracker).last_ts == START + 10 * SECOND


def test_last_seen_is_handed_out_lazily_and_once() -> None:
    tracker = listening()
    for step in range(5):
        heard(tracker, step * SECOND)
    ten = timedelta(seconds=10)
    assert tracker.take_seen(START + 9 * SECOND, older_than=ten, most=10) == []
    [seen] = tracker.take_seen(START + 10 * SECOND, older_than=ten, most=10)
    assert seen.last_seen_at == START + 4 * SECOND
    assert tracker.take_seen(START + 60 * SECOND, older_than=ten, most=10) == []
