"""The address of an MQTT broker, as a setting gives it."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


class MqttUrlError(ValueError):
    """The broker's address cannot be used; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerAddress:
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None


def parse_broker_urls(urls: str) -> tuple[BrokerAddress, ...]:
    """One broker, or several of a cluster with commas between."""
    return tuple(parse_broker_url(each) for each in split_broker_urls(urls))


def split_broker_urls(urls: str) -> list[str]:
    """A comma within a password divides nothing."""
    return re.split(r"\s*,\s*(?=mqtts?://)", urls.strip())


def parse_broker_url(url: str) -> BrokerAddress:
    """`mqtt://user:password@host:1883` or `mqtts://…` (port 8883). MqttUrlError otherwise; it never shows the password."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts"):
        raise MqttUrlError("GATEHOUSE_MQTT_URL must begin with mqtt:// or mqtts://")
    try:
        port = parts.port
    except ValueError:
        raise MqttUrlError("GATEHOUSE_MQTT_URL: the port is not a number from 1 to 65535") from None
    if not parts.hostname or parts.path.strip("/"):
        raise MqttUrlError("GATEHOUSE_MQTT_URL must be like mqtt://user:password@host:1883")
    tls = parts.scheme == "mqtts"
    return BrokerAddress(
        host=parts.hostname,
        port=port or (8883 if tls else 1883),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
