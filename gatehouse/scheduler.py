"""Runs every declared job: on time, one process at a time, and at once when something it waits for changes."""

import os
import socket
import zlib
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.clock import Clock
from core.logs import get_logger
from store.db import Database, fetch_value
from store.jobs import Job
from store.listen import ChangeListener
from store.notify import Change
from store.runners import Run, Runner, write_runner

log = get_logger(__name__)

_LOCK_SPACE = 7001
_REPORT_SECONDS = 10


class Scheduler:
    """Every process may have one: a job's advisory lock lets one of them run it, so a second is a hot standby. (A job with
    `work` takes care of that itself.)"""

    def __init__(self, db: Database, clock: Clock, listener: ChangeListener, jobs: Iterable[Job]) -> None:
        self._db = db
        self._clock = clock
        self._listener = listener
        self._jobs = {job.slug: job for job in jobs}
        self._started_at = clock.now()
        self._runs: dict[str, Run] = {}
        self._running = ExitStack()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Run each job once now and then as often as it declares."""
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._run, IntervalTrigger(seconds=job.every.total_seconds()), [job], id=job.slug, next_run_time=self._clock.now()
            )
        self._scheduler.add_job(
            self._report, IntervalTrigger(seconds=_REPORT_SECONDS), id="report", next_run_time=self._clock.now()
        )
        self._scheduler.start()
        self._running.enter_context(self._listener.subscribed(self._wake, self._wake_all))

    def stop(self) -> None:
        """Wait for the jobs that run to finish."""
        self._running.close()
        self._scheduler.shutdown(wait=True)

    def _wake(self, change: Change) -> None:
        for job in self._jobs.values():
            if change.topic in job.wake_on:
                self._scheduler.modify_job(job.slug, next_run_time=self._clock.now())

    def _wake_all(self) -> None:
        for slug in self._jobs:
            self._scheduler.modify_job(slug, next_run_time=self._clock.now())

    def _run(self, job: Job) -> None:
        begun, error = self._clock.monotonic(), ""
        try:
            done = run_job(self._db, self._clock, job)
        except psycopg.OperationalError as problem:
            error = type(problem).__name__
            log.warning("job has no database", job=job.slug, error=str(problem).strip())
        except Exception as problem:
            error = type(problem).__name__
            log.exception("job failed", job=job.slug)
        else:
            if done:
                log.debug("job done", job=job.slug, count=done)
        self._runs[job.slug] = Run(ended_at=self._clock.now(), seconds=round(self._clock.monotonic() - begun, 3), error=error)

    def _report(self) -> None:
        """Tell others that the jobs are run, and how they went."""
        runner = Runner(name=runner_name(), started_at=self._started_at, seen_at=self._clock.now(), runs=dict(self._runs))
        try:
            with self._db.transaction() as conn:
                write_runner(conn, runner)
        except psycopg.OperationalError as error:
            log.warning("jobs could not be reported", error=str(error).strip())


def runner_name() -> str:
    """This process, to people who look for it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(db: Database, clock: Clock, job: Job) -> int:
    """Run a job in its transaction, unless another process runs it at this moment; how many things it did.

    One that waits for the network opens its own transactions and needs no lock.
    """
    if job.run is None:
        return job.work(db, clock) if job.work else 0
    with db.transaction() as conn:
        lock = zlib.crc32(job.slug.encode()) - 2**31
        if not fetch_value(conn, "SELECT pg_try_advisory_xact_lock(%(space)s, %(lock)s)", space=_LOCK_SPACE, lock=lock):
            return 0
        return job.run(conn, clock.now())
