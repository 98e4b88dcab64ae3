"""Charts and "now": the right points, holes where nothing was measured, and never the wrong latest."""

from datetime import datetime, timedelta

import pytest

from ingest.kinds import all_kinds
from ingest.levels import bucket_width
from ingest.model import DeviceKind
from ingest.series import UnknownMeasureError, fetch_series, find_latest_reading
from store.db import Connection, Database
from tests.ingest.conftest import Devices

GATE = all_kinds()["gate_barrier"]
DRAIN = all_kinds()["drainage"]
SECOND = timedelta(seconds=1)
INSERT = "INSERT INTO reading_gate_barrier (site_id, device_id, ts, received_at, position, cycles, motor_temp, loop_occupied)"


def add(conn: Connection, devices: Devices, ts: datetime, *values: object, received_at: datetime | None = None) -> None:
    position, cycles, temperature, occupied = values
    conn.execute(
        f"{INSERT} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)".encode(),
        (devices.site_id, devices.gate, ts, received_at or ts, position, cycles, temperature, occupied),
    )


def test_few_readings_are_points_at_their_own_times(conn: Connection, devices: Devices, now: datetime) -> None:
    add(conn, devices, now - 50 * SECOND, "closed", 10, 41.5, False)
    add(conn, devices, now - 20 * SECOND, "open", 11, None, True)
    series = fetch_series(
        conn,
        GATE,
        site_id=devices.site_id,
        device_id=devices.gate,
        measures=["motor_temp", "cycles", "position", "loop_occupied"],
        since=now - timedelta(hours=1),
        until=now,
    )
    assert series.times == [now.timestamp() - 50, now.timestamp() - 20]
    assert series.values == {
        "motor_temp": [41.5, None],
        "cycles": [10, 11],
        "position": [1, 0],  # open, closed, moving, blocked
        "loop_occupied": [0, 1],
    }


def test_where_nothing_was_measured_there_is_a_hole(conn: Connection, devices: Devices, now: datetime) -> None:
    for before in (600, 590, 30, 20):
        add(conn, devices, now - before * SECOND, "closed", 1, 40, False)
    series = fetch_series(
        conn,
        GATE,
        site_id=devices.site_id,
        device_id=devices.gate,
        measures=["motor_temp"],
        since=now - timedelta(hours=1),
        until=now,
    )
    assert series.values["motor_temp"] == [40, 40, None, 40, 40]
    assert series.times == sorted(series.times)


def test_a_device_that_reports_seldom_has_a_line_and_its_outage_a_hole(conn: Connection, devices: Devices, now: datetime) -> None:
    minutes = [*range(0, 100, 10), *range(160, 260, 10)]  # every ten minutes, though its kind may be silent for five at most
    for minute in minutes:
        add(conn, devices, now - timedelta(minutes=300 - minute), "closed", 1, float(minute), False)
    series = fetch_series(
        conn,
        GATE,
        site_id=devices.site_id,
        device_id=devices.gate,
        measures=["motor_temp"],
        since=now - timedelta(days=1),
        until=now,
    )
    measured = series.values["motor_temp"]
    assert measured.count(None) == 1
    assert measured[9:12] == [90, None, 160]


def drawn(conn: Connection, devices: Devices, now: datetime, *minutes_before: float) -> list[bool]:
    """Whether there is a value, point by point, of readings so many minutes ago."""
    for before in minutes_before:
        add(conn, devices, now - timedelta(minutes=before), "closed", 1, 40, False)
    day = now - timedelta(hours=24)
    series = fetch_series(conn, GATE, site_id=devices.site_id, device_id=devices.gate, measures=["cycles"], since=day, until=now)
    return [value is not None for value in series.values["cycles"]]


def test_a_change_of_pace_is_no_hole(conn: Connection, devices: Devices, now: datetime) -> None:
    assert all(drawn(conn, devices, now, *range(600, 20, -10), *range(20, 0, -1)))


def test_an_outage_is_a_hole_at_every_pace(conn: Connection, devices: Devices, now: datetime) -> None:
    slow, quick = list(range(600, 300, -10)), list(range(260, 100, -2))
    shown = drawn(conn, devices, now, *slow, *quick, *range(90, 0, -2))
    assert [index for index, value in enumerate(shown) if not value] == [len(slow), len(slow) + 1 + len(quick)]


