"""The pages of devices, discovered devices and rejected messages, as a browser without scripts uses them."""

import re
from collections.abc import Callable

import httpx
import pytest

from assets.models import Site
from assets.queries import devices as queries
from store.db import Database
from tests.cast import Cast, Member
from tests.ledger import Ledger

SignedIn = Callable[[Member], httpx.Client]
BASE = "/s/wutong"
CAMERA = {"slug": "cam-7", "kind": "cctv", "name": "大堂摄像机"}

READABLE = (
    "devices",
    "devices?status=down",
    "devices?status=online&kind=gate_barrier&text=%00x",
    "devices?status=nonsense&kind=nonsense",
    "retired-devices",
    "devices/dz-01",
    "devices/dz-01?done=saved",
    "devices/dz-01/now",
    "devices/dz-01/events",
    "devices/dz-01/readings",
)
INBOXES = ("discovered", "discovered?ignored=1", "rejected")
FORMS = ("register-device", "register-device?slug=cam-7", "register-device?asset_id=1", "devices/dz-01/edit")


@pytest.fixture
def zhao(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The engineer's browser, which sends no header: only what forms hold."""
    browser = signed_in(cast.zhao)
    del browser.headers["x-csrf-token"]
    return browser


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def submit(browser: httpx.Client, page: str, **fields: str) -> httpx.Response:
    """Open a page with a form that is sent to its own address, and send it."""
    return browser.post(page.split("?")[0], data={"csrf_token": token(browser.get(page)), **fields})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_renders_in_both_languages(zhao: httpx.Client, spoken: Ledger, inboxes: None, language: str) -> None:
    for path in (*READABLE, *INBOXES, *FORMS):
        page = zhao.get(f"{BASE}/{path}", headers={"accept-language": language})
        assert page.status_code == 200, path


def test_who_may_see_the_pages_and_forms(signed_in: SignedIn, cast: Cast, spoken: Ledger) -> None:
    expected = {
        cast.wang: (200, 403, 403),
        cast.li: (200, 403, 403),
        cast.zhao: (200, 200, 200),
        cast.chen: (200, 200, 200),
        cast.liu: (200, 200, 403),
        cast.sun: (404, 404, 404),
        cast.admin: (200, 200, 200),
    }
    for member, answers in expected.items():
        browser = signed_in(member)
        for paths, answer in zip((READABLE, INBOXES, FORMS), answers, strict=True):
            assert {browser.get(f"{BASE}/{path}").status_code for path in paths} == {answer}, (member.username, paths)


@pytest.mark.parametrize("who", ["wang", "liu"])
def test_who_only_reads_is_offered_nothing_else(signed_in: SignedIn, cast: Cast, spoken: Ledger, inboxes: None, who: str) -> None:
    browser = signed_in(getattr(cast, who))
    for path in READABLE if who == "wang" else (*READABLE, *INBOXES):
        main = browser.get(f"{BASE}/{path}").text.partition("<main")[2].partition("</main>")[0]
        assert 'method="post"' not in main, path
        assert not re.search(r'href="[^"]*/(edit|register-device)', main), path
    assert ("/assets/" in browser.get(f"{BASE}/devices/dz-01").text) == (who == "liu")


def test_without_devices_the_pages_say_what_to_do(signed_in: SignedIn, cast: Cast) -> None:
    sun = signed_in(cast.sun)
    assert "No device yet" in sun.get("/s/jinxiu/devices").text
    assert "gatehouse/v1/jinxiu/" in sun.get("/s/jinxiu/discovered").text
    assert "Every message was taken" in sun.get("/s/jinxiu/rejected").text
    assert "No device has been retired" in sun.get("/s/jinxiu/retired-devices").text


def test_the_device_page_tells_how_it_is(zhao: httpx.Client, spoken: Ledger) -> None:
    page = zhao.get(f"{BASE}/devices/dz-01").text
    for text in (
        "Motor stalled",
        "reports a fault",
        "1m 35s ahead",
        "41.5\u00a0°C",
        "Opened by hand",
        "no message in time",
    ):
        assert text in page, text
    assert "&lt;b&gt;岗亭&lt;/b&gt;" in page
    assert 'data-chart="/api/v1/sites/wutong/devices/dz-01/series"' in page
    assert f'href="/s/wutong/assets/{spoken.gate.id}"' in page
    assert "车库交换机" in page
    readings = zhao.get(f"{BASE}/devices/dz-01/readings").text
    assert "Motor temperature" in readings
    assert "Motor current" not in readings


def test_the_device_page_tells_of_its_alert(zhao: httpx.Client, db: Database, cast: Cast, spoken: Ledger) -> None:
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO alert (site_id, rule, subject, subject_name, severity, since, opened_at)"
            " SELECT site_id, 'device_fault', 'device:' || id, name, 'major', registered_at, registered_at FROM device"
        )
    assert "There is an open alert on this device." in zhao.get(f"{BASE}/devices/dz-01").text


