"""Keeps the last messages that a mapping read, so that a change of it can be tried on them."""

from datetime import datetime, timedelta
from zlib import crc32

import msgspec

from ingest.mappings.model import TopicMapping
from ingest.model import Message
from ingest.personal import to_keep

SLOTS = 10  # of each mapping: a topic has always the same one
_KEPT_TOPIC = 512
_WRITTEN_EVERY = timedelta(minutes=1)


class Heard(msgspec.Struct, frozen=True):
    """One message, by the topic as it came."""

    mapping_id: int
    slot: int
    topic: str
    payload: bytes
    received_at: datetime


class LastHeard:
    """Tells which messages are worth writing: the first in its place, and one a minute from then on."""

    def __init__(self) -> None:
        self._written: dict[tuple[int, int], datetime] = {}

    def forget(self) -> None:
        """The mappings have changed: the next messages show what they make now."""
        self._written.clear()

    def news(self, mapping: TopicMapping, message: Message) -> list[Heard]:
        """The message, if it is to be written now."""
        slot = crc32(message.topic.encode("utf-8", "replace")) % SLOTS
        before = self._written.get((mapping.id, slot))
        if before is not None and message.received_at - before < _WRITTEN_EVERY:
            return []
        self._written[mapping.id, slot] = message.received_at
        payload = to_keep(message.payload, message.topic)
        topic = message.topic.replace("\0", "�")[:_KEPT_TOPIC]
        return [Heard(mapping.id, slot, topic, payload, message.received_at)]
