"""paho, with the private parts we use of it in one place; its version is pinned for them."""

import socket
import ssl
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import PUBACK, Client

_READ_BYTES = 128 * 1024


class BufferedSocket:
    """Reads in large pieces. paho asks for one byte, then for one more, then for the rest: three system calls a message."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self._position = 0

    def recv(self, size: int) -> bytes:
        if self._position == len(self._buffer):
            self._buffer = self._socket.recv(_READ_BYTES)  # BlockingIOError when there is nothing, as paho expects
            self._position = 0
        piece = self._buffer[self._position : self._position + size]
        self._position += len(piece)
        return piece

    def pending(self) -> int:
        """Bytes that can be had though the system's socket may have none: here, or decrypted."""
        inside = self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0
        return len(self._buffer) - self._position + inside

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

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Many acknowledgements in one write."""
        self._packet_queue(PUBACK, b"".join(b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids), 0, 0)

    def expect_no_answer(self) -> None:
        """While nothing is read no ping is answered, and paho would take the broker for dead."""
        self._ping_t = 0.0
