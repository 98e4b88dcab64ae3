"""What a message of our own format says, for stories that are not about the format."""

from datetime import UTC, datetime

from ingest.formats.native import decode
from ingest.model import Decoded, Message

_RECEIVED = datetime(2026, 11, 22, 4, tzinfo=UTC)


def heard(topic: str, payload: bytes, retained: bool = False) -> list[Decoded]:
    """As the format decodes it."""
    return decode(Message(topic=topic, payload=payload, size=len(payload), received_at=_RECEIVED, retained=retained))
