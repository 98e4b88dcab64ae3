"""`gatehouse serve` says where people and devices reach it, and nothing secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import Settings
from gatehouse.addresses import Server, network_addresses, welcome

NETWORK = ["192.168.1.20", "10.0.0.5"]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - named, not bound


def told(*, http: Server = ("127.0.0.1", 8080), broker: Server | None = ("127.0.0.1", 1883), **settings: str) -> list[list[str]]:
    """The words of each line between the first and the last."""
    lines = welcome(Settings.model_validate(settings), http=http, broker=broker, network=NETWORK).splitlines()
    assert (lines[1], lines[-1]) == ("Gatehouse is running.", "Ctrl-C stops it.")
    return [[line[:12].strip(), line[12:]] for line in lines[3:-2]]


def test_every_broker_of_a_cluster_is_told_without_passwords() -> None:
    urls = "mqtt://ingest:a,b@nats-1.example, mqtt://ingest:a,b@nats-2.example:1884"
    assert told(broker=None, mqtt_url=urls)[-2:] == [["Devices", "mqtt://nats-1.example"], ["", "mqtt://nats-2.example:1884"]]


def test_both_addresses_of_a_machine_that_keeps_to_itself() -> None:
    assert told() == [
        ["Pages", "http://127.0.0.1:8080"],
        ["", "only for this machine"],
        ["Devices", "mqtt://127.0.0.1:1883"],
        ["", "only on this machine; --listen lets others in"],
    ]


def test_to_others_it_says_what_they_call_this_machine() -> None:
    lines = told(http=(EVERYWHERE, 8080), broker=(EVERYWHERE, 1884))
    assert lines[:2] == [["Pages", "http://192.168.1.20:8080"], ["", "http://10.0.0.5:8080"]]
    assert lines[2:4] == [["Devices", "mqtt://192.168.1.20:1884"], ["", "mqtt://10.0.0.5:1884"]]
    assert "sign in with the short name of their site" in lines[4][1]


def test_the_public_address_comes_first() -> None:
    assert told(public_url="https://gatehouse.example")[:2] == [
        ["Pages", "https://gatehouse.example"],
        ["", "http://127.0.0.1:8080"],
    ]


@pytest.mark.parametrize("url", ["mqtts://gatehouse:s3cret@broker.example:8883", "mqtts://broker.example:8883"])
def test_a_configured_broker_is_named_without_its_password(url: str) -> None:
    assert told(broker=None, mqtt_url=url)[-1] == ["Devices", "mqtts://broker.example:8883"]


def test_the_addresses_of_this_machine_leave_out_its_loopback() -> None:
    assert not [address for address in network_addresses() if address.startswith("127.")]


def test_serve_prints_them(work_folder: Path) -> None:
    environ = {**os.environ, "GATEHOUSE_HTTP_PORT": "0", "GATEHOUSE_MQTT_PORT": "0", "GATEHOUSE_LOG_LEVEL": "ERROR"}
    args = [sys.executable, "-m", "gatehouse.cli", "serve", "--data-dir", str(work_folder / "served")]
    with subprocess.Popen(args, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.terminate()
        process.wait(30)
    assert any(line.startswith("  Pages     http://127.0.0.1:") for line in lines)
    assert any(line.startswith("  Devices   mqtt://127.0.0.1:") for line in lines)
