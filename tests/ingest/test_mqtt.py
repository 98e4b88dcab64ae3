"""The client keeps its promises to the broker: nothing acknowledged too early, nothing read beyond its room, never given up."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.processes import ChildProcess, free_port
from gatehouse.rig.proxy import Proxy
from ingest import mqtt
from ingest.broker_url import MqttUrlError, parse_broker_url, parse_broker_urls
from ingest.embedded_broker import EmbeddedBroker, nats_server
from ingest.inbox import Inbox
from ingest.model import Message
from ingest.mqtt import MqttClient
from tests.ingest.conftest import Connect

Wait = Callable[..., None]
TOPIC = "gatehouse/v1/wutong/gate-1/reading"


class Subscriber:
    """The client under test with its inbox."""

    def __init__(self, url: str, *, client_id: str = "ingest", inbox: Inbox | None = None) -> None:
        self.inbox = Inbox() if inbox is None else inbox
        self.client = MqttClient(
            url, client_id=client_id, filters=["gatehouse/v1/#"], inbox=self.inbox, clock=SystemClock(), max_payload_bytes=1000
        )
        self.client.start()

    def take(self) -> list[Message]:
        return self.inbox.take(100_000, wait=0, fill=0)


@pytest.fixture
def proxy(broker: EmbeddedBroker) -> Iterator[Proxy]:
    between = Proxy(broker.port)
    yield between
    between.close()


@pytest.fixture
def subscribe(broker: EmbeddedBroker) -> Iterator[Callable[..., Subscriber]]:
    made: list[Subscriber] = []

    def make(url: str | None = None, **options: object) -> Subscriber:
        subscriber = Subscriber(url or broker.url, **options)  # type: ignore[arg-type]
        made.append(subscriber)
        return subscriber

    yield make
    for subscriber in made:
        subscriber.client.stop()


Subscribe = Callable[..., Subscriber]


def through(proxy: Proxy, broker: EmbeddedBroker) -> str:
    return broker.url.replace(f":{broker.port}", f":{proxy.port}")


def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(
    subscribe: Subscribe, connect: Connect, wait_for: Wait
) -> None:
    first = subscribe()
    assert first.client.wait_until_listening(20)
    device = connect()
    for number in range(10):
        device.publish(TOPIC, str(number))
    wait_for(lambda: len(first.inbox) == 10)
    first.client.acknowledge(first.take()[:4])
    first.client.stop()

    def coming_again() -> list[bytes]:
        second = subscribe()
        wait_for(lambda: len(second.inbox) >= 6, seconds=30)
        second.client.stop()
        return sorted(message.payload for message in second.take())

    # The broker notes acknowledgements in its own time: whoever is back at once may see some of them once more.
    wait_for(lambda: coming_again() == [b"4", b"5", b"6", b"7", b"8", b"9"], seconds=60)


def test_an_acknowledgement_for_an_earlier_connection_never_leaves(
    subscribe: Subscribe, broker: EmbeddedBroker, connect: Connect, proxy: Proxy, wait_for: Wait
) -> None:
    subscriber = subscribe(through(proxy, broker))
    assert subscriber.client.wait_until_listening(20)
    connect().publish(TOPIC, "x")
    wait_for(lambda: len(subscriber.inbox) == 1)
    old = subscriber.take()
    proxy.cut()
    proxy.restore()
    wait_for(lambda: subscriber.client.epoch > 1 and subscriber.client.listening)
    before = len(proxy.sent)
    subscriber.client.acknowledge(old)
    wait_for(lambda: len(subscriber.inbox) == 1, seconds=30)
    assert b"\x40\x02" not in bytes(proxy.sent[before:])
    [again] = subscriber.take()
    assert (again.payload, again.repeated, again.epoch > old[0].epoch) == (b"x", True, True)


def test_a_full_inbox_stops_the_reading_and_the_connection_stands(
    subscribe: Subscribe, broker: EmbeddedBroker, connect: Connect, proxy: Proxy, wait_for: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "_KEEPALIVE", 6)  # long enough for a test run that stumbles
    subscriber = subscribe(through(proxy, broker), inbox=Inbox(max_messages=3000))
    assert subscriber.client.wait_until_listening(20)
    device = connect()
    sent = [device.send(TOPIC, f"{number:06}" * 40) for number in range(10_000)]
    sent[-1].wait_for_publish(30)
    wait_for(lambda: len(subscriber.inbox) >= 3000)
    pings = proxy.sent.count(b"\xc0\x00")
    wait_for(lambda: proxy.sent.count(b"\xc0\x00") >= pings + 2, seconds=30)  # two keep-alives later
    assert len(subscriber.inbox) < 5000
    assert subscriber.client.epoch == 1
    got: list[Message] = []

    def drained() -> bool:
        taken = subscriber.take()
        got.extend(taken)
        subscriber.client.acknowledge(taken)
        return len({message.payload for message in got}) >= 10_000

    wait_for(drained, seconds=60)
    # What lay unread for longer than `ack_wait` was sent again meanwhile, marked as such.
    assert [each.payload[:6] for each in got if not each.repeated] == [b"%06d" % number for number in range(10_000)]


def test_what_the_broker_sends_again_while_we_hold_it_is_taken_once(
    subscribe: Subscribe, broker: EmbeddedBroker, connect: Connect, wait_for: Wait
) -> None:
    subscriber = subscribe()
    assert subscriber.client.wait_until_listening(20)
    device = connect()
    device.publish(TOPIC, "held")
    wait_for(lambda: subscriber.client.received >= 1)
    # After `ack_wait` the broker sends it again; wait for that by what a second message's redelivery would show.
    wait_for(lambda: subscriber.client.repeated >= 1, seconds=40)
    assert len(subscriber.inbox) == 1


def test_it_waits_for_a_broker_that_comes_later_and_for_one_that_comes_back(
    subscribe: Subscribe, tmp_path: Path, connect: Connect, wait_for: Wait
) -> None:
    later = EmbeddedBroker(tmp_path / "later", free_port())
    later.folder.mkdir()
    subscriber = subscribe(later.url)
    assert not subscriber.client.wait_until_listening(0.5)
    later.start()
    assert subscriber.client.wait_until_listening(30)
    later.stop()
    wait_for(lambda: not subscriber.client.listening)
    again = EmbeddedBroker(tmp_path / "later", later.port).start()
    try:
        assert subscriber.client.wait_until_listening(30)
        connect(url=again.local_url).publish(TOPIC, "x")
        wait_for(lambda: len(subscriber.inbox) == 1)
    finally:
        again.stop()


def test_a_connection_that_is_dead_without_saying_so_is_noticed(
    subscribe: Subscribe, broker: EmbeddedBroker, connect: Connect, proxy: Proxy, wait_for: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "_KEEPALIVE", 2)
    subscriber = subscribe(through(proxy, broker))
    assert subscriber.client.wait_until_listening(20)
    proxy.freeze()
    connect().publish(TOPIC, "meanwhile")
    wait_for(lambda: not subscriber.client.listening)
    proxy.restore()
    wait_for(lambda: len(subscriber.inbox) == 1, seconds=30)


def test_a_refused_subscription_is_not_taken_for_listening(subscribe: Subscribe, broker: EmbeddedBroker, wait_for: Wait) -> None:
    subscriber = subscribe(broker.local_url)  # may publish only
    wait_for(lambda: subscriber.client.epoch >= 2)
    assert not subscriber.client.listening


def test_a_broker_that_ends_the_connection_for_a_mappings_topics_costs_nothing_else(
    subscribe: Subscribe, broker: EmbeddedBroker, connect: Connect, proxy: Proxy, wait_for: Wait
) -> None:
    proxy.forbidden = b"secret/+"
    subscriber = subscribe(through(proxy, broker))
    subscriber.client.subscribe_also(["secret/+"])
    wait_for(lambda: subscriber.client.epoch >= 4 and subscriber.client.listening)
    device = connect(url=broker.url, client_id="device")
    device.publish(TOPIC, "still")
    wait_for(lambda: b"still" in {message.payload for message in subscriber.take()})
    assert subscriber.client.listening


def test_a_large_message_is_cut_and_its_size_is_told(subscribe: Subscribe, connect: Connect, wait_for: Wait) -> None:
    subscriber = subscribe()
    assert subscriber.client.wait_until_listening(20)
    connect().publish(TOPIC, "x" * 900_000)
    wait_for(lambda: len(subscriber.inbox) == 1)
    [message] = subscriber.take()
    assert (len(message.payload), message.size) == (4096, 900_000)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_mqtts_checks_the_certificate(
    subscribe: Subscribe, tmp_path: Path, wait_for: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate, port = tmp_path / "key.pem", tmp_path / "cert.pem", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    plain = EmbeddedBroker(tmp_path / "plain", port)
    plain.folder.mkdir()
    plain._write_config()
    config = tmp_path / "tls.conf"
    tls = f'mqtt {{ tls {{ cert_file: "{certificate}", key_file: "{key}" }}, '
    config.write_text((plain.folder / "broker.conf").read_text().replace("mqtt { ", tls))
    server = ChildProcess([nats_server(), "-c", config], pid_file=tmp_path / "pid", log_file=tmp_path / "log")
    server.start()
    try:
        url = plain.url.replace("mqtt://", "mqtts://").replace("127.0.0.1", "localhost")
        untrusting = subscribe(url, client_id="untrusting")
        assert not untrusting.client.wait_until_listening(1)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        trusting = subscribe(url, client_id="trusting")
        assert trusting.client.wait_until_listening(20)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url",
    ["http://host", "mqtt://", "host:1883", "mqtt://host:99999", "mqtt://user:secret@host/path", "mqtt://user:secret@host:x"],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(MqttUrlError, match="GATEHOUSE_MQTT_URL") as error:
        parse_broker_url(url)
    assert "secret" not in str(error.value)


def test_user_and_password_are_taken_from_the_address() -> None:
    address = parse_broker_url("mqtts://wutong:p%40ss%2Fword@broker.example")
    assert (address.host, address.port, address.tls) == ("broker.example", 8883, True)
    assert (address.username, address.password) == ("wutong", "p@ss/word")


def test_several_brokers_have_commas_between_and_a_comma_in_a_password_is_none() -> None:
    first, second = parse_broker_urls("mqtt://ingest:a,b@nats-1.example, mqtts://ingest:c@nats-2.example")
    assert (first.host, first.port, first.password) == ("nats-1.example", 1883, "a,b")
    assert (second.host, second.port, second.password) == ("nats-2.example", 8883, "c")


def test_when_one_broker_is_not_there_it_is_the_next_ones_turn(
    subscribe: Subscribe, broker: EmbeddedBroker, connect: Connect, wait_for: Wait
) -> None:
    subscriber = subscribe(f"mqtt://127.0.0.1:{free_port()},{broker.url}")
    assert subscriber.client.wait_until_listening(20)
    connect().publish(TOPIC, "x")
    wait_for(lambda: len(subscriber.inbox) == 1)
