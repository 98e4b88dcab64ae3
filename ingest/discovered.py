"""Devices that report and are not in the ledger, collected until they are written with their batch."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.model import DeviceEvent, DeviceKind, FromDevice, Message, Reading
from ingest.personal import to_keep
from ingest.routes import MAX_CODE, Unregistered

_NOT_IN_CODES = re.compile(r"[^a-z0-9._-]+")


@dataclass(kw_only=True, slots=True)
class Discovered:
    """One unregistered device, with its last message as text. `slug` is its code, or one made of its address."""

    site_id: int
    slug: str
    address: str | None
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
        self._text_made_of: Message | None = None
        self._text = ""

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> list[Discovered]:
        """Each device once, in an order that is the same for everyone who writes them."""
        return sorted(self._found.values(), key=lambda each: (each.site_id, each.slug))

    def add(self, device: Unregistered, item: FromDevice, message: Message, kinds: Mapping[str, DeviceKind]) -> None:
        """Count a message of a device that the ledger does not know."""
        slug = device.name if device.address is None else code_of(device.address)
        found = self._found.get((device.site_id, slug))
        if found is None:
            found = self._found[device.site_id, slug] = Discovered(
                site_id=device.site_id,
                slug=slug,
                address=device.address,
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
        found.last_payload = self._text_of(message)

    def _text_of(self, message: Message) -> str:
        """Made once of a message that tells of many devices."""
        if self._text_made_of is not message:
            self._text_made_of = message
            payload = to_keep(message.payload, message.topic)
            self._text = payload.decode("utf-8", "replace").replace("\0", "�")
        return self._text


def code_of(address: str) -> str:
    """A code for a device of that address, as codes are written; where letters were lost, ended so that none is made twice."""
    plain = _NOT_IN_CODES.sub("-", address.lower().replace(":", "-", 1)).strip("-._")
    if len(plain) <= MAX_CODE and plain == address.lower().replace(":", "-", 1):
        return plain
    mark = hashlib.sha256(address.encode()).hexdigest()[:6]
    return f"{plain[: MAX_CODE - 7].rstrip('-._')}-{mark}"


def guess_kind(item: FromDevice, kinds: Mapping[str, DeviceKind]) -> str | None:
    """What its format says; else the kind that knows most of what the message names, if no other knows as much."""
    if item.kind in kinds:
        return item.kind
    scores = sorted(((_known(item, kind), slug) for slug, kind in kinds.items()), reverse=True)
    if not scores or scores[0][0] == 0 or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _known(item: FromDevice, kind: DeviceKind) -> int:
    if isinstance(item, Reading):
        measures = sum(measure.slug in item.measures for measure in kind.measures)
        return measures + sum(fault.slug in (*(item.faults or ()), *item.raised, *item.cleared) for fault in kind.faults)
    if isinstance(item, DeviceEvent):
        return sum(event.slug == item.type for event in kind.events)
    return 0
