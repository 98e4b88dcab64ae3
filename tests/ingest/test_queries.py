"""What pages are told: health of a site, its history, events, the two inboxes, and their bounds."""

from datetime import datetime, timedelta

import pytest

from assets.devices import reinstate_device, retire_device
from assets.models import Site
from core.errors import NotFound
from core.settings import Settings
from ingest.availability import availability
from ingest.jobs import jobs, prepare_partitions
from ingest.queries import health, inboxes
from ingest.queries.known import list_known_devices
from ingest.views import EventCursor
from people.models import SYSTEM
from store.db import Connection
from tests.ingest.conftest import Devices

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def become(conn: Connection, devices: Devices, device_id: int, status: str, at: datetime, previous: str = "unknown") -> None:
    conn.execute("UPDATE device_state SET status = %s, since = %s WHERE device_id = %s", (status, at, device_id))
    conn.execute(
        "INSERT INTO device_status (site_id, device_id, at, status, previous, reason) VALUES (%s, %s, %s, %s, %s, 'fault')",
        (devices.site_id, device_id, at, status, previous),
    )


def test_a_device_taken_back_into_operation_begins_without_faults(conn: Connection, devices: Devices, now: datetime) -> None:
    conn.execute(
        "UPDATE device_state SET grounds = '{disk_full:disk_used}' WHERE device_id IN (%s, %s)", (devices.cam, devices.gate)
    )
    retire_device(conn, SYSTEM, now=now, site_id=devices.site_id, device_id=devices.cam)
    reinstate_device(conn, SYSTEM, now=now, site_id=devices.site_id, device_id=devices.cam)
    known = {each.id: each.grounds for each in list_known_devices(conn, site_ids=[devices.site_id])}
    assert known[devices.cam] == []
    assert known[devices.gate] == ["disk_full:disk_used"]


def test_the_illest_devices_come_first(conn: Connection, devices: Devices, now: datetime) -> None:
    for device_id, status in (
        (devices.gate, "online"),
        (devices.door, "offline"),
        (devices.cam, "fault"),
        (devices.drain, "stale"),
    ):
        become(conn, devices, device_id, status, now)
    found = health.list_device_health(conn, devices.site_id)
    assert [(each.slug, each.status) for each in found] == [
        ("door-1", "offline"),
        ("cam-1", "fault"),
        ("drain-1", "stale"),
        ("beam-1", "unknown"),
        ("gate-1", "online"),
    ]
    assert health.count_statuses(conn, [devices.site_id, 999]) == {
        devices.site_id: {"offline": 1, "fault": 1, "stale": 1, "unknown": 1, "online": 1},
        999: {},
    }


def test_devices_are_found_by_status_kind_and_any_of_their_names(conn: Connection, devices: Devices, wutong: Site) -> None:
    asset = conn.execute(
        "INSERT INTO asset (site_id, code, name, category, created_at) VALUES (%s, 'A-7', '东门道闸', 'gate', now()) RETURNING id",
        (wutong.id,),
    ).fetchone()
    assert asset is not None
    conn.execute("UPDATE device SET asset_id = %s WHERE id = %s", (asset[0], devices.gate))

    def slugs(**filters: object) -> list[str]:
        return [each.slug for each in health.list_device_health(conn, wutong.id, **filters)]  # type: ignore[arg-type]

    assert slugs(statuses=["online"]) == []
    assert slugs(kind="cctv") == ["cam-1"]
    assert slugs(text="东门") == slugs(text="a-7") == slugs(text="GATE-1") == ["gate-1"]
    assert slugs(text="%") == []
    assert len(slugs(statuses=["unknown"], limit=3)) == 3


def test_a_long_list_is_read_page_by_page(conn: Connection, devices: Devices) -> None:
    first = health.list_device_health_page(conn, devices.site_id, after_id=None, limit=3)
    rest = health.list_device_health_page(conn, devices.site_id, after_id=first[-1].id, limit=3)
    assert [each.id for each in first + rest] == [devices.gate, devices.door, devices.cam, devices.drain, devices.beam]


def test_a_retired_device_is_shown_by_its_code_alone(conn: Connection, devices: Devices, now: datetime) -> None:
    conn.execute("UPDATE device SET retired_at = %s WHERE id = %s", (now, devices.cam))
    assert "cam-1" not in [each.slug for each in health.list_device_health(conn, devices.site_id)]
    assert health.get_device_health(conn, devices.site_id, "cam-1").retired_at == now
    with pytest.raises(NotFound):
        health.get_device_health(conn, devices.site_id + 1, "cam-1")


