"""A file system that is soon full: memory mounted as a folder, where we may mount (root on Linux)."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SIZE = "400m"


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Its folder; None where we may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-disk-"))
    mount = shutil.which("mount")
    try:
        if sys.platform != "linux" or os.geteuid() != 0 or mount is None:
            yield None
            return
        done = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={_SIZE},mode=755", "tmpfs", folder], check=False)  # noqa: S603
        try:
            yield folder if done.returncode == 0 else None
        finally:
            if done.returncode == 0:
                subprocess.run([shutil.which("umount") or "umount", folder], check=False)  # noqa: S603
    finally:
        folder.rmdir()


def fill(folder: Path) -> Path:
    """Leave no room; the file to delete when there shall be some again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
        except OSError:
            return ballast
