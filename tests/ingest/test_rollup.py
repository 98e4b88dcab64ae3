"""Hours and days of readings on both servers: computed anew as often as wanted, late readings in their own hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.clock import ManualClock
from core.settings import Settings
from ingest.availability import availability, availability_of_days
from ingest.jobs import jobs, prepare_partitions
from ingest.kinds import all_kinds
from ingest.levels import HOURS_FOR
from ingest.queries.rollup_marks import go_back, mark_dropped
from ingest.rollup import roll_up
from ingest.rollup_tables import all_rollups, declared_tables
from ingest.series import fetch_series
from ingest.views import Series
from store.db import Database
from store.series import prepare_days
from tests.ingest.conftest import insert_device
from tests.servers import MakeSeries

GATE = all_kinds()["gate_barrier"]
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
FIVE_PAST = HOUR + 6 * MINUTE  # an hour is taken in when it is over and everything has settled


@dataclass(frozen=True, kw_only=True, slots=True)
class Lodge:
    """A compound with one gate, on a database with the rollups' tables."""

    db: Database
    site_id: int
    gate: int

    def read(self, ts: datetime, *, received_at: datetime | None = None, **measures: object) -> None:
        """A reading of the gate is stored."""
        names = ", ".join(("site_id", "device_id", "ts", "received_at", *measures))
        blanks = ", ".join(["%s"] * (4 + len(measures)))
        with self.db.transaction() as conn:
            conn.execute(
                f"INSERT INTO reading_gate_barrier ({names}) VALUES ({blanks})".encode(),  # noqa: S608 - our own names
                (self.site_id, self.gate, ts, received_at or ts + SECOND, *measures.values()),
            )

    def become(self, status: str, at: datetime) -> None:
        """The gate's status changes."""
        self.execute(
            "INSERT INTO device_status (site_id, device_id, at, status, previous, reason) VALUES (%s, %s, %s, %s, 'unknown', 'seen')",
            self.site_id,
            self.gate,
            at,
            status,
        )

    def beat(self, seen_at: datetime, *, started_at: datetime) -> None:
        """The ingester says that it is there."""
        self.execute(
            """
            INSERT INTO ingester VALUES ('one', %s, %s, true, 0, 0, 0, 0)
                ON CONFLICT (client_id) DO UPDATE SET started_at = excluded.started_at, seen_at = excluded.seen_at
            """,
            started_at,
            seen_at,
        )

    def roll(self, now: datetime, **settings: object) -> int:
        """The job runs."""
        return roll_up(self.db, ManualClock(now), Settings.model_validate(settings))

    def execute(self, query: str, *values: object) -> None:
        with self.db.transaction() as conn:
            conn.execute(query.encode(), values)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.db.transaction() as conn:
            return conn.execute(query.encode(), values).fetchall()

    def hours(self, columns: str, table: str = "hourly_gate_barrier") -> dict[datetime, Any]:
        """By their begin."""
        found = self.rows(f"SELECT ts, {columns} FROM {table} ORDER BY ts")  # noqa: S608 - our own names
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in found}

    def chart(self, since: datetime, until: datetime, *measures: str) -> Series:
        """What a page is given."""
        with self.db.transaction() as conn:
            return fetch_series(conn, GATE, site_id=self.site_id, device_id=self.gate, measures=measures, since=since, until=until)


@pytest.fixture
def make_lodge(make_series: MakeSeries, now: datetime) -> Callable[..., Lodge]:
    """Makes one, in that time zone."""

    def make(tz: str = "Asia/Shanghai") -> Lodge:
        db = make_series(declared_tables())
        with db.transaction() as conn:
            prepare_partitions(conn, now, Settings())
            region = conn.execute("INSERT INTO region (level, name) VALUES ('city', 'Shanghai') RETURNING id").fetchone()
            site = conn.execute(
                "INSERT INTO site (slug, name, tz, region_id, created_at) VALUES ('wutong', 'Wutong', %s, %s, %s) RETURNING id",
                (tz, region and region[0], now),
            ).fetchone()
            assert site is not None
            gate = insert_device(conn, site[0], "gate-1", GATE.slug, now - 5 * DAY)
        return Lodge(db=db, site_id=site[0], gate=gate)

    return make


@pytest.fixture
def lodge(make_lodge: Callable[..., Lodge]) -> Lodge:
    return make_lodge()


