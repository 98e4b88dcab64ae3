"""Plans: how often a route is walked, and between which times of day."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time

from core.checks import one_line
from core.errors import Conflict, Invalid
from patrol.models import LONGEST_GRACE, LONGEST_SLOT
from patrol.plan_rounds import plan_rounds
from patrol.planning.models import Plan
from patrol.planning.queries import plans as plan_queries
from patrol.planning.queries import rounds as round_queries
from patrol.planning.queries import routes as route_queries
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

NAME_LIMIT = 100
MOST_MINUTES = int(LONGEST_SLOT.total_seconds()) // 60
MOST_GRACE = int(LONGEST_GRACE.total_seconds()) // 60


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTimes:
    """When a route is due. `until_time` not after `from_time` is on the next day; both the same is the whole day."""

    from_time: time
    until_time: time
    every_minutes: int = 60
    grace_minutes: int = 5


def create_plan(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    route_id: int,
    name: str,
    times: PlanTimes,
    active_from: datetime | None = None,
) -> Plan:
    """A new plan; its rounds are there at once. `active_from` (default: now) is before every start of a round of it."""
    name = one_line(name, field="name", limit=NAME_LIMIT)
    _check(conn, site_id, route_id, times)
    plan_id = plan_queries.insert_plan(
        conn, site_id=site_id, route_id=route_id, name=name, active_from=active_from or now, **asdict(times)
    )
    _record(conn, actor, now, site_id, plan_id, "created", {"name": name, "route_id": route_id, **_readable(times)})
    plan_rounds(conn, now, site_id=site_id)
    return plan_queries.get_plan(conn, site_id, plan_id)


def update_plan(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, plan_id: int, route_id: int, name: str, times: PlanTimes
) -> Plan:
    """Change a plan from the next round on; a round that has begun stays due as it was. Raises Conflict when it is retired."""
    name = one_line(name, field="name", limit=NAME_LIMIT)
    before = plan_queries.get_plan(conn, site_id, plan_id)
    _check(conn, site_id, route_id, times)
    values = asdict(times)
    # a plan that has not come into force yet keeps its day
    active_from = max(before.active_from, now)
    if not plan_queries.update_plan(
        conn, site_id=site_id, plan_id=plan_id, route_id=route_id, name=name, active_from=active_from, **values
    ):
        raise Conflict("plan_retired")
    round_queries.delete_rounds_ahead(conn, site_id=site_id, plan_id=plan_id, now=now)
    _record(conn, actor, now, site_id, plan_id, "changed", {"name": name, "route_id": route_id, **_readable(times)})
    plan_rounds(conn, now, site_id=site_id)
    return plan_queries.get_plan(conn, site_id, plan_id)


def retire_plan(conn: Connection, actor: Actor, *, now: datetime, site_id: int, plan_id: int) -> None:
    """No more rounds of it; one that has begun stays due. Raises Conflict when it is retired already."""
    plan_queries.get_plan(conn, site_id, plan_id)
    if not plan_queries.mark_plan_retired(conn, site_id=site_id, plan_id=plan_id, now=now):
        raise Conflict("plan_retired")
    round_queries.delete_rounds_ahead(conn, site_id=site_id, plan_id=plan_id, now=now)
    _record(conn, actor, now, site_id, plan_id, "retired", {})


def _check(conn: Connection, site_id: int, route_id: int, times: PlanTimes) -> None:
    if times.from_time.tzinfo or times.until_time.tzinfo:
        raise Invalid("time_of_day", field="from_time" if times.from_time.tzinfo else "until_time")
    if not 1 <= times.every_minutes <= MOST_MINUTES:
        raise Invalid("number_range", field="every_minutes", low=1, high=MOST_MINUTES)
    if not 0 <= times.grace_minutes <= MOST_GRACE:
        raise Invalid("number_range", field="grace_minutes", low=0, high=MOST_GRACE)
    if not route_queries.lock_route(conn, site_id, route_id):
        raise Invalid("choice_unknown", field="route_id")


def _readable(times: PlanTimes) -> dict[str, object]:
    return {name: str(value) if isinstance(value, time) else value for name, value in asdict(times).items()}


def _record(
    conn: Connection, actor: Actor, now: datetime, site_id: int, plan_id: int, what: str, detail: Mapping[str, object]
) -> None:
    write_audit(conn, actor, now=now, action=f"plan.{what}", subject=f"plan:{plan_id}", site_id=site_id, detail=detail)
    notify(conn, Change(topic="round", site_id=site_id))
