"""The processes that run jobs, and how each job went the last time: so that others can tell whether they are run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from psycopg.types.json import Jsonb

from store.db import Connection, execute, fetch_all

_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """How a job went the last time. `error`: the kind of exception it ended with; empty: well."""

    ended_at: datetime
    seconds: float
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runner:
    """A process that runs jobs; `runs` by job, of those it ran itself."""

    name: str
    started_at: datetime
    seen_at: datetime
    runs: Mapping[str, Run]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    name: str
    started_at: datetime
    seen_at: datetime
    runs: Mapping[str, object]


def write_runner(conn: Connection, runner: Runner) -> None:
    """What a process says of its jobs; others that said nothing for a day are forgotten."""
    execute(
        conn,
        """
        INSERT INTO job_runner (name, started_at, seen_at, runs)
        VALUES (%(name)s, %(started_at)s, %(seen_at)s, %(runs)s)
            ON CONFLICT (name) DO UPDATE
           SET started_at = excluded.started_at, seen_at = excluded.seen_at, runs = excluded.runs
        """,
        name=runner.name,
        started_at=runner.started_at,
        seen_at=runner.seen_at,
        runs=Jsonb(dict(runner.runs), dumps=msgspec.json.encode),
    )
    execute(conn, "DELETE FROM job_runner WHERE seen_at < %(before)s", before=runner.seen_at - _FORGOTTEN_AFTER)


def list_runners(conn: Connection) -> list[Runner]:
    """The one heard last first."""
    rows = fetch_all(conn, _Row, "SELECT name, started_at, seen_at, runs FROM job_runner ORDER BY seen_at DESC, name")
    return [
        Runner(
            name=row.name,
            started_at=row.started_at,
            seen_at=row.seen_at,
            runs=msgspec.convert(row.runs, dict[str, Run]),
        )
        for row in rows
    ]