def test_an_hour_keeps_least_average_most_last_and_how_long_what_was(lodge: Lodge, now: datetime) -> None:
    for minute, position, temperature, cycles in ((0, "closed", 20, 7), (1, "open", 40, 8), (2, "closed", None, 9)):
        lodge.read(
            now + minute * MINUTE, position=position, motor_temp=temperature, cycles=cycles, loop_occupied=position == "open"
        )
    assert lodge.roll(now + FIVE_PAST) > 0
    assert lodge.hours("readings, motor_temp_min, motor_temp_avg, motor_temp_max, motor_temp_count, motor_temp_last") == {
        now: (3, 20, 30, 40, 2, 40)
    }
    assert lodge.hours("cycles_min, cycles_avg, cycles_max, cycles_count, cycles_last") == {now: (7, 8, 9, 3, 9)}
    # A gate may be silent for 90 s: for so long its last state holds.
    assert lodge.hours("position_last, position_open_s, position_closed_s, position_moving_s") == {now: ("closed", 60, 150, 0)}
    assert lodge.hours("loop_occupied_last, loop_occupied_true_s, loop_occupied_false_s") == {now: (False, 60, 150)}


def test_a_state_goes_on_into_the_next_hour_and_not_through_a_silence(lodge: Lodge, now: datetime) -> None:
    lodge.read(now + 30 * MINUTE, position="open")
    lodge.read(now + HOUR - 30 * SECOND, position="open")
    lodge.read(now + HOUR + 20 * SECOND, position="closed")
    lodge.roll(now + HOUR + FIVE_PAST)
    assert lodge.hours("readings, position_open_s, position_closed_s") == {now: (2, 120, 0), now + HOUR: (1, 20, 90)}
    lodge.read(now + 2 * HOUR - SECOND, position="blocked")
    lodge.roll(now + 2 * HOUR + FIVE_PAST)
    # Nothing was read in the third hour, but the state of the second went on into it.
    assert lodge.hours("readings, position_blocked_s, position_last")[now + 2 * HOUR] == (0, 89, None)


def test_a_late_reading_comes_into_its_own_hour_and_day(lodge: Lodge, now: datetime) -> None:
    for hours in (30, 2, 0):
        lodge.read(now - hours * HOUR, motor_temp=20)
    lodge.roll(now + FIVE_PAST)
    # The gate was offline and sends what it kept, each newer than the one before.
    lodge.read(now - 30 * HOUR + 10 * MINUTE, motor_temp=60, received_at=now + HOUR + 7 * MINUTE)
    lodge.read(now - 2 * HOUR + 10 * MINUTE, motor_temp=40, received_at=now + HOUR + 8 * MINUTE)
    lodge.roll(now + HOUR + FIVE_PAST)
    assert lodge.hours("motor_temp_avg") == {now - 30 * HOUR: 40, now - 2 * HOUR: 30, now: 20}
    midnight = datetime(2026, 11, 20, 16, tzinfo=UTC)  # in Shanghai
    assert lodge.hours("motor_temp_count, motor_temp_avg, motor_temp_last", "daily_gate_barrier") == {
        midnight: (2, 40, 60),
        midnight + DAY: (3, pytest.approx(80 / 3), 20),
    }


def test_rolled_up_twice_is_rolled_up_once(lodge: Lodge, now: datetime, run_together: Callable[..., list[object]]) -> None:
    for minute in range(-180, 60):
        lodge.read(now + minute * MINUTE, position="open" if minute % 7 else "moving", motor_temp=minute, cycles=minute)
    everything = "SELECT xmin::text, t FROM {} t ORDER BY ts"
    tables = ("hourly_gate_barrier", "daily_gate_barrier")
    run_together(*[lambda: lodge.roll(now + FIVE_PAST)] * 2)
    lodge.roll(now + FIVE_PAST)
    before = [lodge.rows(everything.format(table)) for table in tables]
    assert [len(rows) for rows in before] == [4, 1]
    with lodge.db.transaction() as conn:
        go_back(conn, now - 3 * HOUR)
    assert lodge.roll(now + FIVE_PAST) > 0
    assert [lodge.rows(everything.format(table)) for table in tables] == before  # not even written again


def test_an_ingester_cut_off_from_the_database_brings_what_it_held(lodge: Lodge, now: datetime) -> None:
    started = now - DAY
    lodge.read(now - HOUR, motor_temp=20)
    for minutes in (0, 5, 10):
        lodge.beat(now + minutes * MINUTE, started_at=started)
        lodge.roll(now + minutes * MINUTE)
    lodge.roll(now + 2 * HOUR)
    assert lodge.hours("motor_temp_count") == {now - HOUR: 1}
    held = now + 11 * MINUTE
    lodge.read(held, motor_temp=50, received_at=held)
    lodge.beat(now + 3 * HOUR, started_at=started)
    lodge.roll(now + 3 * HOUR + MINUTE)
    lodge.roll(now + 3 * HOUR + 6 * MINUTE)
    assert lodge.hours("motor_temp_count") == {now - HOUR: 1, now: 1}


