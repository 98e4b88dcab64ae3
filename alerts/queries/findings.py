"""SQL of what the rules look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from store.db import Connection, fetch_all


@dataclass(frozen=True, kw_only=True, slots=True)
class IllDevice:
    """A device in use that is offline or reports a fault; `area`: where its asset stands."""

    site_id: int
    id: int
    slug: str
    name: str
    kind: str
    area: str | None
    since: datetime
    reason: str
    faults: list[str]
    last_seen_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceKey:
    """Which device."""

    site_id: int
    device_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MissedPlan:
    """A plan whose latest closed round was missed: that round, and the run of missed rounds it ends."""

    site_id: int
    id: int
    name: str
    route_name: str
    round_id: int
    starts_at: datetime
    due_at: datetime
    missed_since: datetime
    missed_rounds: int
    checkpoints: int
    unseen_count: int
    unseen: list[str]
    key_area: bool


def list_ill_devices(conn: Connection, *, status: Literal["offline", "fault"]) -> list[IllDevice]:
    """Devices in use with that status, of all sites."""
    return fetch_all(
        conn,
        IllDevice,
        """
        SELECT s.site_id, s.device_id AS id, d.slug, d.name, d.kind, a.name AS area, s.since, s.reason, s.faults, s.last_seen_at
          FROM device_state s
          JOIN device d ON d.site_id = s.site_id AND d.id = s.device_id AND d.retired_at IS NULL
          LEFT JOIN asset ON asset.site_id = d.site_id AND asset.id = d.asset_id
          LEFT JOIN area a ON a.site_id = asset.site_id AND a.id = asset.area_id
         WHERE s.status IN ('offline', 'fault') AND s.status = %(status)s
         ORDER BY s.site_id, s.device_id
        """,
        status=status,
    )


def list_devices_with_status(
    conn: Connection, *, site_ids: Sequence[int], device_ids: Sequence[int], statuses: Sequence[str]
) -> list[DeviceKey]:
    """Which of these devices, given as two lists side by side, are in use and have one of the statuses."""
    return fetch_all(
        conn,
        DeviceKey,
        """
        SELECT s.site_id, s.device_id
          FROM unnest(%(site_ids)s::bigint[], %(device_ids)s::bigint[]) AS wanted (site_id, device_id)
          JOIN device_state s USING (site_id, device_id)
          JOIN device d ON d.site_id = s.site_id AND d.id = s.device_id AND d.retired_at IS NULL
         WHERE s.status = ANY (%(statuses)s)
        """,
        site_ids=list(site_ids),
        device_ids=list(device_ids),
        statuses=list(statuses),
    )


def list_missed_plans(conn: Connection, *, back: timedelta, name_limit: int) -> list[MissedPlan]:
    """Plans in use whose latest closed round was missed, of all sites.

    The run of missed rounds is looked `back` at most so far; at most `name_limit` unseen checkpoints are named.
    """
    return fetch_all(
        conn,
        MissedPlan,
        """
        SELECT p.site_id, p.id, p.name, route.name AS route_name, latest.id AS round_id, latest.starts_at, latest.due_at,
               run.missed_since, run.missed_rounds, checks.checkpoints, checks.unseen_count,
               checks.unseen, checks.key_area
          FROM patrol_plan p
          CROSS JOIN LATERAL (
               SELECT r.id, r.route_id, r.state, r.starts_at, r.due_at
                 FROM round r
                WHERE r.site_id = p.site_id AND r.plan_id = p.id AND r.state <> 'open'
                ORDER BY r.starts_at DESC LIMIT 1) latest
          JOIN route ON route.site_id = p.site_id AND route.id = latest.route_id
          CROSS JOIN LATERAL (
               SELECT count(*) AS missed_rounds, min(r.due_at) AS missed_since
                 FROM round r
                WHERE r.site_id = p.site_id AND r.plan_id = p.id AND r.state <> 'open' AND r.state = 'missed'
                  AND r.starts_at > greatest(
                      latest.starts_at - %(back)s::interval,
                      (SELECT v.starts_at
                         FROM round v
                        WHERE v.site_id = p.site_id AND v.plan_id = p.id AND v.state <> 'open' AND v.state = 'verified'
                          AND v.starts_at > latest.starts_at - %(back)s::interval
                        ORDER BY v.starts_at DESC LIMIT 1))) run
          CROSS JOIN LATERAL (
               SELECT count(*) AS checkpoints,
                      count(*) FILTER (WHERE rc.verdict = 'missed') AS unseen_count,
                      coalesce((array_agg(c.name ORDER BY stop.position, c.name) FILTER (WHERE rc.verdict = 'missed'))
                               [:%(name_limit)s], '{}') AS unseen,
                      coalesce(bool_or(area.key_area) FILTER (WHERE rc.verdict = 'missed'), false) AS key_area
                 FROM round_check rc
                 JOIN checkpoint c ON c.site_id = rc.site_id AND c.id = rc.checkpoint_id
                 LEFT JOIN area ON area.site_id = c.site_id AND area.id = c.area_id
                 LEFT JOIN route_stop stop ON stop.site_id = rc.site_id AND stop.route_id = latest.route_id
                                          AND stop.checkpoint_id = rc.checkpoint_id
                WHERE rc.site_id = p.site_id AND rc.round_id = latest.id) checks
         WHERE p.retired_at IS NULL AND latest.state = 'missed'
         ORDER BY p.site_id, p.id
        """,
        back=back,
        name_limit=name_limit,
    )
