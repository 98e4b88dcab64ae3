"""SQL of the outbox."""

from collections.abc import Sequence
from datetime import datetime

from alerts.models import AlertKey, Delivery, Outgoing
from store.db import Connection, execute, fetch_all


def queue_opened(conn: Connection, *, keys: Sequence[AlertKey], now: datetime) -> int:
    """One notification for each alert and channel in use of its site; how many."""
    return execute(
        conn,
        """
        INSERT INTO outbox (site_id, idempotency_key, channel_id, alert_id, event, created_at, next_attempt_at)
        SELECT wanted.site_id, format('alert-%%s-opened-%%s', wanted.id, channel.id), channel.id, wanted.id, 'opened', %(now)s, %(now)s
          FROM unnest(%(site_ids)s::bigint[], %(ids)s::bigint[]) AS wanted (site_id, id)
          JOIN notification_channel channel ON channel.site_id = wanted.site_id AND channel.retired_at IS NULL
        """,
        site_ids=[key.site_id for key in keys],
        ids=[key.id for key in keys],
        now=now,
    )


def queue_resolved(conn: Connection, *, keys: Sequence[AlertKey], now: datetime) -> int:
    """The resolution, to the channels in use that were, may have been or will be told of the alert; how many."""
    return execute(
        conn,
        """
        INSERT INTO outbox (site_id, idempotency_key, channel_id, alert_id, event, created_at, next_attempt_at)
        SELECT opened.site_id, format('alert-%%s-resolved-%%s', opened.alert_id, channel.id), channel.id, opened.alert_id, 'resolved',
               %(now)s, %(now)s
          FROM unnest(%(site_ids)s::bigint[], %(ids)s::bigint[]) AS wanted (site_id, id)
          JOIN outbox opened ON opened.site_id = wanted.site_id AND opened.alert_id = wanted.id AND opened.event = 'opened'
                            AND opened.failed_at IS NULL AND (opened.withdrawn_at IS NULL OR opened.attempts > 0)
          JOIN notification_channel channel ON channel.site_id = opened.site_id AND channel.id = opened.channel_id
                            AND channel.retired_at IS NULL
        """,
        site_ids=[key.site_id for key in keys],
        ids=[key.id for key in keys],
        now=now,
    )


def withdraw_alert(conn: Connection, *, site_id: int, alert_id: int, now: datetime) -> int:
    """Nobody needs to be told any more that it was opened. What is on its way at this moment is too late to stop."""
    return execute(
        conn,
        """
        UPDATE outbox SET next_attempt_at = NULL, withdrawn_at = %(now)s
         WHERE site_id = %(site_id)s AND alert_id = %(alert_id)s AND event = 'opened' AND next_attempt_at IS NOT NULL
        """,
        site_id=site_id,
        alert_id=alert_id,
        now=now,
    )


def withdraw_channel(conn: Connection, *, site_id: int, channel_id: int, now: datetime) -> int:
    """Nothing more goes to a channel that is retired."""
    return execute(
        conn,
        """
        UPDATE outbox SET next_attempt_at = NULL, withdrawn_at = %(now)s
         WHERE site_id = %(site_id)s AND channel_id = %(channel_id)s AND next_attempt_at IS NOT NULL
        """,
        site_id=site_id,
        channel_id=channel_id,
        now=now,
    )


def claim_due(conn: Connection, *, now: datetime, until: datetime, busy: Sequence[int], each: int, limit: int) -> list[Outgoing]:
    """Take due notifications for this process alone until `until`, at most `each` for one channel, none for `busy` channels.

    One for an alert waits for the earlier ones of the same alert and channel. Otherwise what was tried least goes first,
    so that a message a receiver cannot digest holds up no other.
    """
    return fetch_all(
        conn,
        Outgoing,
        """
        WITH due AS (
            SELECT o.site_id, o.id, row_number() OVER (PARTITION BY o.channel_id ORDER BY o.attempts, o.id) AS position
              FROM outbox o
             WHERE o.next_attempt_at <= %(now)s
               AND o.channel_id <> ALL (%(busy)s)
               AND NOT EXISTS (SELECT 1 FROM outbox earlier
                                WHERE earlier.site_id = o.site_id AND earlier.alert_id = o.alert_id
                                  AND earlier.channel_id = o.channel_id AND earlier.id < o.id
                                  AND earlier.next_attempt_at IS NOT NULL)
        ), taken AS (
            SELECT o.site_id, o.id
              FROM due JOIN outbox o USING (site_id, id)
             WHERE due.position <= %(each)s AND o.next_attempt_at <= %(now)s
             ORDER BY o.attempts, o.id
             LIMIT %(limit)s
               FOR UPDATE OF o SKIP LOCKED
        ), claimed AS (
            UPDATE outbox o SET next_attempt_at = %(until)s, attempts = o.attempts + 1
              FROM taken
             WHERE o.site_id = taken.site_id AND o.id = taken.id
            RETURNING o.site_id, o.id, o.idempotency_key, o.channel_id, o.alert_id, o.event, o.attempts AS attempt, o.created_at
        )
        SELECT site_id, id, idempotency_key, channel_id, alert_id, event, attempt, created_at FROM claimed ORDER BY attempt, id
        """,
        now=now,
        until=until,
        busy=list(busy),
        each=each,
        limit=limit,
    )


