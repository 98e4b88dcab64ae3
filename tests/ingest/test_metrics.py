"""What programs that watch us are told: numbers that agree with what was published, and nothing to whom they are not for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api.services import Services
from core.clock import ManualClock
from core.settings import Settings
from gatehouse.rig.proxy import Proxy
from store.db import Database
from store.runners import Run as JobRun
from store.runners import Runner, write_runner
from tests.browser import HOST, InProcess
from tests.ingest.conftest import Devices, Publisher, Run, reading
from web.app import create_web

TOKEN = "prometheus-reads-us"
GATE = "gatehouse/v1/wutong/gate-1/reading"
SECOND = timedelta(seconds=1)
Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def visit(services: Services, portal: BlockingPortal) -> Callable[..., httpx.Client]:
    """A program on the web server, with a token set there and the one it sends."""

    def make(*, token: str | None = TOKEN, sent: str | None = TOKEN, db: Database | None = None) -> httpx.Client:
        settings = Settings(database_pool=8, metrics_token=SecretStr(token) if token else None)
        app = create_web(replace(services, settings=settings, db=db or services.db))
        headers = {"authorization": f"Bearer {sent}"} if sent else {}
        return httpx.Client(transport=InProcess(app, portal), base_url=f"http://{HOST}", headers=headers)

    return make


def numbers(answer: httpx.Response) -> Numbers:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found: Numbers = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation or family.name.startswith("process_")
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found
            found[key] = sample.value
    return found


def of(found: Numbers, name: str, **labels: str) -> float | None:
    """A number of the one ingester."""
    return found.get((name, frozenset({"ingester": "gatehouse-ingest", **labels}.items())))


def test_the_numbers_are_those_of_what_was_published(
    db: Database,
    devices: Devices,
    device: Publisher,
    run_ingester: Run,
    visit: Callable[..., httpx.Client],
    clock: ManualClock,
    wait_for: Callable[..., None],
) -> None:
    ingester = run_ingester(batch_size=50)
    for number in range(120):
        device.send(GATE, reading(clock.now() + number * SECOND / 1000, cycles=number))
    device.send(GATE, "no JSON")
    device.send(GATE, reading(clock.now(), cycles="many"))
    device.publish("gatehouse/v1/nowhere/gate-1/reading", reading(clock.now(), cycles=1))
    wait_for(lambda: ingester.stats.committed == 123)
    clock.advance(6 * SECOND)  # the next heartbeat is due
    client = visit()
    wait_for(lambda: of(numbers(client.get("/metrics")), "gatehouse_messages_committed_total") == 123)
    found = numbers(client.get("/metrics"))
    assert of(found, "gatehouse_messages_received_total") == 123
    rejected = {reason: of(found, "gatehouse_messages_rejected_total", reason=reason) for reason in ingester.stats.rejected}
    assert rejected == ingester.stats.rejected
    assert sum(filter(None, rejected.values())) == 3
    assert of(found, "gatehouse_batch_messages_sum") == 123
    assert of(found, "gatehouse_batch_messages_count") == of(found, "gatehouse_commit_seconds_count")
    assert of(found, "gatehouse_batch_messages_bucket", le="50.0") == of(found, "gatehouse_batch_messages_bucket", le="+Inf")
    assert of(found, "gatehouse_broker_connections_total") == 1
    assert of(found, "gatehouse_ingester_connected") == 1
    assert of(found, "gatehouse_queue_messages") == 0
    assert (of(found, "gatehouse_ingester_memory_bytes") or 0) > 10_000_000
    assert of(found, "gatehouse_ingest_trouble", why="stopped") == 0
    assert found["gatehouse_devices", frozenset({("status", "online")})] == 1
    assert found["gatehouse_database_up", frozenset()] == 1
    assert found["process_resident_memory_bytes", frozenset()] > 10_000_000


def test_jobs_are_told_with_when_they_ended_last(db: Database, visit: Callable[..., httpx.Client], now: datetime) -> None:
    with db.transaction() as conn:
        for name, ended_at, error in (("old", now - 60 * SECOND, ""), ("new", now, "ValueError"), ("older", now - 90 * SECOND, "")):
            runs = {"close_rounds": JobRun(ended_at=ended_at, seconds=0.1, error=error)}
            write_runner(conn, Runner(name=name, started_at=now, seen_at=now, runs=runs))
    found = numbers(visit().get("/metrics"))
    job = frozenset({("job", "close_rounds")})
    assert found["gatehouse_job_ended_timestamp_seconds", job] == now.timestamp()
    assert found["gatehouse_job_failed", job] == 1


@pytest.mark.parametrize("sent", [None, "prometheus-reads-him", TOKEN + "x", ""])
def test_who_has_not_the_token_reads_nothing(visit: Callable[..., httpx.Client], sent: str | None) -> None:
    answer = visit(sent=sent).get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "gatehouse_" not in answer.text


@pytest.mark.parametrize("sent", [None, "", TOKEN])
def test_without_a_token_in_the_settings_there_is_nothing_to_read(visit: Callable[..., httpx.Client], sent: str | None) -> None:
    assert visit(token=None, sent=sent).get("/metrics").status_code == 404


def test_health_is_told_to_everybody_and_says_only_how_it_is(visit: Callable[..., httpx.Client]) -> None:
    answer = visit(token=None, sent=None).get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "ingest": "ok"}


def test_while_the_database_is_away_both_say_so(db: Database, visit: Callable[..., httpx.Client]) -> None:
    port = urlsplit(db.url).port
    assert port is not None
    between = Proxy(port)
    try:
        with Database(db.url.replace(f":{port}/", f":{between.port}/"), size=2).open() as far:
            client = visit(db=far)
            assert client.get("/healthz").status_code == 200
            between.cut()
            health = client.get("/healthz")
            assert (health.status_code, health.json()["status"], health.json()["database"]) == (503, "down", "away")
            found = numbers(client.get("/metrics"))
            assert found["gatehouse_database_up", frozenset()] == 0
            assert found["process_resident_memory_bytes", frozenset()] > 0
    finally:
        between.close()
