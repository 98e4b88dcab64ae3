"""`gatehouse doctor`: what is connected, how it is, and what to do. It changes nothing and starts nothing."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from urllib.parse import unquote, urlsplit

import psycopg

from core.clock import Clock
from core.settings import Settings
from gatehouse.doctor.broker import look_at_broker
from gatehouse.doctor.database import look_at_database
from gatehouse.doctor.disk import look_at_disk
from gatehouse.doctor.findings import Finding, one_line, wrong
from gatehouse.doctor.ingest import look_at_ingest
from gatehouse.doctor.jobs import look_at_jobs
from gatehouse.doctor.settings import look_at_settings
from store.db import Connection
from store.embedded import EmbeddedPostgres, EmbeddedServerError
from store.migrate import MigrationError, check_migrated

_MARKS = {"ok": "ok   ", "hint": "hint ", "wrong": "WRONG"}


def run_doctor(settings: Settings, clock: Clock, *, as_json: bool) -> int:
    """Print what was found; 1 when something is wrong, else 0."""
    findings = list(examine(settings, clock))
    well = all(finding.level != "wrong" for finding in findings)
    if as_json:
        print(json.dumps({"ok": well, "findings": [asdict(each) for each in findings]}, ensure_ascii=False))  # noqa: T201
    else:
        for each in findings:
            to_do = f" → {each.to_do}" if each.to_do else ""
            print(f"{_MARKS[each.level]} {each.what}: {each.said}{to_do}")  # noqa: T201 - what the operator wants to know
    return 0 if well else 1


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Everything that can be looked at from here, the database first."""
    yield from _database(settings, clock)
    yield from look_at_broker(settings)
    yield from look_at_settings(settings)


def _database(settings: Settings, clock: Clock) -> Iterator[Finding]:
    secrets: list[str] = []
    try:
        url = _database_url(settings)
        secrets += [url, *_passwords(url)]
        with psycopg.connect(url, connect_timeout=5, autocommit=True, options="-c timezone=UTC") as conn:
            check_migrated(url)
            yield from _look(conn, settings, clock)
    except EmbeddedServerError as error:
        yield wrong("database", str(error), "start it with `gatehouse serve`, or set GATEHOUSE_DATABASE_URL")
    except MigrationError as error:
        yield wrong("migrations", str(error), "run `gatehouse migrate` with the newest version of Gatehouse in use")
    except psycopg.ProgrammingError as error:
        said = one_line(str(error), secrets) if error.sqlstate else "GATEHOUSE_DATABASE_URL cannot be read"
        yield wrong("database", said, "write it as postgresql://user:password@host/database")
    except psycopg.Error as error:
        yield wrong("database", one_line(str(error), secrets), "see whether the server runs and lets us in")


def _look(conn: Connection, settings: Settings, clock: Clock) -> Iterator[Finding]:
    yield from look_at_database(conn, settings, clock)
    yield from look_at_disk(conn, settings)
    yield from look_at_ingest(conn, clock.now())
    yield from look_at_jobs(conn, clock.now())


def _database_url(settings: Settings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return EmbeddedPostgres(settings.data_dir / "postgres").attach().url


def _passwords(url: str) -> list[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return []
    return [password, unquote(password)]
