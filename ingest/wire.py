"""MQTT PUBLISH packets read straight out of what the socket gave: the one packet that comes by the thousand."""

from collections.abc import Iterator

# Packet type 3 at QoS 0 or 1; a subscription at QoS 1 is never sent QoS 2.
_PUBLISH = frozenset(first for first in range(0x30, 0x40) if not first & 0b0100)
_QOS_1, _RETAIN, _DUPLICATE = 0b0010, 0b0001, 0b1000
_MOST_LENGTH_BYTES = 4
_TOO_LARGE = 4_000_000  # such a packet is left to the client library, which takes it in piece by piece

# topic, payload, packet id or 0, retained, delivered before
Published = tuple[bytes, bytes, int, bool, bool]


class WireError(ConnectionError):
    """The other side does not speak MQTT."""


class PacketBuffer:
    """Bytes as they arrive, and the PUBLISH packets in them. What is no PUBLISH is left for the client library."""

    def __init__(self) -> None:
        self._data = b""
        self._position = 0

    def __len__(self) -> int:
        return len(self._data) - self._position

    def add(self, data: bytes) -> None:
        """More has arrived."""
        self._data = self._data[self._position :] + data
        self._position = 0

    def take(self, size: int) -> bytes:
        """At most so many bytes, as they are."""
        piece = self._data[self._position : self._position + size]
        self._position += len(piece)
        return piece

    @property
    def is_for_library(self) -> bool:
        """Whether what comes next is another packet, or one too large to be gathered here."""
        if not len(self):
            return False
        return self._data[self._position] not in _PUBLISH or self._length_at(self._position + 1)[0] > _TOO_LARGE

    def publishes(self, most: int) -> Iterator[Published]:
        """Whole PUBLISH packets from the front, at most so many; ends at any other packet and at one that is incomplete."""
        data, at, end = self._data, self._position, len(self._data)
        for _ in range(most):
            if end - at < 2 or (first := data[at]) not in _PUBLISH:
                return
            length, start = data[at + 1], at + 2
            if length & 0x80:
                length, start = self._length_at(at + 1)
            stop = start + length
            if not start or length > _TOO_LARGE or stop > end:
                return
            topic_end = start + 2 + (data[start] << 8) + data[start + 1] if length >= 2 else stop
            body = topic_end + 2 if first & _QOS_1 else topic_end
            if length < 2 or body > stop:
                raise WireError("a PUBLISH packet is shorter than its topic")
            mid = (data[topic_end] << 8) + data[topic_end + 1] if first & _QOS_1 else 0
            at = self._position = stop
            yield data[start + 2 : topic_end], data[body:stop], mid, first & _RETAIN > 0, first & _DUPLICATE > 0

    def _length_at(self, at: int) -> tuple[int, int]:
        """The remaining length written from `at` on, and where it ends; (0, 0) while it is incomplete."""
        length = 0
        for number, byte in enumerate(self._data[at : at + _MOST_LENGTH_BYTES]):
            length |= (byte & 0x7F) << 7 * number
            if byte < 0x80:
                return length, at + number + 1
            if number == _MOST_LENGTH_BYTES - 1:
                raise WireError("a packet's length has more than four bytes")
        return 0, 0
