"""Load: the asked rate, every device, no reading twice, bounded."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest

from core.clock import SystemClock
from core.processes import free_port
from ingest.kinds import all_kinds
from ingest.kinds.check import check_reading
from ingest.model import Reading
from simulators.city import make_city
from simulators.load import LoadReport, NoBrokerError, run_load
from tests.messages import heard
from tests.simulators.conftest import Listener, Running

CLOCK = SystemClock()


def test_a_load_reaches_every_device_and_is_all_new(
    broker: Running, listen: Callable[..., Listener], wait_for: Callable[..., None]
) -> None:
    listener = listen(broker.listener_url)
    report = run_load(broker.device_url, sites=3, devices=10, rate=2000, seed=5, clock=CLOCK, count=600)
    assert report.sent == report.acknowledged == 600
    wait_for(lambda: len(listener.heard) >= 600)
    kinds = {(site.slug, device.slug): device.kind for site in make_city(3, devices=10, seed=5).sites for device in site.devices}
    seen = Counter[tuple[str, str]]()
    times = set()
    for message in listener.heard:
        [reading] = heard(message.topic, bytes(message.payload))
        assert isinstance(reading, Reading)
        assert check_reading(all_kinds()[kinds[reading.site, reading.device]], reading).unknown is None
        seen[reading.site, reading.device] += 1
        times.add((reading.site, reading.device, reading.ts))
    assert seen == dict.fromkeys(kinds, 20)
    assert len(times) == 600


def test_a_load_keeps_to_its_rate_and_duration(nats: Running) -> None:
    told: list[LoadReport] = []
    report = run_load(
        nats.device_url,
        sites=2,
        devices=20,
        rate=500,
        seed=5,
        clock=CLOCK,
        duration=timedelta(seconds=2.5),
        progress=told.append,
    )
    assert report.sent == pytest.approx(1250, rel=0.1)
    assert report.acknowledged == report.sent
    assert report.rate == pytest.approx(500, rel=0.15)
    assert len(told) == 2


def test_a_load_can_be_stopped(nats: Running) -> None:
    stop = Event()
    report = run_load(nats.device_url, sites=1, devices=10, rate=100, seed=5, clock=CLOCK, stop=stop, progress=lambda _: stop.set())
    assert 50 < report.sent < 250


def test_the_same_seed_says_the_same(nats: Running, listen: Callable[..., Listener], wait_for: Callable[..., None]) -> None:
    listener = listen(nats.listener_url)
    for _ in range(2):
        run_load(nats.device_url, sites=1, devices=10, rate=500, seed=5, clock=CLOCK, count=40, connections=1)
    wait_for(lambda: len(listener.heard) >= 80)
    said = [(message.topic, json.loads(message.payload)["measures"]) for message in listener.heard]
    assert said[:40] == said[40:]
    assert len({str(measures) for _, measures in said}) > 20


def test_without_a_broker_a_load_says_so() -> None:
    with pytest.raises(NoBrokerError, match=r"no broker lets us in at 127\.0\.0\.1:\d+: .*refused"):
        run_load(f"mqtt://127.0.0.1:{free_port()}", sites=1, devices=5, rate=10, seed=1, clock=CLOCK, count=1)


@pytest.mark.parametrize("rate", [0, -1, 5001])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="at most 5000"):
        run_load("mqtt://127.0.0.1", sites=1, devices=5, rate=rate, seed=1, clock=CLOCK, count=1)
