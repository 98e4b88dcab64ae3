"""Real brokers, and a listener that hears what others would."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from core.processes import free_port
from ingest.embedded_broker import EmbeddedBroker
from simulators.broker import Broker


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A broker: where devices connect, where a listener does, and how to end and start it again."""

    device_url: str
    listener_url: str
    stop: Callable[[], None]
    start: Callable[[], None]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Running]:
    """The embedded broker."""
    brokers = [EmbeddedBroker(tmp_path / "broker").start()]

    def start() -> None:
        brokers.append(EmbeddedBroker(tmp_path / "broker", port=brokers[0].port).start())

    yield Running(device_url=brokers[0].local_url, listener_url=brokers[0].url, stop=lambda: brokers[-1].stop(), start=start)
    brokers[-1].stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Running]:
    """Debian's broker."""
    binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n", encoding="utf-8")
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        processes.append(subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL))

    def stop() -> None:
        processes[-1].send_signal(signal.SIGTERM)
        processes[-1].wait(10)

    start()
    url = f"mqtt://127.0.0.1:{port}"
    yield Running(device_url=url, listener_url=url, stop=stop, start=start)
    stop()


@pytest.fixture(params=["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def broker(request: pytest.FixtureRequest) -> Running:
    """Each broker in turn."""
    running: Running = request.getfixturevalue(request.param)
    return running


class Listener:
    """Hears everything below gatehouse/v1. `keep`: the broker keeps for it what it misses."""

    def __init__(self, url: str, *, keep: bool = False) -> None:
        broker = Broker.at(url)
        self.heard: list[MQTTMessage] = []
        self._subscribed = Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTv311, clean_session=not keep)
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        self._client.on_connect = lambda client, *_: client.subscribe("gatehouse/v1/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _userdata, message: self.heard.append(message)
        self._client.reconnect_delay_set(1, 1)
        self._broker = broker

    def start(self) -> "Listener":
        for _ in range(100):
            try:
                self._client.connect(self._broker.host, self._broker.port)
                break
            except OSError:
                Event().wait(0.05)
        self._client.loop_start()
        assert self._subscribed.wait(10)
        return self

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def of(self, device: str, channel: str) -> list[MQTTMessage]:
        return [message for message in list(self.heard) if message.topic.endswith(f"/{device}/{channel}")]


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Starts listeners and ends them with the test."""
    started: list[Listener] = []

    def start(url: str, *, keep: bool = False) -> Listener:
        started.append(Listener(url, keep=keep).start())
        return started[-1]

    yield start
    for listener in started:
        listener.stop()
