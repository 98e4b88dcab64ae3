"""Three NATS servers keep every message three times: one is killed under load, and nothing is lost."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from store.db import Database
from tests.ingest.cluster import COUNT, PASSWORD, Cluster
from tests.ingest.conftest import Devices, Publisher, Run
from tests.ingest.test_outages import all_stored_once, send_numbered, stored

Wait = Callable[..., None]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """As the documentation says; up as soon as it answers."""
    monkeypatch.setenv("NATS_INGEST_PASSWORD", PASSWORD)
    three = Cluster(tmp_path)
    three.start()
    yield three
    three.stop()


def test_the_server_that_leads_is_killed_under_load_and_nothing_is_lost_or_twice(
    db: Database, devices: Devices, cluster: Cluster, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    run_ingester(url=cluster.url(0)).stop()  # the streams are made for the first client
    wait_for(lambda: cluster.leader is not None)
    leader = cluster.leader
    assert leader is not None
    ingester = run_ingester(url=cluster.url(leader), batch_size=50)
    device = Publisher(cluster.url((leader + 1) % COUNT).partition(",")[0], "device")
    sent = send_numbered(device, now, range(3000))
    wait_for(lambda: stored(db) > 300)
    cluster.kill(leader)
    sent += send_numbered(device, now, range(3000, 6000))
    for each in sent:
        each.wait_for_publish(60)  # type: ignore[attr-defined]
    wait_for(lambda: all_stored_once(db, 6000), seconds=60)
    assert ingester.stats.connections > 1
    assert cluster.leader not in (None, leader)
    device.close()
