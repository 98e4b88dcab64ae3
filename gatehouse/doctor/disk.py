"""Room on the disks of this machine: that of the database where it is here, and that of the data folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.settings import Settings
from gatehouse.doctor.findings import Finding, hint, ok, size, wrong
from store.db import Connection
from store.facts import get_server

# Whichever is more: a small disk fills as fast as a large one.
_FEW, _FEW_SHARE = 200_000_000, 0.02
_SOME, _SOME_SHARE = 2_000_000_000, 0.10


class DiskUsage(Protocol):
    """Of a disk, in bytes."""

    @property
    def total(self) -> int:
        """All of it."""

    @property
    def free(self) -> int:
        """What is left."""


def look_at_disk(conn: Connection, settings: Settings) -> Iterator[Finding]:
    """Of the database's folder when it is on this machine, else only that it is not."""
    here = conn.info.hostaddr in {"", "127.0.0.1", "::1"} or conn.info.host.startswith("/")
    folder = Path(get_server(conn).data_directory)
    if here and folder.is_absolute() and folder.exists():
        yield judge("disk of the database", folder, shutil.disk_usage(folder))
    else:
        yield ok("disk of the database", "not on this machine, or we may not see it")
    if settings.mqtt_url is None and settings.data_dir.exists():
        yield judge("disk of the data folder", settings.data_dir, shutil.disk_usage(settings.data_dir))


def judge(what: str, folder: Path, usage: DiskUsage) -> Finding:
    """Whether there is room for a while."""
    said = f"{size(usage.free)} of {size(usage.total)} free ({folder})"
    if usage.free < max(_FEW, usage.total * _FEW_SHARE):
        return wrong(what, said, "make room now: when it is full, nothing more can be stored")
    if usage.free < max(_SOME, usage.total * _SOME_SHARE):
        return hint(what, said, "make room, or lower GATEHOUSE_READING_RETENTION")
    return ok(what, said)
