"""Whatever the order of outages, restarts, people and engines: one alert at a time, none comes back, each end told once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count as numbers
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from alerts.acknowledge import acknowledge_alert
from alerts.engine import evaluate
from alerts.manage_channels import create_channel
from alerts.models import Alert
from alerts.queries.alerts import list_alerts
from alerts.queries.outbox import list_deliveries
from alerts.resolve import resolve_alert
from assets.models import Device, Site
from assets.sites import create_region, create_site
from core.errors import Conflict
from ingest.model import Status
from people.models import SYSTEM
from store.db import Connection, Database
from tests.alerts.world import add_device, set_status
from tests.cast import Cast

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ILL = {"offline": "device_offline", "fault": "device_fault"}
SILENT = {"stale", "offline", "unknown"}

_slugs = numbers(1)


class Alerts(RuleBasedStateMachine):
    """One device; `model` holds, for each rule, what must be true of its newest alert: None, "open" or "closed" by a person."""

    db: ClassVar[Database]
    cast: ClassVar[Cast]
    region_id: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.status: Status = "unknown"
        self.model: dict[str, str | None] = {"device_offline": None, "device_fault": None}
        self.opened = 0
        self.ended: set[int] = set()

    @initialize()
    def lay_out(self) -> None:
        with self.db.transaction() as conn:
            slug = f"site{next(_slugs)}"
            self.site: Site = create_site(conn, SYSTEM, now=self.now, slug=slug, name=slug, region_id=self.region_id)
            self.device: Device = add_device(conn, self.site, self.now, area=None)
            create_channel(
                conn,
                SYSTEM,
                now=self.now,
                site_id=self.site.id,
                kind="webhook",
                name="x",
                address="http://127.0.0.1:9/",
                language="zh",
            )

    @rule(status=st.sampled_from(["online", "degraded", "fault", "stale", "offline", "unknown"]))
    def device_changes(self, status: Status) -> None:
        with self.db.transaction() as conn:
            set_status(conn, self.site, self.device, status, self.now, faults=["motor_stall"] if status == "fault" else [])
        self.status = status

    @rule(engines=st.integers(1, 2))
    def engine_looks(self, engines: int) -> None:
        for _ in range(engines):
            with self.db.transaction() as conn:
                evaluate(conn, self.tick())
        for name in self.model:
            if ILL.get(self.status) == name:
                if self.model[name] is None:
                    self.model[name] = "open"
                    self.opened += 1
            elif not self.is_undecided(name):
                self.model[name] = None

    def is_undecided(self, name: str) -> bool:
        return self.status == "unknown" or (name == "device_fault" and self.status in SILENT)

    @rule()
    def somebody_acknowledges(self) -> None:
        for alert in self.alerts():
            self.try_to(partial(self.acknowledge, alert), allowed=alert.state == "open")

    @rule()
    def somebody_closes(self) -> None:
        for alert in self.alerts():
            if self.try_to(partial(self.close, alert), allowed=alert.state != "resolved"):
                self.model[alert.rule] = "closed"

    def acknowledge(self, alert: Alert, conn: Connection) -> None:
        acknowledge_alert(conn, self.cast.li.actor, now=self.tick(), site_id=self.site.id, alert_id=alert.id)

    def close(self, alert: Alert, conn: Connection) -> None:
        resolve_alert(conn, self.cast.chen.actor, now=self.tick(), site_id=self.site.id, alert_id=alert.id, note="已处理")

    def try_to(self, verb: Callable[[Connection], None], *, allowed: bool) -> bool:
        try:
            with self.db.transaction() as conn:
                verb(conn)
        except Conflict:
            assert not allowed
            return False
        assert allowed
        return True

    @rule()
    def everything_is_delivered(self) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE outbox SET delivered_at = %s, next_attempt_at = NULL WHERE site_id = %s AND next_attempt_at IS NOT NULL",
                (self.now, self.site.id),
            )

    @invariant()
    def the_alerts_are_as_the_model_says(self) -> None:
        if not hasattr(self, "site"):
            return
        alerts = self.alerts()
        assert len(alerts) == self.opened
        for name, expected in self.model.items():
            holding = [alert for alert in alerts if alert.rule == name and alert.holds]
            assert ["open" if alert.state != "resolved" else "closed" for alert in holding] == [expected] * (expected is not None)
        resolved = {alert.id for alert in alerts if alert.state == "resolved"}
        assert self.ended <= resolved, "a resolved alert came back"
        self.ended = resolved

    @invariant()
    def each_beginning_and_end_is_told_once(self) -> None:
        if not hasattr(self, "site"):
            return
        with self.db.transaction() as conn:
            for alert in self.alerts():
                deliveries = list_deliveries(conn, site_id=self.site.id, alert_id=alert.id)
                events = [delivery.event for delivery in deliveries]
                untold = deliveries[0].withdrawn_at is not None
                over = "closed" if alert.resolved_by is not None else "resolved"
                assert events == ["opened", over][: 2 if alert.state == "resolved" and not untold else 1]

    def alerts(self) -> list[Alert]:
        with self.db.transaction() as conn:
            return list_alerts(conn, site_id=self.site.id, state=None, after=None, limit=1000)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def machine(db: Database, cast: Cast, now: datetime) -> type[Alerts]:
    """The machine with a database; each of its runs has a site of its own."""
    with db.transaction() as conn:
        Alerts.region_id = create_region(conn, SYSTEM, now=now, name="杭州市").id
    Alerts.db, Alerts.cast = db, cast
    return Alerts


def test_in_any_order(machine: type[Alerts]) -> None:
    few = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)
