"""What an ingester has done since it started."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

COMMIT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_MESSAGES = (1.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stats:
    """`received`, `committed`: messages. `quarantined`: rows the database refused, among `rejected` by reason too.

    `failures`: attempts to commit that had to be repeated later. `connections`: to the broker, since the start.
    """

    connected: bool
    received: int
    committed: int
    rejected: Mapping[str, int]
    discovered: int
    quarantined: int
    queued: int
    batches: int
    transitions: int
    failures: int
    connections: int
    last_commit_at: datetime | None


@dataclass(kw_only=True, slots=True)
class Counts:
    """What the writer thread counts."""

    committed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    discovered: int = 0
    quarantined: int = 0
    batches: int = 0
    transitions: int = 0
    last_commit_at: datetime | None = None


@dataclass(kw_only=True, slots=True)
class Histogram:
    """How many values were at most each of the `bounds`; the last of `counts` are those above all of them."""

    bounds: tuple[float, ...]
    counts: list[int]
    total: float = 0.0

    @classmethod
    def of(cls, bounds: tuple[float, ...]) -> Self:
        """An empty one."""
        return cls(bounds=bounds, counts=[0] * (len(bounds) + 1))

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """For programs that watch; kept as JSON, so a field may be missing in what an older version wrote.

    `share`: the group among which the broker shares messages; None: it takes all of its own.
    """

    rejected: Mapping[str, int] = field(default_factory=dict)
    discovered: int = 0
    transitions: int = 0
    failures: int = 0
    connections: int = 0
    commit_seconds: Histogram = field(default_factory=lambda: Histogram.of(COMMIT_SECONDS))
    batch_messages: Histogram = field(default_factory=lambda: Histogram.of(BATCH_MESSAGES))
    share: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """What an ingester says of itself every few seconds.

    `deaf_since`: not subscribed at the broker since then; None: it hears. `lag_ms`: the longest that a message waited from
    its receipt to its commit since the last heartbeat.
    """

    client_id: str
    started_at: datetime
    seen_at: datetime
    connected: bool
    received: int
    committed: int
    rejected: int
    queued: int
    deaf_since: datetime | None
    received_at: datetime | None
    committed_at: datetime | None
    lag_ms: int
    memory_bytes: int
    report: Report
