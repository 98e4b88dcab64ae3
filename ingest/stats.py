"""What an ingester has done since it started."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
