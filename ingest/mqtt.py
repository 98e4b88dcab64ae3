"""The MQTT client: hands on what it receives, acknowledges only what it is told to, and never gives up."""

import random
import selectors
import socket
import ssl
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import cycle
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock
from core.logs import get_logger
from ingest.broker_url import BrokerAddress, parse_broker_urls
from ingest.inbox import Inbox
from ingest.model import Message, Reply
from ingest.paho_client import PahoClient
from ingest.share_check import ShareCheck
from ingest.sparkplug_host import SparkplugHost
from ingest.subscriptions import Subscriptions
from ingest.wire import PacketBuffer, Published

log = get_logger(__name__)

_KEEPALIVE = 30  # seconds
_CONNECT_TIMEOUT = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 15.0
# What is read before acknowledgements are sent and the inbox is looked at again; how often keep-alive is looked at.
_TURN_MESSAGES, _TURN_BYTES, _TURN_SECONDS = 1000, 1_000_000, 0.5
_KEPT_OF_TOO_LARGE = 4096
_MOST_REPLIES = 10_000


class MqttClient:
    """Subscribes to `filters` in a persistent session and puts every message into `inbox`, from a thread of its own.

    Nothing is acknowledged but by `acknowledge`, after the message is safe. When the inbox is full the socket is not
    read, so the broker keeps the queue. Connects again for ever, with growing pauses, and subscribes again each time:
    the broker may have lost the session. `url` may name several brokers of a cluster, with commas between: when one does
    not do it is the next one's turn. `client_id` must stay the same, or the session is lost with it.
    `share_check`: the filters are shared ones, which the broker has to prove first that it knows.
    `sparkplug_host`: whom edge nodes wait for, if this connection is to tell of it.
    `epoch` counts connections, `received` messages, `repeated` those that came again while we held them.
    """

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        filters: Sequence[str],
        inbox: Inbox,
        clock: Clock,
        max_payload_bytes: int,
        sparkplug_host: SparkplugHost | None = None,
        share_check: ShareCheck | None = None,
    ) -> None:
        self._addresses = cycle(parse_broker_urls(url))
        self._client_id = client_id
        self._subscriptions = Subscriptions(filters, share_check)
        self._inbox = inbox
        self._clock = clock
        self._max_payload_bytes = max_payload_bytes
        self._sparkplug_host = sparkplug_host
        self._share_check = share_check
        self._client = self._make_client()
        self._received: list[Message] = []
        self._turn_bytes = 0
        self._more = False
        self._held: set[int] = set()
        self._acks: deque[tuple[int, list[int]]] = deque()
        self._replies: deque[Reply] = deque(maxlen=_MOST_REPLIES)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._stopping = threading.Event()
        self._reconnecting = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self.epoch = 0
        self.received = 0
        self.repeated = 0

    @property
    def listening(self) -> bool:
        """Connected, and every subscription granted."""
        return self._listening.is_set()

    def wait_until_listening(self, seconds: float) -> bool:
        """False when it has not come to it within that time."""
        return self._listening.wait(seconds)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is left to acknowledge, disconnect, and end the thread. The broker keeps the session."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(_CONNECT_TIMEOUT + 5)
        self._wake_reader.close()
        self._wake_writer.close()

    def reconnect(self) -> None:
        """End this connection, so that what is not acknowledged is sent again."""
        self._reconnecting.set()
        self._wake()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these, in the order they came, are safe. Those of an earlier connection are left out:
        their ids may mean other messages now, and the broker sends them again anyway."""
        epoch = self.epoch
        mids = [message.mid for message in messages if message.mid and message.epoch == epoch]
        if mids:
            self._acks.append((epoch, mids))
            self._wake()

    def publish(self, replies: Sequence[Reply]) -> None:
        """What devices wait for, as soon as it can be sent; gone with the connection, for they ask again."""
        if replies:
            self._replies.extend(replies)
            self._wake()

    def subscribe_also(self, filters: Sequence[str]) -> None:
        """Besides those it was made with, these from now on, and none that were given before. One that is refused is told of
        in the log and left out."""
        if tuple(filters) != self._subscriptions.also:
            self._subscriptions.also = tuple(filters)
            self._wake()

    def _make_client(self) -> PahoClient:
        client = PahoClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=False,
            protocol=MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_TIMEOUT
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    # --- everything below runs in the network thread -------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            address = next(self._addresses)
            try:
                self._connect(address)
                self._serve()
            except OSError as error:
                log.warning("broker not reached", host=address.host, port=address.port, error=str(error))
            except Exception:
                log.exception("connection to the broker failed")
            failures = 0 if self._listening.is_set() else failures + 1
            self._listening.clear()
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures, 10))
            self._stopping.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that many ingesters do not come at once

    def _connect(self, address: BrokerAddress) -> None:
        self._client.username_pw_set(address.username, address.password)
        self._client.tls = ssl.create_default_context() if address.tls else None
        if self._sparkplug_host is not None:
            self._sparkplug_host.prepare(self._client)
        self._client.connect(address.host, address.port, keepalive=_KEEPALIVE)

    def _serve(self) -> None:
        """Until the connection ends."""
        self.epoch += 1
        self._held.clear()
        self._more = False
        self._reconnecting.clear()
        sock: Any = self._client.socket()
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_reader, selectors.EVENT_READ)
            selector.register(sock, selectors.EVENT_READ)
            interest = selectors.EVENT_READ
            while self._is_open(sock):
                if self._stopping.is_set() or self._reconnecting.is_set():
                    self._send_acknowledgements()
                    if self._sparkplug_host is not None:
                        self._sparkplug_host.take_leave(self._client)
                    self._client.disconnect()
                    return
                reading = self._inbox.has_room or not self._client.is_connected()
                wanted = reading * selectors.EVENT_READ | self._client.want_write() * selectors.EVENT_WRITE
                interest = _watch(selector, sock, interest, wanted)
                self._turn(selector, sock, reading=reading)

    def _is_open(self, sock: object) -> bool:
        return self._client.socket() is sock

    def _turn(self, selector: selectors.BaseSelector, sock: Any, *, reading: bool) -> None:
        at_hand = reading and self._more
        ready = {key.fileobj for key, _ in selector.select(0 if at_hand else _TURN_SECONDS)}
        if self._wake_reader in ready:
            self._drain_wake()
        self._send_acknowledgements()
        self._send_replies()
        if self.listening:
            self._subscriptions.follow(self._client)
        if self._share_check is not None and self._share_check.has_failed():
            self._client.disconnect()
        if reading and (at_hand or sock in ready):
            self._more = self._read(sock)
            self._hand_on()
        if not reading:
            self._client.expect_no_answer()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def _read(self, sock: Any) -> bool:
        """Take in what is at hand, within bounds; whether there may be more. PUBLISH packets are read here, the rest by paho."""
        buffer: PacketBuffer = sock.buffer
        while self._is_open(sock):
            if self._client.is_between_packets:
                self._take(buffer)
            if len(self._received) >= _TURN_MESSAGES or self._turn_bytes >= _TURN_BYTES:
                return True
            if buffer and (buffer.is_for_library or not self._client.is_between_packets):
                self._client.loop_read()
            elif (arrived := sock.fill()) is None:
                return False
            elif not arrived:
                self._client.loop_read()  # which then finds the end and closes
        return False

    def _take(self, buffer: PacketBuffer) -> None:
        now = self._clock.now()
        before = len(self._received)
        for published in buffer.publishes(_TURN_MESSAGES - before):
            self._receive(published, now)
        if len(self._received) > before:
            self._client.heard()

    def _receive(self, published: Published, now: datetime) -> None:
        topic, payload, mid, retained, repeated = published
        if self._sparkplug_host is not None:
            self._sparkplug_host.hear(self._client, topic, payload)
        if self._share_check is not None and self._share_check.is_own(topic):
            self._acks.append((self.epoch, [mid]))
            if self._share_check.has_answer():
                self._subscriptions.prove(self._client)
            return
        if mid:
            if repeated and mid in self._held:
                self.repeated += 1  # because we take long; the first one is still in our hands
                return
            self._held.add(mid)
        size = len(payload)
        self._turn_bytes += size
        self._received.append(
            Message(
                topic=topic.decode("utf-8", "replace"),
                payload=payload if size <= self._max_payload_bytes else payload[:_KEPT_OF_TOO_LARGE],
                size=size,
                received_at=now,
                mid=mid,
                epoch=self.epoch,
                retained=retained,
                repeated=repeated,
            )
        )

    def _hand_on(self) -> None:
        if self._received:
            self.received += len(self._received)
            self._inbox.put(self._received)
            self._received = []
            self._turn_bytes = 0

    def _send_acknowledgements(self) -> None:
        mids: list[int] = []
        while self._acks:
            epoch, some = self._acks.popleft()
            if epoch == self.epoch:
                mids.extend(some)
        if mids and self._client.is_connected():
            self._client.acknowledge(mids)
            self._held.difference_update(mids)

    def _send_replies(self) -> None:
        while self._replies and self._client.is_connected() and self.listening:
            reply = self._replies.popleft()
            try:
                self._client.publish(reply.topic, reply.payload, qos=1)
            except ValueError as error:  # no topic to publish to: a device may call itself what it likes
                log.warning("answer cannot be sent", topic=reply.topic, error=str(error))

    def _on_connect(self, client: Client, _: Any, flags: ConnectFlags, reason: ReasonCode, __: Properties | None) -> None:
        if reason.is_failure:
            log.error("the broker refuses us", reason=str(reason))
            return
        log.info("connected to the broker", session_present=flags.session_present)
        self._subscriptions.begin(client)

    def _on_subscribe(self, client: Client, _: Any, mid: int, reasons: list[ReasonCode], __: Properties | None) -> None:
        if self._subscriptions.answer(client, mid, reasons):
            self._listen()

    def _listen(self) -> None:
        """From now on everything arrives."""
        self._listening.set()
        if self._sparkplug_host is not None:
            self._sparkplug_host.announce(self._client)

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        """One that was too large to be gathered in the buffer."""
        mid = message.mid if message.qos else 0
        self._receive((bytes(message._topic), bytes(message.payload), mid, message.retain, message.dup), self._clock.now())

    def _drain_wake(self) -> None:
        with suppress(BlockingIOError):
            while self._wake_reader.recv(4096):
                pass

    def _wake(self) -> None:
        with suppress(OSError):  # full: it will wake anyway; closed: it has ended
            self._wake_writer.send(b"\0")


def _watch(selector: selectors.BaseSelector, sock: Any, interest: int, wanted: int) -> int:
    """Change what `selector` watches `sock` for; what it watches now."""
    if wanted != interest:
        if interest == 0:
            selector.register(sock, wanted)
        elif wanted == 0:
            selector.unregister(sock)
        else:
            selector.modify(sock, wanted)
    return wanted
