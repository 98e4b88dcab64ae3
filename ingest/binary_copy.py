"""Rows in PostgreSQL's binary COPY format, made with `struct`: the cheapest way into a table, for both sides."""

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from store.series import SeriesTable

Encode = Callable[[Any], bytes]

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TRAILER = b"\xff\xff"

_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_TEXT_OID = 25

_pack_length = struct.Struct("!i").pack
_pack_real = struct.Struct("!if").pack
_pack_bigint = struct.Struct("!iq").pack
# column count, then site_id, device_id, ts, received_at, each with its length
_pack_head = struct.Struct("!hiqiqiqiq").pack


def _microseconds(moment: datetime) -> int:
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _text(value: str) -> bytes:
    raw = value.encode()
    return _pack_length(len(raw)) + raw


def _text_array(values: Sequence[str]) -> bytes:
    if not values:
        return _pack_length(12) + struct.pack("!iii", 0, 0, _TEXT_OID)
    body = struct.pack("!iiiii", 1, 0, _TEXT_OID, len(values), 1) + b"".join(map(_text, values))
    return _pack_length(len(body)) + body


def _jsonb(value: bytes) -> bytes:
    """`value` is JSON already."""
    return _pack_length(len(value) + 1) + b"\x01" + value


_ENCODERS: Mapping[str, Encode] = {
    "boolean": lambda value: b"\0\0\0\1\1" if value else b"\0\0\0\1\0",
    "real": lambda value: _pack_real(4, value),
    "bigint": lambda value: _pack_bigint(8, value),
    "timestamp with time zone": lambda value: _pack_bigint(8, _microseconds(value)),
    "text": _text,
    "text[]": _text_array,
    "jsonb": _jsonb,
}


def row_encoder(table: SeriesTable) -> Callable[[Sequence[Any]], bytes]:
    """Makes one row of `table` of its values in the order of the columns; None is NULL."""
    encoders = [_ENCODERS[column.sql_type] for column in table.columns]
    head = struct.pack("!h", len(encoders))

    def encode(values: Sequence[Any]) -> bytes:
        fields = [_NULL if value is None else make(value) for make, value in zip(encoders, values, strict=True)]
        return head + b"".join(fields)

    return encode


ReadingEncoder = Callable[[int, int, datetime, datetime, Sequence[str] | None, Mapping[str, Any]], bytes]


def reading_encoder(table: SeriesTable) -> ReadingEncoder:
    """Makes one row of a reading table of (site_id, device_id, ts, received_at, faults, measures).

    It is what most messages become, so the columns all reading tables begin with are packed in one go.
    """
    names = tuple(column.name for column in table.columns[:5])
    if names != ("site_id", "device_id", "ts", "received_at", "faults"):
        raise ValueError(f"{table.name} does not begin like a reading table")
    count = len(table.columns)
    measures = [(column.name, _ENCODERS[column.sql_type]) for column in table.columns[5:]]

    def encode(
        site_id: int,
        device_id: int,
        ts: datetime,
        received_at: datetime,
        faults: Sequence[str] | None,
        values: Mapping[str, Any],
    ) -> bytes:
        head = _pack_head(count, 8, site_id, 8, device_id, 8, _microseconds(ts), 8, _microseconds(received_at))
        fields = [make(values[slug]) if slug in values else _NULL for slug, make in measures]
        return head + (_text_array(faults) if faults else _NULL) + b"".join(fields)

    return encode
