"""What a domain folder declares to have something done regularly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.db import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Work done every so often by whoever holds its lock.

    The scheduler opens the transaction, takes the job's advisory lock and passes `now`; `run` returns how many
    things it did, for the log. `wake_on` names notification topics that run it at once.
    """

    slug: str
    every: timedelta
    run: Callable[[Connection, datetime], int]
    wake_on: tuple[str, ...] = ()
