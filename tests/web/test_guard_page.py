"""The guard's page: due now, typing a code, and what it answers."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from assets.models import Site
from core.clock import ManualClock
from patrol import queries
from store.db import Database
from tests.cast import Cast, Member
from tests.patrol.ground import Ground, lay_out

SignedIn = Callable[[Member], httpx.Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ground(db: Database, cast: Cast, wutong: Site, now: datetime) -> Ground:
    with db.transaction() as conn:
        return lay_out(conn, cast.chen.actor, wutong, now)


def form_id(page: httpx.Response) -> str:
    found = re.search(r'name="form_id" value="([^"]+)"', page.text)
    assert found
    return found[1]


def type_code(phone: httpx.Client, code: str, form: str | None = None) -> httpx.Response:
    """Types a code into a fresh page (or that form) and follows to the answer."""
    form = form or form_id(phone.get("/s/wutong/guard"))
    sent = phone.post("/s/wutong/guard/check-in", data={"code": code, "form_id": form})
    return phone.get(sent.headers["location"]) if sent.status_code == 303 else sent


def panel(page: httpx.Response) -> str:
    """The text of the large answer."""
    found = re.search(r'<div id="guard-result">(.*?)</div>\s*<div id="guard-now"', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_what_is_due_is_listed_in_the_order_of_the_route(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    page = signed_in(cast.wang).get("/s/wutong/guard")
    assert page.status_code == 200
    places = [page.text.index(checkpoint.name) for checkpoint in ground.checkpoints]
    assert places == sorted(places)
    assert "12:00–13:00" in page.text
    assert 'inputmode="numeric"' in page.text


def test_codes_are_not_on_the_page(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    page = signed_in(cast.wang).get("/s/wutong/guard").text
    assert not [code for code in ground.codes if code in page]


def test_a_round_walked_to_its_end(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    phone = signed_in(cast.wang)
    first = type_code(phone, ground.codes[0])
    assert panel(first) == "东门岗 Checked in Recorded at 12:00:00 Next: 地下车库"
    type_code(phone, ground.codes[1])
    last = type_code(phone, ground.codes[2])
    assert panel(last) == "水泵房 Checked in Recorded at 12:00:00 Round complete · The next round begins at 13:00"


def test_in_chinese(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    phone = signed_in(cast.wang)
    phone.headers["accept-language"] = "zh-CN"
    assert panel(type_code(phone, ground.codes[0])) == "东门岗 打卡成功 12:00:00 已记录 下一处： 地下车库"
    assert panel(type_code(phone, "9999")).startswith("9999 没有这个编码")


def test_an_unknown_code_is_told_kept_and_ready_to_be_corrected(
    signed_in: SignedIn, cast: Cast, ground: Ground, db: Database
) -> None:
    answer = type_code(signed_in(cast.wang), "1234<b>")
    assert panel(answer).startswith("1234&lt;b&gt; There is no such code")
    assert 'role="alert"' in answer.text
    assert 'value="1234&lt;b&gt;" aria-invalid="true"' in answer.text
    with db.transaction() as conn:
        assert [row.code_entered for row in queries.list_check_ins(conn, site_id=ground.site.id, limit=9)] == ["1234<b>"]


def test_a_second_tap_counts_once_and_looks_like_the_first(signed_in: SignedIn, cast: Cast, ground: Ground, db: Database) -> None:
    phone = signed_in(cast.wang)
    form = form_id(phone.get("/s/wutong/guard"))
    answers = [type_code(phone, typed, form) for typed in (ground.codes[0], ground.codes[0] + " ")]
    assert panel(answers[0]) == panel(answers[1])
    with db.transaction() as conn:
        assert len(queries.list_check_ins(conn, site_id=ground.site.id, limit=9)) == 1


def test_a_page_that_was_kept_open_does_not_swallow_another_check(
    signed_in: SignedIn, cast: Cast, ground: Ground, clock: ManualClock, db: Database
) -> None:
    phone = signed_in(cast.wang)
    form = form_id(phone.get("/s/wutong/guard"))
    type_code(phone, ground.codes[0], form)
    clock.advance(90 * MINUTE)
    assert panel(type_code(phone, ground.codes[1], form)).startswith("地下车库 Checked in Recorded at 13:30:00")
    again = type_code(phone, ground.codes[0], form)
    assert "Already checked in at 12:00:00" in panel(again)
    with db.transaction() as conn:
        assert len(queries.list_check_ins(conn, site_id=ground.site.id, limit=9)) == 2


def test_late_seen_before_and_not_due_are_told_apart(
    signed_in: SignedIn, cast: Cast, wutong: Site, clock: ManualClock, db: Database, ground: Ground
) -> None:
    wang, li = signed_in(cast.wang), signed_in(cast.li)
    clock.advance(62 * MINUTE)
    assert "Round 12:00–13:00: late; Round 13:00–14:00: on time" in panel(type_code(wang, ground.codes[0]))
    assert "Already seen in this round 王卫国 was here at 13:02" in panel(type_code(li, ground.codes[0]))
    with db.transaction() as conn:
        conn.execute("DELETE FROM round_check")
    assert "Recorded; not due at this time" in panel(type_code(wang, ground.codes[1]))


def test_nothing_typed_is_said_at_once(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    answer = type_code(signed_in(cast.wang), "  ")
    assert answer.status_code == 422
    assert panel(answer) == "Please type the code on the sign."


def test_somebody_elses_answer_is_not_shown(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    wang = signed_in(cast.wang)
    form = form_id(wang.get("/s/wutong/guard"))
    sent = wang.post("/s/wutong/guard/check-in", data={"code": ground.codes[0], "form_id": form})
    assert panel(signed_in(cast.li).get(sent.headers["location"])) == ""
    assert panel(wang.get(f"/s/wutong/guard?done={uuid4()}")) == ""
    assert panel(wang.get("/s/wutong/guard?done=nonsense")) == ""


def test_the_form_works_without_scripts_and_says_what_scripts_say(signed_in: SignedIn, cast: Cast, ground: Ground) -> None:
    page = signed_in(cast.wang).get("/s/wutong/guard").text
    assert '<form id="check-in-form" class="gh-check-in" method="post" action="/s/wutong/guard/check-in"' in page
    assert "No connection: not confirmed" in page


def test_nothing_due_says_when_to_be_back(signed_in: SignedIn, cast: Cast, wutong: Site) -> None:
    page = signed_in(cast.wang).get("/s/wutong/guard")
    assert "Nothing is due now" in page.text
    assert "No rounds are planned" in page.text


def test_who_may_check_in(signed_in: SignedIn, browser: Callable[[], httpx.Client], cast: Cast, ground: Ground) -> None:
    assert [signed_in(member).get("/s/wutong/guard").status_code for member in (cast.wang, cast.li, cast.chen)] == [200] * 3
    assert signed_in(cast.zhao).get("/s/wutong/guard").status_code == 403
    assert signed_in(cast.sun).get("/s/wutong/guard").status_code == 404
    assert signed_in(cast.liu).post("/s/wutong/guard/check-in", data={"code": "1"}).status_code == 403
    assert signed_in(cast.sun).post("/s/wutong/guard/check-in", data={"code": "1"}).status_code == 404
    assert browser().get("/s/wutong/guard").status_code == 303