def test_a_lonely_reading_between_two_outages_joins_neither_side(conn: Connection, devices: Devices, now: datetime) -> None:
    shown = drawn(conn, devices, now, *range(600, 400, -2), 300, *range(100, 0, -2))
    assert [index for index, value in enumerate(shown) if not value] == [100, 102]


def test_many_readings_are_averaged_to_about_the_points_asked_for(conn: Connection, devices: Devices, now: datetime) -> None:
    since = now - timedelta(hours=2)
    conn.execute(
        """
        INSERT INTO reading_drainage (site_id, device_id, ts, received_at, level, pump_on)
        SELECT %s, %s, t, t, extract(epoch FROM t - %s) / 72, extract(epoch FROM t - %s) >= 3600
          FROM generate_series(%s::timestamptz, %s::timestamptz - interval '1 second', '1 second') t
        """,
        (devices.site_id, devices.drain, since, since, since, now),
    )
    series = fetch_series(conn, DRAIN, site_id=devices.site_id, device_id=devices.drain, since=since, until=now, max_points=100)
    assert len(series.times) == 100
    assert series.width == timedelta(seconds=72)
    level = [value for value in series.values["level"] if value is not None]
    assert level == pytest.approx([index + 0.493 for index in range(100)], abs=0.01)
    assert series.values["pump_on"] == [0] * 50 + [1] * 50
    assert set(series.values["battery"]) == {None}


@pytest.mark.parametrize(("hours", "points"), [(24, 1000), (0, 1000), (24 * 366, 1000), (1, 7)])
def test_a_range_never_has_more_buckets_than_asked_for(now: datetime, hours: int, points: int) -> None:
    span = timedelta(hours=hours)
    width = bucket_width(now - span, now, points)
    assert width >= SECOND
    assert span / width <= points


def test_only_declared_measures_become_columns(conn: Connection, devices: Devices, now: datetime) -> None:
    with pytest.raises(UnknownMeasureError, match="gate_barrier has no measure"):
        fetch_series(
            conn,
            GATE,
            site_id=devices.site_id,
            device_id=devices.gate,
            measures=['ts) FROM site; DROP TABLE site; --"'],
            since=now,
            until=now,
        )


@pytest.mark.parametrize("kind", all_kinds().values(), ids=lambda kind: kind.slug)
def test_every_kind_can_be_charted_and_shown(db: Database, kind: DeviceKind, now: datetime) -> None:
    with db.transaction() as conn:
        series = fetch_series(conn, kind, site_id=1, device_id=1, since=now - timedelta(days=365), until=now)
        assert series.times == []
        assert set(series.values) == {measure.slug for measure in kind.measures}
        assert find_latest_reading(conn, kind, site_id=1, device_id=1, now=now) is None


def latest_cycles(conn: Connection, devices: Devices, now: datetime) -> object:
    found = find_latest_reading(conn, GATE, site_id=devices.site_id, device_id=devices.gate, now=now)
    assert found is not None
    return found.measures["cycles"]


def test_the_latest_is_what_was_measured_last_not_what_came_last(conn: Connection, devices: Devices, now: datetime) -> None:
    add(conn, devices, now - SECOND, "open", 2, None, None)
    add(conn, devices, now - timedelta(hours=5), "closed", 1, 50, None, received_at=now)
    found = find_latest_reading(conn, GATE, site_id=devices.site_id, device_id=devices.gate, now=now)
    assert found is not None
    assert (found.ts, found.faults, found.measures) == (now - SECOND, (), {"position": "open", "cycles": 2})


def test_one_wrong_clock_does_not_hide_every_later_reading(conn: Connection, devices: Devices, now: datetime) -> None:
    add(conn, devices, now + timedelta(hours=20), "open", 1, None, None, received_at=now - 60 * SECOND)
    assert latest_cycles(conn, devices, now) == 1
    add(conn, devices, now - 30 * SECOND, "open", 2, None, None)
    assert latest_cycles(conn, devices, now) == 2


def test_a_clock_that_is_always_ahead_shows_what_came_last(conn: Connection, devices: Devices, now: datetime) -> None:
    for number in range(3):
        received_at = now - (3 - number) * SECOND
        add(conn, devices, received_at + timedelta(hours=1), "open", number, None, None, received_at=received_at)
    assert latest_cycles(conn, devices, now) == 2
