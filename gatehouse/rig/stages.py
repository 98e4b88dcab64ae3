"""What each stage of ingest costs for one message, in this process: the same code as the ingester's, by itself."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from core.clock import Clock
from gatehouse.rig.flood import publish_packet
from ingest.batch import Batch
from ingest.credentials import new_hash
from ingest.formats import all_formats, native
from ingest.health import Health
from ingest.health_tracker import HealthTracker
from ingest.intake import Intake, Limits
from ingest.kinds import all_kinds
from ingest.kinds.check import check_reading
from ingest.kinds.judging import judge
from ingest.model import Decoded, Message, Reading
from ingest.registry import KnownDevice, KnownSite, Ledger
from ingest.wire import PacketBuffer
from simulators.models import SimSite
from simulators.written_ahead import write_ahead

_BATCH = 2000


def stage_costs(sites: Sequence[SimSite], clock: Clock, *, laps: int) -> Iterator[tuple[str, float]]:
    """(stage, microseconds a message); `laps` messages of each device. The last stage is all of them as they run together."""
    ledger, now = _ledger(sites, clock.now()), clock.now()
    messages = _messages(sites, now, laps)
    decoded: list[Decoded] = []
    stages: dict[str, Callable[[], object]] = {
        "read from the socket's buffer": partial(_read, _stream(messages)),
        "decode": lambda: decoded.extend(item for each in messages for item in native.decode(each)),
        "check and judge": lambda: _check(ledger, decoded),
        "whole intake": lambda: _take_in(ledger, messages, now),
    }
    for name, stage in stages.items():
        begun = clock.monotonic()
        stage()
        yield name, (clock.monotonic() - begun) * 1e6 / len(messages)


def _messages(sites: Sequence[SimSite], now: datetime, laps: int) -> list[Message]:
    first = int(now.timestamp() * 1000)
    heads = [b'{"ts":%d,"measures":' % (first + lap) for lap in range(laps)]
    sources = write_ahead(sites, 1)
    return [
        Message(topic=source.topic, payload=source.payload(head, lap), size=0, received_at=now)
        for lap, head in enumerate(heads)
        for source in sources
    ]


def _stream(messages: Sequence[Message]) -> bytes:
    return b"".join(publish_packet(each.topic.encode(), each.payload, 7) for each in messages)


def _read(stream: bytes) -> None:
    buffer = PacketBuffer()
    buffer.add(stream)
    for _ in buffer.publishes(len(stream)):
        pass


def _check(ledger: Ledger, decoded: Sequence[Decoded]) -> None:
    for item in decoded:
        if isinstance(item, Reading) and (kind := ledger.sites[item.site or ""].devices[item.device].kind):
            checked = check_reading(kind, item)
            judge(kind, checked.measures, checked.faults)


def _take_in(ledger: Ledger, messages: Sequence[Message], now: datetime) -> None:
    tracker = HealthTracker(now)
    tracker.sync(ledger.devices(), now)
    intake = Intake(all_formats(), all_kinds(), tracker, Limits(), new_hash())
    intake.ledger = ledger
    for start in range(0, len(messages), _BATCH):
        batch = Batch()
        for message in messages[start : start + _BATCH]:
            intake.take(message, batch)


def _ledger(sites: Sequence[SimSite], now: datetime) -> Ledger:
    known = {}
    for site_id, site in enumerate(sites, 1):
        devices = {}
        for number, device in enumerate(site.devices, 1):
            kind = all_kinds()[device.kind]
            devices[device.slug] = KnownDevice(
                key=(site_id, site_id * 1000 + number),
                slug=device.slug,
                kind_slug=device.kind,
                kind=kind,
                silent_after=timedelta(minutes=5),
                health=Health(status="online", since=now, reason="seen"),
                last_seen_at=None,
                last_ts=None,
            )
        known[site.slug] = KnownSite(id=site_id, slug=site.slug, devices=devices)
    return Ledger(sites=known)
