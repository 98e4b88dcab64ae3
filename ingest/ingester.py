"""Puts the parts of ingest together and runs them."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from assets.queries.places import list_mqtt_password_hashes, list_sites
from core.clock import Clock
from core.settings import Settings
from ingest.assignment import Assignment
from ingest.committer import Committer
from ingest.complaints import Complaints
from ingest.credentials import CredentialHash, credential_hash, new_hash
from ingest.embedded_broker import EmbeddedBroker, Rights
from ingest.formats import all_formats, vendor_formats
from ingest.health_tracker import HealthTracker
from ingest.inbox import Inbox
from ingest.intake import Intake, Limits
from ingest.kinds import all_kinds
from ingest.mqtt import MqttClient
from ingest.pipeline import Pipeline
from ingest.registry import Registry
from ingest.share_check import ShareCheck
from ingest.sharing import GRACE, Sharing, shared, without_memory
from ingest.sparkplug_host import SparkplugHost
from ingest.stats import Stats
from ingest.tables import series_tables
from store.db import Connection, Database
from store.listen import ChangeListener


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestOptions:
    """How an ingester works. `name` is what it is called on pages, and its client id with the broker.

    `sparkplug_host_id`: of the host application that edge nodes wait for; told by who takes vendors' topics. None: they do not wait.
    `everything`: the broker is ours alone, so one subscription takes all. NATS bounds what a session may leave unacknowledged
    over all its subscriptions, and one may have the most.
    `share`: the group of ingesters among which the broker shares messages; None: this one takes them all.
    `away_tolerance`: for how long we may hear nothing, or write nothing, before every device's health is unknown.
    """

    name: str = "gatehouse-ingest"
    batch_size: int = 2000
    batch_ms: int = 20
    limits: Limits = field(default_factory=Limits)
    everything: bool = False
    sparkplug_host_id: str | None = None
    share: str | None = None
    assignment: Assignment = field(default_factory=Assignment)
    away_tolerance: timedelta = timedelta(seconds=10)
    credential_hash: CredentialHash = field(default_factory=new_hash)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """What the settings say."""
        return cls(
            name=settings.mqtt_client_id,
            everything=settings.mqtt_everything,
            sparkplug_host_id=settings.sparkplug_host_id,
            share=settings.mqtt_share,
            batch_size=settings.batch_size,
            batch_ms=settings.batch_ms,
            limits=Limits(
                max_payload_bytes=settings.max_payload_bytes,
                max_clock_ahead=settings.max_clock_ahead,
                max_reading_age=settings.max_reading_age,
            ),
            assignment=Assignment.from_settings(settings),
            credential_hash=credential_hash(settings),
        )


class Ingester:
    """MQTT in, database out: from `start` until `stop`, whatever the broker and the database do in between.

    With the embedded `broker` it keeps the sites' credentials there up to date, and a client id nobody can guess.
    """

    def __init__(
        self,
        *,
        db: Database,
        listener: ChangeListener,
        clock: Clock,
        mqtt_url: str,
        options: IngestOptions | None = None,
        broker: EmbeddedBroker | None = None,
    ) -> None:
        options = options or IngestOptions()
        self._broker = broker
        self._everything = options.everything or broker is not None
        self._stopping = threading.Event()
        self._inbox = Inbox()
        self._share = options.share
        formats, kinds = all_formats(), all_kinds()
        filters = options.assignment.filters(formats, everything=self._everything)
        tracker = HealthTracker(clock.now(), tolerance=options.away_tolerance, shared=GRACE if options.share else None)
        sharing = None
        self._listener = listener
        self._following = ExitStack()
        if options.share is not None:
            formats = without_memory(formats)
            taken = {slug: each for slug, each in formats.items() if not each.remembers}
            filters = tuple(shared(each, options.share) for each in options.assignment.filters(taken))
            sharing = Sharing(options.share, options.name, db, tracker)
        self._mqtt = MqttClient(
            mqtt_url,
            client_id=options.name if broker is None else f"{options.name}-{broker.session_secret}",
            filters=filters,
            inbox=self._inbox,
            clock=clock,
            max_payload_bytes=options.limits.max_payload_bytes,
            sparkplug_host=_sparkplug_host(options, clock),
            share_check=ShareCheck(options.share, options.name, clock) if options.share else None,
        )
        committer = Committer(db, {table.name: table for table in series_tables()}, self._stopping, Complaints(options.name, clock))
        self._registry = Registry(db, listener, kinds, assignment=options.assignment, on_load=self._follow_ledger)
        self._sharing = sharing
        self._pipeline = Pipeline(
            name=options.name,
            clock=clock,
            inbox=self._inbox,
            mqtt=self._mqtt,
            registry=self._registry,
            tracker=tracker,
            intake=Intake(formats, kinds, tracker, options.limits, options.credential_hash),
            committer=committer,
            sharing=sharing,
            stopping=self._stopping,
            batch_size=options.batch_size,
            batch_ms=options.batch_ms,
        )

    def start(self) -> Self:
        """Begin; returns at once and never fails: the broker and the database may come later."""
        if self._sharing is not None:
            self._following.enter_context(self._listener.subscribed(self._sharing.hear_of, self._sharing.hear_of_all))
        self._registry.start()
        self._pipeline.start()
        self._mqtt.start()
        return self

    def stop(self) -> None:
        """Finish the batch in hand, leave the rest with the broker, and end."""
        self._stopping.set()
        self._inbox.close()
        self._pipeline.join(30)
        self._mqtt.stop()
        self._registry.stop()
        self._following.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until_listening(self, seconds: float = 30) -> bool:
        """Until every message published from now on arrives; False when it has not come to that in time."""
        return self._registry.wait_until_ready(seconds) and self._mqtt.wait_until_listening(seconds)

    @property
    def stats(self) -> Stats:
        """What it has done so far."""
        return self._pipeline.stats

    def _follow_ledger(self, conn: Connection) -> None:
        """What is asked of the broker depends on it."""
        mapped = [each.topic_filter for site in self._registry.ledger.sites.values() for each in site.mappings if each.direct]
        if not self._everything:
            self._mqtt.subscribe_also([shared(each, self._share) if self._share else each for each in sorted(set(mapped))])
        if self._broker is not None:
            self._broker.set_site_credentials(list_mqtt_password_hashes(conn), _rights(len(list_sites(conn)), mapped))


def _sparkplug_host(options: IngestOptions, clock: Clock) -> SparkplugHost | None:
    """Edge nodes speak on topics that name no site."""
    if options.sparkplug_host_id is None or not options.assignment.vendor_topics or options.share:
        return None
    return SparkplugHost(options.sparkplug_host_id, clock)


def _rights(sites: int, mapped: Sequence[str]) -> Rights:
    """Vendors' topics do not name the site. So that no site can speak for another's devices, they are for the only one there is."""
    if sites != 1:
        return Rights()
    vendors = [all_formats()[slug] for slug in vendor_formats()]
    return Rights(
        publish=(*(topic for format_ in vendors for topic in format_.topics), *mapped),
        subscribe=tuple(topic for format_ in vendors for topic in format_.answers),
    )
