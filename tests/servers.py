"""Both servers a compound may have: plain PostgreSQL, and one with TimescaleDB."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from store.db import Database
from store.embedded import EmbeddedPostgres
from store.migrate import migrate
from store.series import SeriesTable, backend_of

MakeSeries = Callable[[Sequence[SeriesTable]], Database]


@pytest.fixture(scope="session")
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


@contextmanager
def _database(server_url: str, slug: str, tables: Sequence[SeriesTable], now: datetime) -> Iterator[Database]:
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS series WITH (FORCE)")
        conn.execute("CREATE DATABASE series")
    url = f"{server_url.rsplit('/', 1)[0]}/series"
    migrate(url, tables, now)
    with Database(url, size=4).open() as db:
        with db.transaction() as conn:
            assert backend_of(conn).slug == slug
        yield db


@pytest.fixture(params=["plain", pytest.param("timescaledb", marks=pytest.mark.timescaledb)])
def make_series(request: pytest.FixtureRequest, now: datetime) -> Iterator[MakeSeries]:
    """Makes a database with these series tables; the test runs once on each server."""
    server_url = request.getfixturevalue("server_url" if request.param == "plain" else "timescale_url")
    with ExitStack() as stack:
        yield lambda tables: stack.enter_context(_database(server_url, request.param, tables, now))
