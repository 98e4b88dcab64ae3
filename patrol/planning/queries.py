"""SQL of checkpoints, routes and plans, and of the rounds that follow from them."""

from collections.abc import Sequence
from datetime import datetime, time

from patrol.planning.models import Checkpoint, Plan, PlanToFill, PlanToMove, Route
from patrol.slots import Slot
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value, find_one

# --- checkpoints ------------------------------------------------------------------------------------------------------


def list_checkpoints(conn: Connection, site_id: int, *, retired: bool = False) -> list[Checkpoint]:
    """The checkpoints of a site by name; retired ones too when asked, at the end."""
    return fetch_all(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND (c.active OR %(retired)s)
         ORDER BY c.active DESC, c.name, c.id
    """, site_id=site_id, retired=retired)  # fmt: skip


def get_checkpoint(conn: Connection, site_id: int, checkpoint_id: int) -> Checkpoint:
    """One checkpoint, retired or not."""
    return fetch_one(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND c.id = %(id)s
    """, site_id=site_id, id=checkpoint_id)  # fmt: skip


def find_checkpoint_by_code(conn: Connection, site_id: int, code: str) -> Checkpoint | None:
    """The checkpoint, retired or not, whose code this is."""
    return find_one(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND c.code = %(code)s
    """, site_id=site_id, code=code)  # fmt: skip


def lock_checkpoint(conn: Connection, site_id: int, checkpoint_id: int) -> Checkpoint:
    """One checkpoint, which no route can take up until the transaction ends."""
    return fetch_one(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND c.id = %(id)s
           FOR UPDATE OF c
    """, site_id=site_id, id=checkpoint_id)  # fmt: skip


def has_area(conn: Connection, site_id: int, area_id: int) -> bool:
    """Whether the area is one of the site's."""
    found = fetch_value(conn, "SELECT 1 FROM area WHERE site_id = %(site_id)s AND id = %(id)s", site_id=site_id, id=area_id)
    return found is not None


def insert_checkpoint(conn: Connection, *, site_id: int, code: str, name: str, area_id: int | None) -> int | None:
    """The new checkpoint's id, or None when the code is taken."""
    checkpoint_id: int | None = fetch_value(conn, """
        INSERT INTO checkpoint (site_id, code, name, area_id)
        VALUES (%(site_id)s, %(code)s, %(name)s, %(area_id)s)
        ON CONFLICT (site_id, code) DO NOTHING
        RETURNING id
    """, site_id=site_id, code=code, name=name, area_id=area_id)  # fmt: skip
    return checkpoint_id


def update_checkpoint(conn: Connection, *, site_id: int, checkpoint_id: int, code: str, name: str, area_id: int | None) -> None:
    """Store what it is called and where it is."""
    execute(conn, """
        UPDATE checkpoint SET code = %(code)s, name = %(name)s, area_id = %(area_id)s
         WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=checkpoint_id, code=code, name=name, area_id=area_id)  # fmt: skip


def mark_checkpoint(conn: Connection, *, site_id: int, checkpoint_id: int, active: bool) -> None:
    """Retire or restore it."""
    execute(conn, """
        UPDATE checkpoint SET active = %(active)s WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=checkpoint_id, active=active)  # fmt: skip


def lock_checkpoints(conn: Connection, site_id: int, checkpoint_ids: Sequence[int]) -> set[int]:
    """Which of them are active checkpoints of the site; those cannot be retired until the transaction ends."""
    rows = conn.execute("""
        SELECT id FROM checkpoint
         WHERE site_id = %(site_id)s AND id = ANY (%(ids)s::bigint[]) AND active
         ORDER BY id
           FOR SHARE
    """, {"site_id": site_id, "ids": list(checkpoint_ids)})  # fmt: skip
    return {row[0] for row in rows}


