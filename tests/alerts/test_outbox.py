"""Notifications arrive at least once, in order, by real HTTP, and what cannot arrive is seen."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest

from alerts.acknowledge import acknowledge_alert
from alerts.channels import webhook
from alerts.engine import evaluate
from alerts.manage_channels import create_channel, retire_channel
from alerts.models import Alert, Channel, Delivery
from alerts.outbox import GIVE_UP_AFTER, KEPT_FOR, DeliverySettings, deliver_due, purge, retry_delay
from alerts.queries.alerts import list_unresolved
from alerts.queries.channels import list_channel_status, list_channels
from alerts.queries.outbox import claim_due, list_deliveries
from alerts.resolve import resolve_alert
from assets.models import Device, Site
from core.clock import ManualClock
from people.models import SYSTEM
from store.db import Connection, Database
from tests.alerts.receiver import Receiver
from tests.alerts.world import add_device, count, set_status
from tests.cast import Cast

SETTINGS = DeliverySettings(base_url="https://gatehouse.example", dice=lambda: 1.0)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alert(db: Database, wutong: Site, gate: Device, channel: Channel, now: datetime) -> Alert:
    """The south gate is offline."""
    with db.transaction() as conn:
        set_status(conn, wutong, gate, "offline", now, reason="will")
        evaluate(conn, now)
        (alert,) = list_unresolved(conn, site_id=wutong.id)
    return alert


def recover(db: Database, site: Site, gate: Device, now: datetime) -> None:
    with db.transaction() as conn:
        set_status(conn, site, gate, "online", now)
        evaluate(conn, now)


def deliveries(db: Database, alert: Alert) -> list[Delivery]:
    with db.transaction() as conn:
        return list_deliveries(conn, site_id=alert.site_id, alert_id=alert.id)


def test_the_receiver_is_told_what_where_since_when(
    db: Database, wutong: Site, gate: Device, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    assert deliver_due(db, clock, SETTINGS) == 1
    (got,) = receiver.received
    assert got.path == "/alerts?token=s3cret"
    assert got.headers["Idempotency-Key"].startswith(f"alert-{alert.id}-opened-")
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    assert {
        name: got.json[name] for name in ("event", "site", "alert", "rule", "severity", "subject", "subject_name", "place")
    } == {
        "event": "opened",
        "site": "wutong",
        "alert": alert.id,
        "rule": "device_offline",
        "severity": "major",
        "subject": f"device:{gate.id}",
        "subject_name": "南门道闸",
        "place": "南门岗亭",
    }
    assert got.json["since"] == "2026-11-22T04:00:00+00:00"
    assert got.json["facts"]["device"] == "gate-south"
    assert got.json["url"] == f"https://gatehouse.example/s/wutong/alerts/{alert.id}"
    assert got.json["title"] == "【严重告警】梧桐苑：南门道闸离线"
    assert got.json["body"].splitlines()[:3] == ["位置：南门岗亭", "开始时间：2026-11-22 12:00", "设备类型：道闸"]
    assert deliver_due(db, clock, SETTINGS) == 0
    (delivery,) = deliveries(db, alert)
    assert (delivery.delivered_at, delivery.attempts) == (clock.now(), 1)


def test_the_end_is_told_after_the_beginning(
    db: Database, wutong: Site, gate: Device, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    recover(db, wutong, gate, clock.advance(MINUTE))
    assert deliver_due(db, clock, SETTINGS) == 2
    assert receiver.events == [(alert.id, "opened"), (alert.id, "resolved")]
    assert receiver.received[1].json["title"] == "【告警恢复】梧桐苑：南门道闸恢复在线"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_alert_that_somebody_closes_is_told_as_closed_and_not_as_over(
    db: Database, cast: Cast, wutong: Site, receiver: Receiver, channel: Channel, alert: Alert, clock: ManualClock, language: str
) -> None:
    deliver_due(db, clock, SETTINGS)
    clock.advance(MINUTE)
    with db.transaction() as conn:
        conn.execute("UPDATE notification_channel SET language = %s", (language,))
        resolve_alert(conn, cast.zhao.actor, now=clock.now(), site_id=wutong.id, alert_id=alert.id, note="已更换保险丝，等待供电")
    deliver_due(db, clock, SETTINGS)
    got = receiver.received[1].json
    assert (got["event"], got["resolved_by"], got["resolution"]) == ("closed", "赵工", "已更换保险丝，等待供电")
    title, *lines = (got["title"], *got["body"].splitlines())
    if language == "zh":
        assert title == "【赵工已关闭告警】梧桐苑：南门道闸离线"
        assert lines[2:5] == ["关闭时间：2026-11-22 12:01", "关闭人：赵工", "原因及处理：已更换保险丝，等待供电"]
        assert lines[5].startswith("注意：问题目前仍然存在。")
        assert "恢复时间" not in got["body"]
    else:
        assert title == "[Closed by 赵工] 梧桐苑: 南门道闸 is offline"
        assert lines[2:5] == ["Closed: 22 Nov 2026, 12:01", "Closed by: 赵工", "Cause and measures: 已更换保险丝，等待供电"]
        assert lines[5].startswith("Note: The condition still holds.")
        assert "Over since" not in got["body"]
    assert [delivery.event for delivery in deliveries(db, alert)] == ["opened", "closed"]


def test_the_end_waits_until_the_beginning_has_arrived(
    db: Database, wutong: Site, gate: Device, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    receiver.answers = [503, 500]
    deliver_due(db, clock, SETTINGS)
    recover(db, wutong, gate, clock.advance(timedelta(seconds=1)))
    deliver_due(db, clock, SETTINGS)
    assert receiver.events == [(alert.id, "opened")]
    clock.advance(timedelta(seconds=4))
    deliver_due(db, clock, SETTINGS)
    assert [delivery.last_error for delivery in deliveries(db, alert)] == ["status:500", ""]
    clock.advance(timedelta(seconds=10))
    deliver_due(db, clock, SETTINGS)
    assert receiver.events == [(alert.id, "opened")] * 3 + [(alert.id, "resolved")]
    keys = [got.headers["Idempotency-Key"] for got in receiver.received]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


@pytest.mark.parametrize("status", [400, 404, 410])
def test_what_the_receiver_will_never_take_is_given_up_at_once(
    db: Database, wutong: Site, receiver: Receiver, alert: Alert, clock: ManualClock, status: int
) -> None:
    receiver.answers = [status]
    deliver_due(db, clock, SETTINGS)
    (delivery,) = deliveries(db, alert)
    assert (delivery.failed_at, delivery.last_error) == (clock.now(), f"status:{status}")
    with db.transaction() as conn:
        (health,) = list_channel_status(conn, site_id=wutong.id, failed_after=clock.now() - MINUTE)
        (seen,) = list_channels(conn, site_id=wutong.id)
    assert (health.waiting, health.failed) == (0, 1)
    assert (seen.tried_at, seen.last_error) == (clock.now(), f"status:{status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502])
def test_what_may_pass_is_tried_again(db: Database, receiver: Receiver, alert: Alert, clock: ManualClock, status: int) -> None:
    receiver.answers = [status]
    deliver_due(db, clock, SETTINGS)
    clock.advance(timedelta(seconds=5))
    deliver_due(db, clock, SETTINGS)
    (delivery,) = deliveries(db, alert)
    assert (delivery.delivered_at, delivery.attempts, delivery.last_error) == (clock.now(), 2, "")


def test_a_receiver_that_does_not_answer_is_tried_again(
    db: Database, receiver: Receiver, alert: Alert, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_TIMEOUT", httpx.Timeout(0.2))
    receiver.answers = [None]
    deliver_due(db, clock, SETTINGS)
    assert [delivery.last_error for delivery in deliveries(db, alert)] == ["timeout"]


def test_after_a_day_it_is_given_up(db: Database, receiver: Receiver, alert: Alert, clock: ManualClock) -> None:
    receiver.answers = [503] * 1000
    opened_at = clock.now()
    while (delivery := deliveries(db, alert)[0]).failed_at is None:
        assert delivery.next_attempt_at is not None
        clock.advance(delivery.next_attempt_at - clock.now())
        deliver_due(db, clock, SETTINGS)
    assert timedelta(hours=22) < delivery.failed_at - opened_at <= GIVE_UP_AFTER
    assert len(receiver.received) == delivery.attempts < 40


def test_delays_double_up_to_an_hour_and_are_spread_by_dice() -> None:
    whole = [retry_delay(attempt, 1.0).total_seconds() for attempt in range(1, 13)]
    assert whole == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert retry_delay(3, 0.0) == timedelta(seconds=10)
    assert retry_delay(10_000, 1.0) == timedelta(hours=1)


def test_a_process_that_died_while_sending_leaves_it_to_be_sent_again(
    db: Database, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        claimed = claim_due(conn, now=clock.now(), until=clock.now() + 5 * MINUTE, busy=[], each=10, limit=10)
    assert len(claimed) == 1
    assert deliver_due(db, clock, SETTINGS) == 0
    clock.advance(5 * MINUTE)
    assert deliver_due(db, clock, SETTINGS) == 1
    assert receiver.received[0].headers["Idempotency-Key"] == claimed[0].idempotency_key


def test_several_deliverers_at_once_send_each_once(
    db: Database, wutong: Site, channel: Channel, receiver: Receiver, clock: ManualClock, run_together: Callable[..., list[object]]
) -> None:
    with db.transaction() as conn:
        for number in range(30):
            device = add_device(conn, wutong, clock.now(), f"camera-{number}", area=None)
            set_status(conn, wutong, device, "offline", clock.now())
        evaluate(conn, clock.now())
        conn.execute("UPDATE device_state SET status = 'online'")
        evaluate(conn, clock.now())
    run_together(*[lambda: deliver_due(db, clock, SETTINGS)] * 3)
    deliver_due(db, clock, SETTINGS)
    keys = [got.headers["Idempotency-Key"] for got in receiver.received]
    assert len(keys) == len(set(keys)) == 60
    for alert_id in {alert for alert, _ in receiver.events}:
        assert [event for alert, event in receiver.events if alert == alert_id] == ["opened", "resolved"]


def test_a_dead_channel_is_tried_once_and_holds_nobody_up(
    db: Database, wutong: Site, channel: Channel, clock: ManualClock, now: datetime
) -> None:
    with Receiver() as dead, db.transaction() as conn:
        address = dead.url
        create_channel(conn, SYSTEM, now=now, site_id=wutong.id, kind="webhook", name="坏的", address=address, language="en")
        for number in range(5):
            device = add_device(conn, wutong, now, f"camera-{number}", area=None)
            set_status(conn, wutong, device, "offline", now)
        evaluate(conn, now)
    assert deliver_due(db, clock, SETTINGS) == 5 + 1
    with db.transaction() as conn:
        assert count(conn, "outbox WHERE delivered_at IS NOT NULL") == 5
        assert count(conn, "outbox WHERE attempts = 0 AND next_attempt_at > created_at") == 4
        assert count(conn, "outbox WHERE last_error = 'unreachable'") == 1


def test_an_acknowledgement_ends_the_retries(
    db: Database, cast: Cast, wutong: Site, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    receiver.answers = [503]
    deliver_due(db, clock, SETTINGS)
    with db.transaction() as conn:
        acknowledge_alert(conn, cast.li.actor, now=clock.advance(MINUTE), site_id=wutong.id, alert_id=alert.id)
    assert deliver_due(db, clock, SETTINGS) == 0
    assert len(receiver.received) == 1


def test_who_may_have_been_told_is_told_of_the_end(
    db: Database, cast: Cast, wutong: Site, gate: Device, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    receiver.answers = [503]  # an answer may get lost after the message was taken
    deliver_due(db, clock, SETTINGS)
    with db.transaction() as conn:
        acknowledge_alert(conn, cast.li.actor, now=clock.advance(MINUTE), site_id=wutong.id, alert_id=alert.id)
    recover(db, wutong, gate, clock.advance(MINUTE))
    deliver_due(db, clock, SETTINGS)
    assert receiver.events[-1] == (alert.id, "resolved")


def test_a_retired_channel_gets_nothing_that_waited(
    db: Database, cast: Cast, wutong: Site, gate: Device, channel: Channel, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        retire_channel(conn, cast.chen.actor, now=clock.now(), site_id=wutong.id, channel_id=channel.id)
    recover(db, wutong, gate, clock.advance(MINUTE))
    assert deliver_due(db, clock, SETTINGS) == 0
    assert receiver.received == []


def test_a_message_of_ours_that_breaks_is_noted_and_holds_nobody_up(
    db: Database, wutong: Site, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    with db.transaction() as conn:
        second = add_device(conn, wutong, clock.now(), "second", name="北门道闸")
        set_status(conn, wutong, second, "fault", clock.now())
        evaluate(conn, clock.now())
        conn.execute("UPDATE alert SET facts = '{}' WHERE id = %s", (alert.id,))
    deliver_due(db, clock, SETTINGS)
    assert [delivery.last_error for delivery in deliveries(db, alert)] == ["internal"]
    clock.advance(timedelta(seconds=5))
    deliver_due(db, clock, SETTINGS)
    assert [got.json["subject_name"] for got in receiver.received] == ["北门道闸"]


def test_old_notifications_go_when_their_alert_is_over(
    db: Database, wutong: Site, gate: Device, receiver: Receiver, alert: Alert, clock: ManualClock
) -> None:
    deliver_due(db, clock, SETTINGS)

    def purged(conn: Connection) -> int:
        return purge(conn, clock.now())

    clock.advance(KEPT_FOR + MINUTE)
    with db.transaction() as conn:
        assert purged(conn) == 0
    recover(db, wutong, gate, clock.advance(MINUTE))
    deliver_due(db, clock, SETTINGS)
    clock.advance(KEPT_FOR + MINUTE)
    with db.transaction() as conn:
        assert purged(conn) == 2
        assert count(conn, "outbox") == 0
