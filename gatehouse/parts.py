"""Starts the parts of Gatehouse and stops them again, in the right order; configured servers are used where given."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from core.clock import Clock
from core.logs import get_logger
from core.settings import Settings
from ingest.tables import series_tables
from store.db import Database
from store.embedded import EmbeddedPostgres
from store.listen import ChangeListener
from store.migrate import migrate
from store.series import prepare_days

log = get_logger(__name__)

# Open event streams are cut after this long when the server stops.
_GRACE_SECONDS = 2


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


def prepare_database(url: str, settings: Settings, now: datetime) -> list[str]:
    """Migrate, and make room for the readings that may come; the names of the migrations applied."""
    applied = migrate(url, series_tables(), now)
    with Database(url, size=2).open() as db, db.transaction() as conn:
        prepare_days(conn, series_tables(), (now - settings.max_reading_age).date(), (now + settings.max_clock_ahead).date())
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


def listen_http(settings: Settings) -> socket.socket:
    """The web server's socket, taken early so that a port in use is told before anything is started."""
    sock = socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.http_host, settings.http_port))
    except OSError as error:
        sock.close()
        raise SystemExit(
            f"GATEHOUSE_HTTP_PORT: {settings.http_host}:{settings.http_port} cannot be used ({error.strerror}); set another one."
        ) from None
    return sock


def http_address(sock: socket.socket) -> str:
    """The address a browser on this machine opens."""
    host, port = sock.getsockname()[:2]
    return f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104 - compared, not bound


def http_server(app: FastAPI) -> uvicorn.Server:
    """A server for the app; run it with `.run(sockets=[…])`. It ends on Ctrl-C, SIGTERM or `.should_exit`."""
    return uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS, server_header=False)
    )
