"""A test stand: a database, a broker and a city of their own, and the real ingester as a process beside us."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

import psutil
import psycopg
from psycopg_pool import PoolTimeout

from core.clock import Clock
from core.settings import load_settings
from gatehouse.parts import prepare_database
from gatehouse.rig import bare, queries
from gatehouse.rig.queries import Commit
from ingest.embedded_broker import EmbeddedBroker
from ingest.queries.health import list_ingesters
from ingest.tables import EVENT_TABLE, series_tables
from simulators.city import make_city
from simulators.written_ahead import Source, write_ahead
from store.db import Database
from store.embedded import EmbeddedPostgres

_PATIENCE_SECONDS = 180.0
# A database server for a city, not for a compound's small computer; and told to remember when each transaction was committed.
_POSTGRES: Mapping[str, str] = {
    "track_commit_timestamp": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}
# On a disk that is soon full: the log has its room already, so that it is the tables that find none.
SMALL_POSTGRES: Mapping[str, str] = {"min_wal_size": "64MB", "max_wal_size": "96MB", "shared_buffers": "32MB"}
READING_TABLES = tuple(table.name for table in series_tables() if table.name != EVENT_TABLE.name)


class RigBroker(Protocol):
    """A broker of a stand's own, started again when it is killed. `url`: for the ingester; `local_url`: for devices."""

    port: int

    @property
    def url(self) -> str: ...

    @property
    def local_url(self) -> str: ...

    @property
    def pid(self) -> int | None: ...

    def start(self) -> object: ...

    def stop(self) -> None: ...


class Stand:
    """Everything a measurement needs but the ingester; `sources` are the devices of the city."""

    def __init__(self, folder: Path, clock: Clock, postgres: EmbeddedPostgres, broker: RigBroker, db: Database) -> None:
        self.folder = folder
        self.clock = clock
        self.postgres = postgres
        self.broker = broker
        self.db = db
        self.sources: list[Source] = []

    def settle(self, sites: int, devices: int, seed: int = 1) -> None:
        """Put a city into the ledger."""
        compounds = make_city(sites, devices=devices, seed=seed).sites
        with self.db.transaction() as conn:
            queries.insert_devices(
                conn,
                [site.slug for site in compounds],
                [site.slug for site in compounds for _ in site.devices],
                [device.slug for site in compounds for device in site.devices],
                [device.kind for site in compounds for device in site.devices],
                now=self.clock.now(),
            )
        self.sources = write_ahead(compounds, seed)

    def settle_gates(self, count: int = 20) -> list[str]:
        """One site `wutong` with so many gate barriers; their topics for readings."""
        with self.db.transaction() as conn:
            queries.insert_devices(
                conn,
                ["wutong"],
                ["wutong"] * count,
                gates := [f"gate-{number}" for number in range(count)],
                ["gate_barrier"] * count,
                now=self.clock.now(),
            )
        return [f"gatehouse/v1/wutong/{gate}/reading" for gate in gates]

    def environ(self, **more: str) -> dict[str, str]:
        """Settings of an ingester on this stand."""
        own = {
            "GATEHOUSE_DATABASE_URL": self.postgres.url,
            "GATEHOUSE_MQTT_URL": self.broker.url,
            "GATEHOUSE_MQTT_EVERYTHING": "true",
            "GATEHOUSE_DATA_DIR": str(self.folder / "ingester"),
            "GATEHOUSE_LOG_LEVEL": "WARNING",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
        return kept | own | more

    @contextmanager
    def ingester(self, **more: str) -> Iterator[psutil.Popen]:
        """`gatehouse ingest` as a process, listening."""
        with process(
            [sys.executable, "-m", "gatehouse.cli", "ingest"], self.environ(**more), self.folder / "ingest.log"
        ) as running:
            begun = self.clock.now()
            self.wait(lambda: self._hears(running, begun))
            yield running

    @contextmanager
    def bare(self) -> Iterator[psutil.Popen]:
        """The bare pipeline as a process."""
        args = [sys.executable, "-m", "gatehouse.rig.bare", self.broker.url, self.postgres.url]
        log = self.folder / "bare.log"
        with process(args, self.environ(), log) as running:
            self.wait(lambda: bare.LISTENING in log.read_text(encoding="utf-8"))
            yield running

    def holds(self, condition: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> bool:
        """Whether it comes to hold within that time. While the database is away it does not."""
        pause = threading.Event()
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            with suppress(psycopg.OperationalError, PoolTimeout):
                if condition():
                    return True
            pause.wait(0.05)
        return False

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it holds; TimeoutError when that takes too long."""
        if not self.holds(condition):
            raise TimeoutError(f"the stand waited in vain; the ingester said: {self._log_tail()}")

    def count_readings(self) -> int:
        """Rows of all reading tables."""
        with self.db.transaction() as conn:
            return sum(queries.count_rows(conn, name) for name in READING_TABLES)

    def count_inserted(self) -> int:
        """Rows that came into the reading tables so far, a second late. Counting them would take a core from what is measured."""
        with self.db.transaction() as conn:
            return sum(queries.count_inserted(conn, name) for name in READING_TABLES)

    def commits_since(self, moment: datetime, tables: Sequence[str] = READING_TABLES) -> list[Commit]:
        """What was committed from then on, the first one first."""
        with self.db.transaction() as conn:
            found = [commit for name in tables for commit in queries.list_commits(conn, name) if commit.at >= moment]
        return sorted(found, key=lambda commit: commit.at)

    def latencies_since(self, moment: datetime) -> list[float]:
        """Milliseconds from the time of a reading to its commit, sorted, of readings from then on."""
        with self.db.transaction() as conn:
            return sorted(each for name in READING_TABLES for each in queries.list_latencies(conn, name, since=moment))

    def _hears(self, running: psutil.Popen, begun: datetime) -> bool:
        if running.poll() is not None:
            raise RuntimeError(f"the ingester ended: {self._log_tail()}")
        with self.db.transaction() as conn:
            return any(each.connected and each.seen_at >= begun for each in list_ingesters(conn))

    def _log_tail(self) -> str:
        log = self.folder / "ingest.log"
        return log.read_text(encoding="utf-8")[-2000:] if log.exists() else ""


@contextmanager
def process(args: list[str], environ: Mapping[str, str], log: Path) -> Iterator[psutil.Popen]:
    """A process of ours, ended by its own id."""
    with log.open("ab") as output:
        running = psutil.Popen(args, env=environ, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(40)
        except psutil.TimeoutExpired:
            running.kill()
            running.wait(10)


@contextmanager
def stand(clock: Clock, *, disk: Path | None = None, make_broker: Callable[[Path], RigBroker] = EmbeddedBroker) -> Iterator[Stand]:
    """A stand with an empty ledger, in a temporary folder; the database on that `disk`, if one is given."""
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres((disk or folder) / "postgres", options=_POSTGRES if disk is None else SMALL_POSTGRES)
    broker = make_broker(folder / "broker")
    try:
        postgres.start()
        broker.start()
        prepare_database(postgres.url, load_settings({}), clock.now())
        with Database(postgres.url, size=4).open() as db:
            yield Stand(folder, clock, postgres, broker, db)
    finally:
        broker.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
