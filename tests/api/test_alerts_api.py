"""Alerts and channels through the API: what each role may, and what others never see."""

from collections.abc import Callable

import httpx
import pytest

from alerts.engine import evaluate
from alerts.queries.alerts import list_unresolved
from alerts.queries.channels import list_channels
from assets.models import Site
from core.clock import ManualClock
from store.db import Database
from tests.alerts.receiver import Receiver
from tests.alerts.world import add_device, set_status
from tests.cast import Cast, Member

SignedIn = Callable[[Member], httpx.Client]
ALERTS = "/api/v1/sites/wutong/alerts"
CHANNELS = "/api/v1/sites/wutong/channels"


@pytest.fixture
def alert_id(db: Database, cast: Cast, wutong: Site, clock: ManualClock) -> int:
    """The south gate of wutong is offline."""
    with db.transaction() as conn:
        gate = add_device(conn, wutong, clock.now())
        set_status(conn, wutong, gate, "offline", clock.now(), reason="will")
        evaluate(conn, clock.now())
        return list_unresolved(conn, site_id=wutong.id)[0].id


def test_an_alert_from_noticing_to_closing(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    here = f"{ALERTS}/{alert_id}"
    (listed,) = signed_in(cast.wang).get(ALERTS).json()["items"]
    assert (listed["state"], listed["severity"], listed["place"]) == ("open", "major", "南门岗亭")
    assert (listed["title"], listed["since"]) == ("南门道闸 is offline", "2026-11-22T04:00:00Z")
    taken = signed_in(cast.li).post(f"{here}/acknowledge").json()
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "李建军")
    noted = signed_in(cast.zhao).post(f"{here}/notes", json={"note": "保险丝烧断"})
    assert noted.status_code == 201
    closed = signed_in(cast.zhao).post(f"{here}/resolve", json={"note": "已更换保险丝"}).json()
    assert (closed["state"], closed["resolved_by"], closed["resolution"], closed["holds"]) == (
        "resolved",
        "赵工",
        "已更换保险丝",
        True,
    )
    detail = signed_in(cast.chen).get(here, headers={"accept-language": "zh"}).json()
    assert detail["title"] == "南门道闸离线"
    assert {"label": "原因", "value": "设备连接断开"} in detail["lines"]
    assert [(entry["action"], entry["person"]) for entry in detail["history"]] == [
        ("opened", None),
        ("acknowledged", "李建军"),
        ("note", "赵工"),
        ("resolved", "赵工"),
    ]


@pytest.mark.parametrize("state", ["open", "acknowledged", "resolved"])
def test_the_list_is_narrowed_by_state(signed_in: SignedIn, cast: Cast, alert_id: int, state: str) -> None:
    chen = signed_in(cast.chen)
    if state != "open":
        chen.post(f"{ALERTS}/{alert_id}/acknowledge", json={"note": ""})
    if state == "resolved":
        chen.post(f"{ALERTS}/{alert_id}/resolve", json={"note": "好了"})
    found = {each: len(chen.get(ALERTS, params={"state": each}).json()["items"]) for each in ("open", "acknowledged", "resolved")}
    assert found == {each: int(each == state) for each in found}
    assert chen.get(ALERTS, params={"state": "x"}).status_code == 422


def test_a_long_list_comes_page_by_page(signed_in: SignedIn, cast: Cast, db: Database, wutong: Site, clock: ManualClock) -> None:
    with db.transaction() as conn:
        for number in range(5):
            device = add_device(conn, wutong, clock.now(), f"d{number}", area=None)
            set_status(conn, wutong, device, "offline", clock.now())
        evaluate(conn, clock.now())
    chen = signed_in(cast.chen)
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = chen.get(ALERTS, params={"limit": 2, "state": "open"} | ({"cursor": cursor} if cursor else {})).json()
        seen += [alert["id"] for alert in page["items"]]
        cursor = page["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("name", "acknowledge", "note", "resolve"),
    [
        ("wang", 403, 403, 403),
        ("li", 200, 201, 403),
        ("zhao", 200, 201, 200),
        ("chen", 200, 201, 200),
        ("liu", 403, 403, 403),
        ("sun", 404, 404, 404),
        ("admin", 200, 201, 200),
    ],
)
def test_who_may_do_what(
    signed_in: SignedIn, cast: Cast, alert_id: int, name: str, acknowledge: int, note: int, resolve: int
) -> None:
    browser = signed_in(getattr(cast, name))
    here = f"{ALERTS}/{alert_id}"
    assert browser.get(here).status_code == (404 if name == "sun" else 200)
    assert browser.post(f"{here}/acknowledge").status_code == acknowledge
    assert browser.post(f"{here}/notes", json={"note": "x"}).status_code == note
    assert browser.post(f"{here}/resolve", json={"note": "x"}).status_code == resolve


