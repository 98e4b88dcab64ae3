"""The pages of alerts and channels, as a browser without scripts uses them."""

import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from alerts.engine import evaluate
from alerts.queries.alerts import get_alert, list_unresolved
from api.services import Services
from assets.models import Site
from core.clock import ManualClock
from core.settings import Settings
from store.db import Database
from tests.alerts.receiver import Receiver
from tests.alerts.world import add_device, set_status
from tests.browser import HOST
from tests.cast import Cast, Member

SignedIn = Callable[[Member], httpx.Client]
ALERTS = "/s/wutong/alerts"
CHANNELS = "/s/wutong/channels"
HANDLERS = ("li", "zhao", "chen", "admin")


@pytest.fixture
def alert_id(db: Database, cast: Cast, wutong: Site, clock: ManualClock) -> int:
    """The south gate of wutong is offline."""
    with db.transaction() as conn:
        gate = add_device(conn, wutong, clock.now())
        set_status(conn, wutong, gate, "offline", clock.now(), reason="will")
        evaluate(conn, clock.now())
        return list_unresolved(conn, site_id=wutong.id)[0].id


@pytest.fixture
def visit(signed_in: SignedIn) -> SignedIn:
    """A browser that sends no header: only what forms hold."""

    def make(member: Member) -> httpx.Client:
        browser = signed_in(member)
        del browser.headers["x-csrf-token"]
        return browser

    return make