def test_a_history_begins_with_what_was_before_it(conn: Connection, devices: Devices, now: datetime) -> None:
    for hours, status in ((5, "online"), (3, "fault"), (1, "online")):
        become(conn, devices, devices.gate, status, now - hours * HOUR)
    found = health.list_status_changes(conn, devices.site_id, devices.gate, since=now - 2 * HOUR, until=now)
    assert [(each.at, each.status) for each in found] == [(now - HOUR, "online"), (now - 3 * HOUR, "fault")]


def test_availability_leaves_out_what_nobody_knew(conn: Connection, devices: Devices, now: datetime) -> None:
    for hours, status in (
        (20, "online"),
        (16, "fault"),
        (15, "degraded"),
        (8, "unknown"),
        (7, "stale"),
        (6, "offline"),
        (4, "online"),
    ):
        become(conn, devices, devices.gate, status, now - hours * HOUR)
    day = availability(conn, devices.site_id, devices.gate, since=now - 24 * HOUR, until=now)
    assert (day.up, day.down, day.unknown) == (15 * HOUR, 4 * HOUR, 5 * HOUR)
    assert day.share == pytest.approx(15 / 19)
    within = availability(conn, devices.site_id, devices.gate, since=now - timedelta(hours=15.5), until=now - 15 * HOUR)
    assert (within.up, within.down, within.share) == (timedelta(0), timedelta(hours=0.5), 0)
    assert availability(conn, devices.site_id, devices.door, since=now - HOUR, until=now).share is None


def add_event(conn: Connection, devices: Devices, ts: datetime, event_id: str, device_id: int | None = None) -> None:
    conn.execute(
        """INSERT INTO device_event (site_id, device_id, ts, event_id, received_at, type, data)
           VALUES (%s, %s, %s, %s, %s, 'tailgating', '{"lane": 1}')""",
        (devices.site_id, device_id or devices.gate, ts, event_id, ts),
    )


def test_events_of_the_same_moment_are_not_lost_between_pages(conn: Connection, devices: Devices, now: datetime) -> None:
    for name in ("a", "b", "c", "d"):
        add_event(conn, devices, now, name)
    add_event(conn, devices, now - SECOND, "e", devices.door)
    since = now - HOUR
    first = inboxes.list_events(conn, devices.site_id, since=since, limit=3)
    last = first[-1]
    cursor = EventCursor(ts=last.ts, device_id=last.device_id, event_id=last.event_id)
    rest = inboxes.list_events(conn, devices.site_id, since=since, before=cursor, limit=3)
    assert [each.event_id for each in first + rest] == ["d", "c", "b", "a", "e"]
    assert rest[-1].device_slug == "door-1"
    assert rest[-1].data == {"lane": 1}
    assert [each.event_id for each in inboxes.list_events(conn, devices.site_id, device_id=devices.door, since=since)] == ["e"]


def discover(conn: Connection, site: Site, slug: str, seen: datetime) -> None:
    conn.execute(
        """INSERT INTO discovered_device (site_id, slug, first_seen_at, last_seen_at, last_topic, last_payload)
           VALUES (%s, %s, %s, %s, 't', '{}')""",
        (site.id, slug, seen, seen),
    )


def reject(conn: Connection, site: Site | None, topic: str, at: datetime, payload: bytes = b"") -> None:
    conn.execute(
        """INSERT INTO rejected_message (site_id, topic, reason, detail_key, facts, payload, payload_bytes, first_at, last_at)
           VALUES (%s, %s, 'not_json', 'text', '{"text": "x"}', %s, %s, %s, %s)""",
        (site and site.id, topic, payload, len(payload), at, at),
    )


def test_a_discovered_device_waits_until_it_is_ignored(conn: Connection, wutong: Site, jinxiu: Site, now: datetime) -> None:
    for slug, before in (("old", HOUR), ("new", SECOND)):
        discover(conn, wutong, slug, now - before)
    discover(conn, jinxiu, "elsewhere", now)
    assert [each.slug for each in inboxes.list_discovered(conn, wutong.id)] == ["new", "old"]
    assert inboxes.mark_ignored(conn, wutong.id, "new", at=now)
    assert not inboxes.mark_ignored(conn, wutong.id, "elsewhere", at=now)
    assert [each.slug for each in inboxes.list_discovered(conn, wutong.id)] == ["old"]
    assert [each.slug for each in inboxes.list_discovered(conn, wutong.id, ignored=True)] == ["new"]
    assert inboxes.count_discovered(conn, wutong.id) == 1
    assert inboxes.get_discovered(conn, wutong.id, "new").ignored_at == now


