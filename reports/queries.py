"""Reads across all folders' tables for the figures of a site."""

from datetime import datetime

from reports.models import DeviceCounts, DeviceDown, NoticeOpen, RecentEvent, RoundCounts, RoundNow
from store.db import Connection, fetch_all, fetch_one


def get_device_counts(conn: Connection, *, site_id: int) -> DeviceCounts:
    """Registered devices by health."""
    return fetch_one(
        conn,
        DeviceCounts,
        """
        SELECT count(*) AS total,
               count(*) FILTER (WHERE s.status = 'online') AS online,
               count(*) FILTER (WHERE s.status = 'degraded') AS degraded,
               count(*) FILTER (WHERE s.status IN ('offline', 'fault') OR EXISTS (
                   SELECT FROM alert a WHERE a.site_id = d.site_id AND a.subject = 'device:' || d.id AND a.resolved_at IS NULL)) AS down,
               count(*) FILTER (WHERE s.status = 'stale') AS stale,
               count(*) FILTER (WHERE s.status = 'unknown') AS unknown
          FROM device d
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
         WHERE d.site_id = %(site_id)s AND d.retired_at IS NULL
        """,
        site_id=site_id,
    )


def list_devices_down(conn: Connection, *, site_id: int, limit: int) -> list[DeviceDown]:
    """Devices offline, in fault, or with an alert that is not over, the longest first.

    A device in fault that falls silent is first stale and then offline: it never leaves the list in between.
    """
    return fetch_all(
        conn,
        DeviceDown,
        """
        SELECT d.id AS device_id, d.slug, d.name, d.kind, area.name AS area, s.status, s.since, s.reason, s.faults,
               alert.id AS alert_id, person.display_name AS acknowledged_by
          FROM device_state s
          JOIN device d ON d.site_id = s.site_id AND d.id = s.device_id AND d.retired_at IS NULL
          LEFT JOIN asset ON asset.site_id = d.site_id AND asset.id = d.asset_id
          LEFT JOIN area ON area.site_id = asset.site_id AND area.id = asset.area_id
          LEFT JOIN LATERAL (
               SELECT a.id, a.acknowledged_by
                 FROM alert a
                WHERE a.site_id = d.site_id AND a.subject = 'device:' || d.id AND a.resolved_at IS NULL
                ORDER BY a.opened_at
                LIMIT 1) alert ON true
          LEFT JOIN person ON person.id = alert.acknowledged_by
         WHERE s.site_id = %(site_id)s AND (s.status IN ('offline', 'fault') OR alert.id IS NOT NULL)
         ORDER BY s.since, d.id
         LIMIT %(limit)s
        """,
        site_id=site_id,
        limit=limit,
    )


def get_round_counts(conn: Connection, *, site_id: int, since: datetime, until: datetime, now: datetime) -> RoundCounts:
    """Rounds whose slot begins in [since, until)."""
    return fetch_one(
        conn,
        RoundCounts,
        """
        SELECT count(*) AS total,
               count(*) FILTER (WHERE state = 'verified') AS verified,
               count(*) FILTER (WHERE state = 'missed') AS missed,
               count(*) FILTER (WHERE state = 'open' AND starts_at <= %(now)s) AS open,
               count(*) FILTER (WHERE state = 'open' AND starts_at > %(now)s) AS ahead
          FROM round
         WHERE site_id = %(site_id)s AND starts_at >= %(since)s AND starts_at < %(until)s
        """,
        site_id=site_id,
        since=since,
        until=until,
        now=now,
    )


def list_rounds_now(conn: Connection, *, site_id: int, since: datetime, now: datetime, limit: int) -> list[RoundNow]:
    """Rounds that are due now, then those missed since `since`, newest first."""
    return fetch_all(
        conn,
        RoundNow,
        """
        SELECT r.id, route.name AS route, plan.name AS plan, r.state, r.starts_at, r.due_at,
               count(c.checkpoint_id) AS stops, count(c.check_in_id) AS seen
          FROM round r
          JOIN route ON route.site_id = r.site_id AND route.id = r.route_id
          JOIN patrol_plan plan ON plan.site_id = r.site_id AND plan.id = r.plan_id
          LEFT JOIN round_check c ON c.site_id = r.site_id AND c.round_id = r.id
         WHERE r.site_id = %(site_id)s
           AND ((r.state = 'open' AND r.starts_at <= %(now)s) OR (r.state = 'missed' AND r.starts_at >= %(since)s))
         GROUP BY r.site_id, r.id, route.name, plan.name
         ORDER BY r.state = 'open' DESC, r.due_at DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        since=since,
        now=now,
        limit=limit,
    )


def list_notices_open(conn: Connection, *, site_id: int, limit: int) -> list[NoticeOpen]:
    """Notices that are not struck off, the most urgent first."""
    return fetch_all(
        conn,
        NoticeOpen,
        """
        SELECT id, title, department, issued_at, due_at
          FROM notice
         WHERE site_id = %(site_id)s AND closed_at IS NULL
         ORDER BY due_at, id
         LIMIT %(limit)s
        """,
        site_id=site_id,
        limit=limit,
    )


def get_alert_counts(conn: Connection, *, site_id: int) -> tuple[int, int]:
    """Open alerts, and those of them that nobody has acknowledged."""
    row = conn.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE acknowledged_at IS NULL)
          FROM alert
         WHERE site_id = %(site_id)s AND resolved_at IS NULL
        """,
        {"site_id": site_id},
    ).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def list_recent_events(conn: Connection, *, site_id: int, types: list[str], since: datetime, limit: int) -> list[RecentEvent]:
    """The newest events of these types."""
    return fetch_all(
        conn,
        RecentEvent,
        """
        SELECT d.slug AS device_slug, d.name AS device_name, d.kind, e.type, e.ts
          FROM device_event e
          JOIN device d ON d.site_id = e.site_id AND d.id = e.device_id
         WHERE e.site_id = %(site_id)s AND e.ts >= %(since)s AND e.type = ANY(%(types)s)
         ORDER BY e.ts DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        since=since,
        types=types,
        limit=limit,
    )
