"""The broker: reached, encrypted as asked, and it lets us in."""

from collections.abc import Iterator

from core.settings import Settings
from gatehouse.doctor.findings import Finding, ok, wrong
from ingest.broker_probe import BrokerProbeError, probe_broker
from ingest.broker_url import MqttUrlError, parse_broker_url
from ingest.embedded_broker import EmbeddedBroker, EmbeddedBrokerError


def look_at_broker(settings: Settings) -> Iterator[Finding]:
    """With a client id of its own: an ingester is not disturbed."""
    try:
        if settings.mqtt_url is not None:
            address = parse_broker_url(settings.mqtt_url.get_secret_value())
        else:
            address = parse_broker_url(EmbeddedBroker(settings.data_dir / "broker").attach().local_url)
    except MqttUrlError as error:
        yield wrong("broker", str(error), "write it as mqtt://user:password@host:1883 or mqtts://…")
        return
    except EmbeddedBrokerError as error:
        yield wrong("broker", str(error), "start it with `gatehouse serve`, or set GATEHOUSE_MQTT_URL")
        return
    where = f"{address.host}:{address.port}{' with TLS' if address.tls else ''}"
    try:
        probe_broker(address)
    except BrokerProbeError as error:
        yield wrong("broker", f"{where}: {error}", "see whether it runs and whether GATEHOUSE_MQTT_URL is right")
    else:
        yield ok("broker", f"{where} lets us in")
