"""SQL of events, discovered devices and rejected messages."""

from datetime import datetime

from ingest.views import DiscoveredDevice, EventCursor, EventRow, Mistakes, RejectedMessage, UnmappedField
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value


def list_events(
    conn: Connection,
    site_id: int,
    *,
    device_id: int | None = None,
    since: datetime,
    before: EventCursor | None = None,
    limit: int = 100,
) -> list[EventRow]:
    """Events of a site or of one device from `since` on, newest first, behind the cursor."""
    return fetch_all(
        conn,
        EventRow,
        """
        SELECT e.device_id, d.slug AS device_slug, d.name AS device_name, d.kind, e.ts, e.event_id, e.received_at, e.type, e.data
          FROM device_event e
          JOIN device d ON d.site_id = e.site_id AND d.id = e.device_id
         WHERE e.site_id = %(site_id)s AND e.ts >= %(since)s
           AND (%(device_id)s::bigint IS NULL OR e.device_id = %(device_id)s)
           AND (%(ts)s::timestamptz IS NULL
                OR (e.ts, e.device_id, e.event_id) < (%(ts)s::timestamptz, %(before_device)s::bigint, %(before_event)s::text))
         ORDER BY e.ts DESC, e.device_id DESC, e.event_id DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        device_id=device_id,
        since=since,
        ts=before.ts if before else None,
        before_device=before.device_id if before else None,
        before_event=before.event_id if before else None,
        limit=limit,
    )


def list_unmapped(conn: Connection, site_id: int, device_id: int) -> list[UnmappedField]:
    """What a device says that its kind has no word for, by name."""
    return fetch_all(
        conn,
        UnmappedField,
        """
        SELECT name, value, first_at, last_at
          FROM device_unmapped
         WHERE site_id = %(site_id)s AND device_id = %(device_id)s
         ORDER BY name
        """,
        site_id=site_id,
        device_id=device_id,
    )


def delete_old_unmapped(conn: Connection, *, before: datetime) -> int:
    """Forget what was not said again since then."""
    return execute(conn, "DELETE FROM device_unmapped WHERE last_at < %(before)s", before=before)


def list_discovered(conn: Connection, site_id: int, *, ignored: bool = False, limit: int = 500) -> list[DiscoveredDevice]:
    """Devices waiting to be registered, or those somebody chose to ignore; the one heard last first."""
    return fetch_all(
        conn,
        DiscoveredDevice,
        """
        SELECT slug, address, kind_guess, first_seen_at, last_seen_at, message_count, last_topic, last_payload, ignored_at
          FROM discovered_device
         WHERE site_id = %(site_id)s AND (ignored_at IS NOT NULL) = %(ignored)s
         ORDER BY last_seen_at DESC, slug
         LIMIT %(limit)s
        """,
        site_id=site_id,
        ignored=ignored,
        limit=limit,
    )


def get_discovered(conn: Connection, site_id: int, slug: str) -> DiscoveredDevice:
    """One of them."""
    return fetch_one(
        conn,
        DiscoveredDevice,
        """
        SELECT slug, address, kind_guess, first_seen_at, last_seen_at, message_count, last_topic, last_payload, ignored_at
          FROM discovered_device
         WHERE site_id = %(site_id)s AND slug = %(slug)s
        """,
        site_id=site_id,
        slug=slug,
    )


def count_discovered(conn: Connection, site_id: int) -> int:
    """How many wait to be registered."""
    return int(
        fetch_value(
            conn,
            "SELECT count(*) FROM discovered_device WHERE site_id = %(site_id)s AND ignored_at IS NULL",
            site_id=site_id,
        )
    )


def mark_ignored(conn: Connection, site_id: int, slug: str, *, at: datetime | None) -> bool:
    """Set a discovered device aside, or (`at` None) back among those waiting. False when it is not there."""
    return bool(
        execute(
            conn,
            "UPDATE discovered_device SET ignored_at = %(at)s WHERE site_id = %(site_id)s AND slug = %(slug)s",
            site_id=site_id,
            slug=slug,
            at=at,
        )
    )


def list_rejected(
    conn: Connection, site_id: int | None, *, before: datetime | None = None, before_id: int | None = None, limit: int = 100
) -> list[RejectedMessage]:
    """Rejected messages of a site, or (None) those of no site we know; the last one first, behind (`before`, `before_id`)."""
    return fetch_all(
        conn,
        RejectedMessage,
        """
        SELECT id, site_id, topic, reason, detail_key, facts, payload, payload_bytes, count, first_at, last_at
          FROM rejected_message
         WHERE site_id IS NOT DISTINCT FROM %(site_id)s::bigint
           AND (%(before)s::timestamptz IS NULL OR (last_at, id) < (%(before)s::timestamptz, %(before_id)s::bigint))
         ORDER BY last_at DESC, id DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        before=before,
        before_id=before_id,
        limit=limit,
    )


def count_rejected(conn: Connection, site_id: int | None, *, since: datetime) -> int:
    """How many different mistakes were made (again) since then."""
    return int(
        fetch_value(
            conn,
            """
            SELECT count(*)
              FROM rejected_message
             WHERE site_id IS NOT DISTINCT FROM %(site_id)s::bigint AND last_at >= %(since)s
            """,
            site_id=site_id,
            since=since,
        )
    )


def delete_old_rejected(conn: Connection, *, before: datetime) -> int:
    """Forget mistakes that were not made again since then."""
    return execute(conn, "DELETE FROM rejected_message WHERE last_at < %(before)s", before=before)


def delete_rejected_beyond(conn: Connection, *, most: int, most_bytes: int) -> int:
    """Keep so many rejected messages, and so many bytes of them (payload, topic and facts), the last ones."""
    return execute(
        conn,
        """
        DELETE FROM rejected_message
         WHERE id IN (SELECT id
                        FROM (SELECT id, row_number() OVER newest_first AS position,
                                     sum(octet_length(payload) + octet_length(topic) + pg_column_size(facts)) OVER newest_first AS bytes
                                FROM rejected_message
                              WINDOW newest_first AS (ORDER BY last_at DESC, id DESC)) AS kept
                       WHERE position > %(most)s OR bytes > %(most_bytes)s)
        """,
        most=most,
        most_bytes=most_bytes,
    )


def delete_old_discovered(conn: Connection, *, before: datetime) -> int:
    """Forget devices that were neither registered nor heard since then, unless somebody chose to ignore them."""
    return execute(
        conn,
        "DELETE FROM discovered_device WHERE last_seen_at < %(before)s AND ignored_at IS NULL",
        before=before,
    )


def delete_discovered_beyond(conn: Connection, *, most: int) -> int:
    """Keep so many discovered devices of each site, those heard last."""
    return execute(
        conn,
        """
        DELETE FROM discovered_device d
         USING (SELECT site_id, slug, row_number() OVER (PARTITION BY site_id ORDER BY last_seen_at DESC, slug) AS position
                  FROM discovered_device
                 WHERE ignored_at IS NULL) AS ranked
         WHERE d.site_id = ranked.site_id AND d.slug = ranked.slug AND ranked.position > %(most)s
        """,
        most=most,
    )


def list_mistakes(conn: Connection, *, since: datetime) -> list[Mistakes]:
    """What went wrong since then, of the whole installation, the most common first."""
    return fetch_all(
        conn,
        Mistakes,
        """
        SELECT reason, count(*) AS topics FROM rejected_message
         WHERE last_at >= %(since)s GROUP BY reason ORDER BY topics DESC, reason
        """,
        since=since,
    )
