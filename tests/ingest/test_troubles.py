"""What is wrong with ingest is told by what ingesters leave behind; a short absence is nothing."""

from datetime import datetime, timedelta

import psycopg
import pytest

from core.clock import ManualClock
from ingest.complaints import Complaints
from ingest.queries.health import list_ingesters
from ingest.queries.writing import write_heartbeat
from ingest.stats import Heartbeat, Report
from ingest.troubles import Trouble, list_troubles
from store.db import Connection, Database
from tests.ingest.conftest import Devices

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def beat(
    conn: Connection,
    at: datetime,
    *,
    name: str = "city",
    started: datetime | None = None,
    deaf_since: datetime | None = None,
    received_at: datetime | None = None,
) -> None:
    """A heartbeat of an ingester."""
    write_heartbeat(
        conn,
        Heartbeat(
            client_id=name,
            started_at=started or at,
            seen_at=at,
            connected=deaf_since is None,
            received=5,
            committed=5,
            rejected=0,
            queued=0,
            deaf_since=deaf_since,
            received_at=received_at,
            committed_at=at,
            lag_ms=0,
            memory_bytes=1,
            report=Report(),
        ),
    )


def whys(conn: Connection, now: datetime) -> list[tuple[str, str, datetime]]:
    return [(each.ingester, each.why, each.since) for each in list_troubles(conn, now)]


def test_one_that_is_at_work_and_one_that_never_ran_are_no_trouble(conn: Connection, now: datetime) -> None:
    assert list_troubles(conn, now) == []
    beat(conn, now, received_at=now)
    assert list_troubles(conn, now + 59 * SECOND) == []


def test_one_that_says_nothing_any_more_has_stopped(conn: Connection, now: datetime) -> None:
    beat(conn, now)
    assert whys(conn, now + 61 * SECOND) == [("city", "stopped", now)]
    beat(conn, now + 70 * SECOND)
    assert whys(conn, now + 75 * SECOND) == []


def test_one_of_the_past_is_not_missed_when_another_has_been_at_work_since(conn: Connection, now: datetime) -> None:
    beat(conn, now, name="old")
    beat(conn, now + DAY, name="new")
    assert whys(conn, now + DAY) == [("old", "stopped", now)]
    beat(conn, now + DAY + SECOND, name="new")
    assert whys(conn, now + DAY + SECOND) == []
    assert whys(conn, now + DAY + 2 * MINUTE) == [("new", "stopped", now + DAY + SECOND)]


def test_one_that_hears_nothing_of_the_broker_is_deaf(conn: Connection, now: datetime) -> None:
    beat(conn, now + 30 * SECOND, deaf_since=now)
    assert whys(conn, now + 31 * SECOND) == []
    beat(conn, now + 65 * SECOND, deaf_since=now)
    assert whys(conn, now + 66 * SECOND) == [("city", "deaf", now)]


@pytest.mark.parametrize(
    ("error", "why", "said"),
    [
        ("DiskFull", "disk_full", 'could not extend file "base/5/16412": No space left on device'),
        ("ReadOnlySqlTransaction", "unwritable", "cannot execute INSERT in a read-only transaction"),
    ],
)
def test_what_the_database_refuses_is_told_in_its_words_until_it_takes_it(
    db: Database, clock: ManualClock, error: str, why: str, said: str
) -> None:
    code = getattr(psycopg.errors, error).sqlstate
    complaints = Complaints("city", clock)
    with db.connect() as conn:
        beat(conn, clock.now())
        began = clock.advance(SECOND)
        for _ in range(3):
            with pytest.raises(psycopg.Error) as refused:
                conn.execute(f"DO $$ BEGIN RAISE EXCEPTION '{said}' USING ERRCODE = '{code}'; END $$".encode())
            complaints.tell(conn, refused.value)
            clock.advance(5 * SECOND)
        assert list_troubles(conn, clock.now()) == [Trouble(ingester="city", why=why, since=began, detail=said)]  # type: ignore[arg-type]
        assert list_ingesters(conn)[0].lag >= 10 * SECOND
        beat(conn, began, started=began - SECOND)  # it had waited for the database all the time
        assert list_troubles(conn, clock.now()) == []
        assert list_ingesters(conn)[0].seen_at == clock.now() - 5 * SECOND


def test_nothing_heard_of_devices_that_usually_report_is_not_the_devices(conn: Connection, devices: Devices, now: datetime) -> None:
    conn.execute("UPDATE device_state SET last_seen_at = %s", (now,))
    beat(conn, now + 10 * MINUTE, started=now - DAY, received_at=now)
    assert whys(conn, now + 10 * MINUTE) == []
    beat(conn, now + 11 * MINUTE, started=now - DAY, received_at=now)
    assert whys(conn, now + 11 * MINUTE) == [("city", "nothing_heard", now)]
    conn.execute("UPDATE device_state SET last_seen_at = %s WHERE device_id <> %s", (now - 2 * DAY, devices.gate))
    assert whys(conn, now + 11 * MINUTE) == [], "one device that falls silent is that device"


def test_after_a_start_messages_have_their_time_to_come(conn: Connection, devices: Devices, now: datetime) -> None:
    conn.execute("UPDATE device_state SET last_seen_at = %s", (now,))
    beat(conn, now + MINUTE, started=now, received_at=now - DAY)
    assert whys(conn, now + 2 * MINUTE) == []
