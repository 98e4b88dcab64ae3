"""paho, with the private parts we use of it in one place; its version is pinned for them."""

import socket
import ssl
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import PUBACK, Client, time_func

from ingest.wire import PacketBuffer

_READ_BYTES = 128 * 1024


class BufferedSocket:
    """Reads in large pieces. paho asks for one byte, then for one more, then for the rest: three system calls a message."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.buffer = PacketBuffer()

    def recv(self, size: int) -> bytes:
        if not self.buffer:
            self.buffer.add(self._socket.recv(_READ_BYTES))  # BlockingIOError when there is nothing, as paho expects
        return self.buffer.take(size)

    def fill(self) -> bool | None:
        """Read on; False at the end of the connection, None when nothing has arrived."""
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        self.buffer.add(data)
        return bool(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class PahoClient(Client):
    """A client that reads through a buffer and acknowledges many messages at once."""

    tls: ssl.SSLContext | None = None

    def _create_socket(self) -> Any:
        sock = self._create_socket_connection()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Not by paho: it leaves the socket open when the handshake fails.
        return BufferedSocket(self.tls.wrap_socket(sock, server_hostname=self._host) if self.tls else sock)

    @property
    def is_between_packets(self) -> bool:
        """Whether paho has not taken in the beginning of a packet whose end is still to come."""
        return bool(self._in_packet["command"] == 0)

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Many acknowledgements in one write."""
        self._packet_queue(PUBACK, b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids]), 0, 0)

    def heard(self) -> None:
        """Something was read past paho: the broker is there."""
        self._last_bytes_received = time_func()

    def expect_no_answer(self) -> None:
        """While nothing is read no ping is answered, and paho would take the broker for dead."""
        self._ping_t = 0.0
