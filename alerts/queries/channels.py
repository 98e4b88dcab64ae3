"""SQL of notification channels."""

from datetime import datetime

from alerts.models import Channel, ChannelStatus
from core.i18n import Language
from store.db import Connection, execute, fetch_all, fetch_one


def create_channel(
    conn: Connection, *, site_id: int, kind: str, name: str, address: str, language: Language, now: datetime
) -> Channel:
    return fetch_one(
        conn,
        Channel,
        """
        INSERT INTO notification_channel (site_id, kind, name, address, language, created_at)
        VALUES (%(site_id)s, %(kind)s, %(name)s, %(address)s, %(language)s, %(now)s)
        RETURNING site_id, id, kind, name, address, language, created_at, retired_at, tried_at, last_error
        """,
        site_id=site_id,
        kind=kind,
        name=name,
        address=address,
        language=language,
        now=now,
    )


def list_channels(conn: Connection, *, site_id: int) -> list[Channel]:
    """Channels in use, in the order they were made."""
    return fetch_all(
        conn,
        Channel,
        """
        SELECT site_id, id, kind, name, address, language, created_at, retired_at, tried_at, last_error
          FROM notification_channel
         WHERE site_id = %(site_id)s AND retired_at IS NULL
         ORDER BY id
        """,
        site_id=site_id,
    )


def list_channel_status(conn: Connection, *, site_id: int, failed_after: datetime) -> list[ChannelStatus]:
    """How many notifications wait or were given up since `failed_after`, for channels that have any."""
    return fetch_all(
        conn,
        ChannelStatus,
        """
        SELECT channel_id, count(*) FILTER (WHERE next_attempt_at IS NOT NULL) AS waiting,
               count(*) FILTER (WHERE failed_at >= %(failed_after)s) AS failed
          FROM outbox
         WHERE site_id = %(site_id)s AND (next_attempt_at IS NOT NULL OR failed_at >= %(failed_after)s)
         GROUP BY channel_id
        """,
        site_id=site_id,
        failed_after=failed_after,
    )


def get_channel(conn: Connection, *, site_id: int, channel_id: int) -> Channel:
    """A channel in use."""
    return fetch_one(
        conn,
        Channel,
        """
        SELECT site_id, id, kind, name, address, language, created_at, retired_at, tried_at, last_error
          FROM notification_channel
         WHERE site_id = %(site_id)s AND id = %(channel_id)s AND retired_at IS NULL
        """,
        site_id=site_id,
        channel_id=channel_id,
    )


def get_channel_ever(conn: Connection, *, site_id: int, channel_id: int) -> Channel:
    """A channel, retired or not."""
    return fetch_one(
        conn,
        Channel,
        """
        SELECT site_id, id, kind, name, address, language, created_at, retired_at, tried_at, last_error
          FROM notification_channel
         WHERE site_id = %(site_id)s AND id = %(channel_id)s
        """,
        site_id=site_id,
        channel_id=channel_id,
    )


def retire_channel(conn: Connection, *, site_id: int, channel_id: int, now: datetime) -> Channel:
    """NotFound when it is not in use."""
    return fetch_one(
        conn,
        Channel,
        """
        UPDATE notification_channel SET retired_at = %(now)s
         WHERE site_id = %(site_id)s AND id = %(channel_id)s AND retired_at IS NULL
        RETURNING site_id, id, kind, name, address, language, created_at, retired_at, tried_at, last_error
        """,
        site_id=site_id,
        channel_id=channel_id,
        now=now,
    )


def mark_tried(conn: Connection, *, site_id: int, channel_id: int, error: str, now: datetime) -> None:
    """How the last attempt went; an empty `error`: well."""
    execute(
        conn,
        """
        UPDATE notification_channel SET tried_at = %(now)s, last_error = %(error)s
         WHERE site_id = %(site_id)s AND id = %(channel_id)s
        """,
        site_id=site_id,
        channel_id=channel_id,
        error=error,
        now=now,
    )
