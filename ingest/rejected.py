"""Messages that could not be taken, counted by what was wrong with them, until they are written with their batch."""

from dataclasses import dataclass
from datetime import datetime

from ingest.model import Message, RejectedError, RejectReason
from ingest.personal import to_keep

_MAX_TOPIC = 512
# One client that invents ever new topics must not push out what others did. Beyond so many different rejections in one
# batch the rest are counted together, by reason, without a topic.
_MOST_DIFFERENT = 200


@dataclass(kw_only=True, slots=True)
class Rejected:
    """One mistake and how often it was made. Detail, facts and payload (cut) are the last one's.

    Without a topic: of many topics, too many to list.
    """

    site_id: int | None
    topic: str
    reason: RejectReason
    detail_key: str
    facts: dict[str, str]
    payload: bytes
    payload_bytes: int
    first_at: datetime
    last_at: datetime
    count: int = 0


class RejectedMessages:
    """The rejections of one batch. Equal ones only count; of one message that tells of a thousand devices the first one does."""

    def __init__(self) -> None:
        self._last: dict[tuple[int | None, str, RejectReason], Message] = {}
        self._rejected: dict[tuple[int | None, str, RejectReason], Rejected] = {}

    def __len__(self) -> int:
        return len(self._rejected)

    @property
    def count(self) -> int:
        """How many messages."""
        return sum(each.count for each in self._rejected.values())

    def sorted(self) -> list[Rejected]:
        """Each mistake once, in an order that is the same for everyone who writes them."""
        return sorted(self._rejected.values(), key=lambda each: (each.site_id or 0, each.topic, each.reason))

    def add(self, message: Message, error: RejectedError, site_id: int | None) -> None:
        """Count a message that was refused."""
        topic = message.topic.replace("\0", "�")[:_MAX_TOPIC]  # PostgreSQL's texts hold no NUL
        if (site_id, topic, error.reason) not in self._rejected and len(self._rejected) >= _MOST_DIFFERENT:
            topic = ""
        key = (site_id, topic, error.reason)
        if self._last.get(key) is message:
            return
        self._last[key] = message
        found = self._rejected.get(key)
        if found is None:
            found = self._rejected[key] = Rejected(
                site_id=site_id,
                topic=topic,
                reason=error.reason,
                detail_key=error.key,
                facts=error.facts,
                payload=b"",
                payload_bytes=0,
                first_at=message.received_at,
                last_at=message.received_at,
            )
        found.count += 1
        found.detail_key, found.facts = error.key, error.facts
        found.payload = to_keep(message.payload, message.topic)
        found.payload_bytes = message.size
        found.last_at = message.received_at
