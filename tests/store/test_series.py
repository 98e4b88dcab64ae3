"""The same series tables on plain PostgreSQL and on TimescaleDB."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from store.db import Database
from store.embedded import EmbeddedPostgres
from store.migrate import migrate
from store.series import Column, SeriesTable, backend_of, drop_before, prepare_days

TABLE = SeriesTable(
    name="reading_sluice",
    columns=(
        Column(name="site_id", sql_type="bigint", required=True),
        Column(name="device_id", sql_type="bigint", required=True),
        Column(name="ts", sql_type="timestamp with time zone", required=True),
        Column(name="level", sql_type="real"),
    ),
)


@pytest.fixture(scope="module")
def timescale_url(work_folder: Path) -> Iterator[str]:
    """A PostgreSQL server with TimescaleDB loaded."""
    server = EmbeddedPostgres(
        work_folder / "timescale",
        durable=False,
        installation=Path(os.environ["GATEHOUSE_TEST_TIMESCALEDB"]) / "pg",
        options={"shared_preload_libraries": "timescaledb", "timescaledb.telemetry_level": "off"},
    ).start()
    yield server.url
    server.stop()


@pytest.fixture(params=["plain", pytest.param("timescaledb", marks=pytest.mark.timescaledb)])
def series_db(request: pytest.FixtureRequest, now: datetime) -> Iterator[Database]:
    """An empty database on each backend, with the table above."""
    server_url = request.getfixturevalue("server_url" if request.param == "plain" else "timescale_url")
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS series WITH (FORCE)")
        conn.execute("CREATE DATABASE series")
    url = f"{server_url.rsplit('/', 1)[0]}/series"
    migrate(url, (TABLE,), now)
    with Database(url, size=2).open() as db:
        with db.transaction() as conn:
            assert backend_of(conn).slug == request.param
        yield db


def store_days(db: Database, now: datetime, days: int) -> None:
    with db.transaction() as conn:
        prepare_days(conn, (TABLE,), (now - timedelta(days=days)).date(), now.date())
        for age in range(days):
            conn.execute("INSERT INTO reading_sluice VALUES (1, 1, %s, %s)", (now - timedelta(days=age), age))


def test_a_reading_delivered_twice_is_one_row(series_db: Database, now: datetime) -> None:
    store_days(series_db, now, 1)
    with series_db.transaction() as conn:
        conn.execute("INSERT INTO reading_sluice VALUES (1, 1, %s, 9) ON CONFLICT DO NOTHING", (now,))
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
