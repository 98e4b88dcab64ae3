"""Tells other processes that something changed, in the transaction that changed it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from store.db import Connection, execute

CHANNEL = "gatehouse"

Topic = Literal[
    "reading", "status", "event", "alert", "outbox", "round", "check_in", "record", "notice", "discovered", "rejected", "ledger"
]
TOPICS: tuple[Topic, ...] = get_args(Topic)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What changed: a topic, the site (None: of no site), and where it has one, the id of the thing."""

    topic: Topic
    site_id: int | None = None
    subject: str | None = None


def notify(conn: Connection, change: Change) -> None:
    """Send on commit. Equal changes of one transaction are sent once, by PostgreSQL."""
    notify_all(conn, [change])


def notify_all(conn: Connection, changes: Collection[Change]) -> None:
    """Many at once."""
    execute(
        conn,
        """
        SELECT count(pg_notify(%(channel)s, pg_current_xact_id()::text || ' ' || payload))
          FROM unnest(%(payloads)b::text[]) AS t (payload)
        """,
        channel=CHANNEL,
        payloads=[msgspec.json.encode(change).decode() for change in changes],
    )


def decode_change(payload: str) -> tuple[str, Change]:
    """A received payload: the transaction and what it changed."""
    transaction, _, change = payload.partition(" ")
    return transaction, msgspec.json.decode(change, type=Change)