def test_what_an_ingester_held_that_was_started_anew_is_not_waited_for(lodge: Lodge, now: datetime) -> None:
    lodge.read(now - HOUR, motor_temp=20)
    lodge.beat(now, started_at=now - DAY)
    lodge.roll(now)
    lodge.roll(now + DAY + 6 * MINUTE)
    lodge.beat(now + DAY + 7 * MINUTE, started_at=now + DAY + 7 * MINUTE)
    lodge.roll(now + DAY + 8 * MINUTE)
    [(mark,)] = lodge.rows("SELECT rolled_to FROM rollup_mark WHERE series = 'reading_gate_barrier'")
    assert mark == now + DAY


def test_an_hour_whose_readings_may_be_gone_is_left_as_it_is(lodge: Lodge, now: datetime) -> None:
    for minute in range(3):
        lodge.read(now - 2 * DAY + minute * MINUTE, motor_temp=20)
    lodge.roll(now + FIVE_PAST)
    with lodge.db.transaction() as conn:
        conn.execute("DELETE FROM reading_gate_barrier")
        mark_dropped(conn, "reading_gate_barrier", readings=now - DAY)
    lodge.read(now - 2 * DAY + 5 * MINUTE, motor_temp=90, received_at=now + HOUR + MINUTE)
    lodge.read(now - HOUR, motor_temp=70, received_at=now + HOUR + MINUTE)
    lodge.roll(now + HOUR + FIVE_PAST)
    assert lodge.hours("readings, motor_temp_max") == {now - 2 * DAY: (3, 20), now - HOUR: (1, 70)}


def test_readings_are_kept_until_they_are_rolled_up_and_rollups_longer(lodge: Lodge, now: datetime) -> None:
    settings = Settings(reading_retention=2 * DAY, max_reading_age=DAY, hourly_retention=90 * DAY)
    [drop] = [job for job in jobs(settings) if job.slug == "drop_old_readings"]
    lodge.read(now, motor_temp=20)

    def left_after_dropping(at: datetime) -> int:
        with lodge.db.transaction() as conn:
            assert drop.run is not None
            drop.run(conn, at)
        [(count,)] = lodge.rows("SELECT count(*) FROM reading_gate_barrier")
        return int(count)

    assert left_after_dropping(now + 9 * DAY) == 1
    roll_up(lodge.db, ManualClock(now + 9 * DAY), settings)
    assert left_after_dropping(now + 9 * DAY) == 0
    assert lodge.hours("motor_temp_last") == {now: 20}
    left_after_dropping(now + 200 * DAY)
    assert lodge.hours("motor_temp_last") == {}
    assert list(lodge.hours("motor_temp_last", "daily_gate_barrier").values()) == [20]


def test_hours_and_days_are_cut_by_the_sites_clock(make_lodge: Callable[..., Lodge], now: datetime) -> None:
    kolkata = make_lodge("Asia/Kolkata")  # half an hour off
    kolkata.read(now, motor_temp=20)
    kolkata.read(now + 40 * MINUTE, motor_temp=40)
    kolkata.become("online", now - HOUR)
    kolkata.roll(now + HOUR + FIVE_PAST)
    half = timedelta(minutes=30)
    assert kolkata.hours("motor_temp_last") == {now - half: 20, now + half: 40}
    assert kolkata.hours("up_s, unknown_s", "hourly_status")[now - HOUR - half] == (1800, 1800)
    assert list(kolkata.hours("motor_temp_count", "daily_gate_barrier")) == [datetime(2026, 11, 21, 18, 30, tzinfo=UTC)]


def test_a_day_made_by_another_clock_is_replaced(lodge: Lodge, now: datetime) -> None:
    lodge.read(now, motor_temp=20)
    lodge.roll(now + FIVE_PAST)
    lodge.execute("UPDATE site SET tz = 'Asia/Tokyo'")
    lodge.read(now + HOUR, motor_temp=40)
    lodge.roll(now + HOUR + FIVE_PAST)
    assert lodge.hours("motor_temp_count", "daily_gate_barrier") == {datetime(2026, 11, 21, 15, tzinfo=UTC): 2}


def test_hours_and_days_of_status_add_up_to_what_the_transitions_say(lodge: Lodge, now: datetime) -> None:
    begin = datetime(2026, 11, 18, 16, tzinfo=UTC)  # a day in Shanghai
    for hours, status in (
        (-2, "unknown"), (1, "online"), (5.2, "fault"), (6, "degraded"), (20, "stale"), (21.5, "offline"), (30, "online"),
    ):  # fmt: skip
        lodge.become(status, begin + hours * HOUR)
    lodge.roll(now + FIVE_PAST)
    assert lodge.hours("up_s, down_s, unknown_s", "hourly_status")[begin + 5 * HOUR] == (720, 2880, 0)
    with lodge.db.transaction() as conn:
        for first, last in ((0, 1), (1, 2), (0, 3)):
            since, until = begin + first * DAY, begin + last * DAY
            exact = availability(conn, lodge.site_id, lodge.gate, since=since, until=until)
            days = availability_of_days(conn, lodge.site_id, since=since, until=until)
            assert days == {lodge.gate: exact}


