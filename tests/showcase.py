"""The demo's compound on a day with plenty to see: rounds walked and missed, outages new, taken and over, odd messages."""

import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alerts import manage_channels
from alerts.acknowledge import acknowledge_alert
from alerts.models import Alert
from alerts.notes import add_note
from alerts.queries.alerts import list_alerts, list_unresolved_about
from alerts.resolve import resolve_alert
from assets.devices import register_device, update_device
from assets.queries.places import find_site_by_slug
from assets.queries.records import list_records
from core.clock import ManualClock, SystemClock
from gatehouse.demo import demo_accounts, seed_demo
from gatehouse.webhook_receiver import WebhookReceiver
from ingest.formats import vendor_formats
from ingest.kinds import all_kinds
from ingest.mappings.edit import MappingFacts, RuleFacts, create_mapping, formats_at
from ingest.queries.health import count_statuses, get_device_health
from ingest.queries.mappings import list_mappings
from patrol.check_in import check_in
from patrol.close_rounds import close_rounds
from patrol.notices.queries import list_open_notices
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.planning.queries import plans as plan_queries
from patrol.planning.queries import routes as route_queries
from patrol.queries import list_rounds
from people.models import Actor
from people.queries.persons import find_credentials
from simulators.city import make_city
from simulators.ground_truth import TroubleKind
from simulators.guards import DueRound, GuardCheckIn, GuardTeam
from simulators.models import SimSite, both
from simulators.run import Simulation
from store.db import Connection
from tests.system import System, running_system

_SEED = 1
# The guards have been at work for so long; the devices kept readings of a day.
_PATROLLED = timedelta(hours=11)
_HISTORY = timedelta(hours=24)
# Where nobody went of late.
_LEFT_OUT, _LEFT_OUT_FOR = "水泵房 Pump room", timedelta(hours=3)
_LONGEST_ROUND = timedelta(hours=8)
_STEP = timedelta(seconds=30)
_REPORT_EVERY = timedelta(seconds=5)
_LONG = timedelta(hours=6)
_PATIENCE_SECONDS = 60.0

TROUBLES: tuple[tuple[str, TroubleKind, str | None], ...] = (
    ("box-building-2", "power_cut", None),
    ("barrier-east-in", "will", None),
    ("cam-gate-east", "fault", "covered"),
    ("cam-garage-b1", "fault", "disk_full"),
    ("grease-trap", "fault", None),
    ("door-b5-lobby", "silence", None),
)
SOON_MISSED, SOON = "door-b5-lobby", timedelta(seconds=10)
OVER: tuple[tuple[str, TroubleKind, str | None], ...] = (("beam-south", "will", None), ("door-main-wicket", "fault", None))
EVENTS = (
    ("door-power-room", "forced"),
    ("door-main-wicket", "held"),
    ("door-main-wicket", "denied"),
    ("door-main-wicket", "granted"),
)
ODD_MESSAGES: tuple[tuple[str, str], ...] = (
    ("barrier-east-in/reading", '{"ts": "1970-01-01T00:00:00Z", "measures": {"position": "open"}}'),
    ("cam-gate-west/reading", '{"ts": 1764000000000, "measures": {"fps": "twenty-five"}}'),
    ("storm-drain/reading", '["level", 12]'),
    ("storm-drain/reading", '{"ts": 1764000000000, "measures": {"level": NaN}}'),
    ("no-such-thing/heartbeat", "alive"),
)
# What no format reads: probes that are mapped, one of them registered, and a lift's controller that nobody has mapped yet.
PROBES = MappingFacts(
    slug="hongyu",
    name="宏宇液位探头 Hongyu probes",
    topic_filter="hongyu/+/up",
    device_from="topic.2",
    time_from="at",
    time_form="seconds",
)
PROBE_RULES = (
    RuleFacts(source="probe.distance", target="measure:depth", factor="-1000", addend="2500"),
    RuleFacts(source="probe.pump", target="measure:pump_on", words="run"),
    RuleFacts(source="alarm", target="fault:pump_fault", words="3"),
)
MAPPED_PROBE = "sump-probe"


@dataclass(frozen=True, kw_only=True, slots=True)
class Showcase:
    """What is there to be seen. `people`: ids by username."""

    system: System
    spec: SimSite
    others: tuple[SimSite, ...]
    site_id: int
    people: dict[str, int]

    def actor(self, username: str) -> Actor:
        """That person, making a change."""
        return Actor(person_id=self.people[username])

    def find_ids(self) -> dict[str, int]:
        """One example of each thing that has a page."""
        now, site_id = self.system.parts.clock.now(), self.site_id
        with self.system.parts.db.transaction() as conn:
            asset = get_device_health(conn, site_id, "barrier-east-in").asset_id
            assert asset is not None
            alerts = list_alerts(conn, site_id=site_id, state=None, after=None, limit=200)
            rounds = list_rounds(conn, site_id=site_id, since=now - _PATROLLED, until=now)
            return {
                **{f"alert_{alert.state}": alert.id for alert in alerts if alert.subject.startswith("device:")},
                "alert_of_round": next(alert.id for alert in alerts if alert.rule == "round_missed"),
                **{f"round_{each.state}": each.id for each in rounds},
                "asset": asset,
                "record": list_records(conn, site_id=site_id, asset_id=asset, kind=None, limit=1)[0].id,
                "plan": plan_queries.list_plans(conn, site_id)[0].id,
                "route": route_queries.list_routes(conn, site_id)[0].id,
                "checkpoint": checkpoint_queries.list_checkpoints(conn, site_id)[0].id,
                "notice": list_open_notices(conn, site_id)[0].id,
                "mapping": list_mappings(conn, site_ids=[site_id])[0].id,
            }