def test_an_alert_is_not_found_under_another_site(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    assert signed_in(cast.sun).get(f"/api/v1/sites/jinxiu/alerts/{alert_id}").status_code == 404
    assert signed_in(cast.sun).post(f"/api/v1/sites/jinxiu/alerts/{alert_id}/acknowledge").status_code == 404


def test_who_comes_second_is_told_so(signed_in: SignedIn, cast: Cast, alert_id: int) -> None:
    signed_in(cast.li).post(f"{ALERTS}/{alert_id}/acknowledge")
    refused = signed_in(cast.zhao).post(f"{ALERTS}/{alert_id}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (409, "alert_is_acknowledged")
    assert refused.json()["detail"] == "李建军 is already on it."
    empty = signed_in(cast.zhao).post(f"{ALERTS}/{alert_id}/resolve", json={"note": " "})
    assert (empty.status_code, empty.json()["field"]) == (422, "note")


class TestChannels:
    def test_a_channel_from_its_first_day_to_its_last(self, signed_in: SignedIn, cast: Cast, receiver: Receiver) -> None:
        chen = signed_in(cast.chen)
        made = chen.post(CHANNELS, json={"kind": "webhook", "name": "值班室", "address": receiver.url, "language": "en"})
        assert made.status_code == 201
        assert "s3cret" not in made.text
        channel = made.json()
        assert channel["address"] == receiver.url.replace("/alerts?token=s3cret", "/•••")
        assert chen.post(f"{CHANNELS}/{channel['id']}/test").json() == {"arrived": True, "error": ""}
        receiver.answers = [500]
        assert chen.post(f"{CHANNELS}/{channel['id']}/test").json() == {"arrived": False, "error": "status:500"}
        listed = chen.get(CHANNELS)
        assert [(each["id"], each["last_error"]) for each in listed.json()["items"]] == [(channel["id"], "status:500")]
        assert "s3cret" not in listed.text
        assert chen.delete(f"{CHANNELS}/{channel['id']}").status_code == 204
        assert chen.get(CHANNELS).json()["items"] == []
        assert chen.delete(f"{CHANNELS}/{channel['id']}").status_code == 404

    @pytest.mark.parametrize(
        ("change", "field", "code"),
        [
            ({"kind": "pigeon"}, "kind", "choice_unknown"),
            ({"name": " "}, "name", "text_missing"),
            ({"address": "ftp://x"}, "address", "webhook_address"),
            ({"kind": "apprise", "address": "json://127.0.0.1"}, "address", "apprise_service"),
            ({"language": "fr"}, "language", "choice_unknown"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(
        self, signed_in: SignedIn, cast: Cast, change: dict[str, str], field: str, code: str
    ) -> None:
        entered = {"kind": "webhook", "name": "x", "address": "https://duty.example.com", "language": "zh"} | change
        refused = signed_in(cast.chen).post(CHANNELS, json=entered)
        assert (refused.status_code, refused.json()["field"], refused.json()["code"]) == (422, field, code)

    @pytest.mark.parametrize(("name", "status"), [("wang", 403), ("li", 403), ("zhao", 403), ("sun", 404), ("admin", 201)])
    def test_only_managers_manage_them(
        self, signed_in: SignedIn, cast: Cast, wutong: Site, db: Database, name: str, status: int
    ) -> None:
        entered = {"kind": "webhook", "name": "x", "address": "https://duty.example.com"}
        assert signed_in(getattr(cast, name)).post(CHANNELS, json=entered).status_code == status
        with db.transaction() as conn:
            assert len(list_channels(conn, site_id=wutong.id)) == (status == 201)
