"""Routes: which checkpoints, in which order."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg.errors import UniqueViolation

from core.checks import one_line
from core.errors import Conflict, Invalid, NotFound
from patrol.planning.models import Route
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.planning.queries import plans as plan_queries
from patrol.planning.queries import rounds as round_queries
from patrol.planning.queries import routes as route_queries
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

NAME_LIMIT = 100
MOST_STOPS = 200


def create_route(conn: Connection, actor: Actor, *, now: datetime, site_id: int, name: str, checkpoint_ids: Sequence[int]) -> Route:
    """A new route past these checkpoints. Raises Conflict when the name is taken."""
    name = one_line(name, field="name", limit=NAME_LIMIT)
    _check_stops(conn, site_id, checkpoint_ids)
    route_id = route_queries.insert_route(conn, site_id=site_id, name=name)
    if route_id is None:
        raise Conflict("route_name_taken", field="name", name=name)
    route_queries.replace_stops(conn, site_id=site_id, route_id=route_id, checkpoint_ids=checkpoint_ids)
    _record(conn, actor, now, site_id, route_id, "created", {"name": name, "checkpoint_ids": list(checkpoint_ids)})
    return route_queries.get_route(conn, site_id, route_id)


def update_route(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, route_id: int, name: str, checkpoint_ids: Sequence[int]
) -> Route:
    """Another name or other checkpoints, for the rounds that have not begun. Raises Conflict when the name is taken."""
    name = one_line(name, field="name", limit=NAME_LIMIT)
    _lock(conn, site_id, route_id)
    _check_stops(conn, site_id, checkpoint_ids)
    try:
        with conn.transaction():
            route_queries.update_route(conn, site_id=site_id, route_id=route_id, name=name)
    except UniqueViolation:
        raise Conflict("route_name_taken", field="name", name=name) from None
    route_queries.replace_stops(conn, site_id=site_id, route_id=route_id, checkpoint_ids=checkpoint_ids)
    round_queries.replace_checks_ahead(conn, site_id=site_id, route_id=route_id, now=now)
    _record(conn, actor, now, site_id, route_id, "changed", {"name": name, "checkpoint_ids": list(checkpoint_ids)})
    return route_queries.get_route(conn, site_id, route_id)


def retire_route(conn: Connection, actor: Actor, *, now: datetime, site_id: int, route_id: int) -> None:
    """Take a route out of use. Raises Conflict while a plan needs it."""
    _lock(conn, site_id, route_id)
    plans = plan_queries.list_plan_names_of(conn, site_id, route_id)
    if plans:
        raise Conflict("route_in_use", plans=", ".join(plans))
    route_queries.mark_route_retired(conn, site_id=site_id, route_id=route_id, now=now)
    _record(conn, actor, now, site_id, route_id, "retired", {})


def _lock(conn: Connection, site_id: int, route_id: int) -> None:
    if not route_queries.lock_route(conn, site_id, route_id):
        raise NotFound


def _check_stops(conn: Connection, site_id: int, checkpoint_ids: Sequence[int]) -> None:
    if not checkpoint_ids:
        raise Invalid("route_empty", field="checkpoint_ids")
    if len(checkpoint_ids) > MOST_STOPS:
        raise Invalid("route_too_long", field="checkpoint_ids", limit=MOST_STOPS)
    if len(set(checkpoint_ids)) < len(checkpoint_ids):
        raise Invalid("route_repeats", field="checkpoint_ids")
    if checkpoint_queries.lock_checkpoints(conn, site_id, checkpoint_ids) != set(checkpoint_ids):
        raise Invalid("choice_unknown", field="checkpoint_ids")


def _record(
    conn: Connection, actor: Actor, now: datetime, site_id: int, route_id: int, what: str, detail: Mapping[str, object]
) -> None:
    write_audit(conn, actor, now=now, action=f"route.{what}", subject=f"route:{route_id}", site_id=site_id, detail=detail)
    notify(conn, Change(topic="round", site_id=site_id))
