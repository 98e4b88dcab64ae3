"""What was received and not yet taken by the writer: bounded, so that a database that is away costs no memory."""

import threading
from collections import deque
from collections.abc import Sequence

from ingest.model import Message

# About what a message costs in memory beside its payload: topic, times, the objects themselves.
_OVERHEAD = 400


class Inbox:
    """Between the network thread, which looks at `has_room` before it reads on, and the writer thread."""

    def __init__(self, *, max_messages: int = 20_000, max_bytes: int = 24_000_000) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._wanted = 1
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def has_room(self) -> bool:
        """Whether more should be read from the network."""
        return len(self._messages) < self._max_messages and self._bytes < self._max_bytes

    def put(self, messages: Sequence[Message]) -> None:
        """Add messages in the order they came. Never blocks and never refuses: what was read must be kept."""
        with self._changed:
            before = len(self._messages)
            self._messages.extend(messages)
            self._bytes += sum(len(message.payload) + _OVERHEAD for message in messages)
            # Waking the writer for each message would cost more than the message.
            if before < self._wanted <= len(self._messages):
                self._changed.notify()

    def take(self, most: int, *, wait: float, fill: float) -> list[Message]:
        """Up to `most` messages, oldest first: waits `wait` seconds for the first one, then `fill` for the batch to fill."""
        with self._changed:
            self._wait_for(1, wait)
            if self._messages and len(self._messages) < most:
                self._wait_for(most, fill)
            count = min(most, len(self._messages))
            taken = [self._messages.popleft() for _ in range(count)]
            self._bytes -= sum(len(message.payload) + _OVERHEAD for message in taken)
            return taken

    def close(self) -> None:
        """Nobody waits any longer; what is there can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _wait_for(self, count: int, seconds: float) -> None:
        self._wanted = count
        self._changed.wait_for(lambda: self._closed or len(self._messages) >= count, seconds)
