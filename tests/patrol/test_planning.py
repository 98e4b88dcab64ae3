"""Checkpoints, routes and plans change; rounds that have begun do not."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest

from assets.models import Site
from assets.sites import create_area
from core.errors import Conflict, Invalid, NotFound
from patrol import queries as rounds
from patrol.models import Round
from patrol.plan_rounds import AHEAD, plan_rounds
from patrol.planning.checkpoints import create_checkpoint, restore_checkpoint, retire_checkpoint, update_checkpoint
from patrol.planning.plans import PlanTimes, create_plan, retire_plan, update_plan
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.planning.queries import routes as route_queries
from patrol.planning.routes import create_route, retire_route, update_route
from store.db import Connection, Database, fetch_value
from tests.cast import Cast
from tests.patrol.ground import HOURLY, Ground

HOUR = timedelta(hours=1)


def all_rounds(conn: Connection, site: Site, now: datetime) -> list[Round]:
    return rounds.list_rounds(conn, site_id=site.id, since=now - AHEAD, until=now + 2 * AHEAD)


def test_a_code_is_made_when_none_is_given(ground: Ground) -> None:
    assert all(len(code) == 6 and code.isdigit() for code in ground.codes)


def test_a_code_is_unique_in_its_site_and_free_in_another(
    conn: Connection, cast: Cast, ground: Ground, jinxiu: Site, now: datetime
) -> None:
    code = ground.codes[0]
    with pytest.raises(Conflict, match="checkpoint_code_taken"):
        create_checkpoint(conn, cast.chen.actor, now=now, site_id=ground.site.id, name="西门", code=code)
    assert create_checkpoint(conn, cast.sun.actor, now=now, site_id=jinxiu.id, name="西门", code=code).code == code


def test_a_checkpoint_is_changed_and_the_change_audited(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    area = create_area(conn, cast.admin.actor, now=now, site_id=ground.site.id, slug="garage", name="地下车库", key_area=True)
    first = ground.checkpoints[0]
    after = update_checkpoint(
        conn, cast.chen.actor, now=now, site_id=ground.site.id, checkpoint_id=first.id, name="东大门", code="ab-12", area_id=area.id
    )
    assert (after.name, after.code, after.area_name, after.key_area) == ("东大门", "AB12", "地下车库", True)
    detail = fetch_value(conn, "SELECT detail FROM audit_entry WHERE action = 'checkpoint.changed'")
    assert detail == {"name": [first.name, "东大门"], "code": [first.code, "AB12"], "area_id": [None, area.id]}
    with pytest.raises(Conflict, match="checkpoint_code_taken"):
        update_checkpoint(
            conn, cast.chen.actor, now=now, site_id=ground.site.id, checkpoint_id=first.id, name="东大门", code=ground.codes[1],
            area_id=None,
        )  # fmt: skip
    assert checkpoint_queries.get_checkpoint(conn, ground.site.id, first.id) == after


def test_an_area_of_another_site_is_no_choice(conn: Connection, cast: Cast, ground: Ground, jinxiu: Site, now: datetime) -> None:
    area = create_area(conn, cast.admin.actor, now=now, site_id=jinxiu.id, slug="garage", name="车库")
    with pytest.raises(Invalid, match="choice_unknown"):
        create_checkpoint(conn, cast.chen.actor, now=now, site_id=ground.site.id, name="车库", area_id=area.id)


def test_a_checkpoint_on_a_route_stays_until_it_is_taken_off(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    site_id, first = ground.site.id, ground.checkpoints[0]
    with pytest.raises(Conflict, match="外围路线"):
        retire_checkpoint(conn, cast.chen.actor, now=now, site_id=site_id, checkpoint_id=first.id)
    others = [checkpoint.id for checkpoint in ground.checkpoints[1:]]
    update_route(conn, cast.chen.actor, now=now, site_id=site_id, route_id=ground.route.id, name="外围路线", checkpoint_ids=others)
    retire_checkpoint(conn, cast.chen.actor, now=now, site_id=site_id, checkpoint_id=first.id)
    assert first.id not in {checkpoint.id for checkpoint in checkpoint_queries.list_checkpoints(conn, site_id)}
    with pytest.raises(Invalid, match="choice_unknown"):
        create_route(conn, cast.chen.actor, now=now, site_id=site_id, name="旧路线", checkpoint_ids=[first.id])
    restore_checkpoint(conn, cast.chen.actor, now=now, site_id=site_id, checkpoint_id=first.id)
    assert checkpoint_queries.get_checkpoint(conn, site_id, first.id).active


def test_a_route_cannot_take_up_a_checkpoint_that_is_being_retired(
    db: Database, cast: Cast, ground: Ground, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    with db.transaction() as conn:
        spare = create_checkpoint(conn, cast.chen.actor, now=now, site_id=ground.site.id, name="天台")

    def attempt(verb: Callable[[Connection], object]) -> bool:
        try:
            with db.transaction() as conn:
                verb(conn)
        except (Conflict, Invalid):
            return False
        return True

    retired, routed = run_together(
        lambda: attempt(
            lambda conn: retire_checkpoint(conn, cast.chen.actor, now=now, site_id=ground.site.id, checkpoint_id=spare.id)
        ),
        lambda: attempt(
            lambda conn: create_route(
                conn, cast.li.actor, now=now, site_id=ground.site.id, name="天台路线", checkpoint_ids=[spare.id]
            )
        ),
    )
    assert retired != routed


def test_a_changed_route_holds_for_rounds_that_have_not_begun(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    later = now + timedelta(minutes=20)
    ids = [checkpoint.id for checkpoint in reversed(ground.checkpoints[:2])]
    route = update_route(
        conn, cast.chen.actor, now=later, site_id=ground.site.id, route_id=ground.route.id, name="短路线", checkpoint_ids=ids
    )
    assert route.checkpoint_ids == ids
    assert [r.total for r in all_rounds(conn, ground.site, now)][:3] == [3, 2, 2]


@pytest.mark.parametrize(("pick", "code"), [([], "route_empty"), ([0, 0], "route_repeats"), ([99], "choice_unknown")])
def test_a_route_passes_each_of_its_checkpoints_once(
    conn: Connection, cast: Cast, ground: Ground, now: datetime, pick: list[int], code: str
) -> None:
    ids = [ground.checkpoints[i].id if i < 3 else 10**9 for i in pick]
    with pytest.raises(Invalid, match=code):
        create_route(conn, cast.chen.actor, now=now, site_id=ground.site.id, name="新路线", checkpoint_ids=ids)


def test_a_route_in_use_is_not_retired_and_its_name_is_free_afterwards(
    conn: Connection, cast: Cast, ground: Ground, now: datetime
) -> None:
    site_id = ground.site.id
    with pytest.raises(Conflict, match="每小时巡查"):
        retire_route(conn, cast.chen.actor, now=now, site_id=site_id, route_id=ground.route.id)
    retire_plan(conn, cast.chen.actor, now=now, site_id=site_id, plan_id=ground.plan.id)
    retire_route(conn, cast.chen.actor, now=now, site_id=site_id, route_id=ground.route.id)
    with pytest.raises(NotFound):
        route_queries.get_route(conn, site_id, ground.route.id)
    again = create_route(
        conn, cast.chen.actor, now=now, site_id=site_id, name="外围路线", checkpoint_ids=[ground.checkpoints[0].id]
    )
    with pytest.raises(Conflict, match="route_name_taken"):
        create_route(conn, cast.chen.actor, now=now, site_id=site_id, name="外围路线", checkpoint_ids=again.checkpoint_ids)


def test_a_retired_plan_has_no_more_rounds_but_the_one_under_way(
    conn: Connection, cast: Cast, ground: Ground, now: datetime
) -> None:
    later = now + timedelta(minutes=20)
    retire_plan(conn, cast.chen.actor, now=later, site_id=ground.site.id, plan_id=ground.plan.id)
    plan_rounds(conn, later)
    assert [r.starts_at for r in all_rounds(conn, ground.site, now)] == [now]
    with pytest.raises(Conflict, match="plan_retired"):
        retire_plan(conn, cast.chen.actor, now=later, site_id=ground.site.id, plan_id=ground.plan.id)
    with pytest.raises(Conflict, match="plan_retired"):
        update_plan(
            conn, cast.chen.actor, now=later, site_id=ground.site.id, plan_id=ground.plan.id, route_id=ground.route.id,
            name="x", times=HOURLY,
        )  # fmt: skip


def test_a_changed_plan_holds_from_the_next_round(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    later = now + timedelta(minutes=20)
    half_hourly = PlanTimes(from_time=time(0), until_time=time(0), every_minutes=30, grace_minutes=0)
    update_plan(
        conn, cast.chen.actor, now=later, site_id=ground.site.id, plan_id=ground.plan.id, route_id=ground.route.id, name="半小时",
        times=half_hourly,
    )  # fmt: skip
    starts = [(r.starts_at - now) / timedelta(minutes=1) for r in all_rounds(conn, ground.site, now)]
    assert starts[:4] == [0, 30, 60, 90]
    assert len(starts) == len(set(starts))


def test_two_plans_a_day(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    night = PlanTimes(from_time=time(22), until_time=time(6), every_minutes=30)
    create_plan(conn, cast.chen.actor, now=now, site_id=ground.site.id, route_id=ground.route.id, name="夜间加密", times=night)
    since = now + 10 * HOUR  # 22:00
    within = [r for r in all_rounds(conn, ground.site, now) if since <= r.starts_at < since + 8 * HOUR]
    assert [sum(r.plan_name == name for r in within) for name in ("每小时巡查", "夜间加密")] == [8, 16]


@pytest.mark.parametrize("times", [{"every_minutes": 0}, {"every_minutes": 1441}, {"grace_minutes": -1}, {"grace_minutes": 121}])
def test_times_out_of_range_are_refused(conn: Connection, cast: Cast, ground: Ground, now: datetime, times: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="number_range"):
        create_plan(
            conn, cast.chen.actor, now=now, site_id=ground.site.id, route_id=ground.route.id, name="x",
            times=PlanTimes(from_time=time(0), until_time=time(0), **times),
        )  # fmt: skip


def test_a_route_of_another_site_cannot_be_planned(
    conn: Connection, cast: Cast, ground: Ground, jinxiu: Site, now: datetime
) -> None:
    with pytest.raises(Invalid, match="choice_unknown"):
        create_plan(conn, cast.sun.actor, now=now, site_id=jinxiu.id, route_id=ground.route.id, name="x", times=HOURLY)
