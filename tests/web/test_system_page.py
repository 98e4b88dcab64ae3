"""How the installation itself is: in full for administrators, in a line for everybody, and with alerts of its own."""

import re
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from alerts.engine import evaluate
from alerts.queries.alerts import list_unresolved
from assets.models import INSTALLATION
from core.clock import ManualClock
from core.i18n import Language
from store.db import Database
from store.runners import Run, Runner, write_runner
from tests.alerts.receiver import Receiver
from tests.cast import Cast, Member
from tests.ingest.test_troubles import beat

SignedIn = Callable[[Member], httpx.Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def quiet(db: Database, cast: Cast, clock: ManualClock) -> int:
    """The ingester has stopped, and an alert says so."""
    with db.transaction() as conn:
        runs = {"close_rounds": Run(ended_at=clock.now(), seconds=0.1, error="ValueError")}
        beat(conn, clock.now(), received_at=clock.now())
        write_runner(conn, Runner(name="server:7", started_at=clock.now(), seen_at=clock.advance(2 * MINUTE), runs=runs))
        evaluate(conn, clock.now())
        (alert,) = list_unresolved(conn, site_id=INSTALLATION.id)
    return alert.id


def test_an_administrator_sees_database_ingesters_and_jobs(signed_in: SignedIn, cast: Cast, quiet: int) -> None:
    page = signed_in(cast.admin).get("/admin/system", headers={"accept-language": "en"})
    assert page.status_code == 200
    for said in ("PostgreSQL", "city", "Has stopped", "server:7", "close_rounds failed: ValueError", "nobody is told when"):
        assert said in page.text
    assert signed_in(cast.chen).get("/admin/system").status_code == 403


def test_without_an_ingester_or_jobs_the_page_says_what_to_run(signed_in: SignedIn, cast: Cast) -> None:
    page = signed_in(cast.admin).get("/admin/system").text
    assert "No ingester has ever run" in page
    assert "No jobs are run" in page


def test_everybody_is_told_that_what_they_see_may_be_old(signed_in: SignedIn, cast: Cast, quiet: int) -> None:
    told = "No readings are taken in. The status of devices may be out of date."
    for member, path in ((cast.chen, "/s/wutong/overview"), (cast.wang, "/s/wutong/guard"), (cast.admin, "/sites")):
        browser = signed_in(member)
        assert told in browser.get(path).text
        assert told in browser.get("/trouble").text
        assert ("/admin/system" in browser.get("/trouble").text) == (member == cast.admin)


def test_while_all_is_well_nobody_is_told_anything(signed_in: SignedIn, cast: Cast) -> None:
    assert "gh-banner-trouble" not in signed_in(cast.chen).get("/s/wutong/overview").text


@pytest.mark.parametrize(
    ("language", "headline"), [("zh", "数据接收异常（city）：接收程序已停止运行"), ("en", "No readings are taken in (city)")]
)
def test_its_alerts_are_handled_like_those_of_a_site(
    signed_in: SignedIn, cast: Cast, quiet: int, language: Language, headline: str
) -> None:
    browser = signed_in(cast.admin)
    browser.patch("/api/v1/me", json={"language": language})
    assert headline in browser.get("/s/-/alerts").text
    assert browser.post(f"/s/-/alerts/{quiet}/acknowledge").status_code == 303
    assert browser.post(f"/s/-/alerts/{quiet}/notes", data={"note": "restarting it"}).status_code == 303
    assert browser.post(f"/s/-/alerts/{quiet}/resolve", data={"cause": "the machine was moved"}).status_code == 303
    page = browser.get(f"/s/-/alerts/{quiet}").text
    assert "the machine was moved" in page
    assert headline in browser.get("/s/-/alerts/resolved").text
    assert f'href="/s/-/alerts/{quiet}"' in browser.get("/s/-/alerts/resolved").text
    (entry, *_) = browser.get("/api/v1/audit").json()["items"]
    assert entry["action"] == "alert.resolved"


def test_nobody_but_administrators_knows_of_them(signed_in: SignedIn, cast: Cast, quiet: int) -> None:
    for member in (cast.chen, cast.liu, cast.wang):
        browser = signed_in(member)
        for path in ("/s/-/alerts", f"/s/-/alerts/{quiet}", "/s/-/channels", "/api/v1/sites/-/alerts", "/events?site=-"):
            assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/s/-/overview", "/s/-/devices", "/s/-/assets", "/api/v1/sites/-", "/api/v1/sites/-/devices", "/sites/-"]
)
def test_the_installation_is_no_site(signed_in: SignedIn, cast: Cast, path: str) -> None:
    assert signed_in(cast.admin).get(path).status_code == 404


def test_its_channels_are_added_and_tried_like_those_of_a_site(signed_in: SignedIn, cast: Cast, receiver: Receiver) -> None:
    browser = signed_in(cast.admin)
    new = {"kind": "webhook", "name": "duty", "address": receiver.url, "language": "en"}
    assert browser.post("/s/-/channels", data=new).status_code == 303
    page = browser.get("/s/-/channels").text
    assert "Where alerts about Gatehouse itself go" in page
    (channel,) = re.findall(r'action="/s/-/channels/(\d+)/test"', page)
    assert browser.post(f"/s/-/channels/{channel}/test").status_code == 303
    (got,) = receiver.received
    assert (got.json["site"], got.json["site_name"]) == ("-", "Gatehouse")
    assert "nobody is told when" not in browser.get("/admin/system").text
    assert browser.post(f"/s/-/channels/{channel}/retire").status_code == 303
