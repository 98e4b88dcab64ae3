"""A day's rounds counted, and the gaps beside the slots."""

from datetime import datetime, time, timedelta

from assets.models import Site
from assets.sites import create_area
from patrol.close_rounds import close_rounds
from patrol.planning.checkpoints import update_checkpoint
from patrol.planning.plans import PlanTimes, create_plan
from patrol.today import get_day, today_of
from store.db import Connection
from tests.cast import Cast
from tests.patrol.ground import Ground, lay_out, type_code

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_the_day_is_that_of_the_site(wutong: Site, now: datetime) -> None:
    assert today_of(wutong, now + 12 * HOUR).day == now.day + 1  # midnight in Shanghai


def test_rounds_and_checks_are_counted(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    for minutes in (1, 62):  # the first in time; of the second one place, and the others in the grace
        for code in ground.codes if minutes == 1 else ground.codes[:1]:
            type_code(conn, cast.wang.actor, ground.site, code, now + minutes * MINUTE)
    for code in ground.codes[1:]:
        type_code(conn, cast.wang.actor, ground.site, code, now + 123 * MINUTE)
    end = now + 3 * HOUR + 30 * MINUTE
    close_rounds(conn, end)
    summary = get_day(conn, ground.site, today_of(ground.site, now), end).summary
    assert (summary.verified, summary.late, summary.missed, summary.running) == (1, 1, 1, 1)
    assert (summary.total, summary.upcoming) == (12, 8)
    assert (summary.checks_due, summary.checks_seen) == (9, 8)
    assert summary.coverage == 8 / 9


def test_before_the_first_round_there_is_no_coverage(conn: Connection, ground: Ground, now: datetime) -> None:
    assert get_day(conn, ground.site, today_of(ground.site, now), now).summary.coverage is None


def test_every_slot_kept_and_still_nearly_two_hours_between(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    ground = lay_out(conn, cast.chen.actor, wutong, now, names=("东门岗",))
    for minutes in (1, 119, 125):
        type_code(conn, cast.wang.actor, wutong, ground.codes[0], now + minutes * MINUTE)
    day = get_day(conn, wutong, today_of(wutong, now), now + 130 * MINUTE)
    assert day.summary.verified == 3
    (gap,) = day.gaps
    assert (gap.gap.length, gap.limit, gap.too_long) == (118 * MINUTE, HOUR, True)


def test_a_key_area_is_held_to_an_hour_whatever_the_plan(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    relaxed = PlanTimes(from_time=time(0), until_time=time(0), every_minutes=120)
    ground = lay_out(conn, cast.chen.actor, wutong, now, names=("水泵房", "花园"), times=relaxed)
    area = create_area(conn, cast.admin.actor, now=now, site_id=wutong.id, slug="pumps", name="水泵房", key_area=True)
    pump = ground.checkpoints[0]
    update_checkpoint(
        conn, cast.chen.actor, now=now, site_id=wutong.id, checkpoint_id=pump.id, name=pump.name, code=pump.code, area_id=area.id
    )
    gaps = get_day(conn, wutong, today_of(wutong, now), now + 90 * MINUTE).gaps
    assert {gap.checkpoint_name: gap.too_long for gap in gaps} == {"水泵房": True, "花园": False}
    assert all(gap.gap.running for gap in gaps)


def test_each_plan_is_held_to_its_own_slot(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    """Hourly until 13:00, then every ten minutes: twelve minutes are nothing before and too long after."""
    hourly = PlanTimes(from_time=time(12), until_time=time(13), every_minutes=60)
    ground = lay_out(conn, cast.chen.actor, wutong, now, names=("东门岗",), times=hourly)
    often = PlanTimes(from_time=time(13), until_time=time(14), every_minutes=10)
    create_plan(conn, cast.chen.actor, now=now, site_id=wutong.id, route_id=ground.route.id, name="加密", times=often)
    for minutes in (50, 62, 70, 80, 92, 100):
        type_code(conn, cast.wang.actor, wutong, ground.codes[0], now + minutes * MINUTE)
    at_first, later = (get_day(conn, wutong, today_of(wutong, now), now + m * MINUTE).gaps[0] for m in (81, 101))
    assert (at_first.gap.length, at_first.limit, at_first.too_long) == (50 * MINUTE, HOUR, False)
    assert (later.gap.length, later.limit, later.too_long) == (12 * MINUTE, 10 * MINUTE, True)


def test_a_gap_over_midnight_is_of_the_day_it_ends_on(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    ground = lay_out(conn, cast.chen.actor, wutong, now, names=("东门岗",))
    for hour in range(24):
        if hour != 12:
            type_code(conn, cast.wang.actor, wutong, ground.codes[0], now + hour * HOUR + 20 * MINUTE)
    tomorrow = today_of(wutong, now) + timedelta(days=1)
    (gap,) = get_day(conn, wutong, tomorrow, now + 24 * HOUR).gaps
    assert gap.gap.length == 2 * HOUR
    assert gap.gap.since == now + 11 * HOUR + 20 * MINUTE
