"""Patrol today, a round, check-ins and the plan, for each role and in both languages."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta

import httpx
import pytest

from assets.models import Site
from assets.sites import create_area
from core.clock import ManualClock
from patrol import queries
from patrol.close_rounds import close_rounds
from patrol.planning.queries import checkpoints as checkpoint_queries
from patrol.planning.queries import plans as plan_queries
from patrol.planning.queries import routes as route_queries
from store.db import Database
from tests.cast import Cast, Member
from tests.patrol.ground import Ground, lay_out, type_code

SignedIn = Callable[[Member], httpx.Client]
HOUR = timedelta(hours=1)


@pytest.fixture
def ground(db: Database, cast: Cast, wutong: Site, now: datetime) -> Ground:
    with db.transaction() as conn:
        return lay_out(conn, cast.chen.actor, wutong, now)


def walked(db: Database, cast: Cast, ground: Ground, clock: ManualClock) -> None:
    """The first round is seen by Wang, the second misses a place, the third is under way."""
    with db.transaction() as conn:
        for code in ground.codes:
            type_code(conn, cast.wang.actor, ground.site, code, clock.now() + timedelta(minutes=10))
        for code in ground.codes[:2]:
            type_code(conn, cast.wang.actor, ground.site, code, clock.now() + HOUR + timedelta(minutes=20))
        type_code(conn, cast.wang.actor, ground.site, "BAD1", clock.now() + HOUR + timedelta(minutes=21))
        close_rounds(conn, clock.advance(2 * HOUR + timedelta(minutes=30)))


def text_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_today(db: Database, signed_in: SignedIn, cast: Cast, ground: Ground, clock: ManualClock) -> None:
    walked(db, cast, ground, clock)
    page = signed_in(cast.chen).get("/s/wutong/patrol")
    text = text_of(page)
    assert page.status_code == 200
    assert "83.3%" in text
    assert "5 of 6 checks made" in text
    assert "Not seen: 水泵房" in text
    assert "1 under way, 9 to come" in text
    assert "2h 20m" in text  # the pump room, since 12:10


def test_today_in_chinese(db: Database, signed_in: SignedIn, cast: Cast, ground: Ground, clock: ManualClock) -> None:
    walked(db, cast, ground, clock)
    chen = signed_in(cast.chen)
    chen.headers["accept-language"] = "zh-CN"
    text = text_of(chen.get("/s/wutong/patrol"))
    assert "已到 5/6 次" in text
    assert "未到：水泵房" in text
    assert "漏巡" in text


def test_an_earlier_day_and_a_day_that_is_none(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    chen = signed_in(cast.chen)
    assert "No rounds on this day" in chen.get("/s/wutong/patrol?date=2026-11-20").text
    for odd in ("2026-13-01", "yesterday", "0001-01-01", "9999-12-31"):
        assert "Patrol today" in chen.get("/s/wutong/patrol", params={"date": odd}).text


def test_one_round(db: Database, signed_in: SignedIn, cast: Cast, ground: Ground, clock: ManualClock, now: datetime) -> None:
    walked(db, cast, ground, clock)
    with db.transaction() as conn:
        second = queries.list_rounds(conn, site_id=ground.site.id, since=now + HOUR, until=now + 2 * HOUR)[0]
    text = text_of(signed_in(cast.wang).get(f"/s/wutong/patrol/rounds/{second.id}"))
    assert "Round 13:00 – 14:00" in text
    assert "东门岗 On time 13:20:00 王卫国" in text
    assert "水泵房 Missed – –" in text
    assert "Not seen: 水泵房 Plan" in text  # said at the top, too
    assert signed_in(cast.chen).get("/s/wutong/patrol/rounds/999999").status_code == 404


def test_a_round_is_only_found_at_its_site(
    db: Database, signed_in: SignedIn, cast: Cast, ground: Ground, jinxiu: Site, now: datetime
) -> None:
    with db.transaction() as conn:
        found = queries.list_rounds(conn, site_id=ground.site.id, since=now, until=now + HOUR)[0]
    assert signed_in(cast.sun).get(f"/s/jinxiu/patrol/rounds/{found.id}").status_code == 404


def test_check_ins_show_unknown_codes(db: Database, signed_in: SignedIn, cast: Cast, ground: Ground, clock: ManualClock) -> None:
    walked(db, cast, ground, clock)
    page = signed_in(cast.li).get("/s/wutong/patrol/check-ins?limit=2")
    assert "Unknown code" in page.text
    assert "BAD1" in page.text
    older = re.search(r'href="(/s/wutong/patrol/check-ins\?cursor=[^"]+)"', page.text)
    assert older
    assert "BAD1" not in signed_in(cast.li).get(older[1]).text


def test_who_may_look(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    everyone = {name: signed_in(getattr(cast, name)) for name in ("wang", "li", "zhao", "chen", "liu", "admin", "sun")}
    planners = {"li", "chen", "liu", "admin"}
    for path, allowed in (
        ("patrol", planners | {"wang", "zhao"}),
        ("patrol/check-ins", planners),
        ("patrol/plan", planners),
        ("patrol/plans/new", planners),
        ("patrol/routes/new", planners),
        ("patrol/checkpoints/new", planners),
    ):
        for name, browser in everyone.items():
            expected = 404 if name == "sun" else 200 if name in allowed else 403
            assert browser.get(f"/s/wutong/{path}").status_code == expected, (path, name)


def test_a_plan_from_nothing(db: Database, signed_in: SignedIn, cast: Cast, wutong: Site, now: datetime) -> None:
    """Checkpoint, route, plan, as a manager makes them in the pages; then its first round is there."""
    with db.transaction() as conn:
        area = create_area(conn, cast.admin.actor, now=now, site_id=wutong.id, slug="gate", name="大门", key_area=True)
    chen = signed_in(cast.chen)
    assert 'href="/s/wutong/patrol/checkpoints/new"' in chen.get("/s/wutong/patrol/plan").text
    for name in ("东门", "西门"):
        made = chen.post("/s/wutong/patrol/checkpoints/new", data={"name": name, "code": "", "area": str(area.id)})
        assert made.headers["location"] == "/s/wutong/patrol/plan#checkpoints"
    with db.transaction() as conn:
        ids = {each.name: each.id for each in checkpoint_queries.list_checkpoints(conn, wutong.id)}
    positions = {f"position-{ids['东门']}": "20", f"position-{ids['西门']}": "3"}
    assert chen.post("/s/wutong/patrol/routes/new", data={"name": "大门", **positions}).status_code == 303
    with db.transaction() as conn:
        (route,) = route_queries.list_routes(conn, wutong.id)
    assert route.checkpoint_names == ["西门", "东门"]
    values = {"name": "夜巡", "route": str(route.id), "from_time": "20:00", "until_time": "05:00", "every_minutes": "60"}
    assert chen.post("/s/wutong/patrol/plans/new", data={**values, "grace_minutes": "5"}).status_code == 303
    text = text_of(chen.get("/s/wutong/patrol/plan"))
    assert "20:00–next day 05:00 · every 60 min · 5 min grace" in text
    assert "9 rounds a day" in text
    assert "20:00" in text_of(chen.get("/s/wutong/patrol"))


def test_a_form_comes_back_with_what_is_wrong(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    chen = signed_in(cast.chen)
    night = {"name": "x", "from_time": "20:00", "until_time": "05:00", "every_minutes": "60", "grace_minutes": "5"}
    cases: list[tuple[str, dict[str, str], str]] = [
        ("checkpoints/new", {"name": " ", "code": ""}, "Please fill this in."),
        ("checkpoints/new", {"name": "x", "code": "12"}, "A code has 4 to 12 digits or letters."),
        ("checkpoints/new", {"name": "x", "code": ground.codes[0]}, "perhaps a retired one"),
        ("routes/new", {"name": "x"}, "Choose at least one checkpoint."),
        ("routes/new", {"name": "x", "position-1": "one"}, "Please enter a number."),
        ("routes/new", {"name": "x", "position-1": "1", "position-2": "01"}, "Each checkpoint and each number may come only once."),
        ("plans/new", night | {"from_time": "25:00"}, "Please enter a time like 20:00."),
        ("plans/new", night | {"every_minutes": "0"}, "Please enter a whole number from 1 to 1440."),
        ("plans/new", night, "This is not one of the choices."),
    ]
    for path, data, said in cases:
        answer = chen.post(f"/s/wutong/patrol/{path}", data=data)
        assert answer.status_code == 422, data
        assert said in answer.text, data


def test_forms_of_what_is_there_change_it(db: Database, signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    chen, base = signed_in(cast.chen), "/s/wutong/patrol"
    point, spare = ground.checkpoints[0], ground.checkpoints[2]
    for path in (f"checkpoints/{point.id}", f"routes/{ground.route.id}", f"plans/{ground.plan.id}"):
        assert chen.get(f"{base}/{path}").status_code == 200
    renamed = chen.post(f"{base}/checkpoints/{point.id}", data={"name": "东大门", "code": "EAST1", "area": ""})
    assert renamed.status_code == 303
    positions = {f"position-{each.id}": str(n) for n, each in enumerate(ground.checkpoints[:2], 1)}
    assert chen.post(f"{base}/routes/{ground.route.id}", data={"name": "短线", **positions}).status_code == 303
    values = {"name": "半小时", "route": str(ground.route.id), "from_time": "00:00", "until_time": "00:00"}
    changed = chen.post(f"{base}/plans/{ground.plan.id}", data={**values, "every_minutes": "30", "grace_minutes": "0"})
    assert changed.status_code == 303
    assert chen.post(f"{base}/checkpoints/{spare.id}/retire").status_code == 303
    text = text_of(chen.get(f"{base}/plan"))
    assert "东大门 → 地下车库" in text
    assert "the whole day · every 30 min · 0 min grace" in text
    assert "Retired checkpoints" in text
    assert chen.post(f"{base}/checkpoints/{spare.id}/restore").status_code == 303
    with db.transaction() as conn:
        assert plan_queries.get_plan(conn, ground.site.id, ground.plan.id).from_time == time(0)


def test_what_is_still_needed_is_not_retired(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    chen, base = signed_in(cast.chen), "/s/wutong/patrol"
    refused = chen.post(f"{base}/checkpoints/{ground.checkpoints[0].id}/retire")
    assert refused.status_code == 422
    assert "外围路线" in refused.text
    assert "每小时巡查" in chen.post(f"{base}/routes/{ground.route.id}/retire").text
    assert chen.post(f"{base}/plans/{ground.plan.id}/retire").status_code == 303
    assert chen.post(f"{base}/routes/{ground.route.id}/retire").status_code == 303
    assert chen.get(f"{base}/routes/{ground.route.id}").status_code == 404


def test_a_guard_changes_no_plan(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    wang = signed_in(cast.wang)
    assert wang.post("/s/wutong/patrol/checkpoints/new", data={"name": "x"}).status_code == 403
    assert wang.post(f"/s/wutong/patrol/plans/{ground.plan.id}/retire").status_code == 403
    assert signed_in(cast.liu).post(f"/s/wutong/patrol/plans/{ground.plan.id}/retire").status_code == 403
