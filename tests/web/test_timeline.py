"""A device's health over a time, told from its transitions."""

from datetime import datetime, timedelta

import pytest

from ingest.model import Status
from ingest.views import DeviceHealth, StatusChange
from web.timeline import Segment, segments, spells


@pytest.fixture
def device(now: datetime) -> DeviceHealth:
    """Registered a week ago."""
    return DeviceHealth(
        site_id=1,
        id=1,
        slug="d",
        address=None,
        name="d",
        kind="cctv",
        asset_id=None,
        asset_code=None,
        asset_name=None,
        area_id=None,
        area_name=None,
        status="online",
        since=now,
        reason="recovered",
        faults=[],
        last_seen_at=None,
        last_ts=None,
        skew_ms=None,
        silent_after=None,
        registered_at=now - timedelta(days=7),
        retired_at=None,
    )


def change(at: datetime, status: Status, previous: Status) -> StatusChange:
    return StatusChange(id=1, at=at, status=status, previous=previous, reason="fault", faults=[])


def test_the_last_change_before_tells_how_it_began(device: DeviceHealth, now: datetime) -> None:
    since = now - timedelta(hours=24)
    changes = [
        change(now - timedelta(hours=1), "offline", "online"),
        change(now - timedelta(hours=2), "online", "online"),
        change(since - timedelta(days=1), "online", "unknown"),
    ]
    assert segments(device, changes, since=since) == [
        Segment(status="online", since=since, until=now - timedelta(hours=1)),
        Segment(status="offline", since=now - timedelta(hours=1), until=None),
    ]
    assert [(spell.change.status, spell.until) for spell in spells(changes, since=since)] == [
        ("offline", None),
        ("online", now - timedelta(hours=1)),
    ]


def test_without_an_earlier_change_the_first_one_tells(device: DeviceHealth, now: datetime) -> None:
    since = now - timedelta(hours=24)
    found = segments(device, [change(now - timedelta(hours=1), "fault", "stale")], since=since)
    assert [segment.status for segment in found] == ["stale", "fault"]


def test_without_any_change_it_is_as_it_is(device: DeviceHealth, now: datetime) -> None:
    since = now - timedelta(hours=24)
    assert segments(device, [], since=since) == [Segment(status="online", since=since, until=None)]
    assert spells([], since=since) == []


def test_nothing_is_told_of_the_time_before_the_registration(device: DeviceHealth, now: datetime) -> None:
    found = segments(device, [], since=now - timedelta(days=30))
    assert found[0].since == device.registered_at
