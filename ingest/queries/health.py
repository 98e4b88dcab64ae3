"""SQL of devices' health now, and of its history."""

from collections.abc import Sequence
from datetime import datetime

from ingest.model import Status
from ingest.views import DeviceHealth, IngesterState, StatusChange, TimeInStatus
from store.db import Connection, fetch_all, fetch_one, fetch_value


def list_device_health(
    conn: Connection,
    site_id: int,
    *,
    statuses: Sequence[Status] | None = None,
    kind: str | None = None,
    text: str = "",
    limit: int = 1000,
) -> list[DeviceHealth]:
    """The devices in operation, the illest first. `text` is looked for in the names and codes of device, asset and area."""
    return fetch_all(
        conn,
        DeviceHealth,
        """
        SELECT d.site_id, d.id, d.slug, d.address, d.name, d.kind, d.asset_id, a.code AS asset_code, a.name AS asset_name, a.area_id,
               r.name AS area_name, s.status, s.since, s.reason, s.faults, s.last_seen_at, s.last_ts, s.skew_ms,
               d.silent_after, d.registered_at, d.retired_at
          FROM device d
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
          LEFT JOIN asset a ON a.site_id = d.site_id AND a.id = d.asset_id
          LEFT JOIN area r ON r.site_id = a.site_id AND r.id = a.area_id
         WHERE d.site_id = %(site_id)s AND d.retired_at IS NULL
           AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
           AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
           AND (%(text)s::text = '' OR strpos(lower(concat_ws(' ', d.slug, d.address, d.name, a.code, a.name, r.name)), lower(%(text)s)) > 0)
         ORDER BY array_position(ARRAY['offline', 'fault', 'stale', 'degraded', 'unknown', 'online'], s.status), d.name, d.id
         LIMIT %(limit)s
        """,
        site_id=site_id,
        statuses=list(statuses) if statuses is not None else None,
        kind=kind,
        text=text,
        limit=limit,
    )


def list_device_health_page(
    conn: Connection,
    site_id: int,
    *,
    statuses: Sequence[Status] | None = None,
    kind: str | None = None,
    text: str = "",
    after_id: int | None,
    limit: int,
) -> list[DeviceHealth]:
    """The same by id, behind that one: for lists that are read page by page."""
    return fetch_all(
        conn,
        DeviceHealth,
        """
        SELECT d.site_id, d.id, d.slug, d.address, d.name, d.kind, d.asset_id, a.code AS asset_code, a.name AS asset_name, a.area_id,
               r.name AS area_name, s.status, s.since, s.reason, s.faults, s.last_seen_at, s.last_ts, s.skew_ms,
               d.silent_after, d.registered_at, d.retired_at
          FROM device d
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
          LEFT JOIN asset a ON a.site_id = d.site_id AND a.id = d.asset_id
          LEFT JOIN area r ON r.site_id = a.site_id AND r.id = a.area_id
         WHERE d.site_id = %(site_id)s AND d.retired_at IS NULL AND d.id > coalesce(%(after_id)s::bigint, 0)
           AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
           AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
           AND (%(text)s::text = '' OR strpos(lower(concat_ws(' ', d.slug, d.address, d.name, a.code, a.name, r.name)), lower(%(text)s)) > 0)
         ORDER BY d.id
         LIMIT %(limit)s
        """,
        site_id=site_id,
        statuses=list(statuses) if statuses is not None else None,
        kind=kind,
        text=text,
        after_id=after_id,
        limit=limit,
    )


def get_device_health(conn: Connection, site_id: int, slug: str) -> DeviceHealth:
    """One device by its code, also a retired one."""
    return fetch_one(
        conn,
        DeviceHealth,
        """
        SELECT d.site_id, d.id, d.slug, d.address, d.name, d.kind, d.asset_id, a.code AS asset_code, a.name AS asset_name, a.area_id,
               r.name AS area_name, s.status, s.since, s.reason, s.faults, s.last_seen_at, s.last_ts, s.skew_ms,
               d.silent_after, d.registered_at, d.retired_at
          FROM device d
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
          LEFT JOIN asset a ON a.site_id = d.site_id AND a.id = d.asset_id
          LEFT JOIN area r ON r.site_id = a.site_id AND r.id = a.area_id
         WHERE d.site_id = %(site_id)s AND d.slug = %(slug)s
        """,
        site_id=site_id,
        slug=slug,
    )


def count_statuses(conn: Connection, site_ids: Sequence[int]) -> dict[int, dict[Status, int]]:
    """For each of the sites how many devices in operation have which status."""
    rows: list[tuple[int, Status, int]] = conn.execute(
        """
        SELECT d.site_id, s.status, count(*)
          FROM device d
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
         WHERE d.site_id = ANY (%(site_ids)s) AND d.retired_at IS NULL
         GROUP BY d.site_id, s.status
        """,
        {"site_ids": list(site_ids)},
    ).fetchall()
    counts: dict[int, dict[Status, int]] = {site_id: {} for site_id in site_ids}
    for site_id, status, count in rows:
        counts[site_id][status] = count
    return counts


def list_status_changes(
    conn: Connection, site_id: int, device_id: int, *, since: datetime, until: datetime, limit: int = 1000
) -> list[StatusChange]:
    """Transitions in [since, until), newest first; the last one before `since` too, which tells how it began."""
    return fetch_all(
        conn,
        StatusChange,
        """
        (SELECT id, at, status, previous, reason, faults
           FROM device_status
          WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND at >= %(since)s AND at < %(until)s
          ORDER BY at DESC, id DESC
          LIMIT %(limit)s)
        UNION ALL
        (SELECT id, at, status, previous, reason, faults
           FROM device_status
          WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND at < %(since)s
          ORDER BY at DESC, id DESC
          LIMIT 1)
        """,
        site_id=site_id,
        device_id=device_id,
        since=since,
        until=until,
        limit=limit,
    )


def sum_daily_status(conn: Connection, site_id: int, *, since: datetime, until: datetime) -> list[TimeInStatus]:
    """For each device the seconds of the days that begin in [since, until)."""
    return fetch_all(
        conn,
        TimeInStatus,
        """
        SELECT device_id, sum(up_s) AS up_s, sum(down_s) AS down_s, sum(unknown_s) AS unknown_s
          FROM daily_status
         WHERE site_id = %(site_id)s AND ts >= %(since)s AND ts < %(until)s
         GROUP BY device_id
        """,
        site_id=site_id,
        since=since,
        until=until,
    )


def list_ingesters(conn: Connection) -> list[IngesterState]:
    """Every ingester that ever ran, the one heard last first."""
    return fetch_all(
        conn,
        IngesterState,
        """
        SELECT client_id, started_at, seen_at, connected, received, committed, rejected, queued, deaf_since, received_at, committed_at,
               lag_ms, problem, problem_since, problem_detail, memory_bytes, report
          FROM ingester
         ORDER BY seen_at DESC
        """,
    )


def count_reporting(conn: Connection, *, since: datetime, limit: int) -> int:
    """How many devices in use were heard since then; `limit` at most."""
    return int(
        fetch_value(
            conn,
            """
            SELECT count(*)
              FROM (SELECT FROM device_state s
                      JOIN device d ON d.site_id = s.site_id AND d.id = s.device_id AND d.retired_at IS NULL
                     WHERE s.last_seen_at >= %(since)s
                     LIMIT %(limit)s) heard
            """,
            since=since,
            limit=limit,
        )
    )
