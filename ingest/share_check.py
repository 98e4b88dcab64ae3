"""Finds out whether a broker shares: NATS grants a shared subscription and delivers nothing by it."""

from datetime import datetime, timedelta
from hashlib import sha256

from paho.mqtt.client import Client

from core.clock import Clock
from core.logs import get_logger

log = get_logger(__name__)

_PATIENCE = timedelta(seconds=10)


class ShareCheck:
    """A group of one, which tells itself something by a shared subscription, on every connection before anything else is asked for.

    Alone, for NATS also refuses subscriptions by their number, and then would not be known by what it does with a shared one.
    """

    def __init__(self, group: str, client_id: str, clock: Clock) -> None:
        alone = sha256(client_id.encode()).hexdigest()[:16]
        self.topic = f"gatehouse/share/{alone}"
        self.filters = (f"$share/{group}-{alone}/{self.topic}",)
        self._clock = clock
        self._told_at: datetime | None = None

    def begin(self, client: Client) -> None:
        """It was granted."""
        self._told_at = self._clock.now()
        client.publish(self.topic, b"", qos=1)

    def is_own(self, topic: bytes) -> bool:
        """Whether that is what was told, now or on an earlier connection."""
        return topic == self.topic.encode()

    def has_answer(self) -> bool:
        """It came: whether it was waited for, and so the broker is known to share."""
        told, self._told_at = self._told_at, None
        return told is not None

    def has_failed(self) -> bool:
        """Nothing came."""
        if self._told_at is None or self._clock.now() - self._told_at < _PATIENCE:
            return False
        self._told_at = None
        log.error(
            "the broker grants shared subscriptions and delivers nothing by them; "
            "divide the sites by GATEHOUSE_INGEST_SITES instead of GATEHOUSE_MQTT_SHARE"
        )
        return True
