"""Where the broker is, and a client that may speak to it."""

import ssl
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker_url import split_broker_urls
from simulators import pace

_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """Where the broker is and how to sign in."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None

    @classmethod
    def at(cls, url: str) -> "Broker":
        """From `mqtt://user:password@host:1883` or `mqtts://…`, of several the first; ValueError when it is neither."""
        parts = urlsplit(split_broker_urls(url)[0])
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError("the broker's address must be like mqtt://host:1883 or mqtts://user:password@host:8883")
        return cls(
            host=parts.hostname,
            port=parts.port or _DEFAULT_PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


def make_client(broker: Broker, client_id: str) -> Client:
    """A paho client for MQTT 3.1.1 that knows the broker's credentials."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311, clean_session=True)
    client.connect_timeout = pace.CONNECT_TIMEOUT_SECONDS
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if broker.tls:
        client.tls_set_context(ssl.create_default_context())
    return client
