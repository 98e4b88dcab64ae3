"""The time zone of a site changes: what has begun stays, the rest goes by the new clock."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Site
from assets.sites import update_site
from core.settings import Settings
from patrol import queries
from patrol.close_rounds import close_rounds
from patrol.jobs import jobs
from patrol.models import LONGEST_ROUND, Round
from patrol.plan_rounds import AHEAD, REFILL, plan_rounds
from patrol.planning.plans import PlanTimes, create_plan, retire_plan, update_plan
from patrol.slots import Window, list_slots
from people.models import SYSTEM
from store.db import Connection, Database
from tests.cast import Cast
from tests.patrol.ground import HOURLY, Ground, lay_out, type_code

MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
Slots = list[tuple[datetime, datetime]]


def move(conn: Connection, site: Site, tz: str, now: datetime) -> None:
    """The administrator changes the zone; the job that makes rounds is woken by it."""
    update_site(conn, SYSTEM, now=now, site_id=site.id, name=site.name, tz=tz, region_id=site.region_id)
    plan_rounds(conn, now)


def all_rounds(conn: Connection, site: Site) -> list[Round]:
    return queries.list_rounds(
        conn, site_id=site.id, since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2028, 1, 1, tzinfo=UTC)
    )


def slots_of(conn: Connection, site: Site) -> Slots:
    return [(each.starts_at, each.due_at) for each in all_rounds(conn, site)]


def planned(times: PlanTimes, tz: str, since: datetime, until: datetime) -> Slots:
    window = Window(from_time=times.from_time, until_time=times.until_time, every=timedelta(minutes=times.every_minutes))
    return [(slot.starts_at, slot.due_at) for slot in list_slots(window, ZoneInfo(tz), since, until)]


NIGHT = PlanTimes(from_time=time(20), until_time=time(6), every_minutes=60)
DAILY = PlanTimes(from_time=time(8), until_time=time(8), every_minutes=1440)
SHORT = PlanTimes(from_time=time(1, 30), until_time=time(3, 30), every_minutes=45)


@pytest.mark.parametrize("times", [HOURLY, NIGHT, DAILY, SHORT], ids=["hourly", "night", "daily", "short"])
@pytest.mark.parametrize(
    "tz",
    [
        "Asia/Kathmandu",  # a quarter of an hour off the full one
        "Pacific/Auckland",  # hours ahead: the day is over sooner
        "America/Los_Angeles",  # behind by most of a day: the day is longer
        "Pacific/Kiritimati",
    ],
)
def test_what_has_begun_stays_and_the_rest_goes_by_the_new_clock(
    conn: Connection, cast: Cast, wutong: Site, now: datetime, tz: str, times: PlanTimes
) -> None:
    lay_out(conn, cast.chen.actor, wutong, now - 30 * HOUR, times=times)
    plan_rounds(conn, now - 5 * HOUR)
    later = now + 20 * MINUTE
    before = slots_of(conn, wutong)
    move(conn, wutong, tz, later)
    begun = [slot for slot in before if slot[0] <= later]
    assert slots_of(conn, wutong) == begun + planned(times, tz, later, later + AHEAD)
    plan_rounds(conn, later + REFILL)
    plan_rounds(conn, later + 2 * REFILL)
    expected = begun + planned(times, tz, later, later + 2 * REFILL + AHEAD)
    assert slots_of(conn, wutong) == expected[: len(slots_of(conn, wutong))]
    assert slots_of(conn, wutong)[-1][0] >= later + 3 * REFILL


@pytest.mark.parametrize(
    "at", [datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2027, 3, 27, 20, tzinfo=UTC)], ids=["back", "forward"]
)
def test_a_night_on_which_clocks_change_is_planned_as_it_is_there(conn: Connection, cast: Cast, wutong: Site, at: datetime) -> None:
    lay_out(conn, cast.chen.actor, wutong, at, times=NIGHT)
    move(conn, wutong, "Europe/Berlin", at)
    begins = at.replace(hour=18) if at.month == 10 else at.replace(hour=19)
    first = [slot for slot in slots_of(conn, wutong) if slot[0] < begins + 14 * HOUR]
    assert first == planned(NIGHT, "Europe/Berlin", at, begins + 14 * HOUR)
    assert len(planned(NIGHT, "Europe/Berlin", begins, begins + 14 * HOUR)) == (11 if at.month == 10 else 9)


def test_a_round_that_is_gone_is_not_missed(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    lay_out(conn, cast.chen.actor, wutong, now, times=NIGHT)
    later = now + 7 * HOUR  # 19:00 in Shanghai, 00:00 in Auckland: four rounds of its night are over
    move(conn, wutong, "Pacific/Auckland", later)
    close_rounds(conn, later + 2 * HOUR)
    missed = [(each.starts_at, each.due_at) for each in all_rounds(conn, wutong) if each.state == "missed"]
    assert missed == [(later, later + HOUR)]
    assert planned(NIGHT, "Asia/Shanghai", later, later + 2 * HOUR) == [(later + HOUR, later + 2 * HOUR)]


def test_the_round_under_way_is_finished_as_it_was_begun(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    type_code(conn, cast.wang.actor, ground.site, ground.codes[0], now + 5 * MINUTE)
    move(conn, ground.site, "Asia/Kathmandu", now + 10 * MINUTE)
    for code in ground.codes[1:]:
        type_code(conn, cast.wang.actor, ground.site, code, now + 14 * MINUTE)
    first, second = all_rounds(conn, ground.site)[:2]
    assert (first.starts_at, first.state, first.seen) == (now, "verified", 3)
    assert (second.starts_at, second.state, second.seen) == (now + 15 * MINUTE, "open", 0)


def test_there_and_back_is_as_if_nothing_had_been(conn: Connection, ground: Ground, now: datetime) -> None:
    before = slots_of(conn, ground.site)
    move(conn, ground.site, "Asia/Kathmandu", now + MINUTE)
    assert slots_of(conn, ground.site) != before
    move(conn, ground.site, "Asia/Shanghai", now + 2 * MINUTE)
    assert slots_of(conn, ground.site)[: len(before)] == before


def test_a_plan_from_tomorrow_on_begins_tomorrow(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    site, route = ground.site, ground.route
    retire_plan(conn, cast.chen.actor, now=now, site_id=site.id, plan_id=ground.plan.id)
    create_plan(
        conn, cast.chen.actor, now=now, site_id=site.id, route_id=route.id, name="明天起", times=HOURLY, active_from=now + 24 * HOUR
    )
    move(conn, site, "Asia/Kathmandu", now + MINUTE)
    assert [start for start, _ in slots_of(conn, site)][:2] == [now, now + 24 * HOUR + 15 * MINUTE]


def test_another_site_and_a_retired_plan_are_left_alone(
    conn: Connection, cast: Cast, ground: Ground, jinxiu: Site, now: datetime
) -> None:
    lay_out(conn, cast.sun.actor, jinxiu, now)
    ids = [each.id for each in all_rounds(conn, jinxiu)]
    retire_plan(conn, cast.chen.actor, now=now, site_id=ground.site.id, plan_id=ground.plan.id)
    move(conn, ground.site, "Asia/Kathmandu", now + MINUTE)
    assert [each.id for each in all_rounds(conn, jinxiu)] == ids
    assert slots_of(conn, ground.site) == [(now, now + HOUR)]


def test_a_round_somebody_was_seen_on_is_never_taken_back(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    """The clock of the process that took the check-in was ahead of the one that plans."""
    ahead = now + HOUR
    type_code(conn, cast.wang.actor, ground.site, ground.codes[0], ahead + MINUTE)
    move(conn, ground.site, "Asia/Kathmandu", ahead - MINUTE)
    kept = {each.starts_at: each for each in all_rounds(conn, ground.site)}
    assert kept[ahead].seen == 1
    assert sorted(kept)[:3] == [now, ahead, ahead + 15 * MINUTE]


def test_a_plan_changed_after_the_zone_goes_by_the_new_clock(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    site, later = ground.site, now + 20 * MINUTE
    update_site(conn, SYSTEM, now=later, site_id=site.id, name=site.name, tz="Asia/Kathmandu", region_id=site.region_id)
    update_plan(
        conn, cast.chen.actor, now=later, site_id=site.id, plan_id=ground.plan.id, route_id=ground.route.id, name="夜", times=NIGHT
    )
    assert slots_of(conn, site) == [(now, now + HOUR), *planned(NIGHT, "Asia/Kathmandu", later, later + AHEAD)]


def test_the_job_is_woken_by_a_change_of_the_ledger() -> None:
    assert [job.slug for job in jobs(Settings()) if "ledger" in job.wake_on] == ["plan_rounds"]


def test_two_processes_plan_anew_together(
    db: Database, ground: Ground, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    site = ground.site
    with db.transaction() as conn:
        update_site(conn, SYSTEM, now=now, site_id=site.id, name=site.name, tz="Asia/Kathmandu", region_id=site.region_id)

    def plan() -> int:
        with db.transaction() as conn:
            return plan_rounds(conn, now + MINUTE)

    assert sorted(int(str(made)) for made in run_together(plan, plan)) == [0, 48]
    with db.transaction() as conn:
        assert slots_of(conn, site) == [(now, now + HOUR), *planned(HOURLY, "Asia/Kathmandu", now + MINUTE, now + MINUTE + AHEAD)]


zones = st.sampled_from(
    ["Asia/Shanghai", "Asia/Kathmandu", "Pacific/Auckland", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"]
)
times_of_day = st.builds(time, st.integers(0, 23), st.sampled_from([0, 20, 45]))


@given(
    times=st.builds(PlanTimes, from_time=times_of_day, until_time=times_of_day, every_minutes=st.sampled_from([45, 60, 240, 1440])),
    changes=st.lists(st.tuples(st.integers(0, 900), zones), max_size=5),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_or_double_whatever_the_changes(
    conn: Connection, ground: Ground, cast: Cast, now: datetime, times: PlanTimes, changes: list[tuple[int, str]]
) -> None:
    site, tz = ground.site, "Asia/Shanghai"
    with conn.transaction(force_rollback=True):
        retire_plan(conn, cast.chen.actor, now=now, site_id=site.id, plan_id=ground.plan.id)
        plan = create_plan(conn, cast.chen.actor, now=now, site_id=site.id, route_id=ground.route.id, name="x", times=times)
        due: dict[datetime, datetime] = {}
        since, at = now, now
        for minutes, zone in changes:
            at += minutes * MINUTE
            if zone != tz:
                plan_rounds(conn, at)
                due = dict(planned(times, tz, since, at + MICROSECOND)) | due
                since, tz = at, zone
            move(conn, site, zone, at)
        due = dict(planned(times, tz, since, at + REFILL)) | due  # a round that has begun is due as it was
        found = [(each.starts_at, each.due_at) for each in all_rounds(conn, site) if each.plan_id == plan.id]
        assert [slot for slot in found if slot[0] < at + REFILL] == sorted(due.items())
        close_rounds(conn, at + REFILL)
        closed = [
            (each.starts_at, each.due_at) for each in all_rounds(conn, site) if each.state == "missed" and each.plan_id == plan.id
        ]
        assert set(closed) == {slot for slot in due.items() if slot[1] + times.grace_minutes * MINUTE < at + REFILL}
        assert all(due - start <= LONGEST_ROUND for start, due in found)
