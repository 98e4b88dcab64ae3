"""A publisher that costs next to nothing: MQTT packets written ahead, sent as they are, acknowledgements only counted."""

import selectors
import socket
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Self

from core.clock import Clock
from simulators.broker import Broker
from simulators.written_ahead import Source

_PIECE = 64 * 1024
_LARGEST_MID = 65_535
_ANSWER_SECONDS = 60.0
_PUBACK_BYTES = 4


def publish_packet(topic: bytes, payload: bytes, mid: int) -> bytes:
    """An MQTT 3.1.1 PUBLISH at QoS 1."""
    length = 2 + len(topic) + 2 + len(payload)
    sizes = bytearray()
    while True:
        length, low = divmod(length, 128)
        sizes.append(low | 0x80 if length else low)
        if not length:
            break
    return b"\x32" + sizes + len(topic).to_bytes(2, "big") + topic + mid.to_bytes(2, "big") + payload


class Flood:
    """A few connections, each device always on the same one. `sent` and `acknowledged` count messages."""

    def __init__(self, mqtt_url: str, sources: Sequence[Source], clock: Clock, *, connections: int = 4) -> None:
        self._sources = sources
        self._topics = [source.topic.encode() for source in sources]
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._sockets = [_connect(Broker.at(mqtt_url), number) for number in range(connections)]
        for line, sock in enumerate(self._sockets):
            self._selector.register(sock, selectors.EVENT_READ, line)
        self._next = 0
        self._answered = [0] * connections
        self._lap_ms = 0
        self.sent = 0

    @property
    def acknowledged(self) -> int:
        """Messages the broker has answered for."""
        return sum(self._answered) // _PUBACK_BYTES

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for sock in self._sockets:
            sock.close()

    def pour(self, count: int) -> None:
        """Send so many as fast as the broker takes them, and wait until it has answered for all of them.

        They are written before the first one is sent; the times of a device go up by a millisecond.
        """
        waiting = self._write_ahead(count)
        rest = [memoryview(b"") for _ in self._sockets]
        for line in range(len(self._sockets)):
            self._watch(line, selectors.EVENT_READ | selectors.EVENT_WRITE)
        self.sent += count
        until = self._clock.monotonic() + _ANSWER_SECONDS
        while self.acknowledged < self.sent:
            for key, events in self._selector.select(1):
                line = key.data
                if events & selectors.EVENT_READ:
                    self._read(line)
                    until = self._clock.monotonic() + _ANSWER_SECONDS
                if events & selectors.EVENT_WRITE:
                    rest[line] = self._write(line, rest[line] or (memoryview(waiting[line].pop()) if waiting[line] else rest[line]))
            if self._clock.monotonic() > until:
                raise TimeoutError(f"the broker answered for {self.acknowledged} of {self.sent} messages only")

    def _write_ahead(self, count: int) -> list[list[bytes]]:
        """Pieces to send for each connection, the last one first."""
        self._lap_ms = max(self._lap_ms, _milliseconds(self._clock.now()))
        buffers = [bytearray() for _ in self._sockets]
        pieces: list[list[bytes]] = [[] for _ in self._sockets]
        for line, packet in self._packets(count):
            buffers[line] += packet
            if len(buffers[line]) >= _PIECE:
                pieces[line].append(bytes(buffers[line]))
                buffers[line].clear()
        for line, buffer in enumerate(buffers):
            pieces[line].append(bytes(buffer))
            pieces[line].reverse()
        return pieces

    def _write(self, line: int, rest: memoryview) -> memoryview:
        if not rest:
            self._watch(line, selectors.EVENT_READ)
            return rest
        return rest[self._sockets[line].send(rest) :]

    def _watch(self, line: int, events: int) -> None:
        self._selector.modify(self._sockets[line], events, line)

    def drip(self, rate: float, seconds: float) -> None:
        """Send `rate` messages a second for so long, each with the time it is sent at."""
        begun = self._clock.monotonic()
        total = int(rate * seconds)
        sent = 0
        while sent < total:
            due = min(total, int((self._clock.monotonic() - begun) * rate))
            if due > sent:
                self._lap_ms = _milliseconds(self._clock.now())
                self._send_now(due - sent)
                sent = due
            self._read_ready(0.001)
        until = self._clock.monotonic() + _ANSWER_SECONDS
        while self.acknowledged < self.sent and self._clock.monotonic() < until:
            self._read_ready(0.01)

    def _send_now(self, count: int) -> None:
        lines: list[bytearray] = [bytearray() for _ in self._sockets]
        for line, packet in self._packets(count):
            lines[line] += packet
        for sock, data in zip(self._sockets, lines, strict=True):
            rest = memoryview(data)
            while rest:
                try:
                    rest = rest[sock.send(rest) :]
                except BlockingIOError:
                    self._read_ready(0.001)
        self.sent += count

    def _packets(self, count: int) -> Iterator[tuple[int, bytes]]:
        """The next messages, each with the number of its connection."""
        head = b'{"ts":%d,"measures":' % self._lap_ms
        lines = len(self._sockets)
        for _ in range(count):
            lap, index = divmod(self._next, len(self._sources))
            if index == 0:
                self._lap_ms += 1  # a device has no two readings of one millisecond
                head = b'{"ts":%d,"measures":' % self._lap_ms
            mid = self._next % _LARGEST_MID + 1
            self._next += 1
            yield index % lines, publish_packet(self._topics[index], self._sources[index].payload(head, lap), mid)

    def _read_ready(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            self._read(key.data)

    def _read(self, line: int) -> None:
        try:
            data = self._sockets[line].recv(256 * 1024)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError("the broker ended a publisher's connection")
        self._answered[line] += len(data)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _connect(broker: Broker, number: int) -> socket.socket:
    fields = [b"bench-%d" % number, (broker.username or "").encode(), (broker.password or "").encode()]
    flags = 0xC2 if broker.username else 0x02
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x00"
    body += b"".join(len(field).to_bytes(2, "big") + field for field in (fields if broker.username else fields[:1]))
    sock = socket.create_connection((broker.host, broker.port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"\x10" + bytes([len(body)]) + body)
    if sock.recv(4) != b"\x20\x02\x00\x00":
        raise ConnectionError("the broker refuses the publisher")
    sock.setblocking(False)
    return sock
