"""The bare pipeline to compare with: paho, decode, binary COPY, commit, acknowledge; no ledger, no checks, no health.

Run as a process of its own: `python -m gatehouse.rig.bare BROKER DATABASE`, until it is terminated.
"""

import queue
import struct
import sys
import threading
from contextlib import suppress
from typing import Any

import msgspec
import psycopg
from paho.mqtt.client import MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from core.clock import Clock, SystemClock
from ingest.binary_copy import HEADER, TRAILER
from ingest.paho_client import BufferedSocket, PahoClient
from simulators.broker import Broker

LISTENING = "listening"
TABLE = "bare_reading"
_BATCH, _FILL_SECONDS = 2000, 0.05
_NULL = b"\xff\xff\xff\xff"
_real = struct.Struct("!if").pack
_tail = struct.Struct("!iq").pack


class _Reading(msgspec.Struct):
    ts: int
    measures: dict[str, Any]


class _Client(PahoClient):
    """paho reads each packet itself, and all that is in the buffer in one go."""

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        result = super().loop_read(max_packets)
        while isinstance(self._sock, BufferedSocket) and self._sock.buffer:
            result = super().loop_read(max_packets)
        return result


def _row(topic: str, reading: _Reading) -> bytes:
    _, _, site, device, _ = topic.split("/")
    numbers = [_real(4, value) for value in reading.measures.values() if type(value) in (int, float)][:4]
    numbers += [_NULL] * (4 - len(numbers))
    names = b"".join(struct.pack("!i", len(name)) + name.encode() for name in (site, device))
    return b"\x00\x07" + names + _tail(8, reading.ts) + b"".join(numbers)


def _take(received: "queue.SimpleQueue[MQTTMessage]", clock: Clock) -> list[MQTTMessage]:
    batch = [received.get()]
    until = clock.monotonic() + _FILL_SECONDS
    with suppress(queue.Empty):
        while len(batch) < _BATCH and (left := until - clock.monotonic()) > 0:
            batch.append(received.get(timeout=left))
    return batch


def _write(received: "queue.SimpleQueue[MQTTMessage]", client: PahoClient, database: str) -> None:
    decode = msgspec.json.Decoder(_Reading).decode
    clock = SystemClock()
    with psycopg.connect(database) as conn:
        while True:
            batch = _take(received, clock)
            rows = b"".join(_row(message.topic, decode(message.payload)) for message in batch)
            with conn.cursor() as cursor, cursor.copy(f"COPY {TABLE} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(HEADER + rows + TRAILER)
            conn.commit()
            client.acknowledge([message.mid for message in batch])


def main(broker_url: str, database: str) -> None:
    """Until terminated."""
    broker = Broker.at(broker_url)
    received: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
    client = _Client(CallbackAPIVersion.VERSION2, client_id="bench-bare", clean_session=False, protocol=MQTTv311, manual_ack=True)
    client.username_pw_set(broker.username, broker.password)

    @client.connect_callback()
    def subscribe(*_: object) -> None:
        client.subscribe("gatehouse/v1/#", 1)

    @client.subscribe_callback()
    def tell(*_: object) -> None:
        print(LISTENING, flush=True)  # noqa: T201 - for the stand

    client.on_message = lambda _, __, message: received.put(message)
    client.connect(broker.host, broker.port)
    threading.Thread(target=_write, args=(received, client, database), daemon=True).start()
    client.loop_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
