"""What changed while a page was on its way to the browser is not missed."""

from collections.abc import Callable, Iterator

import pytest

from store import listen
from store.db import Database
from store.listen import ChangeListener
from store.notify import Change, notify

Wait = Callable[..., None]


@pytest.fixture
def listener(db: Database) -> Iterator[ChangeListener]:
    heard = ChangeListener(db)
    heard.start()
    yield heard
    heard.stop()


def tell(db: Database, *subjects: str) -> list[Change]:
    changes = [Change(topic="alert", site_id=1, subject=subject) for subject in subjects]
    for change in changes:
        with db.transaction() as conn:
            notify(conn, change)
    return changes


def test_what_was_heard_after_a_position_is_told_in_order(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    start = listener.position
    assert listener.since(start) == []
    first, second = tell(db, "a", "b")
    wait_for(lambda: listener.since(start) == [first, second])
    assert listener.since(listener.position) == []


def test_nobody_can_tell_what_another_process_heard_or_what_is_too_old(
    db: Database, listener: ChangeListener, wait_for: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "_REMEMBERED", 2)
    small = ChangeListener(db)
    small.start()
    try:
        start = small.position
        tell(db, "a", "b", "c")
        wait_for(lambda: small.position.endswith(".3"))
        for position in (start, listener.position, "", "x", f"{start.split('.')[0]}.99", f"{start.split('.')[0]}.-1"):
            assert small.since(position) is None
    finally:
        small.stop()


def test_after_a_gap_nobody_can_tell(db: Database, listener: ChangeListener, wait_for: Wait) -> None:
    start = listener.position
    with db.transaction() as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
    wait_for(lambda: listener.position != start)
    assert listener.since(start) is None
