"""Writes Sparkplug B payloads, by itself, so that what is read need not be believed by the reader's own writer.

Golden cases say in `says` what their bytes mean. `python -m tests.ingest.sparkplug_encoder` writes the bytes anew.
"""

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden" / "sparkplug"
INNERMOST = re.compile(r"\{[^{}\[\]]*\}")  # objects that hold none, each written on a line
# Sparkplug 3.0, 6.4.16: the datatype's number, the field of its value, and how that is written.
TYPES: Mapping[str, tuple[int, int, str]] = {
    "Int8": (1, 10, "uint32"),
    "Int16": (2, 10, "uint32"),
    "Int32": (3, 10, "uint32"),
    "Int64": (4, 11, "uint64"),
    "UInt8": (5, 10, "uint32"),
    "UInt16": (6, 10, "uint32"),
    "UInt32": (7, 10, "uint32"),
    "UInt64": (8, 11, "uint64"),
    "Float": (9, 12, "float"),
    "Double": (10, 13, "double"),
    "Boolean": (11, 14, "uint32"),
    "String": (12, 15, "text"),
    "DateTime": (13, 11, "uint64"),
    "Bytes": (17, 16, "bytes"),
}


def varint(number: int) -> bytes:
    written = b""
    while True:
        number, low = number >> 7, number & 127
        written += bytes([low | (128 if number else 0)])
        if not number:
            return written


def tagged(number: int, wire_type: int, content: bytes) -> bytes:
    return varint(number * 8 + wire_type) + content


def counted(number: int, content: bytes) -> bytes:
    return tagged(number, 2, varint(len(content)) + content)


def value_bytes(number: int, form: str, value: Any) -> bytes:
    if form in ("uint32", "uint64"):
        return tagged(number, 0, varint(int(value) % (1 << int(form[4:]))))
    if form in ("float", "double"):
        return (
            tagged(number, 5, struct.pack("<f", float(value)))
            if form == "float"
            else tagged(number, 1, struct.pack("<d", float(value)))
        )
    return counted(number, value.encode() if form == "text" else bytes.fromhex(value))


def encode_metric(metric: Mapping[str, Any]) -> bytes:
    """`name`, `alias`, `timestamp`, `type` and `value` (no type: as its birth said, `as` tells how to write it), `historical`."""
    datatype, field, form = TYPES[metric.get("type") or metric.get("as") or "String"]
    written = b""
    if "name" in metric:
        written += counted(1, metric["name"].encode())
    if "alias" in metric:
        written += tagged(2, 0, varint(metric["alias"]))
    if "timestamp" in metric:
        written += tagged(3, 0, varint(metric["timestamp"]))
    if "type" in metric:
        written += tagged(4, 0, varint(datatype))
    if metric.get("historical"):
        written += tagged(5, 0, varint(1))
    if metric.get("value") is None:
        return written + tagged(7, 0, varint(1))
    return written + value_bytes(field, form, metric["value"])


def encode(says: Mapping[str, Any]) -> bytes:
    """A payload: `timestamp`, `metrics`, `seq`, each only if it is given."""
    written = b""
    if "timestamp" in says:
        written += tagged(1, 0, varint(says["timestamp"]))
    written += b"".join(counted(2, encode_metric(metric)) for metric in says.get("metrics", ()))
    if "seq" in says:
        written += tagged(3, 0, varint(says["seq"]))
    return written


def main() -> None:
    """Write the bytes of every golden case that says what they mean."""
    for path in GOLDEN.glob("*.json"):
        steps = json.loads(path.read_text(encoding="utf-8"))
        for step in steps:
            if "says" in step:
                step["payload"] = {"hex": encode(step["says"]).hex()}
        text = json.dumps(steps, ensure_ascii=False, indent=2)
        path.write_text(INNERMOST.sub(lambda found: " ".join(found[0].split()), text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
