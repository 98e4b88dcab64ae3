"""Devices that report and are not in the ledger, collected until they are written with their batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.inbox import Message
from ingest.model import Decoded, DeviceEvent, DeviceKind, Reading

KEPT_BYTES = 4096


@dataclass(kw_only=True, slots=True)
class Discovered:
    """One unregistered device, with its last message as text."""

    site_id: int
    slug: str
    kind_guess: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    message_count: int
    last_topic: str
    last_payload: str


class Discoveries:
    """What one batch heard of devices nobody registered."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], Discovered] = {}

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> list[Discovered]:
        """Each device once, in an order that is the same for everyone who writes them."""
        return sorted(self._found.values(), key=lambda each: (each.site_id, each.slug))

    def add(self, site_id: int, item: Decoded, message: Message, kinds: Mapping[str, DeviceKind]) -> None:
        """Count a message of a device that the ledger does not know."""
        found = self._found.get((site_id, item.device))
        if found is None:
            found = self._found[site_id, item.device] = Discovered(
                site_id=site_id,
                slug=item.device,
                kind_guess=None,
                first_seen_at=message.received_at,
                last_seen_at=message.received_at,
                message_count=0,
                last_topic="",
                last_payload="",
            )
        found.kind_guess = guess_kind(item, kinds) or found.kind_guess
        found.last_seen_at = message.received_at
        found.message_count += 1
        found.last_topic = message.topic
        found.last_payload = message.payload[:KEPT_BYTES].decode("utf-8", "replace").replace("\0", "�")


def guess_kind(item: Decoded, kinds: Mapping[str, DeviceKind]) -> str | None:
    """The kind that knows most of what the message names; None when no kind knows more than the others."""
    scores = sorted(((_known(item, kind), slug) for slug, kind in kinds.items()), reverse=True)
    if not scores or scores[0][0] == 0 or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _known(item: Decoded, kind: DeviceKind) -> int:
    if isinstance(item, Reading):
        measures = sum(measure.slug in item.measures for measure in kind.measures)
        return measures + sum(fault.slug in (item.faults or ()) for fault in kind.faults)
    if isinstance(item, DeviceEvent):
        return sum(event.slug == item.type for event in kind.events)
    return 0
