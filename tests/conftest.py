"""Real parts for every test: a database cloned from a migrated template, a clock that is moved by hand, the fixed cast."""

import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from core.clock import ManualClock
from ingest.rollup_tables import declared_tables
from ingest.tables import series_tables
from store.db import Connection, Database
from store.embedded import EmbeddedPostgres
from store.migrate import migrate
from store.series import prepare_days

pytest_plugins = ["tests.cast", "tests.browser", "tests.ledger", "tests.alerts.receiver", "tests.servers"]

# What is looked for is never how long something takes: other work may run on the machine.
hypothesis.settings.register_profile("gatehouse", deadline=None)
hypothesis.settings.load_profile("gatehouse")

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
REQUIRE = frozenset(filter(None, os.environ.get("GATEHOUSE_TEST_REQUIRE", "").split(",")))
FINDERS: dict[str, Callable[[], object]] = {
    "mosquitto": lambda: shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"),
    "chromium": lambda: shutil.which("chromium"),
    "timescaledb": lambda: os.environ.get("GATEHOUSE_TEST_TIMESCALEDB"),
}
HINTS = {
    "mosquitto": "the mosquitto broker is not installed",
    "chromium": "the chromium browser is not installed",
    "timescaledb": "GATEHOUSE_TEST_TIMESCALEDB names no prefix with PostgreSQL and TimescaleDB (see docs/development.md)",
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs an absent package, with the reason; fail instead when the package is required."""
    for part, find in FINDERS.items():
        if item.get_closest_marker(part) and not find():
            if part in REQUIRE:
                pytest.fail(f"GATEHOUSE_TEST_REQUIRE asks for {part}, but {HINTS[part]}", pytrace=False)
            pytest.skip(HINTS[part])


def _memory_folder() -> Path | None:
    """Where files are kept in memory, if there is room: a database is cloned in 15 instead of 150 ms."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 4 * 2**30
    return folder if roomy else None


@pytest.fixture(scope="session")
def work_folder() -> Iterator[Path]:
    """A folder the unprivileged database user may enter, unlike pytest's own as root."""
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-test-", dir=_memory_folder()))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(work_folder: Path) -> Iterator[str]:
    """A PostgreSQL server for this test run."""
    server = EmbeddedPostgres(work_folder / "postgres", durable=False).start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def make_database(server_url: str) -> Callable[[], str]:
    """Makes a new, empty, migrated database and returns its address."""
    base = server_url.rsplit("/", 1)[0]
    numbers = itertools.count(1)
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE template_gatehouse")
    template = f"{base}/template_gatehouse"
    migrate(template, declared_tables(), START)
    with Database(template, size=2).open() as db, db.transaction() as conn:
        day = START.date()
        prepare_days(conn, series_tables(), day - timedelta(days=1), day + timedelta(days=1))

    def make() -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(server_url, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template_gatehouse STRATEGY file_copy").format(sql.Identifier(name)))
        return f"{base}/{name}"

    return make


@pytest.fixture
def db(make_database: Callable[[], str], server_url: str) -> Iterator[Database]:
    """A migrated database of this test's own."""
    url = make_database()
    with Database(url, size=8).open() as database:
        yield database
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(url.rsplit("/", 1)[1])))


@pytest.fixture
def conn(db: Database) -> Iterator[Connection]:
    """A connection in a transaction of the test's database; committed when the test ends well."""
    with db.transaction() as connection:
        yield connection


@pytest.fixture
def clock() -> ManualClock:
    """Noon in Shanghai on 22 November 2026, until it is moved."""
    return ManualClock(START)


@pytest.fixture
def now(clock: ManualClock) -> datetime:
    """The time the test begins."""
    return clock.now()


@pytest.fixture
def run_together() -> Callable[..., list[object]]:
    """Runs several functions at the same moment in threads; their results in order, the first exception raised."""

    def run(*functions: Callable[[], object]) -> list[object]:
        barrier = threading.Barrier(len(functions))

        def wait_and_call(function: Callable[[], object]) -> object:
            barrier.wait(10)
            return function()

        with ThreadPoolExecutor(len(functions)) as pool:
            return [future.result(30) for future in [pool.submit(wait_and_call, function) for function in functions]]

    return run


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Waits until a condition holds, looking often; fails after `seconds`. Exceptions of type `ignore` mean not yet."""

    def wait(condition: Callable[[], object], *, seconds: float = 20, ignore: type[Exception] | None = None) -> None:
        pause = threading.Event()
        for _ in range(int(seconds / 0.02)):
            with suppress(*([ignore] if ignore else [])):
                if condition():
                    return
            pause.wait(0.02)
        pytest.fail(f"the condition did not hold within {seconds} s")

    return wait
