"""Alerts open once, follow what is found, and end when it is over: and never by our own restart."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from alerts.engine import evaluate
from alerts.models import Alert, Channel, Finding, Rule
from alerts.queries.alerts import get_alert, list_alerts, list_entries, list_unresolved
from alerts.queries.outbox import list_deliveries
from alerts.resolve import resolve_alert
from alerts.rules import all_rules
from assets.devices import retire_device, update_device
from assets.models import Device, Site
from core.clock import ManualClock
from core.i18n import Text
from patrol.close_rounds import close_rounds
from people.models import SYSTEM
from store.db import Connection, Database
from tests.alerts.world import add_device, count, set_status
from tests.cast import Cast
from tests.patrol.ground import Ground, type_code

MINUTE = timedelta(minutes=1)


def alerts_of(conn: Connection, site: Site) -> list[Alert]:
    return list_alerts(conn, site_id=site.id, state=None, after=None, limit=100)


def the_alert(conn: Connection, site: Site) -> Alert:
    (alert,) = alerts_of(conn, site)
    return alert


def events(conn: Connection, alert: Alert) -> list[str]:
    return [delivery.event for delivery in list_deliveries(conn, site_id=alert.site_id, alert_id=alert.id)]


def actions(conn: Connection, alert: Alert) -> list[str]:
    return [entry.action for entry in list_entries(conn, site_id=alert.site_id, alert_id=alert.id)]


def test_an_outage_is_one_alert_from_its_start_to_its_end(
    db: Database, wutong: Site, gate: Device, channel: Channel, clock: ManualClock
) -> None:
    down = clock.now()
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", down, reason="will")
        assert evaluate(conn, clock.advance(MINUTE)) == 1
        assert evaluate(conn, clock.advance(MINUTE)) == 0
        alert = the_alert(conn, wutong)
        assert (alert.rule, alert.subject, alert.state, alert.since) == ("device_offline", f"device:{gate.id}", "open", down)
        assert (alert.severity, alert.place, alert.opened_at) == ("major", "南门岗亭", down + MINUTE)
        set_status(conn, wutong, gate, "online", clock.now())
        assert evaluate(conn, clock.advance(MINUTE)) == 1
        alert = the_alert(conn, wutong)
        assert (alert.state, alert.resolved_at, alert.resolved_by, alert.holds) == ("resolved", clock.now(), None, False)
        assert actions(conn, alert) == ["opened", "cleared"]
        assert events(conn, alert) == ["opened", "resolved"]


def test_the_next_outage_is_another_alert(db: Database, wutong: Site, gate: Device, clock: ManualClock) -> None:
    with db.transaction() as conn:
        for _ in range(2):
            set_status(conn, wutong, gate, "offline", clock.now())
            evaluate(conn, clock.advance(MINUTE))
            set_status(conn, wutong, gate, "online", clock.now())
            evaluate(conn, clock.advance(MINUTE))
        assert [alert.state for alert in alerts_of(conn, wutong)] == ["resolved", "resolved"]


def test_a_site_without_channels_has_alerts_and_no_notifications(db: Database, wutong: Site, gate: Device, now: datetime) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now)
        evaluate(conn, now)
        assert count(conn, "outbox") == 0
        assert len(alerts_of(conn, wutong)) == 1


def test_another_site_is_not_told(db: Database, jinxiu: Site, channel: Channel, now: datetime) -> None:
    with db.transaction() as conn:
        set_status(conn, jinxiu, add_device(conn, jinxiu, now), "offline", now)
        evaluate(conn, now)
        assert count(conn, "alert") == 1
        assert count(conn, "outbox") == 0


@pytest.mark.parametrize("broken", ["offline", "fault"])
def test_our_own_restart_neither_resolves_nor_repeats_an_alert(
    db: Database, wutong: Site, gate: Device, channel: Channel, clock: ManualClock, broken: str
) -> None:
    with db.transaction() as conn:
        for status in (broken, "unknown", broken):
            set_status(
                conn, wutong, gate, "offline" if status == "offline" else "fault" if status == "fault" else "unknown", clock.now()
            )
            evaluate(conn, clock.advance(MINUTE))
        alert = the_alert(conn, wutong)
        assert alert.state == "open"
        assert events(conn, alert) == ["opened"]


def test_a_faulty_device_that_falls_silent_has_not_recovered(db: Database, wutong: Site, gate: Device, clock: ManualClock) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "fault", clock.now(), faults=["motor_stall"])
        evaluate(conn, clock.advance(MINUTE))
        set_status(conn, wutong, gate, "offline", clock.now())
        evaluate(conn, clock.advance(MINUTE))
        assert {(alert.rule, alert.state) for alert in alerts_of(conn, wutong)} == {
            ("device_fault", "open"),
            ("device_offline", "open"),
        }
        set_status(conn, wutong, gate, "degraded", clock.now(), faults=["obstructed"])
        evaluate(conn, clock.advance(MINUTE))
        assert {alert.state for alert in alerts_of(conn, wutong)} == {"resolved"}


def test_a_retired_device_ends_its_alert_also_while_nothing_is_known(
    db: Database, wutong: Site, gate: Device, now: datetime
) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now)
        evaluate(conn, now)
        set_status(conn, wutong, gate, "unknown", now)
        retire_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=gate.id)
        evaluate(conn, now)
        assert the_alert(conn, wutong).state == "resolved"


def test_an_alert_follows_what_is_found(db: Database, wutong: Site, gate: Device, channel: Channel, clock: ManualClock) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "fault", clock.now(), faults=["motor_stall"])
        evaluate(conn, clock.advance(MINUTE))
        update_device(
            conn,
            SYSTEM,
            now=clock.now(),
            site_id=wutong.id,
            device_id=gate.id,
            name="南门1号道闸",
            address=None,
            formats=(),
            asset_id=None,
            silent_after=None,
        )
        evaluate(conn, clock.advance(MINUTE))
        alert = the_alert(conn, wutong)
        assert (alert.subject_name, alert.place) == ("南门1号道闸", "")
        assert actions(conn, alert) == ["opened"]
        set_status(conn, wutong, gate, "fault", clock.now(), faults=["motor_stall", "arm_hit"])
        evaluate(conn, clock.advance(MINUTE))
        entries = list_entries(conn, site_id=wutong.id, alert_id=alert.id)
        assert [(entry.action, entry.facts["faults"]) for entry in entries] == [
            ("opened", ["motor_stall"]),
            ("updated", ["arm_hit", "motor_stall"]),
        ]
        assert events(conn, alert) == ["opened"]


class TestClosedByAPerson:
    """What a person has closed stays closed until it has ended, or happens anew."""

    def close(self, conn: Connection, cast: Cast, alert: Alert, now: datetime) -> None:
        resolve_alert(conn, cast.chen.actor, now=now, site_id=alert.site_id, alert_id=alert.id, note="配电箱检修，已告知")

    def test_it_is_not_opened_again_while_it_holds(
        self, db: Database, cast: Cast, wutong: Site, gate: Device, channel: Channel, clock: ManualClock
    ) -> None:
        with db.transaction() as conn:
            set_status(conn, wutong, gate, "offline", clock.now())
            evaluate(conn, clock.advance(MINUTE))
            self.close(conn, cast, the_alert(conn, wutong), clock.advance(MINUTE))
            evaluate(conn, clock.advance(MINUTE))
            alert = the_alert(conn, wutong)
            assert (alert.state, alert.holds, alert.resolved_by_name) == ("resolved", True, "陈静")
            set_status(conn, wutong, gate, "online", clock.now())
            evaluate(conn, clock.advance(MINUTE))
            alert = the_alert(conn, wutong)
            assert (alert.holds, alert.resolved_by_name, alert.cleared_at) == (False, "陈静", clock.now())
            assert actions(conn, alert) == ["opened", "resolved", "cleared"]
            assert events(conn, alert) == ["opened", "closed"]

    def test_after_it_has_ended_once_the_next_outage_is_an_alert(
        self, db: Database, cast: Cast, wutong: Site, gate: Device, clock: ManualClock
    ) -> None:
        with db.transaction() as conn:
            set_status(conn, wutong, gate, "offline", clock.now())
            evaluate(conn, clock.advance(MINUTE))
            self.close(conn, cast, the_alert(conn, wutong), clock.now())
            set_status(conn, wutong, gate, "online", clock.now())
            evaluate(conn, clock.advance(MINUTE))
            set_status(conn, wutong, gate, "offline", clock.now())
            evaluate(conn, clock.advance(MINUTE))
            assert [alert.state for alert in alerts_of(conn, wutong)] == ["open", "resolved"]

    def test_another_missed_round_is_news(
        self, db: Database, cast: Cast, ground: Ground, channel: Channel, clock: ManualClock
    ) -> None:
        with db.transaction() as conn:
            close_rounds(conn, clock.advance(70 * MINUTE))
            evaluate(conn, clock.now())
            self.close(conn, cast, the_alert(conn, ground.site), clock.now())
            evaluate(conn, clock.advance(MINUTE))
            assert the_alert(conn, ground.site).state == "resolved"
            close_rounds(conn, clock.advance(60 * MINUTE))
            evaluate(conn, clock.now())
            second, first = alerts_of(conn, ground.site)
            assert (second.state, second.facts["missed_rounds"], first.holds) == ("open", 2, False)
            assert events(conn, second) == ["opened"]
            for code in ground.codes:
                type_code(conn, cast.wang.actor, ground.site, code, clock.now())
            close_rounds(conn, clock.advance(60 * MINUTE))
            evaluate(conn, clock.now())
            assert list_unresolved(conn, site_id=ground.site.id) == []


def test_missed_rounds_in_a_row_are_one_alert_told_once(db: Database, ground: Ground, channel: Channel, clock: ManualClock) -> None:
    with db.transaction() as conn:
        clock.advance(10 * MINUTE)
        for _ in range(3):
            close_rounds(conn, clock.advance(60 * MINUTE))
            evaluate(conn, clock.now())
        alert = the_alert(conn, ground.site)
        assert alert.facts["missed_rounds"] == 3
        assert actions(conn, alert) == ["opened", "updated", "updated"]
        assert events(conn, alert) == ["opened"]


def test_two_engines_at_once_open_one_alert_and_tell_once(
    db: Database, wutong: Site, gate: Device, channel: Channel, clock: ManualClock, run_together: Callable[..., list[object]]
) -> None:
    def engine() -> int:
        with db.transaction() as conn:
            return evaluate(conn, clock.now())

    for status, told in (("offline", ["opened"]), ("online", ["opened", "resolved"])):
        with db.transaction() as conn:
            set_status(conn, wutong, gate, "offline" if status == "offline" else "online", clock.now())
        assert sorted(run_together(*[engine] * 4)) == [0, 0, 0, 1]  # type: ignore[type-var]
        with db.transaction() as conn:
            alert = the_alert(conn, wutong)
            assert events(conn, alert) == told
            assert len(actions(conn, alert)) == len(told)


def test_the_database_refuses_a_second_alert_for_the_same_thing(db: Database, wutong: Site, gate: Device, now: datetime) -> None:
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now)
        evaluate(conn, now)
    with pytest.raises(psycopg.errors.UniqueViolation), db.transaction() as conn:
        conn.execute(
            "INSERT INTO alert (site_id, rule, subject, subject_name, severity, since, opened_at)"
            " SELECT site_id, rule, subject, subject_name, severity, since, opened_at FROM alert"
        )


def test_a_rule_that_fails_does_not_silence_the_others(
    db: Database, wutong: Site, gate: Device, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(conn: Connection, _: datetime) -> Iterator[Finding]:
        conn.execute("SELECT 1 / 0")
        yield from ()

    bad = Rule(
        slug="bad",
        name=Text("", ""),
        severity="minor",
        headline=Text("", ""),
        headline_over=Text("", ""),
        findings=broken,
        brief=lambda *_: "",
        lines=lambda *_: [],
        wake_on=(),
    )
    with db.transaction() as conn, caplog.at_level(logging.ERROR):
        set_status(conn, wutong, gate, "offline", now)
        assert evaluate(conn, now, [bad, *all_rules().values()]) == 1
        assert get_alert(conn, site_id=wutong.id, alert_id=the_alert(conn, wutong).id).state == "open"


def test_pages_are_told_of_each_change(db: Database, wutong: Site, gate: Device, channel: Channel, now: datetime) -> None:
    with db.connect() as listening:
        listening.execute("LISTEN gatehouse")
        with db.transaction() as conn:
            set_status(conn, wutong, gate, "offline", now)
            evaluate(conn, now)
        with db.transaction() as conn:
            evaluate(conn, now)
        heard = [notify.payload for notify in listening.notifies(timeout=0.5)]
    assert ['"alert"' in payload for payload in heard] == [True, False]
    assert '"outbox"' in heard[1]