def mark_delivered(conn: Connection, *, outgoing: Outgoing, now: datetime) -> int:
    """It arrived. Also when it was withdrawn meanwhile: it did arrive."""
    return execute(
        conn,
        """
        UPDATE outbox SET delivered_at = %(now)s, next_attempt_at = NULL, withdrawn_at = NULL, last_error = ''
         WHERE site_id = %(site_id)s AND id = %(id)s AND attempts = %(attempt)s AND failed_at IS NULL
        """,
        site_id=outgoing.site_id,
        id=outgoing.id,
        attempt=outgoing.attempt,
        now=now,
    )


def mark_attempt_failed(conn: Connection, *, outgoing: Outgoing, error: str, retry_at: datetime | None, now: datetime) -> int:
    """Try again at `retry_at`, or give up when there is none. Left alone when it was withdrawn or claimed anew meanwhile."""
    return execute(
        conn,
        """
        UPDATE outbox
           SET next_attempt_at = %(retry_at)s, last_error = %(error)s,
               failed_at = CASE WHEN %(retry_at)s::timestamptz IS NULL THEN %(now)s::timestamptz END
         WHERE site_id = %(site_id)s AND id = %(id)s AND attempts = %(attempt)s AND next_attempt_at IS NOT NULL
        """,
        site_id=outgoing.site_id,
        id=outgoing.id,
        attempt=outgoing.attempt,
        error=error,
        retry_at=retry_at,
        now=now,
    )


def postpone(conn: Connection, *, outgoings: Sequence[Outgoing], until: datetime) -> int:
    """Give back what was claimed and not tried."""
    return execute(
        conn,
        """
        UPDATE outbox o SET next_attempt_at = %(until)s, attempts = o.attempts - 1
          FROM unnest(%(site_ids)s::bigint[], %(ids)s::bigint[], %(attempts)s::int[]) AS claimed (site_id, id, attempt)
         WHERE o.site_id = claimed.site_id AND o.id = claimed.id AND o.attempts = claimed.attempt AND o.next_attempt_at IS NOT NULL
        """,
        site_ids=[outgoing.site_id for outgoing in outgoings],
        ids=[outgoing.id for outgoing in outgoings],
        attempts=[outgoing.attempt for outgoing in outgoings],
        until=until,
    )


def list_deliveries(conn: Connection, *, site_id: int, alert_id: int) -> list[Delivery]:
    """How telling each channel of an alert went, in order."""
    return fetch_all(
        conn,
        Delivery,
        """
        SELECT channel.name AS channel_name,
               CASE WHEN o.event = 'resolved' AND alert.resolved_by IS NOT NULL THEN 'closed' ELSE o.event END AS event,
               o.created_at, o.attempts, o.next_attempt_at, o.delivered_at, o.failed_at, o.withdrawn_at, o.last_error
          FROM outbox o
          JOIN alert ON alert.site_id = o.site_id AND alert.id = o.alert_id
          JOIN notification_channel channel ON channel.site_id = o.site_id AND channel.id = o.channel_id
         WHERE o.site_id = %(site_id)s AND o.alert_id = %(alert_id)s
         ORDER BY o.id
        """,
        site_id=site_id,
        alert_id=alert_id,
    )


def delete_settled(conn: Connection, *, before: datetime, limit: int) -> int:
    """Drop old notifications of alerts that are over; how many."""
    return execute(
        conn,
        """
        DELETE FROM outbox
         WHERE (site_id, id) IN (
               SELECT o.site_id, o.id
                 FROM outbox o
                 JOIN alert ON alert.site_id = o.site_id AND alert.id = o.alert_id AND alert.resolved_at < %(before)s
                WHERE o.created_at < %(before)s AND o.next_attempt_at IS NULL
                LIMIT %(limit)s)
        """,
        before=before,
        limit=limit,
    )
