"""Protocol Buffers on the wire: the fields of a message without its schema, and a field as bytes."""

from collections.abc import Mapping

from ingest.model import RejectedError
from ingest.sentences import WHOLE

_VARINT, _BYTES = 0, 2
_SIZES: Mapping[int, int] = {1: 8, 5: 4}  # bytes, by the other wire types
_64_BITS = 2**64 - 1


def fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """Each field's number and value, in the order they came: a whole number without sign, or bytes (of a number with a point as
    well: 4 or 8, to be unpacked by whoever knows it). RejectedError where they end too early or are of no known wire type.
    """
    found: list[tuple[int, int | bytes]] = []
    at, end = 0, len(data)
    try:
        while at < end:
            key, at = _read_varint(data, at)
            wire_type = key & 7
            if wire_type == _VARINT:
                value, at = _read_varint(data, at)
                found.append((key >> 3, value))
                continue
            size, at = _read_varint(data, at) if wire_type == _BYTES else (_SIZES[wire_type], at)
            found.append((key >> 3, data[at : at + size]))
            at += size
    except (IndexError, KeyError):
        raise not_protobuf() from None
    if at > end:
        raise not_protobuf()
    return found


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, and where it ends. Most have one byte."""
    value = data[at]
    at += 1
    if value < 0x80:
        return value, at
    value &= 0x7F
    for shift in range(7, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _64_BITS, at
    raise not_protobuf()


def not_protobuf() -> RejectedError:
    """The whole message is refused: what could not be read shifts everything after it."""
    return RejectedError("wrong_type", "form", where=WHOLE, form="Protocol Buffers")


def field(number: int, value: int | bytes) -> bytes:
    """One field as it is written; a whole number must not be negative."""
    if isinstance(value, bytes):
        return _varint(number << 3 | _BYTES) + _varint(len(value)) + value
    return _varint(number << 3 | _VARINT) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
