"""Whether a broker lets us in: the network, the encryption, the sign-in; without touching the session of an ingester."""

import secrets
import socket
import ssl
from collections.abc import Iterator

from ingest.broker_url import BrokerAddress

_ANSWERS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses the client id",
    3: "it is not ready",
    4: "it refuses the user name or password",
    5: "it does not let this user in",
}
_CONNACK, _CONNACK_BYTES, _DISCONNECT = 0x20, 4, b"\xe0\x00"


class BrokerProbeError(Exception):
    """The broker does not let us in; the message says how far we came."""


def probe_broker(address: BrokerAddress, *, seconds: float = 5.0) -> None:
    """Connect, sign in with a client id made up for it, and leave. Raises BrokerProbeError."""
    try:
        plain = socket.create_connection((address.host, address.port), timeout=seconds)
        with plain, _encrypted(plain, address) as sock:
            sock.sendall(_connect_packet(address))
            answer = b"".join(_read(sock))
            sock.sendall(_DISCONNECT)
    except ssl.SSLError as error:
        raise BrokerProbeError(f"the encryption fails: {error.reason or error}") from None
    except TimeoutError:
        raise BrokerProbeError("it does not answer") from None
    except OSError as error:
        raise BrokerProbeError(f"it is not reached: {error.strerror or error}") from None
    if len(answer) < _CONNACK_BYTES or answer[0] != _CONNACK:
        raise BrokerProbeError("what answers is no MQTT broker" if answer else "it hangs up without a word")
    if answer[3]:
        raise BrokerProbeError(_ANSWERS.get(answer[3], f"it answers with code {answer[3]}"))


def _encrypted(sock: socket.socket, address: BrokerAddress) -> socket.socket:
    return ssl.create_default_context().wrap_socket(sock, server_hostname=address.host) if address.tls else sock


def _read(sock: socket.socket) -> Iterator[bytes]:
    left = _CONNACK_BYTES
    while left and (data := sock.recv(left)):
        left -= len(data)
        yield data


def _connect_packet(address: BrokerAddress) -> bytes:
    flags, fields = 0x02, [f"gatehouse-probe-{secrets.token_hex(8)}"]
    if address.username is not None:
        flags |= 0x80
        fields.append(address.username)
        if address.password is not None:
            flags |= 0x40
            fields.append(address.password)
    body = _text("MQTT") + bytes((4, flags)) + (10).to_bytes(2, "big") + b"".join(map(_text, fields))
    return b"\x10" + _length(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)
