"""The simulation on real brokers: wills, retained statuses, reconnection, farewell."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from core.clock import SystemClock
from simulators.broker import Broker
from simulators.compound import make_compound
from simulators.run import Simulation
from tests.messages import heard
from tests.simulators.conftest import Listener, Running

SITE = make_compound("cuihu-garden", seed=1, devices=20)
DOOR = "door-b1-lobby"
OWN = {device.slug for device in SITE.devices if device.will}
Wait = Callable[..., None]
Listen = Callable[..., Listener]


@pytest.fixture
def simulation(broker: Running) -> Iterator[Simulation]:
    """Twenty devices that speak twice a second."""
    running = Simulation(SITE, broker.device_url, clock=SystemClock(), seed=1, interval=timedelta(seconds=0.5))
    yield running
    running.stop()


def last_status(listener: Listener, device: str) -> str | None:
    said = listener.of(device, "status")
    return json.loads(said[-1].payload)["status"] if said else None


def test_every_device_is_heard_and_what_is_heard_can_be_read(
    broker: Running, simulation: Simulation, listen: Listen, wait_for: Wait
) -> None:
    listener = listen(broker.listener_url)
    simulation.start()
    wait_for(lambda: all(len(listener.of(device.slug, "reading")) >= 2 for device in SITE.devices))
    wait_for(lambda: all(last_status(listener, slug) == "online" for slug in OWN))
    for message in list(listener.heard):
        assert message.qos == 1
        assert heard(message.topic, bytes(message.payload))
    assert not any(listener.of(device.slug, "status") for device in SITE.devices if device.slug not in OWN)


def test_the_broker_publishes_the_will_of_a_device_that_was_cut_off(
    broker: Running, simulation: Simulation, listen: Listen, wait_for: Wait
) -> None:
    listener = listen(broker.listener_url)
    simulation.start()
    wait_for(lambda: all(last_status(listener, slug) == "online" for slug in OWN))
    simulation.inject(DOOR, kind="will", duration=timedelta(seconds=2))
    wait_for(lambda: last_status(listener, DOOR) == "offline", seconds=1.9)
    assert all(last_status(listener, slug) == "online" for slug in OWN - {DOOR})
    late = listen(broker.listener_url)
    wait_for(lambda: late.of(DOOR, "status") and late.of(DOOR, "status")[0].retain)
    readings = len(listener.of(DOOR, "reading"))
    wait_for(lambda: last_status(listener, DOOR) == "online")
    wait_for(lambda: len(listener.of(DOOR, "reading")) > readings)


def test_a_device_that_hangs_has_no_will_published(broker: Running, simulation: Simulation, listen: Listen, wait_for: Wait) -> None:
    listener = listen(broker.listener_url)
    simulation.start()
    wait_for(lambda: listener.of(DOOR, "reading"))
    simulation.inject(DOOR, kind="silence", duration=timedelta(seconds=2))
    threading.Event().wait(1.5)
    said = len(listener.of(DOOR, "reading"))
    assert last_status(listener, DOOR) == "online"
    wait_for(lambda: len(listener.of(DOOR, "reading")) > said)
    assert [json.loads(message.payload)["status"] for message in listener.of(DOOR, "status")] == ["online"]


def test_a_clean_end_retains_offline_within_two_seconds(
    broker: Running, simulation: Simulation, listen: Listen, wait_for: Wait
) -> None:
    listener = listen(broker.listener_url)
    simulation.start()
    wait_for(lambda: all(last_status(listener, slug) == "online" for slug in OWN))
    clock = SystemClock()
    began = clock.monotonic()
    simulation.stop()
    assert clock.monotonic() - began < 2
    wait_for(lambda: all(last_status(listener, slug) == "offline" for slug in OWN))
    # A farewell carries its time, a will cannot.
    assert all("ts" in json.loads(listener.of(slug, "status")[-1].payload) for slug in OWN)
    assert not any(thread.name.startswith(("publish-", "simulate-")) for thread in threading.enumerate())


def test_devices_find_back_after_the_broker_was_away(
    broker: Running, simulation: Simulation, listen: Listen, wait_for: Wait
) -> None:
    listener = listen(broker.listener_url)
    simulation.start()
    wait_for(lambda: all(last_status(listener, slug) == "online" for slug in OWN))
    broker.stop()
    threading.Event().wait(2)
    broker.start()
    wait_for(lambda: len(listener.of(DOOR, "status")) >= 2 and last_status(listener, DOOR) == "online")
    listener.heard.clear()
    wait_for(lambda: all(listener.of(device.slug, "reading") for device in SITE.devices))


def test_what_was_measured_while_the_broker_was_away_comes_later(nats: Running, listen: Listen, wait_for: Wait) -> None:
    listener = listen(nats.listener_url, keep=True)
    simulation = Simulation(SITE, nats.device_url, clock=SystemClock(), seed=1, interval=timedelta(seconds=0.5))
    simulation.start()
    wait_for(lambda: all(listener.of(device.slug, "reading") for device in SITE.devices))
    nats.stop()
    threading.Event().wait(2)
    nats.start()
    returned = SystemClock().now()
    wait_for(lambda: all(times(listener, device.slug)[-1] > returned for device in SITE.devices))
    simulation.stop()
    for device in SITE.devices:
        said = sorted(set(times(listener, device.slug)))
        assert {after - before for before, after in pairwise(said)} == {timedelta(seconds=0.5)}, device.slug


def times(listener: Listener, device: str) -> list[datetime]:
    return [datetime.fromisoformat(json.loads(message.payload)["ts"]) for message in listener.of(device, "reading")]


def test_it_starts_before_the_broker_and_stops_without_one(broker: Running, listen: Listen, wait_for: Wait) -> None:
    broker.stop()
    simulation = Simulation(SITE, broker.device_url, clock=SystemClock(), seed=1, interval=timedelta(seconds=0.5))
    simulation.start()
    threading.Event().wait(1.5)
    broker.start()
    listener = listen(broker.listener_url)
    wait_for(lambda: all(last_status(listener, slug) == "online" for slug in OWN))
    # What was measured while there was no broker comes with the times of the measurement.
    wait_for(lambda: len(listener.of(DOOR, "reading")) >= 3)
    broker.stop()
    clock = SystemClock()
    began = clock.monotonic()
    simulation.stop()
    assert clock.monotonic() - began < 2
    broker.start()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1883", "mqtt://", "127.0.0.1:1883", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="like mqtt://"):
        Broker.at(url)


def test_an_address_may_carry_credentials_and_encryption() -> None:
    broker = Broker.at("mqtts://gate%40east:p%3Aw@broker.example")
    assert (broker.host, broker.port, broker.tls) == ("broker.example", 8883, True)
    assert (broker.username, broker.password) == ("gate@east", "p:w")
