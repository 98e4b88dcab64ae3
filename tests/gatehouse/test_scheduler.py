"""Jobs run on time, once at a time over all processes, and at once when something they wait for changes."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from core.clock import SystemClock
from gatehouse.scheduler import Scheduler, run_job
from store.db import Connection, Database
from store.jobs import Job
from store.listen import ChangeListener
from store.notify import Change, notify


def test_a_job_that_runs_elsewhere_is_not_run_a_second_time(db: Database) -> None:
    running, finish = threading.Event(), threading.Event()

    def slow(_conn: Connection, _now: datetime) -> int:
        running.set()
        finish.wait(10)
        return 1

    job = Job(slug="slow", every=timedelta(hours=1), run=slow)
    first = threading.Thread(target=run_job, args=(db, SystemClock(), job))
    first.start()
    assert running.wait(10)
    assert run_job(db, SystemClock(), job) == 0
    finish.set()
    first.join(10)
    assert run_job(db, SystemClock(), job) == 1


def test_what_a_failed_job_wrote_is_undone_and_the_others_go_on(db: Database, wait_for: Callable[..., None]) -> None:
    runs: list[str] = []

    def fail(conn: Connection, _now: datetime) -> int:
        conn.execute("INSERT INTO region (level, name) VALUES ('city', 'half written')")
        runs.append("fail")
        raise ValueError("as planned")

    def work(_conn: Connection, _now: datetime) -> int:
        runs.append("work")
        return 1

    jobs = (Job(slug="fail", every=timedelta(hours=1), run=fail), Job(slug="work", every=timedelta(hours=1), run=work))
    scheduler = Scheduler(db, SystemClock(), ChangeListener(db), jobs)
    scheduler.start()
    wait_for(lambda: {"fail", "work"} <= set(runs))
    scheduler.stop()
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM region").fetchone() == (0,)


def test_a_change_wakes_the_job_that_waits_for_it(db: Database, wait_for: Callable[..., None]) -> None:
    runs: list[datetime] = []
    listener = ChangeListener(db)
    listener.start()

    def note(_conn: Connection, now: datetime) -> int:
        runs.append(now)
        return 1

    job = Job(slug="woken", every=timedelta(hours=1), run=note, wake_on=("status",))
    scheduler = Scheduler(db, SystemClock(), listener, (job,))
    scheduler.start()
    wait_for(lambda: len(runs) == 1)
    with db.transaction() as conn:
        notify(conn, Change(topic="alert"))
        notify(conn, Change(topic="status"))
    wait_for(lambda: len(runs) == 2)
    scheduler.stop()
    listener.stop()
