"""The same series tables on plain PostgreSQL and on TimescaleDB."""

from datetime import UTC, date, datetime, timedelta

import pytest

from store.db import Database
from store.migrate import migrate
from store.series import Column, SeriesTable, compress_before, drop_before, prepare_days, summarize_arrivals
from tests.servers import MakeSeries

TABLE = SeriesTable(
    name="reading_sluice",
    columns=(
        Column(name="site_id", sql_type="bigint", required=True),
        Column(name="device_id", sql_type="bigint", required=True),
        Column(name="ts", sql_type="timestamp with time zone", required=True),
        Column(name="level", sql_type="real"),
        Column(name="received_at", sql_type="timestamp with time zone"),
    ),
    arrival="received_at",
)


@pytest.fixture
def series_db(make_series: MakeSeries) -> Database:
    """An empty database on each backend, with the table above."""
    return make_series((TABLE,))


def store_days(db: Database, now: datetime, days: int) -> None:
    with db.transaction() as conn:
        prepare_days(conn, (TABLE,), (now - timedelta(days=days)).date(), now.date())
        for age in range(days):
            conn.execute("INSERT INTO reading_sluice VALUES (1, 1, %s, %s, now())", (now - timedelta(days=age), age))


def test_a_reading_delivered_twice_is_one_row(series_db: Database, now: datetime) -> None:
    store_days(series_db, now, 1)
    with series_db.transaction() as conn:
        conn.execute("INSERT INTO reading_sluice VALUES (1, 1, %s, 9, now()) ON CONFLICT DO NOTHING", (now,))
        assert conn.execute("SELECT count(*), max(level) FROM reading_sluice").fetchone() == (1, 0.0)


def test_old_days_are_dropped_whole_and_the_rest_stays(series_db: Database, now: datetime) -> None:
    store_days(series_db, now, 6)
    with series_db.transaction() as conn:
        dropped = drop_before(conn, (TABLE,), now - timedelta(days=3))
    with series_db.transaction() as conn:
        kept = [row[0] for row in conn.execute("SELECT level FROM reading_sluice ORDER BY ts DESC")]
    assert dropped >= 2
    assert kept == [0.0, 1.0, 2.0, 3.0]


def test_making_room_twice_makes_it_once(series_db: Database, now: datetime) -> None:
    with series_db.transaction() as conn:
        prepare_days(conn, (TABLE,), now.date(), now.date())
        assert prepare_days(conn, (TABLE,), now.date(), now.date()) == 0


def test_migrating_again_keeps_the_backend_and_the_rows(series_db: Database, now: datetime) -> None:
    store_days(series_db, now, 2)
    assert migrate(series_db.url, (TABLE,), now) == []
    with series_db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM reading_sluice").fetchone() == (2,)


@pytest.mark.parametrize("span", ["month", "year"])
def test_longer_spans_go_whole_too(make_series: MakeSeries, span: str) -> None:
    table = SeriesTable(name="hourly_sluice", columns=TABLE.columns, span=span)  # type: ignore[arg-type]
    db = make_series((table,))
    months = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 1, 31), date(2026, 3, 1)]
    with db.transaction() as conn:
        prepare_days(conn, (table,), months[0], months[-1])
        assert prepare_days(conn, (table,), months[0], months[-1]) == 0
        for day in months:
            conn.execute("INSERT INTO hourly_sluice VALUES (1, 1, %s, 0, now())", (day,))
        drop_before(conn, (table,), datetime(2026, 2, 15, tzinfo=UTC))
        kept = {row[0].date() for row in conn.execute("SELECT ts FROM hourly_sluice")}
    assert months[-1] in kept
    assert months[0] not in kept


def test_the_arrival_index_takes_in_what_came(series_db: Database, now: datetime) -> None:
    day = now.replace(hour=0)
    with series_db.transaction() as conn:
        prepare_days(conn, (TABLE,), now.date(), now.date())
        conn.execute(
            """
            INSERT INTO reading_sluice (site_id, device_id, ts, received_at)
            SELECT 1, 1, t, t FROM generate_series(%s::timestamptz, %s, '1 second') t
            """,
            (day, day + timedelta(hours=4)),
        )
        assert summarize_arrivals(conn, TABLE, now + timedelta(days=1)) == 0
        assert summarize_arrivals(conn, TABLE, now) >= 2
        assert summarize_arrivals(conn, TABLE, now) == 0


def test_where_the_server_cannot_compress_nothing_is_compressed_and_nothing_fails(series_db: Database, now: datetime) -> None:
    store_days(series_db, now, 3)
    with series_db.transaction() as conn:
        assert compress_before(conn, (TABLE,), now) == 0
        assert conn.execute("SELECT count(*) FROM reading_sluice").fetchone() == (3,)
