"""What one message comes to: decoded, found in the ledger, held against its kind, and put into the batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from core.logs import get_logger
from ingest.batch import Batch
from ingest.binary_copy import ReadingEncoder, reading_encoder, row_encoder
from ingest.formats.times import check_time
from ingest.health_tracker import HealthTracker
from ingest.inbox import Message
from ingest.kinds.check import check_event, check_reading
from ingest.model import Decoded, DeviceEvent, DeviceKind, Format, Presence, Reading, RejectedError, shown
from ingest.registry import KnownDevice, Ledger
from ingest.tables import EVENT_TABLE, reading_table
from ingest.topics import FormatFinder

log = get_logger(__name__)

_MAX_DEVICE_SLUG = 64
_to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What is taken at all."""

    max_payload_bytes: int = 65_536
    max_clock_ahead: timedelta = timedelta(hours=24)
    max_reading_age: timedelta = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Into:
    """Where a kind's readings go."""

    table: str
    encode: ReadingEncoder


class Intake:
    """Takes messages in, one by one, by the `ledger` it is given. What cannot be taken is counted as rejected."""

    def __init__(
        self,
        formats: Mapping[str, Format],
        kinds: Mapping[str, DeviceKind],
        tracker: HealthTracker,
        limits: Limits,
    ) -> None:
        self._finder = FormatFinder(formats)
        self._kinds = kinds
        self._tracker = tracker
        self._limits = limits
        self.ledger = Ledger()
        self._into = {kind: _into(kind) for kind in kinds.values()}
        self._encode_event: Callable[[tuple[Any, ...]], bytes] = row_encoder(EVENT_TABLE)

    def take(self, message: Message, batch: Batch) -> None:
        """Put what the message says into the batch."""
        try:
            for item in self._decode(message):
                self._take_item(item, message, batch)
        except RejectedError as error:
            batch.rejected.add(message, error, self._site_of(message.topic))
        except Exception as error:  # a defect of ours must not stop every other device's messages
            log.exception("message cannot be taken in", topic=message.topic)
            refusal = RejectedError("internal", "defect", error=type(error).__name__)
            batch.rejected.add(message, refusal, self._site_of(message.topic))

    def _decode(self, message: Message) -> list[Decoded]:
        most = self._limits.max_payload_bytes
        if message.size > most:
            raise RejectedError("too_large", "too_large", most=most)
        format_ = self._finder.find(message.topic)
        if format_ is None:
            raise RejectedError("topic", "no_format", topic=shown(message.topic))
        return format_.decode(message.topic, message.payload, message.retained)

    def _take_item(self, item: Decoded, message: Message, batch: Batch) -> None:
        site = self.ledger.sites.get(item.site)
        if site is None:
            batch.rejected.add(message, RejectedError("unknown_site", "no_site", site=shown(item.site)), None)
            return
        device = site.devices.get(item.device)
        try:
            if device is None:
                self._discover(item, site.id, message, batch)
            elif isinstance(item, Reading):
                self._take_reading(item, device, message, batch)
            elif isinstance(item, DeviceEvent):
                self._take_event(item, device, message, batch)
            else:
                self._take_presence(item, device, message)
        except RejectedError as error:
            batch.rejected.add(message, error, site.id)

    def _discover(self, item: Decoded, site_id: int, message: Message, batch: Batch) -> None:
        if len(item.device) > _MAX_DEVICE_SLUG:
            raise RejectedError("topic", "too_long", what="device", found=shown(item.device), most=_MAX_DEVICE_SLUG)
        if not (isinstance(item, Presence) and item.retained):  # left behind by a device that may be long gone
            batch.discovered.add(site_id, item, message, self._kinds)

    def _take_reading(self, reading: Reading, device: KnownDevice, message: Message, batch: Batch) -> None:
        kind = _kind_of(device)
        received_at = message.received_at
        self._check_time(reading, message)
        checked = check_reading(kind, reading)
        fresh = self._tracker.reading(
            device.key, ts=reading.ts, received_at=received_at, measures=checked.measures, faults=checked.faults
        )
        into = self._into[kind]
        data = into.encode(*device.key, reading.ts, received_at, checked.faults, checked.measures)
        batch.add_row(into.table, (data, message), reading.ts, late=message.repeated or not fresh)
        batch.readings_at.add(device.key[0])
        if checked.unknown:
            names = ", ".join(checked.unknown)
            refusal = RejectedError("unknown_measure", "not_kept", kind=kind.slug, names=names)
            batch.rejected.add(message, refusal, device.key[0])
        if checked.unknown_faults:
            names = ", ".join(checked.unknown_faults)
            refusal = RejectedError("unknown_fault", "not_kept", kind=kind.slug, names=names)
            batch.rejected.add(message, refusal, device.key[0])

    def _take_event(self, event: DeviceEvent, device: KnownDevice, message: Message, batch: Batch) -> None:
        self._check_time(event, message)
        check_event(_kind_of(device), event)
        received_at = message.received_at
        self._tracker.event(device.key, ts=event.ts, received_at=received_at)
        data = self._encode_event((*device.key, event.ts, event.event_id, received_at, event.type, _to_json(event.data)))
        batch.add_row(EVENT_TABLE.name, (data, message), event.ts, late=message.repeated)
        batch.events_at.add(device.key[0])

    def _take_presence(self, presence: Presence, device: KnownDevice, message: Message) -> None:
        self._tracker.presence(
            device.key,
            online=presence.online,
            ts=presence.ts,
            received_at=message.received_at,
            old=presence.retained or message.repeated,
        )

    def _check_time(self, item: Reading | DeviceEvent, message: Message) -> None:
        limits = self._limits
        check_time(item.ts, message.received_at, max_age=limits.max_reading_age, max_ahead=limits.max_clock_ahead)

    def _site_of(self, topic: str) -> int | None:
        """Whose mistake a message is that could not be read: as native topics name the site."""
        levels = topic.split("/", 3)
        site = self.ledger.sites.get(levels[2]) if len(levels) == 4 and levels[:2] == ["gatehouse", "v1"] else None
        return None if site is None else site.id


def _into(kind: DeviceKind) -> _Into:
    table = reading_table(kind)
    return _Into(table=table.name, encode=reading_encoder(table))


def _kind_of(device: KnownDevice) -> DeviceKind:
    if device.kind is None:
        raise RejectedError("unknown_kind", "no_kind", kind=shown(device.kind_slug))
    return device.kind
