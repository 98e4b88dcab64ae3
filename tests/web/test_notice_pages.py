"""Notices are issued, shown overdue and struck off on their pages."""

import re
from collections.abc import Callable
from datetime import timedelta

import httpx

from assets.models import Site
from core.clock import ManualClock
from tests.cast import Cast, Member

SignedIn = Callable[[Member], httpx.Client]
FORM = {"title": "3号楼消防通道堆物", "department": "cleaning", "due_at": "2026-11-23T18:00", "detail": "2 层至 5 层"}


def text_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_from_issue_to_struck_off(signed_in: SignedIn, cast: Cast, wutong: Site, clock: ManualClock) -> None:
    chen = signed_in(cast.chen)
    assert "No open notices" in chen.get("/s/wutong/notices").text
    assert 'value="2026-11-23T18:00"' in chen.get("/s/wutong/notices/new").text
    where = chen.post("/s/wutong/notices/new", data=FORM).headers["location"]
    assert "23 Nov 2026, 18:00" in text_of(chen.get(where))
    assert f'href="{where}"' in chen.get("/s/wutong/overview").text
    assert "Overdue" not in text_of(chen.get("/s/wutong/notices"))
    clock.advance(timedelta(hours=33))
    chen = signed_in(cast.chen)
    assert "Overdue by 3h" in text_of(chen.get("/s/wutong/notices"))
    assert chen.post(f"{where}/close", data={"note": " "}).status_code == 422
    assert chen.post(f"{where}/close", data={"note": "已清理，复核合格"}).status_code == 303
    text = text_of(chen.get(where))
    assert "Struck off late" in text
    assert "已清理，复核合格" in text
    again = chen.post(f"{where}/close", data={"note": "再来"})
    assert "struck off already" in again.text
    assert "Struck off by 陈静" in text_of(chen.get("/s/wutong/notices/closed"))


def test_in_chinese(signed_in: SignedIn, cast: Cast, wutong: Site) -> None:
    li = signed_in(cast.li)
    li.headers["accept-language"] = "zh-CN"
    where = li.post("/s/wutong/notices/new", data=FORM).headers["location"]
    text = text_of(li.get(where))
    assert "保洁部" in text
    assert "整改中" in text
    assert "核销整改" in text


def test_the_form_comes_back_with_what_is_wrong(signed_in: SignedIn, cast: Cast, wutong: Site) -> None:
    chen = signed_in(cast.chen)
    for changed, said in (
        ({"due_at": "2026-11-22T11:00"}, "The deadline must be ahead."),
        ({"due_at": "soon"}, "Please enter a date and time."),
        ({"due_at": "0001-01-01T00:00"}, "Please enter a date and time."),
        ({"department": ""}, "Please choose."),
        ({"title": ""}, "Please fill this in."),
    ):
        answer = chen.post("/s/wutong/notices/new", data=FORM | changed)
        assert answer.status_code == 422
        assert said in answer.text
        assert "2 层至 5 层" in answer.text


def test_who_may_read_and_who_may_issue(signed_in: SignedIn, cast: Cast, wutong: Site) -> None:
    where = signed_in(cast.chen).post("/s/wutong/notices/new", data=FORM).headers["location"]
    for reader in (cast.wang, cast.zhao, cast.liu):
        page = signed_in(reader).get(where)
        assert page.status_code == 200
        assert "<textarea" not in page.text
        assert signed_in(reader).post("/s/wutong/notices/new", data=FORM).status_code == 403
        assert signed_in(reader).post(f"{where}/close", data={"note": "x"}).status_code == 403
    assert signed_in(cast.sun).get(where).status_code == 404
    assert signed_in(cast.sun).get(where.replace("wutong", "jinxiu")).status_code == 404
