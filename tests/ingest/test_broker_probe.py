"""How far one comes with a broker is told in words."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingest.broker_probe import BrokerProbeError, probe_broker
from ingest.broker_url import parse_broker_url
from ingest.embedded_broker import EmbeddedBroker


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """A server that says this to whoever comes and hangs up; None: it says nothing and stays."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1000)
                if answer is None:
                    done.wait(10)
                else:
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join(10)


def test_a_broker_that_lets_us_in(broker: EmbeddedBroker) -> None:
    probe_broker(parse_broker_url(broker.url))
    probe_broker(parse_broker_url(broker.local_url))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\x20\x02\x00\x04", "refuses the user name or password"),
        (b"\x20\x02\x00\x63", "answers with code 99"),
        (b"HTTP/1.1 400 Bad Request", "no MQTT broker"),
        (b"\x20\x02", "no MQTT broker"),
        (b"", "hangs up without a word"),
        (None, "does not answer"),
    ],
)
def test_what_answers_otherwise_is_told(answer: bytes | None, said: str) -> None:
    with answering(answer) as port, pytest.raises(BrokerProbeError, match=said):
        probe_broker(parse_broker_url(f"mqtt://u:p@127.0.0.1:{port}"), seconds=0.5)


def test_encryption_where_there_is_none_is_told(broker: EmbeddedBroker) -> None:
    with pytest.raises(BrokerProbeError, match=r"the encryption fails|does not answer|not reached"):
        probe_broker(parse_broker_url(broker.url.replace("mqtt:", "mqtts:")), seconds=2)


def test_a_name_nobody_knows_is_told() -> None:
    with pytest.raises(BrokerProbeError, match="not reached"):
        probe_broker(parse_broker_url("mqtt://broker.invalid"))
