"""The manager's first look adds up, and shows only the own site and the own day."""

from datetime import datetime, time, timedelta

from alerts.acknowledge import acknowledge_alert
from alerts.engine import evaluate
from assets.devices import register_device
from assets.models import Site
from core.clock import ManualClock
from ingest.kinds import all_kinds
from patrol.close_rounds import close_rounds
from patrol.notices.issue import issue_notice
from patrol.plan_rounds import plan_rounds
from patrol.planning.checkpoints import create_checkpoint
from patrol.planning.plans import PlanTimes, create_plan
from patrol.planning.routes import create_route
from people.models import SYSTEM
from reports.models import RoundCounts
from reports.today import site_today
from store.db import Connection, Database
from tests.cast import Cast


def add_device(conn: Connection, site: Site, now: datetime, slug: str, status: str) -> int:
    device = register_device(
        conn, SYSTEM, now=now, site_id=site.id, slug=slug, kind="gate_barrier", kinds=all_kinds().keys(), name=slug
    )
    conn.execute(
        "UPDATE device_state SET status = %s, since = %s, reason = 'will' WHERE site_id = %s AND device_id = %s",
        (status, now, site.id, device.id),
    )
    return device.id


def test_an_outage_shows_who_is_on_it_and_stays_within_its_site(
    db: Database, cast: Cast, wutong: Site, jinxiu: Site, now: datetime
) -> None:
    with db.transaction() as conn:
        add_device(conn, wutong, now, "gate-east", "online")
        add_device(conn, wutong, now, "gate-west", "offline")
        add_device(conn, jinxiu, now, "gate-main", "offline")
        evaluate(conn, now)
        before = site_today(conn, site=wutong, now=now)
        assert (before.devices.total, before.devices.online, before.devices.down) == (2, 1, 1)
        assert (before.open_alerts, before.unacknowledged_alerts) == (1, 1)
        (down,) = before.down
        assert (down.slug, down.acknowledged_by) == ("gate-west", None)
        assert down.alert_id is not None
        acknowledge_alert(conn, cast.chen.actor, now=now, site_id=wutong.id, alert_id=down.alert_id)
        after = site_today(conn, site=wutong, now=now)
        assert (after.open_alerts, after.unacknowledged_alerts) == (1, 0)
        assert after.down[0].acknowledged_by == "陈静"


def test_a_retired_device_is_not_counted(db: Database, wutong: Site, now: datetime) -> None:
    with db.transaction() as conn:
        device = add_device(conn, wutong, now, "gate-old", "offline")
        conn.execute("UPDATE device SET retired_at = %s WHERE id = %s", (now, device))
        today = site_today(conn, site=wutong, now=now)
        assert (today.devices.total, today.down) == (0, [])


def test_missed_rounds_and_overdue_notices_are_told(db: Database, cast: Cast, wutong: Site, clock: ManualClock) -> None:
    now = clock.now()
    with db.transaction() as conn:
        gate = create_checkpoint(conn, SYSTEM, now=now, site_id=wutong.id, name="东门")
        route = create_route(conn, SYSTEM, now=now, site_id=wutong.id, name="门岗", checkpoint_ids=[gate.id])
        times = PlanTimes(from_time=time(0), until_time=time(0), every_minutes=60, grace_minutes=5)
        create_plan(conn, SYSTEM, now=now, site_id=wutong.id, route_id=route.id, name="每小时", times=times)
        plan_rounds(conn, now)
        issue_notice(
            conn,
            cast.chen.actor,
            now=now,
            site_id=wutong.id,
            title="清理消防通道",
            department="security",
            due_at=now + timedelta(hours=1),
        )
        later = clock.advance(timedelta(hours=2, minutes=30))
        close_rounds(conn, later)
        today = site_today(conn, site=wutong, now=later)
    assert (today.rounds.missed, today.rounds.open, today.rounds.verified) == (2, 1, 0)
    assert [each.state for each in today.rounds_now] == ["open", "missed", "missed"]
    assert today.notices[0].overdue(later) == timedelta(hours=1, minutes=30)
    assert today.rounds.coverage == 0


def test_coverage_is_unknown_while_nothing_is_decided() -> None:
    assert RoundCounts(total=3, verified=0, missed=0, open=1, ahead=2).coverage is None


def test_a_device_with_a_fault_that_falls_silent_stays_on_the_list(db: Database, wutong: Site, now: datetime) -> None:
    with db.transaction() as conn:
        device = add_device(conn, wutong, now, "gate-east", "fault")
        evaluate(conn, now)
        conn.execute("UPDATE device_state SET status = 'stale' WHERE device_id = %s", (device,))
        evaluate(conn, now)
        today = site_today(conn, site=wutong, now=now)
    assert today.devices.down == 1
    assert [(each.slug, each.status) for each in today.down] == [("gate-east", "stale")]
