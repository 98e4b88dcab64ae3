"""The doctor says what works and what does not, what to do, and never a password."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.clock import ManualClock, SystemClock
from core.settings import Settings, load_settings
from gatehouse.doctor import examine
from gatehouse.doctor.disk import judge
from gatehouse.doctor.findings import Finding
from ingest.embedded_broker import EmbeddedBroker
from store.db import Database
from store.runners import Run, Runner, write_runner
from tests.ingest.test_troubles import beat
from tests.system import running_system

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PASSWORD = "zhu-ju-mei-lan"


def doctor(*args: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    return subprocess.run(
        [sys.executable, "-m", "gatehouse.cli", "doctor", *args],
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def of(findings: list[Finding]) -> dict[str, Finding]:
    assert all("\n" not in each.said for each in findings)
    assert all(each.to_do for each in findings if each.level != "ok")
    return {each.what: each for each in findings}


def test_of_a_system_that_runs_everything_is_well(work_folder: Path, wait_for: Callable[..., None]) -> None:
    folder = work_folder / "doctor"
    with running_system(folder, lambda _: None):
        settings = load_settings({}, data_dir=folder)

        def well() -> bool:
            return all(each.level != "wrong" for each in examine(settings, SystemClock()))

        wait_for(well, seconds=60)
        told = doctor("--json", "--data-dir", str(folder))
        assert told.returncode == 0, told.stdout
        said = json.loads(told.stdout)
        assert said["ok"]
        found = {each["what"]: each for each in said["findings"]}
        assert found["database"]["said"].startswith("PostgreSQL ")
        assert "partitions" in found["room ahead"]["said"]
        assert "connected" in found["ingester gatehouse-ingest"]["said"]
        assert found["broker"]["said"].endswith("lets us in")
        assert found["alarms of the installation"]["level"] == "hint"
        lines = doctor("--data-dir", str(folder))
        assert lines.returncode == 0
        assert len(lines.stdout.splitlines()) == len(said["findings"])
    after = of(list(examine(settings, SystemClock())))
    assert after["database"].level == after["broker"].level == "wrong"


def test_servers_that_are_away_are_told_with_the_reason_and_without_the_passwords() -> None:
    told = doctor(
        GATEHOUSE_DATABASE_URL=f"postgresql://gatehouse:{PASSWORD}@127.0.0.1:1/gatehouse",
        GATEHOUSE_MQTT_URL=f"mqtt://gatehouse:{PASSWORD}@127.0.0.1:1",
    )
    assert (told.returncode, told.stderr) == (1, "")
    assert "WRONG database: " in told.stdout
    assert "WRONG broker: 127.0.0.1:1: it is not reached: Connection refused →" in told.stdout
    assert PASSWORD not in told.stdout


@pytest.mark.parametrize(
    "url", [f"postgresl://gatehouse:{PASSWORD}@db/gatehouse", f"host=db pass word={PASSWORD}", f"postgresql://a:{PASSWORD}@["]
)
def test_an_address_nobody_can_read_is_told_without_it(url: str) -> None:
    told = doctor(GATEHOUSE_DATABASE_URL=url, GATEHOUSE_MQTT_URL=f"http://u:{PASSWORD}@broker")
    assert told.returncode == 1
    assert "WRONG database: GATEHOUSE_DATABASE_URL cannot be read" in told.stdout
    assert "WRONG broker: GATEHOUSE_MQTT_URL must begin with" in told.stdout
    assert PASSWORD not in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


def test_the_wrong_password_is_told(db: Database, tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker").start()
    try:
        settings = Settings(
            database_url=SecretStr(db.url.replace("gatehouse:", "gatehouse:x", 1)),
            mqtt_url=SecretStr(broker.url.replace("ingest:", "ingest:x", 1)),
        )
        found = of(list(examine(settings, SystemClock())))
    finally:
        broker.stop()
    assert "password authentication failed" in found["database"].said
    assert "refuses the user name or password" in found["broker"].said or "does not let this user in" in found["broker"].said


def test_what_does_not_work_is_told_with_what_to_do(db: Database, clock: ManualClock, devices_of_the_past: None) -> None:
    found = of(list(examine(Settings(database_url=SecretStr(db.url)), clock)))
    wrong = {what: each.said for what, each in found.items() if each.level == "wrong"}
    assert wrong.keys() == {"clock", "durability", "ingester city", "job close_rounds", "broker"}
    assert wrong["ingester city"] == "has stopped, for 10 min"
    assert wrong["job close_rounds"] == "failed the last time with ValueError"
    assert found["rejected in the last hour"].said == "topic at 1 topics"
    assert found["room ahead"].level == "hint"
    clock.advance(DAY)
    assert of(list(examine(Settings(database_url=SecretStr(db.url)), clock)))["room ahead"].level == "wrong"
    assert found["jobs"].said == "run by server for 10 min"


@pytest.fixture
def devices_of_the_past(db: Database, clock: ManualClock) -> None:
    """An ingester that has stopped ten minutes ago, a job that fails, a mistake, and partitions up to tomorrow."""
    with db.transaction() as conn:
        started = clock.now()
        beat(conn, started, received_at=started)
        runs = {"close_rounds": Run(ended_at=started, seconds=1, error="ValueError"), "purge": Run(ended_at=started, seconds=1)}
        now = clock.advance(10 * MINUTE)
        write_runner(conn, Runner(name="server", started_at=started, seen_at=now, runs=runs))
        for topic, at in (("new", now), ("old", now - DAY)):
            conn.execute(
                """INSERT INTO rejected_message (topic, reason, detail_key, facts, payload, payload_bytes, first_at, last_at)
                   VALUES (%s, 'topic', 'nowhere', '{}', '', 0, %s, %s)""",
                (topic, at, at),
            )


def test_a_database_that_only_reads_is_told_with_its_code(db: Database) -> None:
    with db.connect() as conn:
        conn.execute(f"ALTER DATABASE {db.url.rsplit('/', 1)[1]} SET default_transaction_read_only = on".encode())
    found = of(list(examine(Settings(database_url=SecretStr(db.url)), SystemClock())))
    assert found["writing"].said.startswith("refused (SQLSTATE 25006): cannot execute")


def test_a_database_of_an_older_version_is_told(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("DELETE FROM schema_migration WHERE number = 11")
    found = of(list(examine(Settings(database_url=SecretStr(db.url)), SystemClock())))
    assert found["migrations"].said == "the database lacks watch_ourselves; run `gatehouse migrate` first"


def test_settings_that_may_be_regretted(db: Database) -> None:
    settings = Settings(database_url=SecretStr(db.url), http_host="192.0.2.7", mqtt_url=SecretStr("mqtt://u:p@broker.invalid"))
    found = of(list(examine(settings, SystemClock())))
    hints = {what for what, each in found.items() if each.level == "hint"}
    assert {"GATEHOUSE_HTTP_HOST", "GATEHOUSE_MQTT_URL"} <= hints


@pytest.mark.parametrize(("free", "level"), [(1, "wrong"), (1_900, "wrong"), (5_000, "hint"), (60_000, "ok")])
def test_a_disk_is_judged_by_what_is_left(free: int, level: str) -> None:
    usage = shutil.disk_usage("/")._replace(total=100_000_000_000, free=free * 1_000_000)
    assert judge("disk", Path("/"), usage).level == level