@contextmanager
def running_showcase() -> Iterator[Showcase]:
    """Start the demo's compound, let happen what is to be seen, and stop it again."""
    clock = SystemClock()
    city = make_city(3, seed=_SEED)
    people: dict[str, int] = {}

    def settle(conn: Connection) -> None:
        began = clock.now() - _PATROLLED
        seed_demo(conn, city, seed=_SEED, now=began)
        for account in demo_accounts(city):
            found = find_credentials(conn, username=account.username)
            assert found is not None
            people[account.username] = people[account.login] = found.person_id
        _walk_the_rounds(conn, city.sites[0], people, since=began, until=clock.now())

    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-pictures-") as folder,
        WebhookReceiver() as receiver,
        running_system(_reachable(Path(folder)), settle) as system,
    ):
        with system.parts.db.transaction() as conn:
            site = find_site_by_slug(conn, city.sites[0].slug)
        assert site is not None
        showcase = Showcase(system=system, spec=city.sites[0], others=city.sites[1:], site_id=site.id, people=people)
        _tell_by_webhook(showcase, receiver.url)
        lively, *quiet = (
            Simulation(spec, system.mqtt_url, clock=clock, seed=_SEED, interval=_REPORT_EVERY, history=history)
            for spec, history in zip(city.sites, (_HISTORY, timedelta(), timedelta()), strict=True)
        )
        with ExitStack() as stack:
            for simulation in (lively, *quiet):
                stack.callback(simulation.stop)
                simulation.start()
            _let_things_happen(showcase, lively)
            yield showcase


def _reachable(folder: Path) -> Path:
    folder.chmod(0o755)  # the database does not run as root and must reach its part of it
    return folder


def _walk_the_rounds(conn: Connection, spec: SimSite, people: dict[str, int], *, since: datetime, until: datetime) -> None:
    """The guards' work of the last hours, by the same verbs as if it were happening."""
    clock = ManualClock(since)
    codes = {both(point.name): point.code for point in spec.checkpoints}
    site = find_site_by_slug(conn, spec.slug)
    assert site is not None

    def due(now: datetime) -> list[DueRound]:
        rounds = list_rounds(conn, site_id=site.id, since=now - _LONGEST_ROUND, until=now)
        return [
            DueRound(
                ref=str(each.id), starts_at=each.starts_at, due_at=each.due_at, codes=tuple(codes[name] for name in each.unseen)
            )
            for each in rounds
            if each.state == "open"
        ]

    def send(made: GuardCheckIn) -> None:
        if made.code == codes[_LEFT_OUT] and made.at > until - _LEFT_OUT_FOR:
            return
        actor = Actor(person_id=people[made.login])
        check_in(conn, actor, now=made.at, site_id=site.id, code=made.code, client_id=made.client_id, device_at=made.at)

    team = GuardTeam(spec, list_rounds=due, check_in=send, clock=clock, seed=_SEED)
    while clock.now() < until:
        team.step()
        close_rounds(conn, clock.now())
        clock.advance(_STEP)


def _tell_by_webhook(showcase: Showcase, address: str) -> None:
    """One channel that works, and one whose receiver is not there."""
    now = showcase.system.parts.clock.now()
    with showcase.system.parts.db.transaction() as conn:
        for name, url in (("值班群 Duty group", address), ("旧值班系统 Old duty system", "http://127.0.0.1:9/hook")):
            manage_channels.create_channel(
                conn,
                showcase.actor("manager"),
                now=now,
                site_id=showcase.site_id,
                kind="webhook",
                name=name,
                address=url,
                language="zh",
            )


def _let_things_happen(showcase: Showcase, simulation: Simulation) -> None:
    _watch_closely(showcase)
    _wait_for("every device online", lambda: _count(showcase, "online") == len(showcase.spec.devices))
    passing = [simulation.inject(target, kind=kind, fault=fault, duration=_LONG) for target, kind, fault in OVER]
    # Missed rounds are alerts too: at some hours of the day there are enough of them already.
    _wait_for(
        "alerts of what will be over",
        lambda: sum(alert.rule.startswith("device_") for alert in _alerts(showcase, "open")) >= len(OVER),
    )
    for trouble in passing:
        simulation.repair(trouble)
    for target, kind, fault in TROUBLES:
        simulation.inject(target, kind=kind, fault=fault, duration=_LONG)
    system, slug = showcase.system, showcase.spec.slug
    for number, (device, kind_of_event) in enumerate(EVENTS):
        event = {"id": f"event-{number}", "ts": system.parts.clock.now().isoformat(), "type": kind_of_event}
        system.publish(f"gatehouse/v1/{slug}/{device}/event", json.dumps(event))
    for topic, payload in ODD_MESSAGES:
        system.publish(f"gatehouse/v1/{slug}/{topic}", payload)
    _teach_probes(showcase)
    level = {"ts": system.parts.clock.now().isoformat(), "measures": {"level": 41.5, "depth": 620, "pump_on": False}}
    system.publish(f"gatehouse/v1/{slug}/sump-7/reading", json.dumps(level))
    _wait_for("alerts that are over", lambda: len(_alerts(showcase, "resolved")) >= len(OVER))
    _wait_for("an alert of each device in trouble", lambda: len(_alerts(showcase, "open")) >= len(TROUBLES))
    _handle_some(showcase)


