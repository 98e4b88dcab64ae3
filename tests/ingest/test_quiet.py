"""Our own ingest going quiet is an alarm: told once to who looks after the installation, over by itself, and no device is blamed."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts import jobs as alert_jobs
from alerts.emergency import keep_reserve, make_room
from alerts.engine import evaluate
from alerts.manage_channels import create_channel
from alerts.models import Alert
from alerts.queries.alerts import list_alerts
from assets.models import INSTALLATION, Site
from core.clock import ManualClock
from core.settings import Settings
from gatehouse.scheduler import Scheduler
from ingest.embedded_broker import EmbeddedBroker
from people.models import SYSTEM
from store.db import Connection, Database
from store.listen import ChangeListener
from store.reserve import is_kept
from store.runners import Runner, write_runner
from tests.alerts.receiver import Receiver
from tests.ingest.conftest import Devices, Publisher, reading, rows
from tests.ingest.test_troubles import beat

Wait = Callable[..., None]
GATE = "gatehouse/v1/wutong/gate-1/reading"
ROOT = Path(__file__).parents[2]
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@contextmanager
def ingester(db: Database, broker: EmbeddedBroker, now: datetime) -> Iterator["subprocess.Popen[bytes]"]:
    """An ingester in a process of its own, whose clock stands at `now`."""
    args = [sys.executable, "-m", "tests.ingest.killable", db.url, broker.url, now.isoformat()]
    running = subprocess.Popen(args, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.kill()
        running.wait(10)


@pytest.fixture
def told(db: Database, wutong: Site, receiver: Receiver, now: datetime) -> Receiver:
    """Who looks after the installation is told at one address, the manager of wutong at another path of it."""
    with db.transaction() as conn:
        for site_id, path in ((INSTALLATION.id, "/installation"), (wutong.id, "/wutong")):
            address = receiver.url.replace("/alerts", path)
            create_channel(conn, SYSTEM, now=now, site_id=site_id, kind="webhook", name="duty", address=address, language="en")
    return receiver


def is_online(db: Database, device: Publisher, now: datetime) -> bool:
    """Whether the gate is, of which a reading is published; one is heard as soon as the ingester listens."""
    device.publish(GATE, reading(now, cycles=1))
    return bool(rows(db, "SELECT 1 FROM device_state WHERE status = 'online'"))


def test_an_ingester_that_is_killed_is_told_once_and_over_when_it_runs_again(
    db: Database,
    devices: Devices,
    device: Publisher,
    broker: EmbeddedBroker,
    listener: ChangeListener,
    told: Receiver,
    clock: ManualClock,
    wait_for: Wait,
) -> None:
    jobs = Scheduler(db, clock, listener, alert_jobs.jobs(Settings(public_url="https://gatehouse.example")))
    with ExitStack() as stack:
        jobs.start()
        stack.callback(jobs.stop)
        with ingester(db, broker, clock.now()) as running:
            wait_for(lambda: is_online(db, device, clock.now()), seconds=60)
            running.send_signal(signal.SIGKILL)
            running.wait(10)
        clock.advance(HOUR)
        wait_for(lambda: told.received, seconds=40)
        stack.enter_context(ingester(db, broker, clock.now()))
        wait_for(lambda: len(told.received) == 2, seconds=40)
    opened, resolved = told.received
    assert (opened.json["event"], resolved.json["event"]) == ("opened", "resolved")
    assert opened.path == resolved.path == "/installation?token=s3cret"
    assert opened.json["title"] == ("[Critical] Gatehouse: No readings are taken in (gatehouse-ingest): the ingester has stopped")
    assert opened.json["url"] == f"https://gatehouse.example/s/-/alerts/{opened.json['alert']}"
    assert resolved.json["title"] == "[Resolved] Gatehouse: Readings are taken in again (gatehouse-ingest)"
    assert rows(db, "SELECT rule, site_id FROM alert") == [("ingest_quiet", 0)]
    assert rows(db, "SELECT count(*) FROM device_state WHERE status = 'offline'") == [(0,)]


def watch(conn: Connection, now: datetime, *, since: datetime) -> None:
    """Jobs are run since then."""
    write_runner(conn, Runner(name="server", started_at=since, seen_at=now, runs={}))


def own_alerts(conn: Connection) -> list[Alert]:
    return list_alerts(conn, site_id=INSTALLATION.id, state=None, after=None, limit=9)


def test_after_the_whole_installation_was_off_the_ingester_has_its_time_to_start(conn: Connection, now: datetime) -> None:
    beat(conn, now)
    watch(conn, now, since=now)
    later = now + 8 * HOUR
    assert evaluate(conn, later) == 0, "the jobs are there before they have said so"
    watch(conn, later, since=later)
    assert evaluate(conn, later + 29 * SECOND) == 0
    watch(conn, later + 61 * SECOND, since=later)
    assert evaluate(conn, later + 61 * SECOND) == 1


def test_a_restart_of_the_jobs_does_not_end_the_alert(conn: Connection, now: datetime) -> None:
    beat(conn, now)
    watch(conn, now + 2 * MINUTE, since=now)
    assert evaluate(conn, now + 2 * MINUTE) == 1
    watch(conn, now + 5 * MINUTE, since=now + 5 * MINUTE)
    assert evaluate(conn, now + 5 * MINUTE) == 0
    assert [alert.state for alert in own_alerts(conn)] == ["open"]
    beat(conn, now + 6 * MINUTE)
    assert evaluate(conn, now + 6 * MINUTE) == 1
    assert [alert.state for alert in own_alerts(conn)] == ["resolved"]


def test_one_full_disk_is_one_alert_however_many_ingesters_are_refused(conn: Connection, now: datetime) -> None:
    for name, since in (("east", now), ("west", now + SECOND)):
        beat(conn, now, name=name)
        conn.execute(
            "UPDATE ingester SET seen_at = %s, problem = '53100', problem_since = %s WHERE client_id = %s",
            (now + 30 * SECOND, since, name),
        )
    assert evaluate(conn, now + 31 * SECOND) == 1
    (alert,) = own_alerts(conn)
    assert (alert.rule, alert.subject, alert.severity, alert.since) == ("database_full", "database", "critical", now)
    assert alert.facts == {"ingesters": ["east", "west"]}


def test_a_full_disk_is_over_when_there_is_room_for_the_next_time(db: Database, now: datetime) -> None:
    def recover(conn: Connection) -> int:
        conn.execute("UPDATE ingester SET problem = '', problem_since = NULL")
        return evaluate(conn, now)

    clock = ManualClock(now)
    with db.transaction() as conn:
        beat(conn, now)
    assert keep_reserve(db, clock) == 1
    assert make_room(db, clock) == 0, "nothing is wrong"
    with db.transaction() as conn:
        assert is_kept(conn)
        conn.execute("UPDATE ingester SET problem = '53100', problem_since = %s", (now - MINUTE,))
    assert make_room(db, clock) == 1
    assert keep_reserve(db, clock) == 0
    with db.transaction() as conn:
        assert not is_kept(conn)
        assert recover(conn) == 0, "others use up what was given back"
        assert [alert.state for alert in own_alerts(conn)] == ["open"]
    assert keep_reserve(db, clock) == 1
    with db.transaction() as conn:
        assert recover(conn) == 1
        assert [alert.state for alert in own_alerts(conn)] == ["resolved"]


def test_a_closed_alert_comes_again_when_the_trouble_is_another_one(conn: Connection, now: datetime) -> None:
    beat(conn, now + 2 * MINUTE, deaf_since=now)
    watch(conn, now + 2 * MINUTE, since=now)
    evaluate(conn, now + 2 * MINUTE)
    conn.execute("UPDATE alert SET resolved_at = %s", (now + 2 * MINUTE,))
    assert evaluate(conn, now + 2 * MINUTE) == 0
    watch(conn, now + 4 * MINUTE, since=now)
    assert evaluate(conn, now + 4 * MINUTE) == 2
    assert [alert.facts["why"] for alert in own_alerts(conn)] == ["stopped", "deaf"]
