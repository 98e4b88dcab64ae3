"""`gatehouse demo`: a simulated city with one lively compound, on this machine, with nothing installed before."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Site
from assets.queries.places import list_regions
from core.clock import Clock
from core.settings import Settings
from gatehouse.guard_phones import GuardPhones
from gatehouse.part_home_assistant import home_assistant
from gatehouse.part_jobs import scheduler
from gatehouse.part_web import listen_http, web
from gatehouse.parts import base, broker, configured_broker, database_url, ingester, only_one, prepare_database, until_told
from gatehouse.seed import seed_city
from gatehouse.seed_history import seed_history
from people import manage
from people.models import SYSTEM, Actor, Role
from people.queries.persons import find_credentials
from simulators import pace
from simulators.city import make_city
from simulators.ground_truth import GroundTruth
from simulators.guards import GuardTeam
from simulators.models import SimCity, SimSite
from simulators.run import Simulation
from store.db import Connection

PASSWORD = "gatehouse-demo"  # noqa: S105 - the demo's, printed at its start
_SITES = 3
_HISTORY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A demo account. `login`: of whom of the simulated staff it is."""

    username: str
    name: str
    role: Role
    login: str = ""


def run_demo(settings: Settings, clock: Clock, *, seed: int) -> None:
    """Runs until Ctrl-C or SIGTERM, in a folder of its own below the data folder."""
    settings = settings.model_copy(update={"data_dir": settings.data_dir / f"demo-{seed}"})
    city = make_city(_SITES, seed=seed)
    with ExitStack() as stack:
        sock = stack.enter_context(listen_http(settings))
        stack.enter_context(only_one(settings.data_dir))
        print("Gatehouse demo: starting …", flush=True)  # noqa: T201 - what the person at the terminal wants to know
        url = stack.enter_context(database_url(settings))
        prepare_database(url, settings, clock.now())
        embedded = stack.enter_context(broker(settings))
        parts = stack.enter_context(base(settings, clock, url))
        with parts.db.transaction() as conn:
            fresh = seed_demo(conn, city, seed=seed, now=clock.now())
        ingesting = stack.enter_context(ingester(parts, embedded))
        stack.enter_context(scheduler(parts))
        stack.enter_context(home_assistant(parts, embedded))
        ingesting.wait_until_listening()
        truth = GroundTruth(settings.data_dir / "ground_truth.jsonl")
        mqtt_url = embedded.local_url if embedded else configured_broker(settings)
        for site in city.sites:
            stack.enter_context(
                _alive(site, mqtt_url, clock, seed, truth, history=_HISTORY if fresh and site is city.sites[0] else timedelta())
            )
        address = stack.enter_context(web(parts, sock))
        usernames = {account.login: account.username for account in demo_accounts(city)}
        stack.enter_context(_patrolled(city.sites[0], usernames, address, clock, seed, truth))
        _welcome(address, city)
        until_told()


def demo_accounts(city: SimCity) -> list[Account]:
    """One for each role, named like it, then the other people of the first site under their own names."""
    named: set[Role] = set()
    found = []
    for person in city.sites[0].staff:
        found.append(
            Account(
                username=person.login if person.role in named else person.role,
                name=person.name,
                role=person.role,
                login=person.login,
            )
        )
        named.add(person.role)
    return [
        Account(username="admin", name="系统管理员", role="admin"),
        Account(username="regional", name="区域经理 何静", role="regional"),
        *found,
    ]


def seed_demo(conn: Connection, city: SimCity, *, seed: int, now: datetime) -> bool:
    """Write the city, its accounts and the past of the lively compound; False when that was done before."""
    if find_credentials(conn, username="admin") is not None:
        return False
    lively = city.sites[0]
    site = seed_city(conn, city, now=now)[lively.slug]
    staff = _create_accounts(conn, city, site, now=now)
    seed_history(conn, site, lively, staff, seed=seed, now=now)
    return True


def _create_accounts(conn: Connection, city: SimCity, site: Site, *, now: datetime) -> dict[str, Actor]:
    """The accounts with their roles; the simulated staff by login."""
    top = next(region for region in list_regions(conn) if region.parent_id is None)
    staff: dict[str, Actor] = {}
    for account in demo_accounts(city):
        person = manage.create_person(
            conn, SYSTEM, now=now, username=account.username, display_name=account.name, password=PASSWORD
        )
        manage.grant_role(
            conn,
            SYSTEM,
            now=now,
            person_id=person.id,
            role=account.role,
            site_id=None if account.role in {"admin", "regional"} else site.id,
            region_id=top.id if account.role == "regional" else None,
        )
        if account.login:
            staff[account.login] = Actor(person_id=person.id)
    return staff


@contextmanager
def _alive(site: SimSite, mqtt_url: str, clock: Clock, seed: int, truth: GroundTruth, *, history: timedelta) -> Iterator[None]:
    simulation = Simulation(
        site, mqtt_url, clock=clock, seed=seed, between_troubles=pace.BETWEEN_TROUBLES, truth=truth, history=history, farewell=False
    )
    simulation.start()
    try:
        yield
    finally:
        simulation.stop()


@contextmanager
def _patrolled(
    site: SimSite, usernames: dict[str, str], address: str, clock: Clock, seed: int, truth: GroundTruth
) -> Iterator[None]:
    phones = GuardPhones(address, site, usernames=usernames, password=PASSWORD)
    team = GuardTeam(site, list_rounds=phones.list_rounds, check_in=phones.check_in, clock=clock, seed=seed, truth=truth)
    team.start()
    try:
        yield
    finally:
        team.stop()
        phones.close()


def _welcome(address: str, city: SimCity) -> None:
    lines = [
        "",
        f"Gatehouse demo   {address}",
        "",
        *(f"  {account.username:<10} {PASSWORD}" for account in demo_accounts(city) if account.username == account.role),
        "",
        "Ctrl-C stops everything.",
        "",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201 - this is what the demo tells