def test_a_discovered_device_is_registered_with_a_new_asset(zhao: httpx.Client, db: Database, wutong: Site, inboxes: None) -> None:
    assert "&lt;b&gt;" in zhao.get(f"{BASE}/discovered").text
    form = f"{BASE}/register-device?slug=cam-7"
    assert '<option value="cctv" selected>' in zhao.get(form).text
    registered = submit(zhao, form, **CAMERA, reports_of="new", **{"new_asset.code": "SX-07"})
    assert registered.headers["location"] == f"{BASE}/devices/cam-7?done=registered"
    page = zhao.get(registered.headers["location"]).text
    assert "The device is registered." in page
    assert "SX-07" in page
    assert "registered, not heard yet" in page
    assert "No unknown device is sending" in zhao.get(f"{BASE}/discovered").text


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        ({"slug": "Cam 7"}, "slug", "只能使用小写字母"),
        ({"slug": "dz-01"}, "slug", "设备标识 dz-01 已在台账中。"),
        ({"kind": ""}, "kind", "请选择。"),
        ({"name": ""}, "name", "请填写此项。"),
        ({"new_asset.code": "WL-01"}, "new_asset.code", "编号 WL-01 已被本小区的其他设备设施使用。"),
        ({"reports_of": "existing"}, "asset_id", "请选择。"),
        ({"reports_of": "existing", "asset_id": "1"}, "asset_id", "该项已绑定监测设备。"),
    ],
)
def test_errors_stand_at_the_field_and_keep_what_was_typed(
    zhao: httpx.Client, ledger: Ledger, change: dict[str, str], field: str, text: str
) -> None:
    zhao.headers["accept-language"] = "zh"
    if change.get("asset_id"):
        change = change | {"asset_id": str(ledger.gate.id)}
    refused = submit(zhao, f"{BASE}/register-device", **CAMERA | {"reports_of": "new", "new_asset.code": "SX-07"} | change)
    assert refused.status_code == 422
    assert re.search(rf'id="error-{field}">.*?{text}', refused.text, re.DOTALL)
    assert 'value="大堂摄像机"' in refused.text or "name" in change


def test_a_device_may_report_of_nothing_in_the_ledger(zhao: httpx.Client, db: Database, wutong: Site, ledger: Ledger) -> None:
    sent = CAMERA | {"reports_of": "none", "new_asset.code": "SX-07", "asset_id": str(ledger.gate.id)}
    assert submit(zhao, f"{BASE}/register-device", **sent).status_code == 303
    with db.transaction() as conn:
        assert queries.get_device_by_slug(conn, wutong.id, "cam-7").asset_id is None


def test_a_device_is_changed_retired_and_reinstated(zhao: httpx.Client, ledger: Ledger) -> None:
    here = f"{BASE}/devices/dz-01"
    refused = submit(zhao, f"{here}/edit", name="东门", silence="x")
    assert 'id="error-silence"' in refused.text
    assert "东门" in refused.text
    assert submit(zhao, f"{here}/edit", name="东门", silence="1e99").status_code == 422
    changed = submit(zhao, f"{here}/edit", name="东门", asset_id=str(ledger.gate.id), silence="1.5")
    page = zhao.get(changed.headers["location"])
    assert "1m 30s" in page.text
    assert 'value="1.5"' in zhao.get(f"{here}/edit").text
    sent = {"csrf_token": token(page)}
    assert zhao.post(f"{here}/retire", data=sent).status_code == 303
    assert "Retired devices" in zhao.get(f"{BASE}/retired-devices").text
    assert "was retired on" in zhao.get(here).text
    assert zhao.post(f"{here}/retire", data=sent).status_code == 409
    assert zhao.post(f"{here}/reinstate", data=sent).status_code == 303
    assert "was retired on" not in zhao.get(here).text


def test_a_discovered_device_is_set_aside_and_brought_back(zhao: httpx.Client, inboxes: None) -> None:
    sent = {"csrf_token": token(zhao.get(f"{BASE}/discovered"))}
    assert zhao.post(f"{BASE}/discovered/cam-7/ignore", data=sent).status_code == 303
    assert "cam-7" not in zhao.get(f"{BASE}/discovered").text.partition("<main")[2].replace("data-", "")
    assert "cam-7" in zhao.get(f"{BASE}/discovered?ignored=1").text
    assert zhao.post(f"{BASE}/discovered/cam-7/offer", data=sent).status_code == 303
    assert "cam-7" in zhao.get(f"{BASE}/discovered").text


def test_rejected_messages_are_shown_and_never_executed(signed_in: SignedIn, cast: Cast, inboxes: None) -> None:
    page = signed_in(cast.zhao).get(f"{BASE}/rejected").text
    assert "This is not JSON" in page
    assert "&lt;script&gt;" in page
    assert "00 ff fe" in page
    assert "level must be from 0 to 200 %, not 940" in page
    chinese = signed_in(cast.zhao).get(f"{BASE}/rejected", headers={"accept-language": "zh"}).text
    assert "level 应在 0 到 200 % 之间，而不是 940" in chinese
    assert "must be" not in chinese.partition("<main")[2]
    assert "3 times" in page
    assert "There is no such site" not in page
    stray = signed_in(cast.admin).get("/admin/rejected").text
    assert "There is no such site" in stray
    assert signed_in(cast.chen).get("/admin/rejected").status_code == 403


def test_another_sites_device_has_no_page(signed_in: SignedIn, cast: Cast, spoken: Ledger) -> None:
    sun = signed_in(cast.sun)
    for path in ("dz-01", "dz-01/now", "dz-01/events", "dz-01/readings", "dz-01/edit"):
        assert sun.get(f"/s/jinxiu/devices/{path}").status_code == 404


@pytest.mark.parametrize(("path", "item"), [("retired-devices", "devices"), ("register-device", "discovered")])
def test_the_navigation_shows_where_a_page_belongs(signed_in: SignedIn, cast: Cast, path: str, item: str) -> None:
    page = signed_in(cast.zhao).get(f"{BASE}/{path}").text
    assert set(re.findall(r'href="([^"]*)"[^>]* aria-current="page"', page)) == {f"{BASE}/{item}"}
