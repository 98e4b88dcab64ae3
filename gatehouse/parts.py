"""Starts the parts of Gatehouse and stops them again, in the right order; configured servers are used where given.

The web server and the jobs are in modules of their own, so that an ingester alone does not load them.
"""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

from core.clock import Clock
from core.logs import get_logger
from core.settings import Settings, SettingsError
from ingest import jobs as ingest_jobs
from ingest.embedded_broker import EmbeddedBroker
from ingest.ingester import Ingester, IngestOptions
from ingest.rollup_tables import declared_tables
from store.db import Database
from store.embedded import EmbeddedPostgres, EmbeddedServerError
from store.listen import ChangeListener
from store.migrate import migrate

log = get_logger(__name__)


class _Told(Exception):
    """Ctrl-C or SIGTERM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """What every role needs."""

    settings: Settings
    clock: Clock
    db: Database
    listener: ChangeListener


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder, so that a second start does not fight over the embedded servers."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise SystemExit(f"GATEHOUSE_DATA_DIR: {folder}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise SystemExit(f"Gatehouse already runs with the folder {folder} (process {lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The configured database, else the embedded one, running while the block does."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    try:
        yield server.start().url
    finally:
        server.stop()


def running_database_url(settings: Settings) -> str | None:
    """The embedded database of a Gatehouse that runs now; None when a configured one is used or nothing runs."""
    if settings.database_url is not None:
        return None
    try:
        return EmbeddedPostgres(settings.data_dir / "postgres").attach().url
    except EmbeddedServerError:
        return None


def prepare_database(url: str, settings: Settings, now: datetime) -> list[str]:
    """Migrate, and make room for the readings that may come; the names of the migrations applied."""
    applied = migrate(url, declared_tables(), now)
    with Database(url, size=2).open() as db, db.transaction() as conn:
        ingest_jobs.prepare_partitions(conn, now, settings)
    return applied


@contextmanager
def base(settings: Settings, clock: Clock, url: str) -> Iterator[Base]:
    """A pool and a change listener on a migrated database."""
    with ExitStack() as stack:
        db = stack.enter_context(Database(url, size=settings.database_pool).open())
        listener = ChangeListener(db)
        listener.start()
        stack.callback(listener.stop)
        yield Base(settings=settings, clock=clock, db=db, listener=listener)


def until_told() -> None:
    """Sleep until Ctrl-C or SIGTERM. From then on both are ignored, so that an impatient second one spoils nothing."""

    def tell(_signal: int, _frame: FrameType | None) -> None:
        # No Event here: setting one that this very thread waits for would wait for itself.
        raise _Told

    try:
        signal.signal(signal.SIGINT, tell)
        signal.signal(signal.SIGTERM, tell)
        while True:
            signal.pause()
    except _Told:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def broker(settings: Settings, *, listen: bool = False) -> Iterator[EmbeddedBroker | None]:
    """The embedded broker, running while the block does; None where one is configured."""
    if settings.mqtt_url is not None:
        if listen:
            raise SettingsError("--listen opens the embedded broker, but GATEHOUSE_MQTT_URL names another one")
        yield None
        return
    server = EmbeddedBroker(
        settings.data_dir / "broker",
        settings.mqtt_port,
        listen="0.0.0.0" if listen else "127.0.0.1",  # noqa: S104
        home_assistant_prefix=settings.home_assistant_prefix,
    )
    try:
        yield server.start()
    finally:
        server.stop()


def configured_broker(settings: Settings) -> str:
    """The address of the configured broker."""
    if settings.mqtt_url is None:
        raise SettingsError("GATEHOUSE_MQTT_URL: a broker is needed here")
    return settings.mqtt_url.get_secret_value()


@contextmanager
def ingester(parts: Base, embedded: EmbeddedBroker | None) -> Iterator[Ingester]:
    """The ingester, on the embedded broker or else the configured one."""
    if embedded is not None and parts.settings.ingest_sites:
        raise SettingsError("GATEHOUSE_INGEST_SITES divides the sites of a broker; the embedded one has only this ingester")
    with Ingester(
        db=parts.db,
        listener=parts.listener,
        clock=parts.clock,
        mqtt_url=embedded.url if embedded else configured_broker(parts.settings),
        options=IngestOptions.from_settings(parts.settings),
        broker=embedded,
    ) as running:
        yield running
