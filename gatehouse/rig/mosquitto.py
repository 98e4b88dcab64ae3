"""mosquitto as the broker of a stand, set up as docs/operations.md says; started again when it is killed."""

import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Self

from core.processes import ChildProcess, Watcher, free_port

_PATIENCE_SECONDS, _LOOK_EVERY_SECONDS = 30.0, 0.02
_CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 5
max_inflight_messages 0
max_queued_messages 0
"""


class Mosquitto:
    """The server of the system's package, in `folder`. Raises FileNotFoundError where there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = self.local_url = f"mqtt://127.0.0.1:{self.port}"
        binary = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if binary is None:
            raise FileNotFoundError("mosquitto is not installed")
        config = folder / "mosquitto.conf"
        self._process = ChildProcess([binary, "-c", config], pid_file=folder / "broker.pid", log_file=folder / "broker.log")
        self._watcher = Watcher(self._process, self._process.start, name="mosquitto")
        self._config = config
        self._file = folder / "mosquitto.db"

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return self._process.pid

    def start(self) -> Self:
        """Start it and keep it running."""
        self._folder.mkdir(parents=True, exist_ok=True)
        # Started by root it becomes the user of its package, who could not write here.
        user = "user root\n" if os.geteuid() == 0 else ""
        self._config.write_text(_CONFIG.format(port=self.port, folder=self._folder) + user, encoding="utf-8")
        self._process.start()
        self._watcher.start()
        return self

    def save(self) -> None:
        """Have it write what it has, as it does by itself every few seconds, and wait until it has. TimeoutError when it does not."""
        pid, before = self.pid, self._written
        if pid is not None:
            os.kill(pid, signal.SIGUSR1)
        pause = threading.Event()
        for _ in range(int(_PATIENCE_SECONDS / _LOOK_EVERY_SECONDS)):
            if self._written != before:
                return
            pause.wait(_LOOK_EVERY_SECONDS)
        raise TimeoutError("mosquitto does not write")

    @property
    def _written(self) -> int:
        """When it wrote; each time it makes a new file and puts it in place of the old one."""
        return self._file.stat().st_mtime_ns if self._file.exists() else 0

    def stop(self) -> None:
        """End it."""
        self._watcher.stop()
