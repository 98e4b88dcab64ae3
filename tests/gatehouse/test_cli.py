"""The command line tells what is wrong in one line."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.processes import free_port


def gatehouse(*args: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gatehouse.cli", *args],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_unknown_setting_stops_the_start_with_its_name() -> None:
    result = gatehouse("serve", GATEHOUSE_HTTP_PROT="80")
    assert (result.returncode, result.stderr) == (
        2,
        "gatehouse: GATEHOUSE_HTTP_PROT: there is no such setting; docs/settings.md lists them\n",
    )


def test_a_port_in_use_is_told_before_anything_starts(work_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = gatehouse("serve", "--port", str(port), "--data-dir", str(work_folder / "unused"))
    assert result.returncode != 0
    assert f"GATEHOUSE_HTTP_PORT: 127.0.0.1:{port} cannot be used" in result.stderr
    assert not (work_folder / "unused").exists()


@pytest.mark.parametrize("role", ["web", "ingest", "jobs"])
def test_a_role_alone_asks_for_the_database_it_shares(role: str) -> None:
    result = gatehouse(role, GATEHOUSE_HTTP_PORT="0")
    assert result.returncode == 2
    assert "GATEHOUSE_DATABASE_URL: a role alone needs a database" in result.stderr


@pytest.mark.parametrize("command", [["web"], ["ingest"], ["jobs"], ["migrate"]], ids=lambda command: command[0])
def test_a_database_that_is_away_is_told_in_one_line_without_its_password(command: list[str]) -> None:
    url = f"postgresql://gatehouse:s3cret@127.0.0.1:{free_port()}/gatehouse"
    broker = "mqtt://ingest:s3cret@127.0.0.1"
    result = gatehouse(*command, GATEHOUSE_HTTP_PORT="0", GATEHOUSE_DATABASE_URL=url, GATEHOUSE_MQTT_URL=broker)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("gatehouse: the database does not let us in: ")
    assert "s3cret" not in result.stderr


def test_a_weak_password_for_the_first_administrator_is_refused(work_folder: Path) -> None:
    (work_folder / "weak").write_text("12345678", encoding="utf-8")
    result = gatehouse(
        "user",
        "add",
        "chen",
        "--name",
        "Chen",
        "--password-file",
        str(work_folder / "weak"),
        "--data-dir",
        str(work_folder / "users"),
    )
    assert result.returncode == 2
    assert "10" in result.stderr
    assert "Traceback" not in result.stderr