def submit(browser: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Open a page and send a form of it."""
    opened = browser.get(page)
    assert f'action="{action}"' in opened.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', opened.text)
    assert token is not None
    return browser.post(action, data={"csrf_token": token[1], **fields}, headers={"referer": str(opened.url)})


@pytest.mark.parametrize(
    ("language", "nobody", "headline"), [("en", "Nobody is on it", "南门道闸 is offline"), ("zh", "无人处理", "南门道闸离线")]
)
def test_what_where_since_when_and_who_is_on_it(
    signed_in: SignedIn, cast: Cast, alert_id: int, language: str, nobody: str, headline: str
) -> None:
    browser = signed_in(cast.chen)
    for path in (ALERTS, f"{ALERTS}/{alert_id}"):
        page = browser.get(path, headers={"accept-language": language}).text
        assert all(text in page for text in (nobody, headline, "南门岗亭", "data-elapsed"))
        assert 'hx-trigger="sse:alert' in page


def test_taking_it_on_from_the_list_leads_back_to_the_list(visit: SignedIn, cast: Cast, alert_id: int) -> None:
    li = visit(cast.li)
    answer = submit(li, ALERTS, f"{ALERTS}/{alert_id}/acknowledge")
    assert (answer.status_code, answer.headers["location"]) == (303, ALERTS)
    assert "李建军 is on it" in li.get(ALERTS).text
    assert f'action="{ALERTS}/{alert_id}/acknowledge"' not in li.get(ALERTS).text


def test_who_comes_second_sees_who_is_on_it(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    signed_in(cast.li).post(f"{ALERTS}/{alert_id}/acknowledge")
    page = signed_in(cast.zhao).post(f"{ALERTS}/{alert_id}/acknowledge")
    assert page.status_code == 409
    assert "李建军 is already on it." in page.text


def test_what_is_over_meanwhile_is_not_closed_again(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    here = f"{ALERTS}/{alert_id}"
    signed_in(cast.chen).post(f"{here}/resolve", data={"cause": "好了"})
    page = signed_in(cast.zhao).post(f"{here}/resolve", data={"cause": "也好了"})
    assert page.status_code == 409
    assert "This alert is already over. Nothing was changed." in page.text


def test_closing_asks_for_the_cause_and_shows_it(visit: SignedIn, db: Database, cast: Cast, wutong: Site, alert_id: int) -> None:
    zhao = visit(cast.zhao)
    here = f"{ALERTS}/{alert_id}"
    refused = submit(zhao, here, f"{here}/resolve", cause=" ")
    assert (refused.status_code, "Please fill this in." in refused.text) == (422, True)
    answer = submit(zhao, here, f"{here}/resolve", cause="保险丝 <已更换>")
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    page = zhao.get(here).text
    assert "保险丝 &lt;已更换&gt;" in page
    assert "The condition still holds." in page
    assert f'action="{here}/resolve"' not in page
    assert "Closed by 赵工" in zhao.get(f"{ALERTS}/resolved").text
    with db.transaction() as conn:
        assert get_alert(conn, site_id=wutong.id, alert_id=alert_id).resolved_by == cast.zhao.id


def test_a_note_is_kept_and_an_empty_one_refused(visit: SignedIn, cast: Cast, alert_id: int) -> None:
    li = visit(cast.li)
    here = f"{ALERTS}/{alert_id}"
    assert submit(li, here, f"{here}/notes", note="").status_code == 422
    assert submit(li, here, f"{here}/notes", note="已到现场").status_code == 303
    assert "已到现场" in li.get(here).text


@pytest.mark.parametrize("name", ["wang", "li", "zhao", "chen", "liu", "admin"])
def test_buttons_are_shown_to_whom_they_belong(signed_in: SignedIn, cast: Cast, alert_id: int, name: str) -> None:
    page = signed_in(getattr(cast, name)).get(f"{ALERTS}/{alert_id}").text
    assert ("/acknowledge" in page) == (name in HANDLERS)
    assert ("/notes" in page) == (name in HANDLERS)
    assert ("/resolve" in page.replace("/resolved", "")) == (name in {"zhao", "chen", "admin"})


@pytest.mark.parametrize("path", ["", "/resolved", "/{id}"])
def test_of_another_site_nothing_exists(signed_in: SignedIn, cast: Cast, alert_id: int, path: str) -> None:
    assert signed_in(cast.sun).get(ALERTS + path.format(id=alert_id)).status_code == 404
    assert signed_in(cast.sun).get(f"/s/jinxiu/alerts/{alert_id}").status_code == 404
    assert signed_in(cast.sun).post(f"{ALERTS}/{alert_id}/acknowledge").status_code == 404


def test_where_nothing_is_wrong_it_says_so(signed_in: SignedIn, cast: Cast, wutong: Site) -> None:
    chen = signed_in(cast.chen)
    assert "No alerts" in chen.get(ALERTS).text
    assert "Without a channel" in chen.get(ALERTS).text
    assert "No alert is over yet" in chen.get(f"{ALERTS}/resolved").text


def test_past_alerts_come_page_by_page(signed_in: SignedIn, cast: Cast, db: Database, wutong: Site, clock: ManualClock) -> None:
    with db.transaction() as conn:
        devices = [add_device(conn, wutong, clock.now(), f"d{number}", area=None) for number in range(3)]
        for status in ("offline", "online"):
            for device in devices:
                set_status(conn, wutong, device, "offline" if status == "offline" else "online", clock.now())
            evaluate(conn, clock.now())
    chen = signed_in(cast.chen)
    first = chen.get(f"{ALERTS}/resolved?limit=2").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    assert first.count("gh-list-lead") == 2
    assert chen.get(older[1]).text.count("gh-list-lead") == 1


def test_the_navigation_counts_what_nobody_is_on(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    chen = signed_in(cast.chen)
    badge = r'href="/s/wutong/alerts".*?</a>'
    before = re.search(badge, chen.get("/s/wutong/channels").text, re.DOTALL)
    chen.post(f"{ALERTS}/{alert_id}/acknowledge")
    after = re.search(badge, chen.get("/s/wutong/channels").text, re.DOTALL)
    assert before is not None
    assert after is not None
    assert "1 alert that nobody is on" in before[0]
    assert ("hidden" in before[0].split('gh-count"')[1][:30], "hidden" in after[0].split('gh-count"')[1][:30]) == (False, True)


def test_the_badges_alone_are_put_wherever_the_page_shows_them(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    part = signed_in(cast.chen).get("/s/wutong/menu").text
    assert re.findall(r"hx-swap-oob=\"outerHTML:\[data-badge='([a-z]+)'\]\"( hidden)?", part) == [
        ("alerts", ""),
        ("discovered", " hidden"),
    ]
    assert "gh-frame" not in part
    assert "discovered" not in signed_in(cast.wang).get("/s/wutong/menu").text


class TestChannels:
    def add(self, browser: httpx.Client, **change: str) -> httpx.Response:
        fields = {"kind": "webhook", "name": "值班室", "address": "https://duty.example.com/s3cret", "language": "zh"} | change
        return submit(browser, CHANNELS, CHANNELS, **fields)

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_a_new_channel_shows_no_secret(self, visit: SignedIn, cast: Cast, language: str) -> None:
        chen = visit(cast.chen)
        chen.headers["accept-language"] = language
        answer = self.add(chen)
        assert answer.status_code == 303
        page = chen.get(answer.headers["location"]).text
        assert "https://duty.example.com/•••" in page
        assert "s3cret" not in page

    @pytest.mark.parametrize(("language", "words"), [("en", "Messages come without a link"), ("zh", "通知中暂不附告警链接")])
    def test_the_page_says_that_links_are_left_out(
        self, visit: SignedIn, app: FastAPI, services: Services, cast: Cast, language: str, words: str
    ) -> None:
        chen = visit(cast.chen)
        self.add(chen)
        chen.headers["accept-language"] = language
        assert words in chen.get(CHANNELS).text
        app.state.services = replace(services, settings=Settings(public_url=f"http://{HOST}"))
        assert words not in chen.get(CHANNELS).text

    def test_what_was_entered_comes_back_with_the_error(self, visit: SignedIn, cast: Cast) -> None:
        page = self.add(visit(cast.chen), address="qyapi.weixin.qq.com", name="经理群")
        assert page.status_code == 422
        assert "Please enter an address that begins with http:// or https://." in page.text
        assert 'value="经理群"' in page.text

    @pytest.mark.parametrize(
        ("status", "shown"), [(204, "The test has arrived at 值班室."), (503, "the receiver refused it (HTTP 503)")]
    )
    def test_a_test_shows_how_it_went(self, visit: SignedIn, cast: Cast, receiver: Receiver, status: int, shown: str) -> None:
        chen = visit(cast.chen)
        created = self.add(chen, address=receiver.url).headers["location"]
        receiver.answers = [status]
        number = created.rpartition("=")[2]
        tested = submit(chen, CHANNELS, f"{CHANNELS}/{number}/test").headers["location"]
        assert shown in chen.get(tested).text
        assert len(receiver.received) == 1

    def test_a_removed_channel_is_gone(self, visit: SignedIn, cast: Cast) -> None:
        chen = visit(cast.chen)
        number = self.add(chen).headers["location"].rpartition("=")[2]
        assert submit(chen, CHANNELS, f"{CHANNELS}/{number}/retire").status_code == 303
        assert "值班室" not in chen.get(CHANNELS).text

    @pytest.mark.parametrize(
        ("name", "status"), [("wang", 403), ("li", 403), ("zhao", 403), ("liu", 200), ("sun", 404), ("chen", 200)]
    )
    def test_who_may_see_them(self, signed_in: SignedIn, cast: Cast, name: str, status: int) -> None:
        page = signed_in(getattr(cast, name)).get(CHANNELS)
        assert page.status_code == status
        assert ('name="address"' in page.text) == (name == "chen")
