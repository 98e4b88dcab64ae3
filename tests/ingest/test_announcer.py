"""Pages are told soon, seldom enough, and of nothing twice."""

from datetime import UTC, datetime, timedelta

from ingest.announcer import Announcer, status_changes
from ingest.health import Health
from ingest.tracked import Seen, Transition
from store.notify import Change

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_what_comes_too_soon_is_told_as_soon_as_it_may_be_and_once() -> None:
    announcer = Announcer()
    announcer.note("reading", {1, 2})
    assert announcer.due(NOW) == [Change(topic="reading", site_id=1), Change(topic="reading", site_id=2)]
    for tenth in range(1, 10):
        announcer.note("reading", {1})
        assert announcer.due(NOW + timedelta(seconds=tenth / 10)) == []
    assert announcer.due(NOW + timedelta(seconds=1)) == [Change(topic="reading", site_id=1)]
    assert announcer.due(NOW + timedelta(seconds=9)) == []


def moved(site_id: int, device_id: int) -> Transition:
    return Transition(
        site_id=site_id,
        device_id=device_id,
        at=NOW,
        previous="online",
        health=Health(status="unknown", since=NOW, reason="restart"),
        seen=Seen(site_id=site_id, device_id=device_id, last_seen_at=None, last_ts=None, skew_ms=None, grounds=()),
    )


def test_a_device_that_moved_twice_is_told_of_once() -> None:
    assert status_changes([moved(1, 7), moved(1, 7)]) == [Change(topic="status", site_id=1, subject="7")]


def test_when_everything_moved_the_sites_are_told_of() -> None:
    changes = status_changes([moved(site, device) for site in (2, 1) for device in range(500)])
    assert changes == [Change(topic="status", site_id=1), Change(topic="status", site_id=2)]
