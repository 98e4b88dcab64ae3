"""Servers of ours that run beside us: they end when we end, and the next start ends what an earlier one left."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from core.logs import get_logger

log = get_logger(__name__)

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_SECONDS = 0.5
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ChildProcess:
    """One server process.

    It is started in a session of its own, so that Ctrl-C in the terminal reaches only us. On Linux the kernel
    sends it `stop_signal` when the thread that started it ends, however that happens; elsewhere the pid file
    lets the next start end it. Start it from a thread that lives as long as it should.
    """

    def __init__(
        self,
        args: Sequence[str | Path],
        *,
        pid_file: Path,
        log_file: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: str | None = None,
    ) -> None:
        self.args = [str(arg) for arg in args]
        self.pid_file = pid_file
        self.log_file = log_file
        self.stop_signal = stop_signal
        self.user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """End a leftover of an earlier run, then start."""
        end_leftover(self.pid_file)
        parent = os.getpid()

        def die_with_parent() -> None:
            if _libc is not None:
                _libc.prctl(_PR_SET_PDEATHSIG, self.stop_signal)
                if os.getppid() != parent:
                    os.kill(os.getpid(), signal.SIGKILL)

        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binaries with our own arguments
                self.args,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
                extra_groups=[] if self.user else None,
                preexec_fn=die_with_parent,
            )
        remember(self.pid_file, self._process.pid)

    def stop(self, *, timeout: float = 15) -> None:
        """Ask it to end, wait, and kill it when it does not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout)
        self.pid_file.unlink(missing_ok=True)

    def log_tail(self, lines: int = 5) -> str:
        """The last lines it wrote, for an error message."""
        try:
            return "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


class Watcher:
    """Starts a child again when it dies, in a thread of its own, until it is stopped.

    `restart` starts the child and waits until it answers; what it raises is logged and tried again.
    `is_stuck`: whether it lives and does not do its work any more, so that only a new start helps.
    """

    def __init__(
        self, child: ChildProcess, restart: Callable[[], None], *, name: str, is_stuck: Callable[[], bool] = lambda: False
    ) -> None:
        self._child = child
        self._restart = restart
        self._name = name
        self._is_stuck = is_stuck
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{name}", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more and stop the child. A child that was started again ends with the thread already."""
        self.look_away()
        self._child.stop()

    def look_away(self) -> None:
        """Watch no more, and leave the child as it is."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_SECONDS):
            if self._child.pid is not None and self._is_stuck():
                log.error("a server of ours is stuck, ending it", server=self._name)
                self._child.stop()
            if self._child.pid is None:
                log.error("a server of ours does not run, starting it again", server=self._name)
                try:
                    self._restart()
                except Exception:
                    log.exception("a server of ours does not start", server=self._name)


def remember(pid_file: Path, pid: int) -> None:
    """Write down a process so that a later start can tell it from another one with the same pid."""
    pid_file.write_text(json.dumps({"pid": pid, "created": psutil.Process(pid).create_time()}), encoding="utf-8")


def end_leftover(pid_file: Path, *, timeout: float = 10) -> bool:
    """End the process a pid file names, if it is still that process. True when there was one."""
    try:
        noted = json.loads(pid_file.read_text(encoding="utf-8"))
        process = psutil.Process(noted["pid"])
        if abs(process.create_time() - noted["created"]) > 0.01:
            return False
        process.terminate()
        try:
            process.wait(timeout)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(timeout)
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return False
    finally:
        pid_file.unlink(missing_ok=True)
    return True
