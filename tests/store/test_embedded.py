"""The embedded database survives what happens to a small computer."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from store.embedded import EmbeddedPostgres, EmbeddedServerError


@pytest.fixture
def server(work_folder: Path, request: pytest.FixtureRequest) -> Iterator[EmbeddedPostgres]:
    """A durable server in a folder of its own."""
    server = EmbeddedPostgres(work_folder / request.node.name)
    yield server
    server.stop()


def write_a_row(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        conn.execute("INSERT INTO kept VALUES (1)")


def count_rows(url: str) -> int:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_a_stopped_server_starts_again_with_its_rows(server: EmbeddedPostgres) -> None:
    write_a_row(server.start().url)
    server.stop()
    again = EmbeddedPostgres(server.folder).start()
    try:
        assert count_rows(again.url) == 1
    finally:
        again.stop()
    assert server.pid is None


def test_a_killed_server_comes_back_by_itself(server: EmbeddedPostgres, wait_for: Callable[..., None]) -> None:
    write_a_row(server.start().url)
    first = server.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: server.pid not in {None, first})
    wait_for(lambda: count_rows(server.url) == 1, ignore=psycopg.OperationalError)


OWNER = """
import sys, time
from pathlib import Path
from store.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1])).start()
print(server.pid, flush=True)
time.sleep(600)
"""


def test_when_its_owner_is_killed_the_server_ends_and_the_next_start_works(
    server: EmbeddedPostgres, wait_for: Callable[..., None]
) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(server.folder)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    if sys.platform == "linux":
        wait_for(lambda: not psutil.pid_exists(pid))
    write_a_row(server.start().url)
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop its rights")
def test_root_is_told_when_the_folder_cannot_be_reached(work_folder: Path) -> None:
    closed = work_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError, match="GATEHOUSE_DATA_DIR"):
        EmbeddedPostgres(closed / "postgres").start()
