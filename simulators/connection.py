"""One MQTT connection that finds its way back: back-off with jitter, the retained status first, then what was waiting."""

import select
from collections import deque
from collections.abc import Iterable
from random import Random
from socket import SHUT_RDWR
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock
from core.logs import get_logger
from simulators import messages, pace
from simulators.broker import Broker, make_client
from simulators.messages import Publish

log = get_logger(__name__)


class Connection:
    """A device's own connection, with its will, or a shared one when `device` is None. For one thread only.

    `acknowledged`: messages that have arrived at the broker. `problem`: why there is no connection, as far as known.
    `ready`: the broker has let us in.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        clock: Clock,
        rng: Random,
        site: str = "",
        device: str | None = None,
        in_flight: int = pace.IN_FLIGHT,
    ) -> None:
        self.acknowledged = 0
        self.problem = "it does not answer"
        self._broker = broker
        self._site = site
        self._device = device
        self._clock = clock
        self._rng = rng
        self._waiting: deque[Publish] = deque(maxlen=pace.CONNECTION_BUFFER)
        self._published = 0
        self._wanted = True
        self.ready = False
        self._delay = pace.RECONNECT_FIRST_SECONDS
        self._retry_at = 0.0
        self._client = make_client(broker, client_id)
        self._client.max_inflight_messages_set(in_flight)
        self._client.max_queued_messages_set(pace.CONNECTION_BUFFER)
        if device is not None:
            self._client.will_set(messages.topic(site, device, "status"), messages.WILL, qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish

    @property
    def idle(self) -> bool:
        """Everything it was given has arrived at the broker, or there is no connection to send it over."""
        return not self.ready or (self._published == self.acknowledged and not self._client.want_write())

    @property
    def socket(self) -> Any:
        """Its socket, to wait for; None while there is none."""
        return self._client.socket()

    @property
    def wants_write(self) -> bool:
        """Something waits for the socket to take it."""
        return self._client.want_write()

    @property
    def retry_at(self) -> float | None:
        """When it will try to connect, by the monotonic clock; None when there is nothing to try."""
        return self._retry_at if self._wanted and self.socket is None else None

    def send(self, message: Publish) -> None:
        """Send now, or once there is a connection; when it waits for too long the oldest are lost."""
        if self.ready:
            self._publish(message)
        else:
            self._waiting.append(message)

    def cut(self) -> None:
        """Break the connection without a word, as when a cable is pulled, and stay away."""
        self._wanted = False
        if self.socket is not None:
            try:
                self.socket.shutdown(SHUT_RDWR)
            except OSError:
                log.debug("simulation.already_gone", device=self._device)
            self._client.loop_read()

    def restore(self) -> None:
        """Connect again as soon as possible."""
        self._wanted = True
        self._retry_at = self._clock.monotonic()

    def tend(self) -> None:
        """Connect if it is time to, and keep an idle connection alive."""
        if self.socket is not None:
            self._client.loop_misc()
        elif self._wanted and self._clock.monotonic() >= self._retry_at:
            self._connect()

    def read(self) -> None:
        """Take what the broker has sent."""
        self._client.loop_read()
        # Bytes that TLS has decrypted already do not make the socket readable again.
        while self.socket is not None and getattr(self.socket, "pending", int)() > 0:
            self._client.loop_read()

    def write(self) -> None:
        """Give the socket what it takes."""
        self._client.loop_write()

    def farewell(self) -> None:
        """Retain that the device left on purpose."""
        if self.ready and self._device is not None:
            self._publish(messages.status(self._site, self._device, self._clock.now(), online=False))

    def close(self) -> None:
        """Disconnect in order, so that no will is published."""
        self._wanted = False
        if self.socket is not None:
            self._client.disconnect()
            self._client.loop_write()
            self._client.loop_read()

    def _connect(self) -> None:
        self._retry_at = self._clock.monotonic() + self._delay * self._rng.uniform(0.5, 1.0)
        self._delay = min(self._delay * 2, pace.RECONNECT_LONGEST_SECONDS)
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=pace.KEEPALIVE_SECONDS)
        except OSError as error:
            self.problem = str(error)
            log.debug("simulation.no_broker", device=self._device, error=self.problem)

    def _publish(self, message: Publish) -> None:
        sent = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        if sent.rc in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            self._published += 1
        else:
            log.warning("simulation.lost", device=message.device, reason=sent.rc.name)

    def _on_connect(self, client: Client, _: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self.problem = str(reason)
            log.warning("simulation.refused", device=self._device, reason=self.problem)
            return
        self.ready = True
        self._delay = pace.RECONNECT_FIRST_SECONDS
        if self._device is not None:
            self._publish(messages.status(self._site, self._device, self._clock.now(), online=True))
        while self._waiting:
            self._publish(self._waiting.popleft())

    def _on_disconnect(
        self, client: Client, _: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.ready = False
        self._retry_at = max(self._retry_at, self._clock.monotonic() + self._delay * self._rng.uniform(0.5, 1.0))

    def _on_publish(self, client: Client, _: Any, mid: int, reason: ReasonCode, properties: Properties) -> None:
        self.acknowledged += 1


def serve(connections: Iterable[Connection], seconds: float, *, woken_by: int | None = None) -> bool:
    """Wait for at most so long until a socket is ready, and serve those that are; True when `woken_by` was among them."""
    poll = select.poll()
    by_number = {connection.socket.fileno(): connection for connection in connections if connection.socket is not None}
    for number, connection in by_number.items():
        poll.register(number, select.POLLIN | (select.POLLOUT if connection.wants_write else 0))
    if woken_by is not None:
        poll.register(woken_by, select.POLLIN)
    woken = False
    for number, events in poll.poll(max(0.0, seconds) * 1000):
        if number == woken_by:
            woken = True
            continue
        if events & ~select.POLLOUT:
            by_number[number].read()
        if events & select.POLLOUT:
            by_number[number].write()
    return woken
