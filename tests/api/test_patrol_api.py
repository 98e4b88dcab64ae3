"""Patrol as JSON: check-ins, rounds, plans, for each role."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from assets.models import Site
from core.clock import ManualClock
from patrol.close_rounds import close_rounds
from store.db import Database
from tests.cast import Cast, Member
from tests.patrol.ground import Ground, lay_out

SignedIn = Callable[[Member], httpx.Client]
API = "/api/v1/sites/wutong"


@pytest.fixture
def ground(db: Database, cast: Cast, wutong: Site, now: datetime) -> Ground:
    with db.transaction() as conn:
        return lay_out(conn, cast.chen.actor, wutong, now)


def test_a_round_from_open_to_verified(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    wang = signed_in(cast.wang)
    rounds = wang.get(f"{API}/rounds").json()["items"]
    first = rounds[0]
    assert (first["state"], first["phase"], first["total"], first["seen"]) == ("open", "running", 3, 0)
    assert first["starts_at"] == "2026-11-22T04:00:00Z"
    for code in ground.codes:
        answer = wang.post(f"{API}/check-ins", json={"code": code})
        assert answer.status_code == 201
        assert answer.json()["outcome"] == "counted"
        assert answer.json()["rounds"][0]["round_id"] == first["id"]
    found = wang.get(f"{API}/rounds/{first['id']}").json()
    assert (found["state"], found["phase"], found["people"]) == ("verified", "verified", ["王卫国"])
    assert [check["verdict"] for check in found["checks"]] == ["on_time"] * 3


def test_a_missed_round_and_the_day_in_figures(
    signed_in: SignedIn, cast: Cast, ground: Ground, clock: ManualClock, db: Database
) -> None:
    with db.transaction() as conn:
        close_rounds(conn, clock.advance(timedelta(minutes=70)))
    chen = signed_in(cast.chen)
    assert chen.get(f"{API}/rounds").json()["items"][0]["phase"] == "missed"
    today = chen.get(f"{API}/patrol/today").json()
    assert today["day"] == "2026-11-22"
    assert today["summary"] == {
        "total": 12,
        "verified": 0,
        "late": 0,
        "missed": 1,
        "running": 1,
        "upcoming": 10,
        "checks_due": 3,
        "checks_seen": 0,
        "coverage": 0.0,
    }
    assert {gap["seconds"] for gap in today["gaps"]} == {4200}
    assert all(gap["too_long"] and gap["running"] for gap in today["gaps"])


def test_another_day(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    chen = signed_in(cast.chen)
    assert len(chen.get(f"{API}/rounds?date=2026-11-23").json()["items"]) == 24
    assert chen.get(f"{API}/rounds?date=2026-11-20").json() == {"items": [], "next": None}
    for odd in ("yesterday", "0001-01-01", "9999-12-31"):
        assert chen.get(f"{API}/rounds", params={"date": odd}).status_code == 422


def test_sending_again_is_answered_with_what_was_stored(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    wang = signed_in(cast.wang)
    sent = {"code": ground.codes[0], "client_id": str(uuid4()), "device_at": "2026-11-22T03:58:00+00:00", "note": "灯坏了"}
    first, again = (wang.post(f"{API}/check-ins", json=sent) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert first.json()["check_in"]["device_at"] == "2026-11-22T03:58:00Z"
    assert wang.post(f"{API}/check-ins", json=sent | {"code": ground.codes[1]}).json()["code"] == "client_id_reused"


def test_an_unknown_code_is_stored_and_told(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    answer = signed_in(cast.wang).post(f"{API}/check-ins", json={"code": "nope"})
    assert (answer.status_code, answer.json()["outcome"]) == (201, "unknown_code")
    listed = signed_in(cast.li).get(f"{API}/check-ins").json()["items"]
    assert [(row["code_entered"], row["checkpoint_id"], row["person_name"]) for row in listed] == [("nope", None, "王卫国")]


def test_check_ins_come_page_by_page(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    li = signed_in(cast.li)
    for n in range(3):
        li.post(f"{API}/check-ins", json={"code": f"CODE{n}"})
    first = li.get(f"{API}/check-ins?limit=2").json()
    assert [row["code_entered"] for row in first["items"]] == ["CODE2", "CODE1"]
    rest = li.get(f"{API}/check-ins", params={"cursor": first["next"]}).json()
    assert ([row["code_entered"] for row in rest["items"]], rest["next"]) == (["CODE0"], None)


def test_what_is_no_check_in_is_refused(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    wang = signed_in(cast.wang)
    good = {"code": "1234"}
    changes: list[dict[str, object]] = [
        {"code": ""},
        {"code": "\u0000"},
        {"client_id": "7"},
        {"device_at": "2026-11-22T04:00:00"},
        {"note": "x" * 1001},
        {"person_id": 1},
    ]
    for body in ({}, [], *(good | change for change in changes)):
        assert wang.post(f"{API}/check-ins", json=body).status_code == 422, body
    assert signed_in(cast.li).get(f"{API}/check-ins").json()["items"] == []


def test_outsiders_and_others(signed_in: SignedIn, browser: Callable[[], httpx.Client], cast: Cast, ground: Ground) -> None:
    sent = {"code": ground.codes[0]}
    assert signed_in(cast.sun).post(f"{API}/check-ins", json=sent).status_code == 404
    assert signed_in(cast.sun).get(f"{API}/rounds").status_code == 404
    assert signed_in(cast.zhao).post(f"{API}/check-ins", json=sent).status_code == 403
    assert signed_in(cast.liu).post(f"{API}/check-ins", json=sent).status_code == 403
    assert browser().post(f"{API}/check-ins", json=sent).status_code == 401
    assert signed_in(cast.wang).get(f"{API}/checkpoints").status_code == 403, "codes are on the wall"
    assert signed_in(cast.wang).get(f"{API}/check-ins").status_code == 403, "codes are in them"
    assert signed_in(cast.liu).get(f"{API}/rounds").status_code == 200


def test_planning(signed_in: SignedIn, cast: Cast, wutong: Site) -> None:
    chen = signed_in(cast.chen)
    points = [chen.post(f"{API}/checkpoints", json={"name": name}).json() for name in ("东门", "西门")]
    assert all(len(point["code"]) == 6 for point in points)
    renamed = chen.put(f"{API}/checkpoints/{points[0]['id']}", json={"name": "东大门", "code": "east-1"}).json()
    assert (renamed["name"], renamed["code"]) == ("东大门", "EAST1")
    taken = chen.post(f"{API}/checkpoints", json={"name": "北门", "code": "EAST1"})
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "checkpoint_code_taken", "code")
    route = chen.post(f"{API}/routes", json={"name": "大门", "checkpoint_ids": [points[1]["id"], points[0]["id"]]}).json()
    assert route["checkpoint_names"] == ["西门", "东大门"]
    changed = chen.put(f"{API}/routes/{route['id']}", json={"name": "门", "checkpoint_ids": [points[0]["id"]]}).json()
    assert changed["checkpoint_names"] == ["东大门"]
    times = {"from_time": "20:00", "until_time": "05:00", "every_minutes": 60, "grace_minutes": 5}
    plan = chen.post(f"{API}/plans", json={"route_id": route["id"], "name": "夜巡", **times}).json()
    assert (plan["from_time"], plan["route_name"]) == ("20:00:00", "门")
    assert len(chen.get(f"{API}/rounds").json()["items"]) == 4
    zoned = chen.post(f"{API}/plans", json={"route_id": route["id"], "name": "x", **times, "from_time": "20:00Z"})
    assert (zoned.status_code, zoned.json()["field"]) == (422, "from_time")
    shorter = chen.put(f"{API}/plans/{plan['id']}", json={"route_id": route["id"], "name": "夜", **times, "every_minutes": 30})
    assert shorter.json()["every_minutes"] == 30
    assert len(chen.get(f"{API}/rounds").json()["items"]) == 8
    assert chen.post(f"{API}/routes/{route['id']}/retire").json()["code"] == "route_in_use"
    assert chen.post(f"{API}/plans/{plan['id']}/retire").status_code == 204
    assert chen.post(f"{API}/routes/{route['id']}/retire").status_code == 204
    assert chen.post(f"{API}/checkpoints/{points[0]['id']}/retire").status_code == 204
    assert [point["name"] for point in chen.get(f"{API}/checkpoints").json()["items"]] == ["西门"]
    assert len(chen.get(f"{API}/checkpoints?retired=true").json()["items"]) == 2
    assert chen.post(f"{API}/checkpoints/{points[0]['id']}/restore").status_code == 204
    assert chen.get(f"{API}/plans").json()["items"] == chen.get(f"{API}/routes").json()["items"] == []


def test_what_belongs_to_another_site_is_not_found(signed_in: SignedIn, cast: Cast, ground: Ground, jinxiu: Site) -> None:
    sun, theirs = signed_in(cast.sun), "/api/v1/sites/jinxiu"
    point, route = ground.checkpoints[0], ground.route
    assert sun.put(f"{theirs}/checkpoints/{point.id}", json={"name": "x", "code": "1234"}).status_code == 404
    assert sun.post(f"{theirs}/checkpoints/{point.id}/retire").status_code == 404
    assert sun.put(f"{theirs}/routes/{route.id}", json={"name": "x", "checkpoint_ids": [point.id]}).status_code == 404
    assert sun.post(f"{theirs}/routes", json={"name": "x", "checkpoint_ids": [point.id]}).status_code == 422
    assert sun.post(f"{theirs}/plans/{ground.plan.id}/retire").status_code == 404


def test_notices(signed_in: SignedIn, cast: Cast, wutong: Site, clock: ManualClock) -> None:
    chen = signed_in(cast.chen)
    new = {"title": "消防通道堆物", "department": "cleaning", "due_at": "2026-11-22T12:00:00+08:00"}
    assert chen.post(f"{API}/notices", json=new).json()["code"] == "deadline_past"
    notice = chen.post(f"{API}/notices", json=new | {"due_at": "2026-11-22T13:00:00+08:00"}).json()
    assert (notice["state"], notice["due_at"], notice["issued_by"]) == ("open", "2026-11-22T05:00:00Z", "陈静")
    clock.advance(timedelta(hours=2))
    wang = signed_in(cast.wang)
    assert [row["state"] for row in wang.get(f"{API}/notices?closed=false").json()["items"]] == ["overdue"]
    assert wang.post(f"{API}/notices/{notice['id']}/close", json={"note": "x"}).status_code == 403
    closed = signed_in(cast.li).post(f"{API}/notices/{notice['id']}/close", json={"note": "已清理"}).json()
    assert (closed["state"], closed["closed_by"]) == ("closed_late", "李建军")
    assert chen.post(f"{API}/notices/{notice['id']}/close", json={"note": "x"}).status_code == 409
    assert chen.get(f"{API}/notices/{notice['id']}").json() == closed
    assert signed_in(cast.sun).get(f"/api/v1/sites/jinxiu/notices/{notice['id']}").status_code == 404
