"""What a domain folder declares to have something done regularly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from store.db import Connection, Database


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Work done every so often by whoever holds its lock.

    The scheduler opens the transaction, takes the job's advisory lock and passes `now`; `run` returns how many
    things it did, for the log. `wake_on` names notification topics that run it at once.

    What waits for the network must not hold a transaction open meanwhile: such a job gives `work` instead of `run`,
    opens its own short transactions and is safe to run twice at the same time.
    """

    slug: str
    every: timedelta
    run: Callable[[Connection, datetime], int] | None = None
    work: Callable[[Database, Clock], int] | None = None
    wake_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.run is None) == (self.work is None):
            raise ValueError(f"job {self.slug} gives either run or work")
