"""A NATS server whose disk was full stores nothing more until it is started anew: seen in its log, done when there is room."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from ingest.full_disk import FullDisk

SAYS_SO = b"[7] 2026/11/22 04:00:00.021294 [ERR] JetStream stream '$G > $MQTT_msgs' critical write error: write 1.blk: no space left on device\n"
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How much room there is, to be changed."""
    found = {"bytes": 10**9}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, found["bytes"]))
    return found


def add(log: Path, line: bytes) -> None:
    with log.open("ab") as file:
        file.write(line)


def test_it_is_over_when_there_is_room_again(tmp_path: Path, free: dict[str, int]) -> None:
    log = tmp_path / "broker.log"
    assert not FullDisk(log).is_over()  # nothing was written yet
    add(log, SAYS_SO)
    disk = FullDisk(log)
    assert not disk.is_over()  # an earlier run said so
    free["bytes"] = 0
    add(log, b"[INF] Server is ready\n" + SAYS_SO)
    assert not disk.is_over()
    assert not disk.is_over()
    free["bytes"] = 10**9
    assert disk.is_over()
    assert not FullDisk(log).is_over()  # it was started anew


def test_it_is_the_server_that_says_so_not_who_connects(tmp_path: Path, free: dict[str, int]) -> None:
    log = tmp_path / "broker.log"
    disk = FullDisk(log)
    head = b'[7] 2026/11/22 04:00:00.000000 [ERR] 127.0.0.1:9 - mid:24 - "'
    add(log, head + b'no space left on device"\n' + head)
    assert not disk.is_over()
    add(log, SAYS_SO.replace(b"\n", b"\\n") + b'" - authentication error: no space left on device\n')
    assert not disk.is_over()
    assert free["bytes"]


def test_a_log_that_was_begun_anew_is_followed(tmp_path: Path, free: dict[str, int]) -> None:
    log = tmp_path / "broker.log"
    add(log, b"[INF] Server is ready\n" * 100)
    disk = FullDisk(log)
    log.write_bytes(SAYS_SO)
    assert free["bytes"]
    assert disk.is_over()
