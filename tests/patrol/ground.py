"""A small compound to patrol: three checkpoints, a route past them, and plans."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import uuid4

from assets.models import Site
from patrol.check_in import CheckInResult, check_in
from patrol.planning.checkpoints import create_checkpoint
from patrol.planning.models import Checkpoint, Plan, Route
from patrol.planning.plans import PlanTimes, create_plan
from patrol.planning.routes import create_route
from people.models import Actor
from store.db import Connection

HOURLY = PlanTimes(from_time=time(0), until_time=time(0), every_minutes=60, grace_minutes=5)
NAMES = ("东门岗", "地下车库", "水泵房")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What was laid out."""

    site: Site
    checkpoints: tuple[Checkpoint, ...]
    route: Route
    plan: Plan

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(checkpoint.code for checkpoint in self.checkpoints)


def lay_out(
    conn: Connection, actor: Actor, site: Site, now: datetime, *, names: tuple[str, ...] = NAMES, times: PlanTimes = HOURLY
) -> Ground:
    """Checkpoints of these names, one route past all of them and one plan for it."""
    checkpoints = tuple(create_checkpoint(conn, actor, now=now, site_id=site.id, name=name) for name in names)
    ids = [checkpoint.id for checkpoint in checkpoints]
    route = create_route(conn, actor, now=now, site_id=site.id, name="外围路线", checkpoint_ids=ids)
    plan = create_plan(conn, actor, now=now, site_id=site.id, route_id=route.id, name="每小时巡查", times=times)
    return Ground(site=site, checkpoints=checkpoints, route=route, plan=plan)


def type_code(conn: Connection, actor: Actor, site: Site, code: str, now: datetime) -> CheckInResult:
    """A guard types a code on a phone that makes a new id for it."""
    return check_in(conn, actor, now=now, site_id=site.id, code=code, client_id=uuid4())
