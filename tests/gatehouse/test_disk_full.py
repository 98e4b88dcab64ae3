"""The disk of the database is full: everybody is told so in these words, what is stored can be read, and it is over by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from alerts.manage_channels import create_channel
from assets.models import INSTALLATION
from assets.sites import create_region, create_site
from core.clock import SystemClock
from core.settings import load_settings
from gatehouse.doctor import examine
from gatehouse.rig.numbered import Numbered
from gatehouse.rig.small_disk import fill, small_disk
from gatehouse.rig.stand import SMALL_POSTGRES
from people.manage import create_person, grant_role
from people.models import SYSTEM
from store.db import Connection
from store.embedded import EmbeddedPostgres
from tests.alerts.receiver import Receiver
from tests.alerts.world import add_device
from tests.system import System, running_system

PASSWORD = "zhu-ju-mei-lan"


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk() as folder:
        if folder is None:
            pytest.skip("only root on Linux may mount a disk to fill")
        yield folder


@pytest.fixture
def system(disk: Path, work_folder: Path, receiver: Receiver) -> Iterator[System]:
    """Everything runs, with the database on the small disk; one gate at wutong, a manager and an administrator."""
    server = EmbeddedPostgres(disk / "postgres", options=SMALL_POSTGRES).start()
    now = SystemClock().now()

    def prepare(conn: Connection) -> None:
        city = create_region(conn, SYSTEM, now=now, name="上海市")
        site = create_site(conn, SYSTEM, now=now, slug="wutong", name="梧桐苑", region_id=city.id)
        add_device(conn, site, now, "gate-1")
        admin = create_person(conn, SYSTEM, now=now, username="admin", display_name="管理员", password=PASSWORD)
        grant_role(conn, SYSTEM, now=now, person_id=admin.id, role="admin")
        create_channel(
            conn, SYSTEM, now=now, site_id=INSTALLATION.id, kind="webhook", name="duty", address=receiver.url, language="en"
        )

    try:
        with running_system(work_folder / "disk-full", prepare, database=server.url) as running:
            yield running
    finally:
        server.stop()


def test_a_full_disk_is_told_as_such_and_is_over_by_itself(
    system: System, disk: Path, receiver: Receiver, wait_for: Callable[..., None]
) -> None:
    url = system.parts.db.url
    settings = load_settings({}, database_url=url, mqtt_url=system.mqtt_url)
    load = Numbered(system.mqtt_url, ["gatehouse/v1/wutong/gate-1/reading"], system.parts.clock, rate=500)
    with httpx.Client(base_url=system.address, trust_env=False, timeout=10, headers={"accept-language": "en"}) as client:
        signed_in = client.post("/api/v1/session", json={"username": "admin", "password": PASSWORD}).raise_for_status()
        client.headers["x-csrf-token"] = signed_in.json()["csrf_token"]
        assert client.get("/healthz").json() == {"status": "ok", "database": "ok", "ingest": "ok"}
        load.start()
        wait_for(lambda: client.get("/api/v1/sites/wutong/devices/gate-1").json()["latest"])
        ballast = fill(disk)

        # The reserve is given up and filled again meanwhile, so each is told at some moment.
        full = {"status": "degraded", "database": "disk_full", "ingest": "disk_full"}
        wait_for(lambda: client.get("/healthz").json() == full, seconds=60)
        told = "The disk of the database is full: nothing new can be saved."
        wait_for(lambda: told in client.get("/s/wutong/overview").text, seconds=60)
        wait_for(
            lambda: "The disk of the database is full, and it refuses to write." in client.get("/admin/system").text, seconds=60
        )
        assert client.get("/api/v1/sites/wutong/devices/gate-1").json()["latest"], "what is stored can be read"

        def told_by_doctor() -> bool:
            """What is written between the giving up of the reserve and the next full disk is taken."""
            found = {each.what: each for each in examine(settings, system.parts.clock)}
            full = "the disk of the database is full (SQLSTATE 53100)" in found["ingester gatehouse-ingest"].said
            return full and found["disk of the database"].level == "wrong"

        wait_for(told_by_doctor, seconds=60)

        wait_for(lambda: receiver.received, seconds=60)
        assert receiver.received[0].json["rule"] == "database_full"
        assert "The disk of the database is full" in receiver.received[0].json["title"]

        ballast.unlink()
        wait_for(lambda: client.get("/healthz").json()["status"] == "ok", seconds=60)
        wait_for(lambda: receiver.received[-1].json["event"] == "resolved", seconds=60)
        assert [each.json["event"] for each in receiver.received] == ["opened", "resolved"]
        wait_for(lambda: "gh-banner-trouble" not in client.get("/s/wutong/overview").text, seconds=60)
    load.finish()
    with psycopg.connect(url) as conn:

        def arrived() -> bool:
            row = conn.execute("SELECT count(*) FROM reading_gate_barrier").fetchone()
            conn.commit()
            return row is not None and row[0] == load.sent

        wait_for(arrived, seconds=60)
