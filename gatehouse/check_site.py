"""The site of the check: one device of each kind at least, people, a round that will be walked and one that will not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets import sites
from gatehouse.seed import seed_site
from patrol.planning import plans, routes
from patrol.planning.plans import PlanTimes
from patrol.planning.queries import checkpoints as checkpoint_queries
from people import manage
from people.models import SYSTEM, Role
from simulators.compound import make_compound
from simulators.models import SimSite
from store.db import Connection

PASSWORD = "gatehouse-check"  # noqa: S105 - of a system that lives for a minute on this machine
_DEVICES = 6
# When the slots of the two rounds end, counted from the start of the check.
_WALKED_UNTIL = timedelta(seconds=45)
_UNWALKED_UNTIL = timedelta(seconds=15)
_SLOT = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckSite:
    """What was prepared. `walked`, `unwalked`: ids of the plans."""

    spec: SimSite
    walked: int
    unwalked: int

    @property
    def path(self) -> str:
        """Its part of the API."""
        return f"/api/v1/sites/{self.spec.slug}"

    def device(self, kind: str) -> str:
        """Slug of a device of that kind."""
        return next(device.slug for device in self.spec.devices if device.kind == kind)


def prepare_site(conn: Connection, now: datetime, *, seed: int) -> CheckSite:
    """Write the site, its people (a manager, an engineer, a guard) and the plans."""
    spec = make_compound("check", seed=seed, devices=_DEVICES)
    city = sites.create_region(conn, SYSTEM, now=now, name="City")
    district = sites.create_region(conn, SYSTEM, now=now, name="District", parent_id=city.id)
    street = sites.create_region(conn, SYSTEM, now=now, name="Street", parent_id=district.id)
    site = seed_site(conn, spec, region_id=street.id, now=now)
    roles: tuple[Role, ...] = ("manager", "engineer", "guard")
    for role in roles:
        person = manage.create_person(conn, SYSTEM, now=now, username=role, display_name=role, password=PASSWORD)
        manage.grant_role(conn, SYSTEM, now=now, person_id=person.id, role=role, site_id=site.id)
    points = [point.id for point in checkpoint_queries.list_checkpoints(conn, site.id)]

    def plan(name: str, points: list[int], until: timedelta) -> int:
        """A plan whose slot of one minute ends soon. In force a minute ago, so that the slot counts."""
        route = routes.create_route(conn, SYSTEM, now=now, site_id=site.id, name=name, checkpoint_ids=points)
        begin = (now + until - _SLOT).astimezone(site.zone)
        times = PlanTimes(from_time=begin.time(), until_time=(begin + _SLOT).time(), every_minutes=1, grace_minutes=0)
        return plans.create_plan(conn, SYSTEM, now=now - _SLOT, site_id=site.id, route_id=route.id, name=name, times=times).id

    return CheckSite(
        spec=spec, walked=plan("walked", points[:2], _WALKED_UNTIL), unwalked=plan("unwalked", points[2:4], _UNWALKED_UNTIL)
    )
