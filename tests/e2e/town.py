"""Gatehouse with one lively compound, 梧桐苑: nothing breaks there unless a story breaks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from assets import sites
from assets.models import Site
from core.clock import SystemClock
from core.i18n import Text
from gatehouse.seed import seed_site
from patrol.planning import plans, routes
from patrol.planning.plans import PlanTimes
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.slots import day_bounds
from patrol.today import today_of
from people import manage
from people.models import SYSTEM, Role
from simulators.compound import make_compound
from simulators.ground_truth import TroubleKind
from simulators.models import SimSite
from simulators.run import Simulation
from store.db import Connection
from tests.cast import PASSWORD
from tests.system import System, running_system

WUTONG = Text(en="Wutong Gardens", zh="梧桐苑")
_DEVICES = 12
_REPORT_EVERY = timedelta(seconds=1)
# The only round of all stories: under way when they begin, and still so when they end.
_ROUND_BEGAN, _ROUND_MINUTES = timedelta(hours=1), 240


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """What is there. `people`: ids by username; everyone signs in with tests.cast.PASSWORD."""

    system: System
    spec: SimSite
    simulation: Simulation
    people: dict[str, int]

    @property
    def address(self) -> str:
        """Where browsers find it."""
        return self.system.address

    @contextmanager
    def broken(self, device: str, kind: TroubleKind) -> Iterator[None]:
        """A device is broken for as long as the block runs."""
        trouble = self.simulation.inject(device, kind=kind, duration=timedelta(hours=1))
        try:
            yield
        finally:
            self.simulation.repair(trouble)

    def code(self, checkpoint: str) -> str:
        """What stands on the sign of a checkpoint."""
        return next(point.code for point in self.spec.checkpoints if point.slug == checkpoint)


@contextmanager
def running_town(folder: Path, database: str) -> Iterator[Town]:
    """Start everything and stop it again."""
    spec = replace(make_compound("wutong", seed=1, devices=_DEVICES, name=WUTONG), plans=())
    people: dict[str, int] = {}
    clock = SystemClock()
    with running_system(folder, lambda conn: people.update(_settle(conn, spec, clock.now())), database=database) as system:
        simulation = Simulation(spec, system.mqtt_url, clock=clock, seed=1, interval=_REPORT_EVERY)
        simulation.start()
        try:
            yield Town(system=system, spec=spec, simulation=simulation, people=people)
        finally:
            simulation.stop()


def _settle(conn: Connection, spec: SimSite, now: datetime) -> dict[str, int]:
    """梧桐苑 with everything in it and its people; 锦绣里, which has a manager and nothing else; who oversees both."""
    city = sites.create_region(conn, SYSTEM, now=now, name="上海市")
    street = sites.create_region(conn, SYSTEM, now=now, parent_id=city.id, name="花木街道")
    wutong = seed_site(conn, spec, region_id=street.id, now=now)
    jinxiu = sites.create_site(conn, SYSTEM, now=now, slug="jinxiu", name="锦绣里", region_id=street.id)
    _plan_the_round(conn, spec, wutong, now)

    def add(username: str, name: str, role: Role, *, site_id: int | None = None, region_id: int | None = None) -> int:
        person = manage.create_person(conn, SYSTEM, now=now, username=username, display_name=name, password=PASSWORD)
        manage.grant_role(conn, SYSTEM, now=now, person_id=person.id, role=role, site_id=site_id, region_id=region_id)
        return person.id

    return {
        "wang": add("wang", "王卫国", "guard", site_id=wutong.id),
        "li": add("li", "李建军", "leader", site_id=wutong.id),
        "zhao": add("zhao", "赵工", "engineer", site_id=wutong.id),
        "hua": add("hua", "华工", "engineer", site_id=wutong.id),
        "chen": add("chen", "陈静", "manager", site_id=wutong.id),
        "sun": add("sun", "孙丽", "manager", site_id=jinxiu.id),
        "liu": add("liu", "刘区长", "regional", region_id=city.id),
        "admin": add("admin", "管理员", "admin"),
    }


def _plan_the_round(conn: Connection, spec: SimSite, site: Site, now: datetime) -> None:
    ids = {point.code: point.id for point in checkpoint_queries.list_checkpoints(conn, site.id)}
    places = [ids[point.code] for point in spec.checkpoints]
    route = routes.create_route(conn, SYSTEM, now=now, site_id=site.id, name="全园巡逻", checkpoint_ids=places)
    # Today, also shortly after midnight: a round is shown on the day on which it begins.
    midnight, _ = day_bounds(today_of(site, now), site.zone)
    begins = max(now - _ROUND_BEGAN, midnight).astimezone(site.zone)
    ends = begins + timedelta(minutes=_ROUND_MINUTES)
    times = PlanTimes(from_time=begins.time(), until_time=ends.time(), every_minutes=_ROUND_MINUTES)
    before = begins - _ROUND_BEGAN
    plans.create_plan(conn, SYSTEM, now=now, site_id=site.id, route_id=route.id, name="全园巡逻", times=times, active_from=before)