def test_a_device_counts_from_when_it_is_registered_until_it_is_retired(lodge: Lodge, now: datetime) -> None:
    lodge.execute("UPDATE device SET registered_at = %s, retired_at = %s", now + 15 * MINUTE, now + 2 * HOUR + 30 * MINUTE)
    lodge.become("online", now + 30 * MINUTE)
    lodge.roll(now + 3 * HOUR + FIVE_PAST)
    assert lodge.hours("up_s, down_s, unknown_s", "hourly_status") == {
        now: (1800, 0, 900),
        now + HOUR: (3600, 0, 0),
        now + 2 * HOUR: (1800, 0, 0),
    }


@pytest.mark.parametrize("days", [2, 30, 200])
def test_a_chart_of_any_range_counts_each_reading_once_and_shows_the_newest(lodge: Lodge, now: datetime, days: int) -> None:
    begin = now - 6 * DAY
    with lodge.db.transaction() as conn:
        conn.execute(
            """
            INSERT INTO reading_gate_barrier (site_id, device_id, ts, received_at, motor_temp, cycles, position)
            SELECT %s, %s, t, t, 20 + n %% 7, n, CASE WHEN n %% 2 = 0 THEN 'open' ELSE 'closed' END
              FROM generate_series(%s::timestamptz, %s, '10 minutes') WITH ORDINALITY AS s (t, n)
            """,
            (lodge.site_id, lodge.gate, begin, now),
        )
    lodge.roll(now - 90 * MINUTE)
    lodge.read(now + MINUTE, motor_temp=99, cycles=5000, position="blocked", received_at=now)
    until = now + 5 * MINUTE
    series = lodge.chart(until - days * DAY, until, "motor_temp", "cycles", "position")
    assert len(series.times) <= 1000
    assert series.times == sorted(series.times)
    assert max(value or 0 for value in series.highs["motor_temp"]) == 99
    assert min(value or 99 for value in series.lows["motor_temp"]) == 20
    assert series.values["cycles"][-1] == 5000
    assert series.values["position"][-1] == 3
    if days == 200:
        [(average, last_day)] = lodge.rows(
            "SELECT avg(motor_temp), min(ts) FROM reading_gate_barrier WHERE ts >= %s", datetime(2026, 11, 21, 16, tzinfo=UTC)
        )
        assert series.values["motor_temp"][-1] == pytest.approx(average)
        assert series.times[-1] == last_day.timestamp()
        assert series.width == DAY


def test_where_readings_are_gone_a_short_chart_is_drawn_from_what_is_left(lodge: Lodge, now: datetime) -> None:
    lodge.read(now - 2 * DAY, motor_temp=20)
    lodge.read(now - 2 * DAY + MINUTE, motor_temp=40)
    lodge.roll(now)
    with lodge.db.transaction() as conn:
        conn.execute("DELETE FROM reading_gate_barrier")
        mark_dropped(conn, "reading_gate_barrier", readings=now - DAY)
    series = lodge.chart(now - 3 * DAY, now - DAY, "motor_temp")
    assert (series.values["motor_temp"], series.width) == ([30], HOUR)
    with lodge.db.transaction() as conn:
        conn.execute("DELETE FROM hourly_gate_barrier")
        mark_dropped(conn, "reading_gate_barrier", hourly=now - DAY)
    series = lodge.chart(now - 3 * DAY, now - DAY, "motor_temp")
    assert (series.lows["motor_temp"], series.highs["motor_temp"], series.width) == ([20], [40], DAY)


def test_an_outage_is_a_hole_in_a_chart_of_hours_too(lodge: Lodge, now: datetime) -> None:
    hours = [*range(100, 60, -1), *range(50, 0, -1)]
    with lodge.db.transaction() as conn:
        prepare_days(conn, declared_tables(), (now - 5 * DAY).date(), now.date())
    for before in hours:
        lodge.read(now - before * HOUR, motor_temp=20)
    lodge.roll(now)
    series = lodge.chart(now - HOURS_FOR + DAY, now, "motor_temp")
    assert [index for index, value in enumerate(series.values["motor_temp"]) if value is None] == [
        40 if series.width == HOUR else 14
    ]


def test_names_of_rollup_columns_are_distinct_and_fit() -> None:
    for rollup in all_rollups():
        names = [column.name for column in rollup.columns]
        assert len(names) == len(set(names))
        assert max(map(len, names)) < 64
