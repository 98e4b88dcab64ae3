"""When the disk of a NATS server was full it stores nothing more, also when there is room again, until it is started anew.

Seen with nats-server 2.12: publishers are not answered and connect again and again, so that nothing is lost; its log names the error.
"""

import re
import shutil
from contextlib import suppress
from pathlib import Path

# What clients call themselves stands in the log too, in quotes and behind their address, also of those who are not let in.
_SAYS_SO = re.compile(
    rb"^\[\d+\] [\d/]+ [\d:.]+ \[ERR\] (?:Filestore \[|JetStream (?:stream|failed to store) )"
    rb"[^\n]*: (?:no space left on device|disk quota exceeded)$",
    re.MULTILINE,
)
_ROOM_BYTES = 64 * 1024 * 1024  # more than the reserve that the jobs give up for alerts on a full disk


class FullDisk:
    """Follows what a server writes to `log_file` from now on; its messages are on the same disk."""

    def __init__(self, log_file: Path) -> None:
        self._log_file = log_file
        self._read_to = 0
        self._was_full = False
        self._new_lines()

    def is_over(self) -> bool:
        """Whether the server found its disk full and there is room now."""
        self._was_full = self._was_full or _SAYS_SO.search(self._new_lines()) is not None
        with suppress(OSError):
            return self._was_full and shutil.disk_usage(self._log_file.parent).free >= _ROOM_BYTES
        return False

    def _new_lines(self) -> bytes:
        with suppress(OSError), self._log_file.open("rb") as file:
            if self._log_file.stat().st_size < self._read_to:  # another file by now
                self._read_to = 0
            file.seek(self._read_to)
            lines, end, _ = file.read().rpartition(b"\n")  # whole ones: the middle of one may look like another
            self._read_to += len(lines) + len(end)
            return lines
        return b""
