"""SQL of the rounds that follow from plans."""

from collections.abc import Sequence
from datetime import datetime

from patrol.planning.models import PlanToFill, PlanToMove
from patrol.slots import Slot
from store.db import Connection, execute, fetch_all, fetch_value


def lock_plans_of_another_zone(conn: Connection, *, site_id: int | None = None) -> list[PlanToMove]:
    """Plans (of one site) whose site has another time zone by now; nobody else moves or fills them until the transaction ends."""
    return fetch_all(conn, PlanToMove, """
        SELECT p.site_id, p.id, s.tz, p.active_from
          FROM patrol_plan p
          JOIN site s ON s.id = p.site_id
         WHERE p.retired_at IS NULL AND p.tz <> s.tz AND (%(site_id)s::bigint IS NULL OR p.site_id = %(site_id)s)
         ORDER BY p.site_id, p.id
           FOR UPDATE OF p
    """, site_id=site_id)  # fmt: skip


def move_plan(conn: Connection, *, site_id: int, plan_id: int, tz: str, active_from: datetime) -> None:
    """Let a plan go by the clock of that zone."""
    execute(conn, """
        UPDATE patrol_plan SET tz = %(tz)s, active_from = %(active_from)s WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=plan_id, tz=tz, active_from=active_from)  # fmt: skip


def list_plans_to_fill(conn: Connection, filled_until: datetime, *, site_id: int | None = None) -> list[PlanToFill]:
    """Plans (of one site) whose last round begins before that time. Plan and route stay as they are until the transaction ends."""
    return fetch_all(conn, PlanToFill, """
        SELECT p.site_id, p.id, p.tz, p.from_time, p.until_time, p.every_minutes, p.grace_minutes, p.active_from
          FROM patrol_plan p
          JOIN route r ON r.site_id = p.site_id AND r.id = p.route_id
         WHERE p.retired_at IS NULL AND (%(site_id)s::bigint IS NULL OR p.site_id = %(site_id)s)
           AND NOT EXISTS (SELECT 1 FROM round o
                            WHERE o.site_id = p.site_id AND o.plan_id = p.id AND o.starts_at >= %(filled_until)s)
         ORDER BY p.site_id, p.id
           FOR SHARE OF p, r
    """, filled_until=filled_until, site_id=site_id)  # fmt: skip


def insert_rounds(conn: Connection, *, site_id: int, plan_id: int, slots: Sequence[Slot], grace_minutes: int) -> int:
    """Rounds of these slots with a check for each checkpoint of the route; how many were not there before."""
    return int(fetch_value(conn, """
        WITH made AS (
            INSERT INTO round (site_id, plan_id, route_id, starts_at, due_at, closes_at)
            SELECT p.site_id, p.id, p.route_id, slot.starts_at, slot.due_at, slot.due_at + make_interval(mins => %(grace)s)
              FROM patrol_plan p
             CROSS JOIN unnest(%(starts)s::timestamptz[], %(dues)s::timestamptz[]) AS slot (starts_at, due_at)
             WHERE p.site_id = %(site_id)s AND p.id = %(plan_id)s
            ON CONFLICT (site_id, plan_id, starts_at) DO NOTHING
            RETURNING site_id, id, route_id
        ), checks AS (
            INSERT INTO round_check (site_id, round_id, checkpoint_id)
            SELECT made.site_id, made.id, stop.checkpoint_id
              FROM made
              JOIN route_stop stop ON stop.site_id = made.site_id AND stop.route_id = made.route_id
        )
        SELECT count(*) FROM made
    """, site_id=site_id, plan_id=plan_id, grace=grace_minutes,
        starts=[slot.starts_at for slot in slots], dues=[slot.due_at for slot in slots]))  # fmt: skip


def delete_rounds_ahead(conn: Connection, *, site_id: int, plan_id: int, now: datetime) -> None:
    """Take back the rounds of a plan that have not begun, by anybody's clock: nothing was seen on them."""
    execute(conn, """
        DELETE FROM round_check c
         USING round r
         WHERE r.site_id = %(site_id)s AND r.plan_id = %(plan_id)s AND r.starts_at > %(now)s
           AND c.site_id = r.site_id AND c.round_id = r.id
           AND NOT EXISTS (SELECT FROM round_check s
                            WHERE s.site_id = r.site_id AND s.round_id = r.id AND s.check_in_id IS NOT NULL)
    """, site_id=site_id, plan_id=plan_id, now=now)  # fmt: skip
    execute(conn, """
        DELETE FROM round r
         WHERE r.site_id = %(site_id)s AND r.plan_id = %(plan_id)s AND r.starts_at > %(now)s
           AND NOT EXISTS (SELECT FROM round_check s WHERE s.site_id = r.site_id AND s.round_id = r.id)
    """, site_id=site_id, plan_id=plan_id, now=now)  # fmt: skip


def replace_checks_ahead(conn: Connection, *, site_id: int, route_id: int, now: datetime) -> None:
    """Let the rounds of a route that have not begun pass its checkpoints as they are now."""
    execute(conn, """
        DELETE FROM round_check c
         USING round r
         WHERE r.site_id = %(site_id)s AND r.route_id = %(route_id)s AND r.starts_at > %(now)s
           AND c.site_id = r.site_id AND c.round_id = r.id
    """, site_id=site_id, route_id=route_id, now=now)  # fmt: skip
    execute(conn, """
        INSERT INTO round_check (site_id, round_id, checkpoint_id)
        SELECT r.site_id, r.id, stop.checkpoint_id
          FROM round r
          JOIN route_stop stop ON stop.site_id = r.site_id AND stop.route_id = r.route_id
         WHERE r.site_id = %(site_id)s AND r.route_id = %(route_id)s AND r.starts_at > %(now)s
    """, site_id=site_id, route_id=route_id, now=now)  # fmt: skip
