"""What a Sparkplug host application says of itself: edge nodes that have it for their primary host keep everything until it is there."""

import msgspec
from paho.mqtt.client import Client

from core.clock import Clock

STATES = "spBv1.0/STATE/#"


class _State(msgspec.Struct, frozen=True):
    """The payload; `timestamp` in milliseconds since 1970, UTC."""

    online: bool
    timestamp: int


_decode = msgspec.json.Decoder(_State).decode
_encode = msgspec.json.Encoder().encode


class SparkplugHost:
    """The state of the host `host_id`, kept by the broker (retained) and told by the connection that takes in the messages.

    Its will is handed over with the connection and has the timestamp of the birth that follows; each connection has a later
    one, for a node believes the latest. What says that we are gone while we are there is contradicted.
    Source: Eclipse Sparkplug 3.0, 4.2.4 and 5.3. Only in one thing we do not follow it: our session is persistent, or the messages sent
    while we are away would be lost.
    """

    def __init__(self, host_id: str, clock: Clock) -> None:
        self._topic = STATES.replace("#", host_id)
        self._topic_bytes = self._topic.encode()
        self._clock = clock
        self._timestamp = 0
        self._announced = False

    def prepare(self, client: Client) -> None:
        """Before it connects. What was said over the connection before and not answered, paho would say again: with an old time."""
        self._announced = False
        for unanswered in client.drop_out_messages():
            if unanswered.topic != self._topic:
                client.publish(unanswered.topic, unanswered.payload, unanswered.qos, unanswered.retain)
        client.will_set(self._topic, _encode(_State(online=False, timestamp=self._next_timestamp())), qos=1, retain=True)

    def announce(self, client: Client) -> None:
        """That we are there, now that everything is subscribed to."""
        self._announced = True
        self._publish(client, online=True)

    def take_leave(self, client: Client) -> None:
        """Before it disconnects, for the broker then drops the will."""
        if self._announced:
            self._announced = False
            self._next_timestamp()
            self._publish(client, online=False)

    def hear(self, client: Client, topic: bytes, payload: bytes) -> None:
        """Of every message. The will of a connection that was replaced may come after the birth of the next one."""
        if topic == self._topic_bytes and self._announced and _says_offline(payload):
            self._publish(client, online=True)

    def _publish(self, client: Client, *, online: bool) -> None:
        client.publish(self._topic, _encode(_State(online=online, timestamp=self._timestamp)), qos=1, retain=True)

    def _next_timestamp(self) -> int:
        self._timestamp = max(int(self._clock.now().timestamp() * 1000), self._timestamp + 1)
        return self._timestamp


def _says_offline(payload: bytes) -> bool:
    try:
        return not _decode(payload).online
    except msgspec.MsgspecError:  # somebody else's words
        return False
