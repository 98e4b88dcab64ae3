"""The writer thread: messages into batches, batches into the database, and only then the acknowledgement."""

import gc
import threading
from dataclasses import replace
from datetime import datetime, timedelta

from core.clock import Clock
from core.logs import get_logger
from ingest.announcer import Announcer, status_changes
from ingest.batch import Batch
from ingest.committer import Committed, Committer
from ingest.health_tracker import HealthTracker
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.meter import Meter
from ingest.mqtt import MqttClient
from ingest.registry import Registry
from ingest.sharing import Sharing
from ingest.stats import Counts, Heartbeat, Stats
from store.notify import Change

log = get_logger(__name__)

_IDLE_SECONDS = 0.2  # how late a silence or a change of the ledger may be noticed
_SEEN_EVERY = timedelta(seconds=30)
_SEEN_AT_ONCE = 200  # more would hold up the messages of their batch
_HEARTBEAT_EVERY = timedelta(seconds=5)
_NOTHING = timedelta(0)
# A commit that took longer was no commit but an absence of the database.
_NOTICEABLE = timedelta(seconds=2)


class Pipeline:
    """Runs in a thread of its own from `start` until `stop`; the only one that touches the tracker."""

    def __init__(
        self,
        *,
        name: str,
        clock: Clock,
        inbox: Inbox,
        mqtt: MqttClient,
        registry: Registry,
        tracker: HealthTracker,
        intake: Intake,
        committer: Committer,
        sharing: Sharing | None,
        stopping: threading.Event,
        batch_size: int,
        batch_ms: int,
    ) -> None:
        self._clock = clock
        self._inbox = inbox
        self._mqtt = mqtt
        self._registry = registry
        self._tracker = tracker
        self._intake = intake
        self._committer = committer
        self._sharing = sharing
        self._stopping = stopping
        self._batch_size = batch_size
        self._fill_seconds = batch_ms / 1000
        self._announcer = Announcer()
        self._meter = Meter(name, clock.now(), sharing.group if sharing else None)
        self._beaten_at: datetime | None = None
        self._epoch = 0
        self._thread = threading.Thread(target=self._run, name="ingest-writer", daemon=True)
        self.counts = Counts()

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the thread to end after `stopping` was set."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    @property
    def stats(self) -> Stats:
        """What it has done so far."""
        counts = self.counts
        return Stats(
            connected=self._mqtt.listening,
            received=self._mqtt.received,
            committed=counts.committed,
            rejected=dict(counts.rejected),
            discovered=counts.discovered,
            quarantined=counts.quarantined,
            queued=len(self._inbox),
            batches=counts.batches,
            transitions=counts.transitions,
            failures=self._committer.failures,
            connections=self._mqtt.epoch,
            last_commit_at=counts.last_commit_at,
        )

    def _run(self) -> None:
        while not self._registry.wait_until_ready(_IDLE_SECONDS):
            if self._stopping.is_set():
                return
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:
                # A defect of ours. Nothing was acknowledged: on a new connection the broker sends it all again.
                log.exception("batch failed")
                self._mqtt.reconnect()
                self._stopping.wait(1)
        self._last_turn()
        self._committer.close()
        if self._sharing is not None:
            self._sharing.close()

    def _turn(self) -> None:
        messages = self._inbox.take(self._batch_size, wait=_IDLE_SECONDS, fill=self._fill_seconds)
        now = self._clock.now()
        batch = Batch(messages=messages)
        self._follow(now, batch)
        self._fill(batch, now)
        if self._commit(batch):
            self._mqtt.publish(batch.replies)
            self._mqtt.acknowledge(messages)

    def _last_turn(self) -> None:
        """Leave behind when each device was last seen."""
        now = self._clock.now()
        batch = Batch(seen=self._tracker.take_seen(now, older_than=_NOTHING, most=len(self._tracker)))
        batch.heartbeat = self._heartbeat(now, connected=False)
        self._commit(batch)

    def _follow(self, now: datetime, batch: Batch) -> None:
        """Take over what changed around us: the ledger, and whether we can hear."""
        ledger = self._registry.ledger
        if ledger is not self._intake.ledger:
            self._tracker.sync(ledger.devices(), now)
            self._intake.ledger = ledger
            # It lives long; else every full collection would walk all of it, which holds up the messages of a city for a fifth
            # of a second. What is garbage by now must not live as long.
            gc.collect()
            gc.freeze()
            self._intake.take_registered(batch)
        epoch = self._mqtt.epoch
        if not self._mqtt.listening:
            self._tracker.lose_hearing(now)
        elif self._tracker.deaf or epoch != self._epoch:
            self._tracker.hear(now)
            self._epoch = epoch
        if self._sharing is not None:
            self._sharing.follow(now, hearing=self._mqtt.listening, epoch=epoch)

    def _fill(self, batch: Batch, now: datetime) -> None:
        messages = batch.messages
        for message in messages:
            self._intake.take(message, batch)
        # While messages wait, silence is judged by the time of the last one that does not.
        until = messages[-1].received_at if messages and len(self._inbox) else now
        if self._sharing is None:
            self._tracker.sweep(until)
        elif self._sharing.judges:
            self._tracker.sweep(until, self._sharing.ask)
        batch.transitions = self._tracker.take_transitions()
        batch.seen = self._tracker.take_seen(now, older_than=_SEEN_EVERY, most=_SEEN_AT_ONCE)
        if self._beaten_at is None or now - self._beaten_at >= _HEARTBEAT_EVERY:
            self._beaten_at = now
            batch.heartbeat = self._heartbeat(now, connected=self._mqtt.listening)
        self._announcer.note("reading", batch.readings_at)
        self._announcer.note("rejected", {each.site_id for each in batch.rejected.sorted()})
        batch.changes = self._announcer.due(now)
        batch.changes += status_changes(batch.transitions)
        batch.changes += [Change(topic="event", site_id=site_id) for site_id in sorted(batch.events_at)]

    def _commit(self, batch: Batch) -> bool:
        """Whether it is safe now; an empty batch is."""
        if batch.is_empty:
            self.counts.committed += len(batch.messages)
            return True
        before = self._clock.now()
        committed = self._committer.commit(batch)
        if committed is None:
            return False
        now = self._clock.now()
        for key, health in committed.displaced.items():
            self._tracker.adopt(key, health)
        if now - before > _NOTICEABLE:
            self._tracker.missed(before, now)
        self._count(batch, committed, now)
        self._meter.committed(batch, before, now)
        return True

    def _count(self, batch: Batch, committed: Committed, now: datetime) -> None:
        counts = self.counts
        counts.committed += len(batch.messages)
        counts.batches += 1
        counts.transitions += len(batch.transitions)
        counts.discovered += len(batch.discovered)
        counts.quarantined += committed.quarantined
        for each in batch.rejected.sorted():
            counts.rejected[each.reason] += each.count
        if committed.quarantined:
            counts.rejected["database"] += committed.quarantined
        counts.last_commit_at = now

    def _heartbeat(self, now: datetime, *, connected: bool) -> Heartbeat:
        return self._meter.heartbeat(now, replace(self.stats, connected=connected))
