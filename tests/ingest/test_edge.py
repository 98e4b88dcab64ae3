"""A compound's own broker keeps its messages while the line is cut, and forwards them afterwards: `deploy/edge/mosquitto.conf`."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import bcrypt
import pytest

from core.processes import ChildProcess, free_port
from gatehouse.rig.proxy import Proxy
from ingest.embedded_broker import EmbeddedBroker
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, mosquitto_binary, rows
from tests.ingest.test_embedded_broker import Heard
from tests.ingest.test_outages import all_stored_once, send_numbered, stored

Wait = Callable[..., None]
pytestmark = pytest.mark.mosquitto
CONFIG = Path(__file__).parents[2] / "deploy" / "edge" / "mosquitto.conf"
UPLINK = """{"time": "2026-11-22T04:00:00Z", "deviceInfo": {"devEui": "24e124713c140001"}, "fPort": 85, "object": {"depth": 120}}"""


@pytest.fixture
def line(broker: EmbeddedBroker) -> Iterator[Proxy]:
    """Between the compound and the city, where only the compound's password counts."""
    password = bcrypt.hashpw(b"password-of-the-site", bcrypt.gensalt(4)).decode()
    broker.set_site_credentials({"wutong": password})
    between = Proxy(broker.port)
    yield between
    between.close()


@pytest.fixture
def edge(line: Proxy, tmp_path: Path, wait_for: Wait) -> Iterator[tuple[str, ChildProcess]]:
    """The compound's broker and its address, set up as `deploy/` says but for where things are."""
    port = free_port()
    text = CONFIG.read_text(encoding="utf-8")
    for pattern, here in {
        r"^listener .*": f"listener {port} 127.0.0.1\nuser root",
        r"^allow_anonymous .*\npassword_file .*": "allow_anonymous true",
        r"^persistence_location .*": f"persistence_location {tmp_path}/",
        r"^address .*\nbridge_capath .*": f"address 127.0.0.1:{line.port}",
    }.items():
        text, found = re.subn(pattern, here, text, flags=re.MULTILINE)
        assert found == 1
    config = tmp_path / "mosquitto.conf"
    config.write_text(text, encoding="utf-8")
    process = ChildProcess([mosquitto_binary(), "-c", config], pid_file=tmp_path / "pid", log_file=tmp_path / "log")
    process.start()
    url = f"mqtt://127.0.0.1:{port}"
    wait_for(lambda: Publisher(url, "probe").close() is None, ignore=OSError)
    yield url, process
    process.stop()


def test_a_cut_line_costs_no_message_and_no_order_though_the_compounds_broker_is_restarted(
    db: Database, devices: Devices, run_ingester: Run, line: Proxy, edge: tuple[str, ChildProcess], now: datetime, wait_for: Wait
) -> None:
    run_ingester()
    url, mosquitto = edge
    device = Publisher(url, "device")
    send_numbered(device, now, range(500))
    wait_for(lambda: stored(db) == 500, seconds=40)
    line.cut()
    send_numbered(device, now, range(500, 3000))[-1].wait_for_publish(20)  # type: ignore[attr-defined]
    device.publish("application/a/device/24e124713c140001/event/up", UPLINK)
    mosquitto.stop()
    mosquitto.start()
    assert stored(db) == 500
    line.restore()
    wait_for(lambda: all_stored_once(db, 3000), seconds=60)
    in_the_order_they_came = "SELECT cycles FROM reading_gate_barrier ORDER BY tableoid, ctid"
    assert rows(db, in_the_order_they_came) == [(number,) for number in range(3000)]
    wait_for(
        lambda: rows(db, "SELECT site_id, address FROM discovered_device") == [(devices.site_id, "chirpstack:24e124713c140001")]
    )
    assert rows(db, "SELECT topic FROM rejected_message") == []
    device.close()


def test_nodes_of_the_compound_hear_whether_the_sparkplug_host_is_there(
    db: Database, broker: EmbeddedBroker, run_ingester: Run, edge: tuple[str, ChildProcess], wait_for: Wait
) -> None:
    url, _ = edge
    node = Heard(broker, client_id="node", url=url, topics="spBv1.0/STATE/city")
    ingester = run_ingester(sparkplug_host_id="city")
    wait_for(lambda: len(node.topics) == 1, seconds=40)
    ingester.stop()
    wait_for(lambda: len(node.topics) == 2)
    assert [json.loads(message.payload)["online"] for message in node.messages] == [True, False]
    node.close()