def test_rejected_messages_are_shown_to_their_site_and_the_rest_apart(
    conn: Connection, wutong: Site, jinxiu: Site, now: datetime
) -> None:
    for number in range(3):
        reject(conn, wutong, f"w{number}", now - number * SECOND)
    reject(conn, jinxiu, "j", now)
    reject(conn, None, "n", now)
    first = inboxes.list_rejected(conn, wutong.id, limit=2)
    rest = inboxes.list_rejected(conn, wutong.id, before=first[-1].last_at, before_id=first[-1].id)
    assert [each.topic for each in first + rest] == ["w0", "w1", "w2"]
    assert [each.topic for each in inboxes.list_rejected(conn, None)] == ["n"]
    assert inboxes.count_rejected(conn, wutong.id, since=now - SECOND) == 2


def run_job(conn: Connection, slug: str, now: datetime, **settings: object) -> int:
    [job] = [job for job in jobs(Settings.model_validate(settings)) if job.slug == slug]
    assert job.run is not None
    return job.run(conn, now)


def test_the_inboxes_are_bounded_by_age_and_count(conn: Connection, wutong: Site, now: datetime) -> None:
    for number in range(120):
        reject(conn, wutong, f"t{number}", now - number * SECOND)
    reject(conn, wutong, "old", now - timedelta(days=15))
    discover(conn, wutong, "old", now - timedelta(days=15))
    discover(conn, wutong, "ignored", now - timedelta(days=15))
    inboxes.mark_ignored(conn, wutong.id, "ignored", at=now)
    conn.execute(
        """INSERT INTO discovered_device (site_id, slug, first_seen_at, last_seen_at, last_topic, last_payload)
           SELECT %s, 'd' || n, %s, %s::timestamptz - n * interval '1 second', 't', '{}' FROM generate_series(1, 1005) n""",
        (wutong.id, now, now),
    )
    assert run_job(conn, "bound_inboxes", now, rejected_limit=100) == 21 + 1 + 5
    assert len(inboxes.list_rejected(conn, wutong.id, limit=1000)) == 100
    kept = {each.slug for each in inboxes.list_discovered(conn, wutong.id, limit=2000)}
    assert (len(kept), "d1" in kept, "d1005" in kept) == (1000, True, False)
    assert len(inboxes.list_discovered(conn, wutong.id, ignored=True)) == 1


def test_of_rejected_messages_that_take_too_much_room_the_oldest_go_and_nothing_else_does(
    conn: Connection, wutong: Site, jinxiu: Site, devices: Devices, now: datetime
) -> None:
    prepare_partitions(conn, now, Settings())
    add_event(conn, devices, now, "e")
    discover(conn, wutong, "stranger", now - HOUR)
    for number in range(300):  # in no order, and of whoever sent them
        site = (wutong, jinxiu, None)[number % 3]
        reject(conn, site, f"t{number:03}", now - (number * 7 % 300) * SECOND, bytes(4096))
    reject(conn, wutong, "old and small", now - HOUR)
    by_age = [topic for (topic,) in conn.execute("SELECT topic FROM rejected_message ORDER BY last_at DESC").fetchall()]
    assert run_job(conn, "bound_inboxes", now) == 0
    gone = run_job(conn, "bound_inboxes", now, rejected_bytes=1_000_000)
    left = [topic for (topic,) in conn.execute("SELECT topic FROM rejected_message ORDER BY last_at DESC").fetchall()]
    assert left == by_age[: 301 - gone]
    size = "SELECT sum(octet_length(payload) + octet_length(topic) + pg_column_size(facts)) FROM rejected_message"
    assert 990_000 < conn.execute(size).fetchone()[0] <= 1_000_000  # type: ignore[index]
    assert run_job(conn, "bound_inboxes", now, rejected_bytes=1_000_000) == 0
    assert [each.event_id for each in inboxes.list_events(conn, wutong.id, since=now - HOUR)] == ["e"]
    assert [each.slug for each in inboxes.list_discovered(conn, wutong.id)] == ["stranger"]


def test_there_is_room_for_every_reading_that_would_be_taken(conn: Connection, devices: Devices, now: datetime) -> None:
    settings = Settings()
    assert prepare_partitions(conn, now, settings) > 0
    assert prepare_partitions(conn, now, settings) == 0
    for ts in (now - settings.max_reading_age, now + settings.max_clock_ahead, now + timedelta(days=3)):
        add_event(conn, devices, ts, "e")


def test_old_readings_go_by_whole_days(conn: Connection, devices: Devices, now: datetime) -> None:
    prepare_partitions(conn, now, Settings())
    for days in range(8):
        add_event(conn, devices, now - timedelta(days=days), str(days))
    run_job(conn, "drop_old_readings", now, reading_retention=timedelta(days=3), max_reading_age=timedelta(days=2))
    left = inboxes.list_events(conn, devices.site_id, since=now - timedelta(days=30))
    assert [each.event_id for each in left] == ["0", "1", "2", "3"]
