"""The same story on mosquitto."""

from collections.abc import Callable
from datetime import datetime

import pytest

from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, reading
from tests.ingest.test_outages import GATE, all_stored_once, send_numbered, stored

Wait = Callable[..., None]
pytestmark = pytest.mark.mosquitto


def test_messages_are_stored_once_across_a_restart_of_the_ingester(
    db: Database, devices: Devices, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    device = Publisher(mosquitto, "device")
    first = run_ingester(url=mosquitto, batch_size=50, everything=False)
    send_numbered(device, now, range(1000))
    wait_for(lambda: stored(db) > 200)
    first.stop()
    send_numbered(device, now, range(1000, 2000))
    run_ingester(url=mosquitto, everything=False)
    wait_for(lambda: all_stored_once(db, 2000), seconds=60)
    device.close()


def test_a_will_and_what_is_retained_mean_the_same(
    db: Database, devices: Devices, mosquitto: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    def state(device_id: int) -> object:
        with db.transaction() as conn:
            row = conn.execute("SELECT status FROM device_state WHERE device_id = %s", (device_id,)).fetchone()
        return row and row[0]

    door = Publisher(mosquitto, "door")
    door.publish("gatehouse/v1/wutong/door-1/status", {"status": "online"}, retain=True)
    ingester = run_ingester(url=mosquitto, everything=False)
    gate = Publisher(mosquitto, "gate", will=("gatehouse/v1/wutong/gate-1/status", '{"status": "offline"}'))
    gate.publish(GATE, reading(now, cycles=1))
    wait_for(lambda: state(devices.gate) == "online")
    gate.vanish()
    wait_for(lambda: state(devices.gate) == "offline")
    wait_for(lambda: ingester.stats.committed == 3)
    assert state(devices.door) == "unknown"
    door.close()
