"""What `deploy/` holds fits this version: settings and commands exist, files are where they are looked for, servers take them."""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.clock import Clock
from core.processes import ChildProcess, free_port
from core.settings import load_settings, setting_names
from gatehouse.cli import app
from ingest.embedded_broker import nats_server
from ingest.ingester import Ingester, IngestOptions
from store.db import Database
from store.listen import ChangeListener

Wait = Callable[..., None]
ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}


@pytest.fixture(scope="module")
def compose() -> Any:
    """The compose file, with its anchors resolved."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def roles(compose: Any) -> dict[str, Any]:
    return {name: service for name, service in compose["services"].items() if service["image"] == "gatehouse"}


def filled_in(environment: dict[str, str], value: str) -> dict[str, str]:
    """With `value` for everything that stands in `.env`."""
    return {name: re.sub(r"\$\{\w+:\?\}", value, text) for name, text in environment.items()}


class TestCompose:
    def test_every_role_runs_with_settings_that_exist_and_can_be_loaded(self, compose: Any) -> None:
        assert {tuple(service["command"]) for service in roles(compose).values()} == {
            ("web",),
            ("ingest",),
            ("jobs",),
            ("migrate",),
        }
        for service in roles(compose).values():
            load_settings(filled_in(service["environment"], "https://filled.in"))

    def test_whoever_waits_waits_for_somebody_that_is_there_and_comes_to_it(self, compose: Any) -> None:
        services = compose["services"]
        for service in services.values():
            for name, awaited in service.get("depends_on", {}).items():
                assert awaited["condition"] != "service_healthy" or "healthcheck" in services[name]
                assert awaited["condition"] != "service_completed_successfully" or services[name]["restart"] == "on-failure"

    def test_files_and_volumes_are_there(self, compose: Any) -> None:
        mounted = [each.split(":")[0] for service in compose["services"].values() for each in service.get("volumes", ())]
        assert {each for each in mounted if not each.startswith(".")} == set(compose["volumes"])
        [build] = [service["build"] for service in roles(compose).values() if "build" in service]
        files = [DEPLOY / each for each in mounted if each.startswith(".")] + [DEPLOY / build["context"] / build["dockerfile"]]
        assert [str(file) for file in files if not file.is_file()] == []

    def test_what_must_be_filled_in_is_in_the_example_and_nothing_else(self) -> None:
        example = (DEPLOY / "env.example").read_text(encoding="utf-8")
        asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
        assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == asked | {"COMPOSE_PROJECT_NAME"}

    def test_a_proxy_of_the_machine_is_known_by_the_address_it_has_to_the_container(self, compose: Any) -> None:
        [network] = compose["networks"]["default"]["ipam"]["config"]
        assert roles(compose)["web"]["environment"]["GATEHOUSE_HTTP_PROXIES"] == network["gateway"]

    def test_the_image_is_built_from_the_lock_and_of_files_that_are_there(self) -> None:
        text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
        assert text.count("uv sync --frozen --no-dev") == 2
        copied = [name for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for name in line.split()[:-1]]
        assert copied
        assert [name for name in copied if not (ROOT / name).exists()] == []


class TestUnits:
    @pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
    def test_a_unit_starts_a_command_with_settings_that_exist_and_is_hardened(self, unit: Path) -> None:
        lines = dict(_lines(unit))
        assert lines["ExecStart"].split()[0] == "/opt/gatehouse/.venv/bin/gatehouse"
        assert lines["ExecStart"].split()[1] in COMMANDS
        assert {each.partition("=")[0] for each in lines["Environment"].split()} <= set(setting_names())
        assert {"NoNewPrivileges", "StateDirectory", "User"} <= lines.keys()
        assert (lines["ProtectSystem"], lines["CapabilityBoundingSet"]) == ("strict", "")

    def test_the_example_of_their_settings_can_be_loaded(self) -> None:
        text = (DEPLOY / "systemd" / "gatehouse.env.example").read_text(encoding="utf-8")
        load_settings(dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)))

    def test_systemd_finds_nothing_to_say(self, tmp_path: Path) -> None:
        systemd_analyze = shutil.which("systemd-analyze")
        if systemd_analyze is None:
            pytest.skip("systemd-analyze is not installed")
        for unit in UNITS:  # the program is not where it will be
            text = unit.read_text(encoding="utf-8").replace("/opt/gatehouse/.venv/bin/gatehouse", "/bin/true")
            (tmp_path / unit.name.replace("@.", "@1.")).write_text(text, encoding="utf-8")
        told = subprocess.run([systemd_analyze, "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True, check=False)
        assert (told.returncode, [line for line in told.stderr.splitlines() if "gatehouse" in line]) == (0, [])


@pytest.mark.parametrize("name", ["nats.conf", "cluster.conf"])
def test_the_nats_server_takes_the_configuration_whatever_the_passwords(name: str, compose: Any, tmp_path: Path) -> None:
    """Without quotes it takes one of digits for a number."""
    text = (DEPLOY / "nats" / name).read_text(encoding="utf-8")
    environ = {**os.environ, **filled_in(compose["services"]["broker"]["environment"], "12345678901234567890")}
    config = tmp_path / name
    config.write_text(re.sub(r'store_dir: "[^"]+"', f'store_dir: "{tmp_path}"', text), encoding="utf-8")
    server = Path(sysconfig.get_path("scripts")) / "nats-server"
    told = subprocess.run([server, "-t", "-c", config], env=environ, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_the_ingester_listens_at_the_nats_server_as_both_are_set_up(
    compose: Any, db: Database, clock: Clock, tmp_path: Path, wait_for: Wait
) -> None:
    """NATS refuses more than 65,535 unacknowledged messages over all subscriptions of a session."""
    text = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    text = re.sub(r"\$\w+", f'"{"x" * 20}"', text).replace("/data", str(tmp_path)).replace("127.0.0.1:4222", "127.0.0.1:-1")
    port = free_port()
    config = tmp_path / "nats.conf"
    config.write_text(text.replace("0.0.0.0:1883", f"127.0.0.1:{port}"), encoding="utf-8")
    server = ChildProcess([nats_server(), "-c", config], pid_file=tmp_path / "pid", log_file=tmp_path / "log")
    server.start()
    options = IngestOptions.from_settings(
        load_settings(filled_in(compose["services"]["ingest"]["environment"], "https://filled.in"))
    )
    url = f"mqtt://ingest:{'x' * 20}@127.0.0.1:{port}"
    with Ingester(db=db, listener=ChangeListener(db), clock=clock, mqtt_url=url, options=options) as ingester:
        wait_for(lambda: ingester.stats.connected)
    server.stop()


def _lines(unit: Path) -> Iterator[tuple[str, str]]:
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("[", "#")):
            key, equals, value = line.partition("=")
            assert equals, f"{unit.name}: {line}"
            yield key, value
