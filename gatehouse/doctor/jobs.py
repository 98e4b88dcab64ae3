"""The jobs, and the notifications that wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts.queries.channels import list_channels
from api.queries import get_outbox_state
from assets.models import INSTALLATION
from gatehouse.doctor.findings import Finding, hint, ok, span, wrong
from store.db import Connection
from store.runners import list_runners

_QUIET_AFTER = timedelta(minutes=1)
_WAITS_LONG = timedelta(minutes=10)


def look_at_jobs(conn: Connection, now: datetime) -> Iterator[Finding]:
    """Who runs them, how they went, and whether people are told."""
    yield from _runners(conn, now)
    outbox = get_outbox_state(conn)
    age = now - outbox.oldest_at if outbox.oldest_at else timedelta(0)
    said = f"{outbox.waiting} waiting" + (f", the oldest for {span(age.total_seconds())}" if outbox.waiting else "")
    if age > _WAITS_LONG:
        yield wrong("notifications", said, "see the page `Notification channels` of the sites for what went wrong")
    else:
        yield ok("notifications", said)
    if not list_channels(conn, site_id=INSTALLATION.id):
        to_do = "add a channel: page `System`, `Notification channels`"
        yield hint("alarms of the installation", "nobody is told when ingest is quiet or the disk is full", to_do)


def _runners(conn: Connection, now: datetime) -> Iterator[Finding]:
    at_work = [each for each in list_runners(conn) if now - each.seen_at <= _QUIET_AFTER]
    if not at_work:
        to_do = "start them: `gatehouse jobs`, or `gatehouse serve`"
        yield wrong("jobs", "nobody runs them: no alerts, no rounds, no room for readings", to_do)
        return
    names = ", ".join(f"{each.name} for {span((now - each.started_at).total_seconds())}" for each in at_work)
    failed = sorted({(job, run.error) for each in at_work for job, run in each.runs.items() if run.error})
    yield ok("jobs", f"run by {names}")
    for job, error in failed:
        yield wrong(f"job {job}", f"failed the last time with {error}", "see the log of the process that runs the jobs")
