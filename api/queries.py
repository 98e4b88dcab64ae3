"""SQL that spans several domains: the sites with what is wrong there, and counts of all of them for monitoring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.db import Connection, fetch_all, fetch_one


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTrouble:
    """What is wrong at a site now."""

    site_id: int
    devices_down: int
    alerts_open: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many of which."""

    name: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxState:
    """Notifications that have not been delivered, and since when the oldest waits."""

    waiting: int
    oldest_at: datetime | None


def list_site_troubles(conn: Connection, *, site_ids: Sequence[int]) -> dict[int, SiteTrouble]:
    """By site; every site asked for is in it."""
    rows = fetch_all(
        conn,
        SiteTrouble,
        """
        SELECT wanted.site_id, coalesce(down.count, 0) AS devices_down, coalesce(open.count, 0) AS alerts_open
          FROM unnest(%(site_ids)s::bigint[]) AS wanted (site_id)
          LEFT JOIN (SELECT device.site_id, count(*)
                       FROM device
                       JOIN device_state ON device_state.site_id = device.site_id AND device_state.device_id = device.id
                      WHERE device.retired_at IS NULL AND device_state.status IN ('fault', 'offline')
                      GROUP BY device.site_id) AS down ON down.site_id = wanted.site_id
          LEFT JOIN (SELECT site_id, count(*) FROM alert WHERE resolved_at IS NULL GROUP BY site_id) AS open
                 ON open.site_id = wanted.site_id
        """,
        site_ids=list(site_ids),
    )
    return {row.site_id: row for row in rows}


def count_devices(conn: Connection) -> list[Counted]:
    """Devices in use by status, of the whole installation."""
    return fetch_all(
        conn,
        Counted,
        """
        SELECT s.status AS name, count(*) AS count
          FROM device_state s
          JOIN device d ON d.site_id = s.site_id AND d.id = s.device_id AND d.retired_at IS NULL
         GROUP BY s.status ORDER BY s.status
        """,
    )


def count_alerts_open(conn: Connection) -> list[Counted]:
    """Alerts that are not over by severity, of the whole installation; zeros too."""
    return fetch_all(
        conn,
        Counted,
        """
        SELECT t.severity AS name, count(alert.id) AS count
          FROM unnest('{critical,major,minor}'::text[]) AS t (severity)
          LEFT JOIN alert ON alert.severity = t.severity AND alert.resolved_at IS NULL
         GROUP BY t.severity ORDER BY t.severity
        """,
    )


def get_outbox_state(conn: Connection) -> OutboxState:
    return fetch_one(
        conn,
        OutboxState,
        "SELECT count(*) AS waiting, min(created_at) AS oldest_at FROM outbox WHERE next_attempt_at IS NOT NULL",
    )
