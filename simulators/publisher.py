"""Sends what a compound says over real MQTT 3.1.1 at QoS 1; one thread serves all of its connections."""

import socket
from collections import deque
from collections.abc import Sequence
from threading import Thread

from core.clock import Clock
from simulators import pace
from simulators.broker import Broker
from simulators.connection import Connection, serve
from simulators.dice import dice
from simulators.messages import Action, Cut, Publish, Restore

# Keep-alives are looked after at least this often.
_LONGEST_WAIT = 1.0


class MqttPublisher:
    """Devices named in `own` each have a connection with a will; what the others say goes through the gateway's."""

    def __init__(self, mqtt_url: str, site: str, own: Sequence[str], *, clock: Clock, seed: int, farewell: bool = True) -> None:
        broker = Broker.at(mqtt_url)
        self._farewell = farewell
        self._clock = clock
        self._own = {device: self._connection(broker, site, device, clock, seed) for device in own}
        self._gateway = self._connection(broker, site, None, clock, seed)
        self._connections = (*self._own.values(), self._gateway)
        self._todo: deque[Action] = deque()
        self._stopping = False
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._thread = Thread(target=self._run, name=f"publish-{site}", daemon=True)

    @staticmethod
    def _connection(broker: Broker, site: str, device: str | None, clock: Clock, seed: int) -> Connection:
        name = device or "_gateway"
        rng = dice("connection", seed, site, name)
        return Connection(broker, f"sim-{site}-{name}", clock=clock, rng=rng, site=site, device=device)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def send(self, actions: Sequence[Action]) -> None:
        """Hand these to the thread, in this order."""
        if actions:
            self._todo.extend(actions)
            self._wake()

    def stop(self) -> None:
        """Send what is left, retain `offline` for every device (with `farewell`), disconnect; within two seconds."""
        self._stopping = True
        self._wake()
        if self._thread.is_alive():
            self._thread.join()
        self._waker.close()
        self._woken.close()

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # so many wake-ups are waiting that one more adds nothing

    def _run(self) -> None:
        while not self._stopping:
            self._tend()
            self._obey()
            self._wait(self._patience())
        self._part()

    def _tend(self) -> None:
        for connection in self._connections:
            # A broker that does not answer holds up each attempt; leaving must not wait for all of them.
            if self._stopping:
                return
            connection.tend()

    def _obey(self) -> None:
        while self._todo:
            action = self._todo.popleft()
            connection = self._own.get(action.device, self._gateway)
            match action:
                case Publish():
                    connection.send(action)
                case Cut():
                    connection.cut()
                case Restore():
                    connection.restore()

    def _patience(self) -> float:
        """Seconds until the next attempt to connect."""
        now = self._clock.monotonic()
        waits = (connection.retry_at - now for connection in self._connections if connection.retry_at is not None)
        return max(0.0, min(waits, default=_LONGEST_WAIT))

    def _wait(self, seconds: float) -> None:
        """Serve the sockets, or sleep until there is something to do."""
        if serve(self._connections, min(seconds, _LONGEST_WAIT), woken_by=self._woken.fileno()):
            self._woken.recv(4096)

    def _part(self) -> None:
        self._obey()
        if self._farewell:
            for connection in self._connections:
                connection.farewell()
        deadline = self._clock.monotonic() + pace.FAREWELL_SECONDS
        while not all(connection.idle for connection in self._connections):
            left = deadline - self._clock.monotonic()
            if left <= 0:
                break
            self._wait(left)
        for connection in self._connections:
            connection.close()
