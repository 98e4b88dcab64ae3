"""Sparkplug B payloads: what is read of them, and the one command that is written."""

import struct
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from ingest.formats.parts.protobuf import field, fields, not_protobuf
from ingest.formats.parts.times import parse_time

REBIRTH = "Node Control/Rebirth"
_BOOLEAN = 11
# The fewest bits that hold it, for publishers differ in how far they extend the sign of a small number.
_SIGNED: Mapping[int, int] = {1: 8, 2: 16, 3: 32, 4: 64}  # by the datatypes Int8 to Int64

Scalar = bool | int | float | str


class Metric(msgspec.Struct, frozen=True):
    """One metric as it came. `number` is the field of its value, 0 where that is null or none of `Scalar`."""

    name: str | None
    alias: int | None
    ts: datetime | None
    datatype: int | None
    historical: bool
    number: int
    raw: int | bytes

    def value(self, datatype: int | None) -> Scalar | None:
        """What it says, given the datatype of its birth, which data need not repeat."""
        read = _VALUES.get(self.number)
        if read is None:
            return None
        value = read(self.raw)
        bits = _SIGNED.get(self.datatype or datatype or 0)
        if bits and self.number in (_INT, _LONG) and isinstance(value, int):
            value &= (1 << bits) - 1
            return value - (1 << bits) if value >> (bits - 1) else value
        return value


class Payload(msgspec.Struct, frozen=True):
    """A message. `seq` counts all messages of a node but its deaths."""

    ts: datetime | None
    seq: int | None
    metrics: tuple[Metric, ...]


def read_payload(data: bytes) -> Payload:
    """Raises RejectedError: what is no Protocol Buffers, or has a time beyond 2100."""
    ts, seq, metrics = None, None, []
    for number, value in fields(data):
        if number == 1:
            ts = _time(value)
        elif number == 2:
            metrics.append(_read_metric(_bytes(value)))
        elif number == 3:
            seq = _whole(value)
    return Payload(ts, seq, tuple(metrics))


def rebirth_command(now: datetime) -> bytes:
    """The payload of the NCMD that asks a node for its births."""
    at = int(now.timestamp() * 1000)
    metric = field(1, REBIRTH.encode()) + field(3, at) + field(4, _BOOLEAN) + field(_BOOL, 1)
    return field(1, at) + field(2, metric)


_NAME, _ALIAS, _TIMESTAMP, _DATATYPE, _IS_HISTORICAL, _IS_NULL = 1, 2, 3, 4, 5, 7
_INT, _LONG, _FLOAT, _DOUBLE, _BOOL, _STRING, _LAST_VALUE = 10, 11, 12, 13, 14, 15, 19


def _read_metric(data: bytes) -> Metric:
    said: dict[int, int | bytes] = {}
    value_number = 0
    for number, value in fields(data):
        said[number] = value
        if _INT <= number <= _LAST_VALUE:
            value_number = number
    name, alias, datatype = said.get(_NAME), said.get(_ALIAS), said.get(_DATATYPE)
    return Metric(
        name=None if name is None else _text(name),
        alias=None if alias is None else _whole(alias),
        ts=_time(said.get(_TIMESTAMP, 0)),
        datatype=None if datatype is None else _whole(datatype),
        historical=bool(said.get(_IS_HISTORICAL)),
        number=0 if said.get(_IS_NULL) else value_number,
        raw=said.get(value_number, 0),
    )


def _time(value: int | bytes) -> datetime | None:
    """0 stands for none: nothing was measured in 1970."""
    return parse_time(_whole(value), "timestamp") if value else None


def _whole(value: int | bytes) -> int:
    if isinstance(value, int):
        return value
    raise not_protobuf()


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    raise not_protobuf()


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise not_protobuf() from None


def _float(value: int | bytes) -> float:
    """To the seven digits it has: 12.1, not 12.100000381."""
    return float(f"{_unpacked('<f', value):.7g}")


def _unpacked(form: str, value: int | bytes) -> float:
    try:
        number: float = struct.unpack(form, _bytes(value))[0]
    except struct.error:
        raise not_protobuf() from None
    return number


_VALUES: Mapping[int, Callable[[int | bytes], Scalar]] = {
    _INT: _whole,
    _LONG: _whole,
    _FLOAT: _float,
    _DOUBLE: lambda value: _unpacked("<d", value),
    _BOOL: lambda value: bool(_whole(value)),
    _STRING: _text,
}