def list_route_names_with(conn: Connection, site_id: int, checkpoint_id: int) -> list[str]:
    """The names of the routes in use that pass a checkpoint."""
    rows = conn.execute("""
        SELECT r.name
          FROM route_stop s
          JOIN route r ON r.site_id = s.site_id AND r.id = s.route_id
         WHERE s.site_id = %(site_id)s AND s.checkpoint_id = %(id)s AND r.retired_at IS NULL
         ORDER BY r.name
    """, {"site_id": site_id, "id": checkpoint_id})  # fmt: skip
    return [row[0] for row in rows]


# --- routes -----------------------------------------------------------------------------------------------------------


def list_routes(conn: Connection, site_id: int) -> list[Route]:
    """The routes in use, by name."""
    return fetch_all(conn, Route, """
        SELECT r.id, r.name, stops.ids AS checkpoint_ids, stops.names AS checkpoint_names
          FROM route r
         CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(c.id ORDER BY s.position), '{}') AS ids,
                      coalesce(array_agg(c.name ORDER BY s.position), '{}') AS names
                 FROM route_stop s
                 JOIN checkpoint c ON c.site_id = s.site_id AND c.id = s.checkpoint_id
                WHERE s.site_id = r.site_id AND s.route_id = r.id) stops
         WHERE r.site_id = %(site_id)s AND r.retired_at IS NULL
         ORDER BY r.name, r.id
    """, site_id=site_id)  # fmt: skip


def get_route(conn: Connection, site_id: int, route_id: int) -> Route:
    """One route in use."""
    return fetch_one(conn, Route, """
        SELECT r.id, r.name, stops.ids AS checkpoint_ids, stops.names AS checkpoint_names
          FROM route r
         CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(c.id ORDER BY s.position), '{}') AS ids,
                      coalesce(array_agg(c.name ORDER BY s.position), '{}') AS names
                 FROM route_stop s
                 JOIN checkpoint c ON c.site_id = s.site_id AND c.id = s.checkpoint_id
                WHERE s.site_id = r.site_id AND s.route_id = r.id) stops
         WHERE r.site_id = %(site_id)s AND r.id = %(id)s AND r.retired_at IS NULL
    """, site_id=site_id, id=route_id)  # fmt: skip


def lock_route(conn: Connection, site_id: int, route_id: int) -> bool:
    """Keep rounds and plans from being made of a route while it changes; False when it is not in use."""
    return fetch_value(conn, """
        SELECT id FROM route WHERE site_id = %(site_id)s AND id = %(id)s AND retired_at IS NULL FOR UPDATE
    """, site_id=site_id, id=route_id) is not None  # fmt: skip


def insert_route(conn: Connection, *, site_id: int, name: str) -> int | None:
    """The new route's id, or None when a route in use has that name."""
    route_id: int | None = fetch_value(conn, """
        INSERT INTO route (site_id, name) VALUES (%(site_id)s, %(name)s)
        ON CONFLICT (site_id, name) WHERE retired_at IS NULL DO NOTHING
        RETURNING id
    """, site_id=site_id, name=name)  # fmt: skip
    return route_id


def update_route(conn: Connection, *, site_id: int, route_id: int, name: str) -> None:
    """Another name."""
    execute(conn, """
        UPDATE route SET name = %(name)s WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=route_id, name=name)  # fmt: skip


def replace_stops(conn: Connection, *, site_id: int, route_id: int, checkpoint_ids: Sequence[int]) -> None:
    """The checkpoints of a route, in this order."""
    execute(conn, """
        DELETE FROM route_stop WHERE site_id = %(site_id)s AND route_id = %(route_id)s
    """, site_id=site_id, route_id=route_id)  # fmt: skip
    execute(conn, """
        INSERT INTO route_stop (site_id, route_id, position, checkpoint_id)
        SELECT %(site_id)s, %(route_id)s, position, checkpoint_id
          FROM unnest(%(checkpoint_ids)s::bigint[]) WITH ORDINALITY AS stop (checkpoint_id, position)
    """, site_id=site_id, route_id=route_id, checkpoint_ids=list(checkpoint_ids))  # fmt: skip


def mark_route_retired(conn: Connection, *, site_id: int, route_id: int, now: datetime) -> None:
    """Take it out of use."""
    execute(conn, """
        UPDATE route SET retired_at = %(now)s WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=route_id, now=now)  # fmt: skip


