"""Every job of every folder as a part of Gatehouse."""

from collections.abc import Iterator
from contextlib import contextmanager

from alerts import jobs as alerts_jobs
from core.settings import Settings
from gatehouse.parts import Base
from gatehouse.scheduler import Scheduler
from ingest import jobs as ingest_jobs
from patrol import jobs as patrol_jobs
from people import jobs as people_jobs
from store.jobs import Job


@contextmanager
def scheduler(parts: Base) -> Iterator[None]:
    """Every job of every folder."""
    running = Scheduler(parts.db, parts.clock, parts.listener, all_jobs(parts.settings))
    running.start()
    try:
        yield
    finally:
        running.stop()


def all_jobs(settings: Settings) -> tuple[Job, ...]:
    """What the folders declare in their `jobs.py`."""
    return tuple(job for module in (people_jobs, ingest_jobs, patrol_jobs, alerts_jobs) for job in module.jobs(settings))
