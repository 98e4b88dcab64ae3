"""Messages with a number of their own, published until the broker has answered for each: what must be there once, later."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.clock import Clock
from simulators.broker import Broker, make_client

_TICK_SECONDS = 0.02
_IN_FLIGHT = 2_000


class Numbered:
    """Publishes `rate` messages a second from a thread of its own, between `start` and `finish`.

    It connects again by itself, and sends again what was not answered for. Message n says `cycles: n`.
    `answered`: for how many the broker has; it answers in their order.
    """

    def __init__(self, mqtt_url: str, topics: Sequence[str], clock: Clock, *, rate: int) -> None:
        self._broker = Broker.at(mqtt_url)
        self._topics = topics
        self._clock = clock
        self._rate = rate
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="numbered", daemon=True)
        self._client = make_client(self._broker, "bench-numbered")
        self._client.max_inflight_messages_set(_IN_FLIGHT)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(1, 2)
        self.answered = 0
        self._client.on_publish = self._on_publish
        self.sent = 0
        self._said = clock.now()

    def start(self) -> None:
        """Begin."""
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        self._thread.start()

    def finish(self, seconds: float = 120) -> None:
        """Send no more, and wait until the broker has answered for everything."""
        self._stopping.set()
        self._thread.join()
        pause = threading.Event()
        until = self._clock.monotonic() + seconds
        while self.answered < self.sent:
            if self._clock.monotonic() > until:
                raise TimeoutError(f"the broker answered for {self.answered} of {self.sent} messages only")
            pause.wait(_TICK_SECONDS)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        begun = self._clock.monotonic()
        while not self._stopping.wait(_TICK_SECONDS):
            due = int((self._clock.monotonic() - begun) * self._rate)
            moment = self._clock.now()
            while self.sent < due:
                self._send(moment)

    def _send(self, moment: datetime) -> None:
        # A device says nothing twice in one millisecond, also when a tick made up for a slow one.
        if self.sent % len(self._topics) == 0:
            self._said = max(moment, self._said + timedelta(milliseconds=1))
        ts = int(self._said.timestamp() * 1000)
        payload = b'{"ts":%d,"measures":{"cycles":%d}}' % (ts, self.sent)
        self._client.publish(self._topics[self.sent % len(self._topics)], payload, qos=1)
        self.sent += 1

    def _on_publish(self, *_: object) -> None:
        self.answered += 1
