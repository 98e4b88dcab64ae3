"""A database is brought forward once, and refuses what it does not know."""

from collections.abc import Callable
from datetime import datetime

import psycopg
import pytest
from psycopg import sql

from core.clock import ManualClock
from ingest.rollup_tables import declared_tables
from store.db import Database
from store.migrate import MigrationError, check_migrated, list_migrations, migrate
from store.series import Column, SeriesError, SeriesTable, prepare_days

Empty = Callable[[str], str]


@pytest.fixture
def empty_database(server_url: str) -> Empty:
    """Makes a database with nothing in it; its address."""

    def make(name: str) -> str:
        with psycopg.connect(server_url, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"{server_url.rsplit('/', 1)[0]}/{name}"

    return make


def test_migrating_twice_changes_nothing(db: Database, now: datetime) -> None:
    assert migrate(db.url, declared_tables(), now) == []


def test_an_edited_migration_is_noticed(db: Database, now: datetime) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE schema_migration SET checksum = 'x' WHERE number = 1")
    with pytest.raises(MigrationError, match="changed after it was applied"):
        migrate(db.url, declared_tables(), now)


def test_a_newer_database_is_left_alone(db: Database, now: datetime) -> None:
    with db.transaction() as conn:
        conn.execute("INSERT INTO schema_migration VALUES (9999, 'from the future', 'x', now())")
    with pytest.raises(MigrationError, match="newer than this version"):
        migrate(db.url, declared_tables(), now)


def test_a_database_that_cannot_hold_chinese_is_refused(server_url: str, now: datetime) -> None:
    """As `initdb` makes them where no locale is set; texts would come back as bytes."""
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE plain ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(MigrationError, match="in the encoding SQL_ASCII"):
        migrate(f"{server_url.rsplit('/', 1)[0]}/plain", (), now)


def test_migrations_are_numbered_without_gaps() -> None:
    assert [m.number for m in list_migrations()] == list(range(1, len(list_migrations()) + 1))


def test_a_kind_that_gains_a_measure_gains_a_column_and_keeps_its_rows(db: Database, clock: ManualClock) -> None:
    columns = (
        Column(name="site_id", sql_type="bigint", required=True),
        Column(name="device_id", sql_type="bigint", required=True),
        Column(name="ts", sql_type="timestamp with time zone", required=True),
        Column(name="level", sql_type="real"),
    )
    before = SeriesTable(name="reading_test_kind", columns=columns)
    after = SeriesTable(name="reading_test_kind", columns=(*columns, Column(name="depth", sql_type="real")))
    migrate(db.url, (before,), clock.now())
    with db.transaction() as conn:
        prepare_days(conn, (before,), clock.now().date(), clock.now().date())
        conn.execute("INSERT INTO reading_test_kind VALUES (1, 1, %s, 40)", (clock.now(),))
    migrate(db.url, (after,), clock.now())
    with db.transaction() as conn:
        assert conn.execute("SELECT level, depth FROM reading_test_kind").fetchall() == [(40.0, None)]


def test_a_measure_may_not_change_its_type(db: Database, now: datetime) -> None:
    base = (Column(name="ts", sql_type="timestamp with time zone", required=True),)
    migrate(db.url, (SeriesTable(name="reading_x", columns=(*base, Column(name="a", sql_type="real")), key=("ts",)),), now)
    with pytest.raises(SeriesError, match=r"reading_x\.a is real, declared as text"):
        migrate(db.url, (SeriesTable(name="reading_x", columns=(*base, Column(name="a", sql_type="text")), key=("ts",)),), now)


def test_two_processes_migrate_one_empty_database(
    empty_database: Empty, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    url = empty_database("raced")
    results = run_together(lambda: migrate(url, declared_tables(), now), lambda: migrate(url, declared_tables(), now))
    assert sorted(len(names) for names in results if isinstance(names, list)) == [0, len(list_migrations())]


def test_a_role_alone_asks_for_the_migration_it_needs(empty_database: Empty, db: Database) -> None:
    check_migrated(db.url)
    with pytest.raises(MigrationError, match="run `gatehouse migrate` first"):
        check_migrated(empty_database("nothing_yet"))


def test_what_was_wrong_with_messages_is_kept_when_it_becomes_facts(empty_database: Empty, now: datetime) -> None:
    url = empty_database("english_details")
    migrate(url, (), now, up_to=5)
    details = ["level must be from 0 to 200 %, not 940", "", 'site "泵\\x00" {0}', "x" * 500]
    with psycopg.connect(url) as conn:
        for number, detail in enumerate(details):
            conn.execute(
                """INSERT INTO rejected_message (topic, reason, detail, payload, payload_bytes, count, first_at, last_at)
                   VALUES (%s, 'out_of_range', %s, 'x', 1, 3, %s, %s)""",
                (f"t{number}", detail, now, now),
            )
    migrate(url, (), now, up_to=6)
    with psycopg.connect(url) as conn:
        kept = conn.execute("SELECT detail_key, facts, count, last_at FROM rejected_message ORDER BY topic").fetchall()
    assert kept == [("text", {"text": detail}, 3, now) for detail in details]


def test_faults_of_before_rest_on_what_the_device_reported(empty_database: Empty, now: datetime) -> None:
    url = empty_database("faults_of_before")
    migrate(url, (), now, up_to=6)
    with psycopg.connect(url) as conn:
        conn.execute("ALTER TABLE device_state DROP CONSTRAINT device_state_site_id_device_id_fkey")
        for device_id, faults in enumerate(([], ["overflow", "battery_low"])):
            conn.execute(
                "INSERT INTO device_state (site_id, device_id, since, reason, faults) VALUES (1, %s, %s, 'seen', %s)",
                (device_id, now, faults),
            )
    migrate(url, (), now, up_to=7)
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT grounds FROM device_state ORDER BY device_id").fetchall() == [
            ([],),
            (["overflow", "battery_low"],),
        ]


def test_plans_of_before_go_by_the_zone_of_their_site(empty_database: Empty, now: datetime) -> None:
    url = empty_database("plans_of_before")
    migrate(url, (), now, up_to=7)
    with psycopg.connect(url) as conn:
        conn.execute("INSERT INTO region (level, name) VALUES ('city', '上海市')")
        for slug, tz in (("wutong", "Asia/Shanghai"), ("far", "Asia/Urumqi")):
            conn.execute(
                "INSERT INTO site (slug, name, tz, region_id, created_at) SELECT %s, %s, %s, id, %s FROM region",
                (slug, slug, tz, now),
            )
        conn.execute("INSERT INTO route (site_id, name) SELECT id, 'x' FROM site")
        conn.execute(
            """INSERT INTO patrol_plan (site_id, route_id, name, from_time, until_time, every_minutes, active_from)
               SELECT site_id, id, 'x', '20:00', '06:00', 60, %s FROM route""",
            (now,),
        )
    migrate(url, (), now, up_to=8)
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT count(*) FROM patrol_plan p JOIN site s ON s.id = p.site_id AND s.tz = p.tz").fetchone() == (2,)


def test_alerts_and_channels_of_before_stay_with_their_site_and_may_now_be_of_none(empty_database: Empty, now: datetime) -> None:
    url = empty_database("alerts_of_before")
    migrate(url, (), now, up_to=10)
    channel = "INSERT INTO notification_channel (site_id, kind, name, address, created_at) VALUES (%s, 'webhook', 'x', 'x', %s)"
    alert = """INSERT INTO alert (site_id, rule, subject, subject_name, severity, since, opened_at)
               VALUES (%s, 'r', 's', 's', 'minor', %s, %s)"""
    with psycopg.connect(url) as conn:
        conn.execute("INSERT INTO region (level, name) VALUES ('city', '上海市')")
        conn.execute(
            "INSERT INTO site (slug, name, tz, region_id, created_at) SELECT 'wutong', 'x', 'Asia/Shanghai', id, %s FROM region",
            (now,),
        )
        conn.execute(channel, (1, now))
        conn.execute(alert, (1, now, now))
        conn.execute("INSERT INTO ingester VALUES ('city', %s, %s, true, 5, 4, 1, 0)", (now, now))
    migrate(url, (), now, up_to=11)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(channel, (0, now))
        conn.execute(alert, (0, now, now))
        assert conn.execute("SELECT site_id, of_site FROM alert ORDER BY site_id").fetchall() == [(0, None), (1, 1)]
        assert conn.execute("SELECT site_id, of_site FROM notification_channel ORDER BY site_id").fetchall() == [(0, None), (1, 1)]
        for statement, values in ((channel, (7, now)), (alert, (7, now, now))):
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                conn.execute(statement, values)
        with pytest.raises(psycopg.errors.CheckViolation):
            conn.execute(
                """INSERT INTO site (id, slug, name, tz, region_id, created_at) OVERRIDING SYSTEM VALUE
                   SELECT 0, 'none', 'x', 'Asia/Shanghai', id, now() FROM region"""
            )
        assert conn.execute("SELECT received, problem, deaf_since FROM ingester").fetchall() == [(5, "", None)]
