"""SQL of routes and their stops."""

from collections.abc import Sequence
from datetime import datetime

from patrol.planning.models import Route
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value


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
