"""Edge nodes that have Gatehouse for their primary host learn whether it is there, and keep everything while it is not."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import ManualClock
from gatehouse.rig.proxy import Proxy
from ingest.assignment import Assignment
from ingest.broker_url import parse_broker_url
from ingest.embedded_broker import EmbeddedBroker
from ingest.sparkplug_host import SparkplugHost
from store.db import Database
from tests.ingest.conftest import Devices, Publisher, Run, rows
from tests.ingest.test_embedded_broker import Heard

Wait = Callable[..., None]
ROOT = Path(__file__).parents[2]
TOPIC = "spBv1.0/STATE/city"
State = tuple[bool, int]


class Node(Heard):
    """An edge node that waits for its primary host `city`."""

    @property
    def states(self) -> list[State]:
        """Whether the host was there, and since when, as it was told."""
        assert set(self.topics) <= {TOPIC}
        return [(said["online"], said["timestamp"]) for said in (json.loads(each.payload) for each in self.messages)]


@pytest.fixture(params=["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def broker_url(request: pytest.FixtureRequest, broker: EmbeddedBroker) -> str:
    """A broker that lets us publish and subscribe to everything."""
    return broker.url if request.param == "nats" else str(request.getfixturevalue("mosquitto"))


@pytest.fixture
def meet(broker: EmbeddedBroker, broker_url: str) -> Iterator[Callable[[str], Node]]:
    """Makes nodes, by their client ids."""
    with ExitStack() as stack:

        def make(client_id: str = "node") -> Node:
            node = Node(broker, client_id=client_id, url=broker_url, topics=TOPIC)
            stack.callback(node.close)
            return node

        yield make


Meet = Callable[..., Node]


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_a_host_that_is_killed_is_said_to_be_gone_by_its_will_and_there_again_when_it_is(
    db: Database, devices: Devices, broker_url: str, meet: Meet, now: datetime, wait_for: Wait
) -> None:
    def start(at: datetime) -> "subprocess.Popen[bytes]":
        args = [sys.executable, "-m", "tests.ingest.killable", db.url, broker_url, at.isoformat(), "city"]
        return subprocess.Popen(args, cwd=ROOT, stderr=subprocess.DEVNULL)

    node = meet()
    born, again = milliseconds(now), milliseconds(now + timedelta(hours=1))
    running = start(now)
    try:
        wait_for(lambda: node.states == [(True, born)])
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        wait_for(lambda: node.states == [(True, born), (False, born)])
        late = meet("late")
        wait_for(lambda: late.states == [(False, born)])
        assert late.messages[0].retained
        running = start(now + timedelta(hours=1))
        wait_for(lambda: (True, again) in node.states and node.states[-1] == (True, again))
        assert (False, again) not in node.states
    finally:
        running.kill()
        running.wait(10)


def test_a_lost_connection_is_told_by_the_broker_and_the_next_one_has_a_later_time(
    db: Database, broker_url: str, meet: Meet, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    """The clock stands still: also one that was set back must not make the new birth look older than the old death."""
    port = parse_broker_url(broker_url).port
    line = Proxy(port)
    node = meet()
    born = milliseconds(now)
    try:
        run_ingester(url=broker_url.replace(f":{port}", f":{line.port}"), sparkplug_host_id="city")
        wait_for(lambda: node.states == [(True, born)])
        line.cut()
        wait_for(lambda: node.states[1:] == [(False, born)])
        line.restore()
        wait_for(lambda: node.states[-1][0])
        assert node.states[-1][1] > born
    finally:
        line.close()


def test_what_the_broker_did_not_answer_before_the_connection_was_lost_is_not_said_again(clock: ManualClock) -> None:
    """It would have an old time, and come before everything is subscribed to. What nodes are asked for is still asked."""
    client = Client(CallbackAPIVersion.VERSION2)
    host = SparkplugHost("city", clock)
    host.prepare(client)
    host.announce(client)
    client.publish("spBv1.0/g/NCMD/n", b"rebirth", qos=1)
    host.prepare(client)
    assert [(each.topic, each.payload, each.qos) for each in client.drop_out_messages()] == [("spBv1.0/g/NCMD/n", b"rebirth", 1)]


def test_a_host_that_is_stopped_says_itself_that_it_goes(
    db: Database, meet: Meet, broker_url: str, run_ingester: Run, clock: ManualClock, now: datetime, wait_for: Wait
) -> None:
    node = meet()
    ingester = run_ingester(url=broker_url, sparkplug_host_id="city")
    wait_for(lambda: node.states == [(True, milliseconds(now))])
    clock.advance(timedelta(minutes=5))
    ingester.stop()
    wait_for(lambda: node.states[1:] == [(False, milliseconds(now + timedelta(minutes=5)))])


def test_who_says_that_the_host_is_gone_while_it_is_there_is_contradicted(
    db: Database, meet: Meet, broker_url: str, run_ingester: Run, now: datetime, wait_for: Wait
) -> None:
    """So the will of a replaced connection, when it comes late, keeps no node waiting. Anything else it hears there is no message of a device."""
    run_ingester(url=broker_url, sparkplug_host_id="city")
    node = meet()
    wait_for(lambda: node.states == [(True, milliseconds(now))])
    late_will = Publisher(broker_url, "late-will")
    late_will.publish(TOPIC, {"online": False, "timestamp": 1}, retain=True)
    wait_for(lambda: node.states[1:] == [(False, 1), (True, milliseconds(now))])
    garbage = Publisher(broker_url, "garbage")
    garbage.publish("spBv1.0/STATE/another", "not JSON")
    late_will.publish(TOPIC, {"online": False, "timestamp": 2}, retain=True)
    wait_for(lambda: node.states[3:] == [(False, 2), (True, milliseconds(now))])
    assert rows(db, "SELECT topic FROM rejected_message") == []
    assert rows(db, "SELECT slug FROM discovered_device") == []
    late_will.close()
    garbage.close()


def test_of_several_ingesters_the_one_that_takes_vendors_topics_is_the_host(
    db: Database, devices: Devices, meet: Meet, broker_url: str, run_ingester: Run, clock: ManualClock, wait_for: Wait
) -> None:
    node = meet()
    of_a_site = Assignment(sites=frozenset({"wutong"}), vendor_topics=False)
    run_ingester(url=broker_url, name="north", assignment=of_a_site, everything=False, sparkplug_host_id="city").stop()
    clock.advance(timedelta(minutes=1))
    run_ingester(url=broker_url, name="south", sparkplug_host_id="city")
    wait_for(lambda: node.states == [(True, milliseconds(clock.now()))])


def test_without_a_name_nobody_is_told_anything(
    db: Database, meet: Meet, broker_url: str, run_ingester: Run, wait_for: Wait
) -> None:
    node = meet()
    run_ingester(url=broker_url).stop()
    run_ingester(url=broker_url, name="another", sparkplug_host_id="city")
    wait_for(lambda: node.states)
    assert [online for online, _ in node.states] == [True]
