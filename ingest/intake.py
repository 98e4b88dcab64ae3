"""What one message comes to: decoded, found in the ledger, held against its kind, and put into the batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from core.logs import get_logger
from ingest.batch import Batch
from ingest.binary_copy import row_encoder
from ingest.credentials import CredentialHash
from ingest.formats.parts.times import check_time
from ingest.health_tracker import HealthTracker
from ingest.kinds.check import check_event, check_reading
from ingest.mappings.heard import LastHeard
from ingest.mappings.model import TopicMapping
from ingest.mappings.rules import apply, named
from ingest.model import DeviceEvent, DeviceKind, Format, FromDevice, Message, Presence, Reading, RejectedError, Reply, shown
from ingest.personal import without_personal_fields
from ingest.registry import Ledger
from ingest.routes import OfUnknownKind, Route, Routes, Unregistered
from ingest.strangers import Strangers
from ingest.tables import EVENT_TABLE
from ingest.topics import Reader, Readers
from ingest.unmapped import UnmappedFields

log = get_logger(__name__)

_to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What is taken at all."""

    max_payload_bytes: int = 65_536
    max_clock_ahead: timedelta = timedelta(hours=24)
    max_reading_age: timedelta = timedelta(days=7)


class Intake:
    """Takes messages in, one by one, by the `ledger` it is given. What cannot be taken is counted as rejected."""

    def __init__(
        self,
        formats: Mapping[str, Format],
        kinds: Mapping[str, DeviceKind],
        tracker: HealthTracker,
        limits: Limits,
        credential_hash: CredentialHash,
    ) -> None:
        self._readers = Readers(formats)
        self._kinds = kinds
        self._tracker = tracker
        self._limits = limits
        self._hash = credential_hash
        self._routes = Routes(kinds, tracker)
        self._unmapped = UnmappedFields()
        self._strangers = Strangers()
        self._last_heard = LastHeard()
        self._mappings: Mapping[str, tuple[TopicMapping, ...]] = {}
        self._encode_event: Callable[[tuple[Any, ...]], bytes] = row_encoder(EVENT_TABLE)

    @property
    def ledger(self) -> Ledger:
        """What is known of sites and devices. The tracker must follow a new one first."""
        return self._routes.ledger

    @ledger.setter
    def ledger(self, ledger: Ledger) -> None:
        self._routes.ledger = ledger
        mappings = {site.slug: site.mappings for site in ledger.sites.values() if site.mappings}
        if mappings != self._mappings:
            self._mappings = mappings
            self._readers.follow(mappings)
            self._last_heard.forget()

    def take_registered(self, batch: Batch) -> None:
        """The last message of devices that were registered since the last ledger; they need not be sent again."""
        for message in self._strangers.take_registered(self.ledger):
            self.take(message, batch)

    def take(self, message: Message, batch: Batch) -> None:
        """Put what the message says into the batch."""
        reader = None
        try:
            reader = self._find_reader(message)
            if reader.mapping is not None:
                batch.heard += self._last_heard.news(reader.mapping, message)
            for item in reader.read(message):
                if isinstance(item, Reply):
                    batch.replies.append(reader.below(item))
                elif isinstance(item, RejectedError):
                    batch.rejected.add(message, item, self._site_of(message.topic, reader))
                else:
                    self._take_item(item, reader, message, batch)
        except RejectedError as error:
            batch.rejected.add(message, error, self._site_of(message.topic, reader))
        except Exception as error:  # a defect of ours must not stop every other device's messages
            log.exception("message cannot be taken in", topic=message.topic)
            refusal = RejectedError("internal", "defect", error=type(error).__name__)
            batch.rejected.add(message, refusal, self._site_of(message.topic, reader))

    def _find_reader(self, message: Message) -> Reader:
        most = self._limits.max_payload_bytes
        if message.size > most:
            raise RejectedError("too_large", "too_large", most=most)
        reader = self._readers.find(message.topic)
        if reader is None:
            raise RejectedError("topic", "no_format", topic=shown(message.topic))
        return reader

    def _take_item(self, item: FromDevice, reader: Reader, message: Message, batch: Batch) -> None:
        route = self._routes.find(reader, item)
        try:
            if not isinstance(route, Route):
                self._take_strange(item, route, reader.format, message, batch)
            elif isinstance(item, Reading):
                self._take_reading(item, route, message, batch)
            elif isinstance(item, DeviceEvent):
                self._take_event(item, route, message, batch)
            else:
                self._take_presence(item, route, message)
        except RejectedError as error:
            batch.rejected.add(message, error, route.site_id)

    def _take_strange(
        self, item: FromDevice, route: Unregistered | OfUnknownKind, format_: str, message: Message, batch: Batch
    ) -> None:
        if isinstance(route, OfUnknownKind):
            raise RejectedError("unknown_kind", "no_kind", kind=shown(route.kind))
        if not (isinstance(item, Presence) and item.retained):  # left behind by a device that may be long gone
            if isinstance(item, Reading) and (rules := self.ledger.sites[route.site].rules.get((format_, None))):
                item = named(rules, item)
            batch.discovered.add(route, item, message, self._kinds)
            self._strangers.remember(route, message)

    def _take_reading(self, reading: Reading, route: Route, message: Message, batch: Batch) -> None:
        kind, received_at = route.kind, message.received_at
        ts = self._time_of(reading, route, message)
        if route.rules:
            reading = apply(route.rules, reading)
        checked = check_reading(kind, reading)
        faults, raised = checked.faults, checked.raised
        if reading.backfilled:
            fresh = False
        else:
            fresh = self._tracker.reading(
                route.tracked,
                ts=ts,
                received_at=received_at,
                measures=checked.measures,
                faults=faults,
                raised=raised,
                cleared=reading.cleared,
            )
        data = route.encode(route.site_id, route.device_id, ts, received_at, faults or raised, checked.measures)
        batch.add_row(route.table, (data, message), ts, late=message.repeated or not fresh)
        batch.readings_at.add(route.site_id)
        if reading.unmapped or checked.unknown:
            batch.unmapped += self._unmapped.news(route, {**(reading.unmapped or {}), **(checked.unknown or {})}, received_at)
        if checked.unknown_faults:
            names = ", ".join(checked.unknown_faults)
            refusal = RejectedError("unknown_fault", "not_kept", kind=kind.slug, names=names)
            batch.rejected.add(message, refusal, route.site_id)

    def _take_event(self, event: DeviceEvent, route: Route, message: Message, batch: Batch) -> None:
        ts = self._time_of(event, route, message)
        check_event(route.kind, event)
        received_at = message.received_at
        self._tracker.event(route.tracked, ts=ts, received_at=received_at)
        data = without_personal_fields(event.data)
        if event.credential is not None:
            data["credential"] = self._hash(event.credential)
        row = (route.site_id, route.device_id, ts, event.event_id, received_at, event.type, _to_json(data))
        batch.add_row(EVENT_TABLE.name, (self._encode_event(row), message), ts, late=message.repeated)
        batch.events_at.add(route.site_id)

    def _take_presence(self, presence: Presence, route: Route, message: Message) -> None:
        self._tracker.presence(
            route.tracked,
            online=presence.online,
            ts=presence.ts and _in_utc(presence.ts, route.zone),
            received_at=message.received_at,
            old=presence.retained or message.repeated,
        )

    def _time_of(self, item: Reading | DeviceEvent, route: Route, message: Message) -> datetime:
        """The time of the item in UTC, if it can be true."""
        ts, limits = item.ts, self._limits
        if ts.tzinfo is not UTC:
            ts = _in_utc(ts, route.zone)
        check_time(ts, message.received_at, max_age=limits.max_reading_age, max_ahead=limits.max_clock_ahead)
        return ts

    def _site_of(self, topic: str, reader: Reader | None) -> int | None:
        """Whose mistake a message is that could not be read: as topics of ours name the site, or the mapping is a site's."""
        levels = topic.split("/", 3)
        named_by_topic = levels[2] if len(levels) == 4 and levels[:2] == ["gatehouse", "v1"] else None
        site = self.ledger.sites.get(named_by_topic or (reader and reader.site) or "")
        return None if site is None else site.id


def _in_utc(ts: datetime, zone: tzinfo) -> datetime:
    """A time without a zone is the wall clock of the site."""
    return (ts if ts.tzinfo else ts.replace(tzinfo=zone)).astimezone(UTC)
