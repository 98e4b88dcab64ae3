"""What one process changes, all others hear, in the same order; what was missed is handed over, or known to be unknown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from store.db import Database
from store.listen import ChangeListener
from store.notify import Change, notify, notify_all
from store.recent import RecentChanges

Wait = Callable[..., None]


@contextmanager
def listening(db: Database) -> Iterator[ChangeListener]:
    listener = ChangeListener(db)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


@pytest.fixture
def listener(db: Database) -> Iterator[ChangeListener]:
    with listening(db) as running:
        yield running


def change(db: Database, *subjects: str) -> list[Change]:
    """Several changes in one transaction."""
    changes = [Change(topic="status", site_id=1, subject=subject) for subject in subjects]
    with db.transaction() as conn:
        notify_all(conn, changes)
    return changes


def missed(listener: ChangeListener, position: str) -> list[Change] | None:
    with listener.subscribed(lambda _: None, since=position) as beginning:
        return beginning.missed


def test_what_came_after_a_position_is_known(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    at_first = listener.position
    assert missed(listener, at_first) == []
    before = change(db, "1", "2")
    wait_for(lambda: missed(listener, at_first) == before)
    between = listener.position
    after = [*change(db, "3"), *change(db, "3")]
    wait_for(lambda: missed(listener, between) == after)
    assert missed(listener, at_first) == before + after


def test_processes_understand_the_positions_of_each_other(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    with listening(db) as other:
        assert missed(other, listener.position) is None, "nothing was heard yet that both know"
        change(db, "1", "2")
        wait_for(lambda: listener.position == other.position)
        position = listener.position
        later = change(db, "3", "4")
        wait_for(lambda: missed(other, position) == later)
        wait_for(lambda: listener.position == other.position)


def test_equal_changes_of_a_transaction_are_heard_once(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    position = listener.position
    with db.transaction() as conn:
        for _ in range(3):
            notify(conn, Change(topic="round", site_id=1))
    last = change(db, "1")
    wait_for(lambda: missed(listener, position) == [Change(topic="round", site_id=1), *last])


def test_a_change_is_missed_or_told_and_never_both(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    position = listener.position
    told: list[Change] = []
    before = change(db, "1")
    wait_for(lambda: listener.position != position)
    with listener.subscribed(told.append, since=position) as beginning:
        after = change(db, "2")
        wait_for(lambda: told)
    assert (beginning.missed, told) == (before, after)


def test_after_the_database_was_away_nothing_before_is_known(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    at_first = listener.position
    change(db, "1")
    wait_for(lambda: listener.position != at_first)
    known = listener.position
    gaps: list[str] = []
    with listener.subscribed(lambda _: None, lambda: gaps.append(listener.position)):
        with db.transaction() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        wait_for(lambda: gaps)
    assert missed(listener, known) is None
    assert missed(listener, gaps[0]) == []


def test_the_oldest_changes_are_forgotten() -> None:
    recent = RecentChanges()
    at_first = recent.position
    changes = [Change(topic="status", site_id=1, subject=str(number)) for number in range(8193)]
    for number, each in enumerate(changes[:-1]):
        recent.add(str(number), each)
    assert recent.since(at_first) == changes[:-1]
    recent.add("8192", changes[-1])
    assert recent.since(at_first) is None
    assert recent.since("0.1") == changes[1:]
    assert recent.since("8192.1") == []
    assert recent.since("") is None
