"""Settings that work and may be regretted."""

from collections.abc import Iterator

from core.hosts import LOOPBACK
from core.settings import Settings
from gatehouse.doctor.findings import Finding, hint, ok
from ingest.broker_url import MqttUrlError, parse_broker_url


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """One hint for each, or that there is none."""
    found = list(_risks(settings))
    yield from found or [ok("settings", "nothing that may be regretted")]


def _risks(settings: Settings) -> Iterator[Finding]:
    if settings.http_host not in LOOPBACK and not settings.secure_cookies:
        said = f"pages are open to the network at {settings.http_host}, unencrypted: passwords can be read on the way"
        yield hint("GATEHOUSE_HTTP_HOST", said, "put a web server with TLS in front and set GATEHOUSE_PUBLIC_URL=https://…")
    if settings.base_url is None:
        yield hint("GATEHOUSE_PUBLIC_URL", "not set: notifications come without a link", "set it to the address people open")
    if settings.mqtt_url is not None and _is_plain(settings.mqtt_url.get_secret_value()):
        said = "MQTT to another machine, unencrypted: the password can be read on the way"
        yield hint("GATEHOUSE_MQTT_URL", said, "use mqtts:// unless the network is yours alone")
    if settings.reading_retention < settings.max_reading_age:
        said = "shorter than GATEHOUSE_MAX_READING_AGE, which then counts"
        yield hint("GATEHOUSE_READING_RETENTION", said, "make it longer, or take no readings that old")


def _is_plain(url: str) -> bool:
    try:
        address = parse_broker_url(url)
    except MqttUrlError:  # which is told of the broker
        return False
    return not address.tls and address.host not in LOOPBACK