# --- plans ------------------------------------------------------------------------------------------------------------


def list_plans(conn: Connection, site_id: int) -> list[Plan]:
    """The plans in force, by the time of day they begin."""
    return fetch_all(conn, Plan, """
        SELECT p.id, p.route_id, r.name AS route_name, p.name, p.from_time, p.until_time, p.every_minutes, p.grace_minutes,
               p.active_from, p.retired_at
          FROM patrol_plan p
          JOIN route r ON r.site_id = p.site_id AND r.id = p.route_id
         WHERE p.site_id = %(site_id)s AND p.retired_at IS NULL
         ORDER BY p.from_time, p.name, p.id
    """, site_id=site_id)  # fmt: skip


def get_plan(conn: Connection, site_id: int, plan_id: int) -> Plan:
    """One plan, retired or not."""
    return fetch_one(conn, Plan, """
        SELECT p.id, p.route_id, r.name AS route_name, p.name, p.from_time, p.until_time, p.every_minutes, p.grace_minutes,
               p.active_from, p.retired_at
          FROM patrol_plan p
          JOIN route r ON r.site_id = p.site_id AND r.id = p.route_id
         WHERE p.site_id = %(site_id)s AND p.id = %(id)s
    """, site_id=site_id, id=plan_id)  # fmt: skip


def list_plan_names_of(conn: Connection, site_id: int, route_id: int) -> list[str]:
    """The names of the plans in force for a route."""
    rows = conn.execute("""
        SELECT name FROM patrol_plan WHERE site_id = %(site_id)s AND route_id = %(id)s AND retired_at IS NULL ORDER BY name
    """, {"site_id": site_id, "id": route_id})  # fmt: skip
    return [row[0] for row in rows]


def insert_plan(conn: Connection, *, site_id: int, route_id: int, name: str, from_time: time, until_time: time,
                every_minutes: int, grace_minutes: int, active_from: datetime) -> int:  # fmt: skip
    """The new plan's id."""
    return int(fetch_value(conn, """
        INSERT INTO patrol_plan (site_id, route_id, name, from_time, until_time, every_minutes, grace_minutes, active_from, tz)
        SELECT id, %(route_id)s, %(name)s, %(from_time)s, %(until_time)s, %(every_minutes)s, %(grace_minutes)s, %(active_from)s, tz
          FROM site WHERE id = %(site_id)s
        RETURNING id
    """, site_id=site_id, route_id=route_id, name=name, from_time=from_time, until_time=until_time,
        every_minutes=every_minutes, grace_minutes=grace_minutes, active_from=active_from))  # fmt: skip


def update_plan(conn: Connection, *, site_id: int, plan_id: int, route_id: int, name: str, from_time: time, until_time: time,
                every_minutes: int, grace_minutes: int, active_from: datetime) -> int:  # fmt: skip
    """Change a plan that is in force; 0 when it is not."""
    return execute(conn, """
        UPDATE patrol_plan
           SET route_id = %(route_id)s, name = %(name)s, from_time = %(from_time)s, until_time = %(until_time)s,
               every_minutes = %(every_minutes)s, grace_minutes = %(grace_minutes)s, active_from = %(active_from)s
         WHERE site_id = %(site_id)s AND id = %(id)s AND retired_at IS NULL
    """, site_id=site_id, id=plan_id, route_id=route_id, name=name, from_time=from_time, until_time=until_time,
        every_minutes=every_minutes, grace_minutes=grace_minutes, active_from=active_from)  # fmt: skip


def mark_plan_retired(conn: Connection, *, site_id: int, plan_id: int, now: datetime) -> int:
    """Take it out of force; 0 when it is already."""
    return execute(conn, """
        UPDATE patrol_plan SET retired_at = %(now)s WHERE site_id = %(site_id)s AND id = %(id)s AND retired_at IS NULL
    """, site_id=site_id, id=plan_id, now=now)  # fmt: skip


# --- the rounds that follow -------------------------------------------------------------------------------------------


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