def _teach_probes(showcase: Showcase) -> None:
    system, raw, site_id = showcase.system, f"gatehouse/v1/{showcase.spec.slug}/raw", showcase.site_id
    now = system.parts.clock.now()
    with system.parts.db.transaction() as conn:
        actor = showcase.actor("engineer")
        create_mapping(conn, actor, now=now, site_id=site_id, facts=PROBES, rules=PROBE_RULES, direct=False)
        register_device(
            conn,
            actor,
            now=now,
            site_id=site_id,
            slug=MAPPED_PROBE,
            kind="drainage",
            kinds=all_kinds(),
            name="集水井液位 Sump level",
            address="hongyu:P-7",
            formats=formats_at(conn, site_id),
        )

    def is_read() -> bool:
        for number, (probe, distance) in enumerate((("P-7", 0.815), ("P-8", 1.4))):
            said = {"at": system.parts.clock.now().timestamp() + number, "probe": {"distance": distance, "pump": "run"}}
            body = said | {"alarm": 0, "rssi": -71, "fw": "2.3.1"}
            system.publish(f"{raw}/hongyu/{probe}/up", json.dumps(body))
        with system.parts.db.transaction() as conn:
            return get_device_health(conn, site_id, MAPPED_PROBE).status == "online"

    _wait_for("the mapped probe", is_read)
    for lift in ("lift-01", "lift-02"):
        state = {"car": {"floor": 3, "door": "closed"}, "ts": "2026-11-26 08:00:00", "err": 0}
        system.publish(f"{raw}/jd-elevator/{lift}/state", json.dumps(state))


def _watch_closely(showcase: Showcase) -> None:
    """One device may be silent for a short time only, so that its silence is seen soon."""
    now, site_id = showcase.system.parts.clock.now(), showcase.site_id
    with showcase.system.parts.db.transaction() as conn:
        found = get_device_health(conn, site_id, SOON_MISSED)
        update_device(
            conn,
            showcase.actor("engineer"),
            now=now,
            site_id=site_id,
            device_id=found.id,
            name=found.name,
            address=found.address,
            formats=vendor_formats(),
            asset_id=found.asset_id,
            silent_after=SOON,
        )


def _handle_some(showcase: Showcase) -> None:
    """Two are taken, one of them with a note; one is closed by hand."""
    now, site_id = showcase.system.parts.clock.now(), showcase.site_id
    engineer, leader = showcase.actor("engineer"), showcase.actor("leader")
    with showcase.system.parts.db.transaction() as conn:
        of = {slug: _alert_of(conn, site_id, slug) for slug in ("cam-gate-east", "door-b2-lobby", "barrier-east-in")}
        acknowledge_alert(conn, engineer, now=now, site_id=site_id, alert_id=of["cam-gate-east"])
        add_note(conn, engineer, now=now, site_id=site_id, alert_id=of["cam-gate-east"], note="镜头被塑料袋遮住，已去取梯子。")
        acknowledge_alert(conn, leader, now=now, site_id=site_id, alert_id=of["door-b2-lobby"])
        cause = "控制箱网线水晶头氧化，已重做。"
        resolve_alert(conn, engineer, now=now, site_id=site_id, alert_id=of["barrier-east-in"], note=cause)


def _alert_of(conn: Connection, site_id: int, device: str) -> int:
    subject = f"device:{get_device_health(conn, site_id, device).id}"
    return list_unresolved_about(conn, site_id=site_id, subject=subject)[0].id


def _alerts(showcase: Showcase, state: str) -> list[Alert]:
    with showcase.system.parts.db.transaction() as conn:
        return [
            each for each in list_alerts(conn, site_id=showcase.site_id, state=None, after=None, limit=200) if each.state == state
        ]


def _count(showcase: Showcase, status: str) -> int:
    with showcase.system.parts.db.transaction() as conn:
        found = count_statuses(conn, [showcase.site_id]).get(showcase.site_id, {})
    return sum(count for name, count in found.items() if name == status)


def _wait_for(what: str, holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(_PATIENCE_SECONDS / 0.2)):
        if holds():
            return
        pause.wait(0.2)
    raise TimeoutError(f"not seen within {_PATIENCE_SECONDS:.0f} s: {what}")
