"""People take alerts on, write to them and close them; who did it and when stays."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from alerts.acknowledge import acknowledge_alert
from alerts.engine import evaluate
from alerts.models import Alert, Channel
from alerts.notes import add_note
from alerts.queries.alerts import count_unresolved, get_alert, list_alerts, list_entries, list_unresolved
from alerts.queries.outbox import list_deliveries
from alerts.resolve import resolve_alert
from assets.models import Device, Site
from core.clock import ManualClock
from core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from people.models import SYSTEM
from store.db import Connection, Database
from tests.alerts.world import add_device, set_status
from tests.cast import Cast

MINUTE = timedelta(minutes=1)


@pytest.fixture
def alert(db: Database, cast: Cast, wutong: Site, gate: Device, channel: Channel, now: datetime) -> Alert:
    """The south gate is offline, and the duty desk is about to be told."""
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now)
        evaluate(conn, now)
        (alert,) = list_unresolved(conn, site_id=wutong.id)
    return alert


def recover(conn: Connection, site: Site, gate: Device, now: datetime) -> None:
    set_status(conn, site, gate, "online", now)
    evaluate(conn, now)


def history(conn: Connection, alert: Alert) -> list[tuple[str, str | None, str]]:
    return [(entry.action, entry.person_name, entry.note) for entry in list_entries(conn, site_id=alert.site_id, alert_id=alert.id)]


def test_who_took_it_on_and_when_is_known(db: Database, cast: Cast, wutong: Site, alert: Alert, clock: ManualClock) -> None:
    with db.transaction() as conn:
        after = acknowledge_alert(
            conn, cast.li.actor, now=clock.advance(MINUTE), site_id=wutong.id, alert_id=alert.id, note=" 去看看 "
        )
        assert (after.state, after.acknowledged_by_name, after.acknowledged_at) == ("acknowledged", "李建军", clock.now())
        assert history(conn, alert) == [("opened", None, ""), ("acknowledged", "李建军", "去看看")]
        audit = conn.execute("SELECT action, subject, person_id, site_id FROM audit_entry WHERE action LIKE 'alert%'").fetchall()
    assert audit == [("alert.acknowledged", f"alert:{alert.id}", cast.li.id, wutong.id)]


def test_the_second_to_take_it_on_is_told_who_was_first(
    db: Database, cast: Cast, wutong: Site, alert: Alert, now: datetime
) -> None:
    with db.transaction() as conn:
        acknowledge_alert(conn, cast.li.actor, now=now, site_id=wutong.id, alert_id=alert.id)
        with pytest.raises(Conflict) as refused:
            acknowledge_alert(conn, cast.zhao.actor, now=now, site_id=wutong.id, alert_id=alert.id)
    assert (refused.value.code, refused.value.params) == ("alert_is_acknowledged", {"name": "李建军"})


def test_an_acknowledged_alert_sends_nothing_further_but_its_resolution(
    db: Database, cast: Cast, wutong: Site, gate: Device, alert: Alert, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE outbox SET delivered_at = %s, next_attempt_at = NULL", (clock.now(),))
        acknowledge_alert(conn, cast.li.actor, now=clock.advance(MINUTE), site_id=wutong.id, alert_id=alert.id)
        for _ in range(3):
            evaluate(conn, clock.advance(MINUTE))
        recover(conn, wutong, gate, clock.advance(MINUTE))
        deliveries = list_deliveries(conn, site_id=wutong.id, alert_id=alert.id)
    assert [(delivery.event, delivery.next_attempt_at is not None) for delivery in deliveries] == [
        ("opened", False),
        ("resolved", True),
    ]


def test_what_was_not_delivered_before_somebody_took_it_on_is_withdrawn(
    db: Database, cast: Cast, wutong: Site, gate: Device, alert: Alert, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        acknowledge_alert(conn, cast.li.actor, now=clock.advance(MINUTE), site_id=wutong.id, alert_id=alert.id)
        recover(conn, wutong, gate, clock.advance(MINUTE))
        (only,) = list_deliveries(conn, site_id=wutong.id, alert_id=alert.id)
    assert (only.event, only.withdrawn_at is not None) == ("opened", True)


def test_only_a_person_is_on_it(db: Database, wutong: Site, alert: Alert, now: datetime) -> None:
    with db.transaction() as conn, pytest.raises(Forbidden):
        acknowledge_alert(conn, SYSTEM, now=now, site_id=wutong.id, alert_id=alert.id)


@pytest.mark.parametrize("note", ["", "  \n "])
def test_closing_asks_for_the_cause(db: Database, cast: Cast, wutong: Site, alert: Alert, now: datetime, note: str) -> None:
    with db.transaction() as conn, pytest.raises(Invalid) as refused:
        resolve_alert(conn, cast.chen.actor, now=now, site_id=wutong.id, alert_id=alert.id, note=note)
    assert refused.value.field == "note"


def test_closing_and_noting_are_in_history_and_audit(
    db: Database, cast: Cast, wutong: Site, alert: Alert, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        add_note(conn, cast.zhao.actor, now=clock.now(), site_id=wutong.id, alert_id=alert.id, note="保险丝烧断")
        after = resolve_alert(
            conn, cast.zhao.actor, now=clock.advance(MINUTE), site_id=wutong.id, alert_id=alert.id, note="已更换保险丝"
        )
        add_note(conn, cast.chen.actor, now=clock.now(), site_id=wutong.id, alert_id=alert.id, note="已核实")
        assert (after.state, after.resolved_by_name, after.resolution) == ("resolved", "赵工", "已更换保险丝")
        assert history(conn, alert) == [
            ("opened", None, ""),
            ("note", "赵工", "保险丝烧断"),
            ("resolved", "赵工", "已更换保险丝"),
            ("note", "陈静", "已核实"),
        ]
        audit = conn.execute("SELECT action FROM audit_entry WHERE action LIKE 'alert%' ORDER BY id").fetchall()
    assert [action for (action,) in audit] == ["alert.noted", "alert.resolved", "alert.noted"]


def test_what_is_over_can_neither_be_taken_on_nor_closed(
    db: Database, cast: Cast, wutong: Site, gate: Device, alert: Alert, now: datetime
) -> None:
    with db.transaction() as conn:
        recover(conn, wutong, gate, now)
        with pytest.raises(Conflict, match="alert_is_resolved"):
            acknowledge_alert(conn, cast.li.actor, now=now, site_id=wutong.id, alert_id=alert.id)
        with pytest.raises(Conflict, match="alert_is_resolved"):
            resolve_alert(conn, cast.li.actor, now=now, site_id=wutong.id, alert_id=alert.id, note="x")
        assert get_alert(conn, site_id=wutong.id, alert_id=alert.id).resolved_by is None


def test_an_alert_of_another_site_does_not_exist(db: Database, cast: Cast, jinxiu: Site, alert: Alert, now: datetime) -> None:
    with db.transaction() as conn:
        for verb in (
            lambda: acknowledge_alert(conn, cast.sun.actor, now=now, site_id=jinxiu.id, alert_id=alert.id),
            lambda: resolve_alert(conn, cast.sun.actor, now=now, site_id=jinxiu.id, alert_id=alert.id, note="x"),
            lambda: add_note(conn, cast.sun.actor, now=now, site_id=jinxiu.id, alert_id=alert.id, note="x"),
        ):
            with pytest.raises(NotFound):
                verb()


def test_an_acknowledgement_racing_a_recovery_never_brings_it_back(
    db: Database,
    cast: Cast,
    wutong: Site,
    gate: Device,
    alert: Alert,
    clock: ManualClock,
    run_together: Callable[..., list[object]],
) -> None:
    def person(verb: Callable[[Connection], object]) -> Callable[[], str]:
        def act() -> str:
            try:
                with db.transaction() as conn:
                    verb(conn)
            except AppError as error:
                return error.code
            return "done"

        return act

    acknowledge = person(lambda conn: acknowledge_alert(conn, cast.li.actor, now=clock.now(), site_id=wutong.id, alert_id=alert.id))
    close = person(
        lambda conn: resolve_alert(conn, cast.chen.actor, now=clock.now(), site_id=wutong.id, alert_id=alert.id, note="好了")
    )
    back = person(lambda conn: evaluate(conn, clock.now()))
    with db.transaction() as conn:
        conn.execute("UPDATE outbox SET delivered_at = %s, next_attempt_at = NULL", (clock.now(),))
        set_status(conn, wutong, gate, "online", clock.now())
    outcomes = run_together(acknowledge, back, close, back, acknowledge)
    assert outcomes.count("done") >= 3
    with db.transaction() as conn:
        (after,) = list_alerts(conn, site_id=wutong.id, state=None, after=None, limit=9)
        events = [delivery.event for delivery in list_deliveries(conn, site_id=wutong.id, alert_id=alert.id)]
        entries = [action for action, *_ in history(conn, alert)]
    assert after.state == "resolved"
    assert events == ["opened", "closed" if after.closed else "resolved"]
    assert entries.count("acknowledged") == (after.acknowledged_by is not None)
    assert entries.count("resolved") == (after.resolved_by is not None)
    assert entries.count("cleared") == 1


def test_what_nobody_is_on_comes_first_then_the_worst_then_the_longest(
    db: Database, cast: Cast, wutong: Site, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        for slug, kind, fault in (
            ("taken", "cctv", "video_loss"),
            ("newer", "cctv", "video_loss"),
            ("flood", "drainage", "overflow"),
        ):
            device = add_device(conn, wutong, clock.now(), slug, name=slug, kind=kind)
            since = clock.now() - (5 * MINUTE if slug == "newer" else MINUTE)
            set_status(conn, wutong, device, "fault", since, faults=[fault])
        older = add_device(conn, wutong, clock.now(), "older", name="older")
        set_status(conn, wutong, older, "offline", clock.now() - 60 * MINUTE)
        evaluate(conn, clock.now())
        taken = next(alert for alert in list_unresolved(conn, site_id=wutong.id) if alert.subject_name == "taken")
        acknowledge_alert(conn, cast.li.actor, now=clock.now(), site_id=wutong.id, alert_id=taken.id)
        names = [alert.subject_name for alert in list_unresolved(conn, site_id=wutong.id)]
        assert names == ["flood", "older", "newer", "taken"]
        waiting = count_unresolved(conn, site_id=wutong.id)
        assert (waiting.open, waiting.acknowledged) == (3, 1)
        acknowledged = list_alerts(conn, site_id=wutong.id, state="acknowledged", after=None, limit=9)
        assert [alert.subject_name for alert in acknowledged] == ["taken"]
        opened = list_alerts(conn, site_id=wutong.id, state="open", after=None, limit=2)
        following = list_alerts(conn, site_id=wutong.id, state="open", after=opened[-1].id, limit=2)
        assert sorted(alert.subject_name for alert in [*opened, *following]) == ["flood", "newer", "older"]
