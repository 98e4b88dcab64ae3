"""The MQTT connection to Home Assistant's broker, beside the ingester's: it publishes, and hears what is kept of ours."""

import ssl
import threading
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTMessageInfo, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.logs import get_logger
from ingest.broker_url import parse_broker_url
from ingest.home_assistant.documents import BRIDGE_TOPIC, OFFLINE, ONLINE, find_named

log = get_logger(__name__)

_KEEPALIVE = 30  # seconds
_MOST_IN_FLIGHT = 500
_ACK_SECONDS = 10.0


class HomeAssistantClient:
    """Connects for ever, and says at `BRIDGE_TOPIC` whether what it published can be believed; the broker says that it
    cannot when we vanish. `on_news` is called from the network thread when there is something to do.
    """

    def __init__(self, url: str, *, client_id: str, prefix: str, on_news: Callable[[], None]) -> None:
        self._address = parse_broker_url(url)
        self._prefix = prefix
        self._on_news = on_news
        self._lock = threading.Lock()
        self._kept: set[tuple[str, int]] = set()
        self._greeted = False
        self._said: bytes | None = None
        self._sent: list[MQTTMessageInfo] = []
        self._client = self._make_client(client_id)

    @property
    def connected(self) -> bool:
        """Whether it is worth publishing."""
        return self._client.is_connected()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._client.connect_async(self._address.host, self._address.port, keepalive=_KEEPALIVE)
        self._client.loop_start()

    def stop(self) -> None:
        """Say that nothing can be believed any more, and disconnect."""
        if self.connected:
            self.announce(online=False)
            self.wait_until_kept()
        self.leave()

    def leave(self) -> None:
        """Disconnect without a word: somebody else has taken over."""
        self._client.disconnect()
        self._client.loop_stop()

    def take_greeting(self) -> bool:
        """Whether everything is to be published, for the connection is new, or Home Assistant has started. Once for each."""
        with self._lock:
            greeted, self._greeted = self._greeted, False
        return greeted

    def take_kept(self) -> set[tuple[str, int]]:
        """Sites and devices whose descriptions the broker kept from before this connection; each once."""
        with self._lock:
            kept, self._kept = self._kept, set()
        return kept

    def announce(self, *, online: bool) -> None:
        """Say whether what is published is true now, if that is news."""
        word = ONLINE if online else OFFLINE
        if self.connected and word != self._said:
            self._said = word
            self.publish(BRIDGE_TOPIC, word)

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand over a message to be kept by the broker; an empty one ends what was kept."""
        self._sent.append(self._client.publish(topic, payload, qos=1, retain=True))

    def wait_until_kept(self) -> bool:
        """Until the broker has everything handed over; False when the connection, and with it everything, is lost."""
        sent, self._sent = self._sent, []
        try:
            return all(self._is_kept(each) for each in sent)
        except (RuntimeError, ValueError):  # paho's words for a message it did not take
            return False

    @staticmethod
    def _is_kept(message: MQTTMessageInfo) -> bool:
        message.wait_for_publish(_ACK_SECONDS)
        return message.is_published()

    def _make_client(self, client_id: str) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311)
        client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        client.reconnect_delay_set(1, 15)
        client.will_set(BRIDGE_TOPIC, OFFLINE, qos=1, retain=True)
        if self._address.username is not None:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls:
            client.tls_set_context(ssl.create_default_context())
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    # --- everything below runs in the network thread -------------------------------------------------------------------

    def _on_connect(self, client: Client, _: Any, __: ConnectFlags, reason: ReasonCode, ___: Properties | None) -> None:
        if reason.is_failure:
            log.error("the broker refuses to show devices to Home Assistant", reason=str(reason))
            return
        with self._lock:
            self._greeted = True
            self._said = None
        client.subscribe([(f"{self._prefix}/device/+/+/config", 0), (f"{self._prefix}/status", 0)])
        self._on_news()

    def _on_disconnect(self, _: Client, __: Any, ___: Any, reason: ReasonCode, ____: Properties | None) -> None:
        if reason.is_failure:
            log.warning("connection for Home Assistant lost", reason=str(reason))

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        """What is not retained comes from Home Assistant as it starts, or is our own coming back."""
        with self._lock:
            if message.topic == f"{self._prefix}/status":
                if message.retain or message.payload != ONLINE:
                    return
                self._greeted = True
            else:
                named = find_named(message.topic)
                if not message.retain or not message.payload or named is None:
                    return
                self._kept.add(named)
        self._on_news()
