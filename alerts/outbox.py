"""Delivers what the outbox holds: at least once, in order for each alert, and never inside a transaction.

A notification is claimed for a minute in one short transaction, sent, and its outcome written in another. A process that
dies in between leaves it to be sent again, under the same idempotency key.
"""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import psycopg

from alerts import channels
from alerts.message import Message, compose
from alerts.models import Channel, Outgoing
from alerts.queries import alerts as alert_queries
from alerts.queries import channels as channel_queries
from alerts.queries import outbox as queries
from alerts.transport import TransportError
from assets.models import INSTALLATION
from assets.queries import places
from core.clock import Clock
from core.logs import get_logger
from store.db import Connection, Database
from store.notify import Change, notify

log = get_logger(__name__)

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
UNTRIED_DELAY = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)

_CLAIMED_FOR = timedelta(minutes=5)  # longer than _EACH attempts may take
_WORKERS = 8
_EACH = 10  # at most, of one channel at a time
_BATCH = 100
_PASS = 30.0  # seconds after which no more is taken on, so that a stop need not wait


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverySettings:
    """How messages leave: the address for links (None: there is none), and the dice for delays."""

    base_url: str | None
    dice: Callable[[], float] = random.random


def deliver_due(db: Database, clock: Clock, delivery: DeliverySettings) -> int:
    """Send everything that is due, several channels at a time; how many attempts were made.

    A channel that does not answer holds up neither the others nor what becomes due for them meanwhile.
    """
    started = clock.monotonic()
    attempts = 0
    running: dict[Future[int], int] = {}
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="deliver") as pool:
        while True:
            claimed: list[Outgoing] = []
            if clock.monotonic() - started < _PASS:
                claimed = _claim(db, clock.now(), busy=list(running.values()))
            for channel_id, group in groupby(sorted(claimed, key=lambda outgoing: outgoing.channel_id), lambda o: o.channel_id):
                running[pool.submit(_deliver_to_one, db, clock, delivery, list(group))] = channel_id
            if not running:
                return attempts
            done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
            for future in done:
                del running[future]
                attempts += future.result()


def purge(conn: Connection, now: datetime) -> int:
    """Drop old notifications of alerts that are long over, some at a time; how many."""
    return queries.delete_settled(conn, before=now - KEPT_FOR, limit=10_000)


def retry_delay(attempt: int, dice: float) -> timedelta:
    """How long to wait after this many attempts: doubling, between half and all of it, so that many do not come back at once."""
    whole = min(FIRST_DELAY * (1 << min(attempt - 1, 20)), LONGEST_DELAY)
    return whole * (0.5 + dice / 2)


def _claim(db: Database, now: datetime, *, busy: Sequence[int]) -> list[Outgoing]:
    with db.transaction() as conn:
        return queries.claim_due(conn, now=now, until=now + _CLAIMED_FOR, busy=busy, each=_EACH, limit=_BATCH)


def _deliver_to_one(db: Database, clock: Clock, delivery: DeliverySettings, outgoings: Sequence[Outgoing]) -> int:
    """Send to one channel, one after the other. When it does not work at all, the rest is not even tried; the attempts made."""
    for index, outgoing in enumerate(outgoings):
        error = _attempt(db, clock.now(), delivery, outgoing)
        if error is None:
            _settle_success(db, clock.now(), outgoing)
            continue
        retry_at = _settle_failure(db, clock.now(), delivery, outgoing, error)
        if retry_at is not None:
            with db.transaction() as conn:
                queries.postpone(conn, outgoings=outgoings[index + 1 :], until=min(retry_at, clock.now() + UNTRIED_DELAY))
            return index + 1
    return len(outgoings)


def _attempt(db: Database, now: datetime, delivery: DeliverySettings, outgoing: Outgoing) -> TransportError | None:
    try:
        channel, message = _load(db, now, delivery, outgoing)
        channels.send(channel, message)
    except TransportError as error:
        return error
    except psycopg.Error:
        raise
    except Exception:
        # A fault of ours in one message must not hold up the others.
        log.exception("notification_broken", key=outgoing.idempotency_key)
        return TransportError("internal")
    return None


def _load(db: Database, now: datetime, delivery: DeliverySettings, outgoing: Outgoing) -> tuple[Channel, Message]:
    with db.transaction() as conn:
        channel = channel_queries.get_channel_ever(conn, site_id=outgoing.site_id, channel_id=outgoing.channel_id)
        message = compose(
            alert_queries.get_alert(conn, site_id=outgoing.site_id, alert_id=outgoing.alert_id),
            places.get_site(conn, outgoing.site_id) if outgoing.site_id else INSTALLATION,
            event=outgoing.event,
            idempotency_key=outgoing.idempotency_key,
            language=channel.language,
            base_url=delivery.base_url,
            now=now,
        )
    return channel, message


def _settle_success(db: Database, now: datetime, outgoing: Outgoing) -> None:
    with db.transaction() as conn:
        queries.mark_delivered(conn, outgoing=outgoing, now=now)
        _note_attempt(conn, outgoing, error="", now=now)
    log.info("notification_delivered", key=outgoing.idempotency_key, attempt=outgoing.attempt)


def _settle_failure(
    db: Database, now: datetime, delivery: DeliverySettings, outgoing: Outgoing, error: TransportError
) -> datetime | None:
    """When it is tried again; None when it was given up."""
    retry_at: datetime | None = now + retry_delay(outgoing.attempt, delivery.dice())
    if error.permanent or (retry_at and retry_at > outgoing.created_at + GIVE_UP_AFTER):
        retry_at = None
    with db.transaction() as conn:
        queries.mark_attempt_failed(conn, outgoing=outgoing, error=error.stored, retry_at=retry_at, now=now)
        _note_attempt(conn, outgoing, error=error.stored, now=now)
    log.warning(
        "notification_failed", key=outgoing.idempotency_key, attempt=outgoing.attempt, error=error.stored, given_up=retry_at is None
    )
    return retry_at


def _note_attempt(conn: Connection, outgoing: Outgoing, *, error: str, now: datetime) -> None:
    channel_queries.mark_tried(conn, site_id=outgoing.site_id, channel_id=outgoing.channel_id, error=error, now=now)
    notify(conn, Change(topic="alert", site_id=outgoing.site_id, subject=f"alert:{outgoing.alert_id}"))
