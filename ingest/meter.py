"""What an ingester measures of itself, a batch at a time, and tells with its heartbeat."""

from datetime import datetime, timedelta

import psutil

from ingest.batch import Batch
from ingest.stats import BATCH_MESSAGES, COMMIT_SECONDS, Heartbeat, Histogram, Report, Stats


class Meter:
    """Owned by the writer thread."""

    def __init__(self, name: str, started_at: datetime, share: str | None) -> None:
        self._name = name
        self._share = share
        self._started_at = started_at
        self._process = psutil.Process()
        self._commit_seconds = Histogram.of(COMMIT_SECONDS)
        self._batch_messages = Histogram.of(BATCH_MESSAGES)
        self._lag = timedelta(0)
        self._received = 0
        self._received_at: datetime | None = None
        self._deaf_since: datetime | None = started_at

    def committed(self, batch: Batch, before: datetime, now: datetime) -> None:
        """A batch was committed between the two times. Only once for each: this is the hot path."""
        if not batch.messages:
            return
        self._commit_seconds.observe(max(0.0, (now - before).total_seconds()))
        self._batch_messages.observe(len(batch.messages))
        self._lag = max(self._lag, now - batch.messages[0].received_at)

    def heartbeat(self, now: datetime, stats: Stats) -> Heartbeat:
        """What to tell now. The lag is the longest since the last time."""
        if stats.received != self._received:
            self._received, self._received_at = stats.received, now
        self._deaf_since = None if stats.connected else self._deaf_since or now
        lag, self._lag = self._lag, timedelta(0)
        return Heartbeat(
            client_id=self._name,
            started_at=self._started_at,
            seen_at=now,
            connected=stats.connected,
            received=stats.received,
            committed=stats.committed,
            rejected=sum(stats.rejected.values()),
            queued=stats.queued,
            deaf_since=self._deaf_since,
            received_at=self._received_at,
            committed_at=stats.last_commit_at,
            lag_ms=lag // timedelta(milliseconds=1),
            memory_bytes=self._process.memory_info().rss,
            report=Report(
                rejected=stats.rejected,
                discovered=stats.discovered,
                transitions=stats.transitions,
                failures=stats.failures,
                connections=stats.connections,
                commit_seconds=self._commit_seconds,
                batch_messages=self._batch_messages,
                share=self._share,
            ),
        )
