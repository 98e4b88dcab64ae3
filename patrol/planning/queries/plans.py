"""SQL of patrol plans."""

from datetime import datetime, time

from patrol.planning.models import Plan
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value


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
