"""The pages of the ledger, as a browser without scripts uses them."""

import re
from collections.abc import Callable

import httpx
import pytest

from assets.models import RecordEntry, Site
from assets.queries import ledger as queries
from assets.queries import records
from assets.records import write_record
from store.db import Database
from tests.cast import Cast, Member
from tests.ledger import Ledger

SignedIn = Callable[[Member], httpx.Client]
BASE = "/s/wutong"
LIFT = {"code": "DT-01", "name": "1号楼电梯", "category": "lift", "condition": "good", "state": "in_use"}
REPAIR = {"kind": "repair", "done_at": "2026-11-22T10:00", "done_by": "迅达维保", "summary": "更换钢丝绳", "outcome": "fixed"}


@pytest.fixture
def zhao(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The engineer's browser, which sends no header: only what forms hold."""
    browser = signed_in(cast.zhao)
    del browser.headers["x-csrf-token"]
    return browser


def submit(browser: httpx.Client, page: str, **fields: str) -> httpx.Response:
    """Open a page with a form that is sent to its own address, and send it."""
    opened = browser.get(page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', opened.text)
    assert token is not None
    return browser.post(page, data={"csrf_token": token[1], **fields})


def pages(ledger: Ledger) -> list[str]:
    return [
        "assets",
        "assets?text=%00&category=gate&area=x&condition=poor&state=nonsense",
        "assets?text=nothing-like-it",
        f"assets/{ledger.gate.id}",
        f"assets/{ledger.gate.id}?kind=repair&done=recorded",
        f"assets/{ledger.gate.id}?kind=operation",
        f"assets/{ledger.switch.id}",
    ]


def forms(ledger: Ledger) -> list[str]:
    return [
        "assets/new",
        f"assets/{ledger.gate.id}/edit",
        f"assets/{ledger.gate.id}/records/new",
        f"records/{ledger.record.id}/correct",
    ]


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_every_page_renders_in_both_languages(zhao: httpx.Client, spoken: Ledger, language: str, tag: str) -> None:
    for path in pages(spoken) + forms(spoken):
        page = zhao.get(f"{BASE}/{path}", headers={"accept-language": language})
        assert page.status_code == 200, path
        assert f'lang="{tag}"' in page.text


def test_who_may_see_the_pages_and_forms(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    expected = {
        cast.wang: (403, 403),
        cast.li: (403, 403),
        cast.zhao: (200, 200),
        cast.chen: (200, 200),
        cast.liu: (200, 403),
        cast.sun: (404, 404),
        cast.admin: (200, 200),
    }
    for member, answers in expected.items():
        browser = signed_in(member)
        for paths, answer in zip((pages(ledger), forms(ledger)), answers, strict=True):
            assert {browser.get(f"{BASE}/{path}").status_code for path in paths} == {answer}, (member.username, paths)


def test_who_only_reads_is_offered_nothing_else(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    liu = signed_in(cast.liu)
    for path in pages(ledger):
        main = liu.get(f"{BASE}/{path}").text.partition("<main")[2].partition("</main>")[0]
        assert 'method="post"' not in main, path
        assert not re.search(r'href="[^"]*/(new|edit|correct)"', main), path


def test_an_empty_ledger_says_what_to_do(signed_in: SignedIn, cast: Cast) -> None:
    page = signed_in(cast.sun).get("/s/jinxiu/assets")
    assert "The ledger is empty" in page.text
    assert 'href="/s/jinxiu/assets/new"' in page.text


def test_an_asset_is_entered_and_changed(zhao: httpx.Client, wutong: Site) -> None:
    created = submit(zhao, f"{BASE}/assets/new", **LIFT, installed_on="2015-04-01", note="双机联动\r\n井道渗水")
    assert created.status_code == 303
    page = zhao.get(created.headers["location"])
    assert "The asset is in the ledger." in page.text
    assert "1 Apr 2015" in page.text
    assert "11 years" in page.text
    assert "双机联动\n井道渗水" in page.text
    edit = created.headers["location"].split("?")[0] + "/edit"
    assert 'value="2015-04-01"' in zhao.get(edit).text
    assert submit(zhao, edit, **LIFT | {"condition": "unsafe"}).status_code == 303
    assert "Unsafe" in zhao.get(f"{BASE}/assets?condition=unsafe").text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"code": ""}, "请填写此项。"),
        ({"code": "DZ-01"}, "编号 DZ-01 已被本小区的其他设备设施使用。"),
        ({"category": ""}, "请选择。"),
        ({"installed_on": "2027-01-01"}, "安装日期不能晚于今天。"),
        ({"installed_on": "昨天"}, "请输入日期，如 2026-11-22。"),
    ],
)
def test_errors_stand_at_the_field_and_keep_what_was_typed(
    zhao: httpx.Client, ledger: Ledger, change: dict[str, str], text: str
) -> None:
    zhao.headers["accept-language"] = "zh"
    refused = submit(zhao, f"{BASE}/assets/new", **LIFT | {"note": "请保留 <这句>"} | change)
    assert refused.status_code == 422
    field = next(iter(change))
    assert re.search(rf'id="error-{field}">.*?{re.escape(text)}', refused.text, re.DOTALL)
    assert "请保留 &lt;这句&gt;" in refused.text


def test_a_record_is_written_and_corrected(zhao: httpx.Client, ledger: Ledger) -> None:
    written = submit(zhao, f"{BASE}/assets/{ledger.switch.id}/records/new", **REPAIR, cost="12,800", condition="fair")
    assert written.status_code == 303
    page = zhao.get(written.headers["location"])
    assert "¥12,800.00" in page.text
    assert "22 Nov 2026, 10:00" in page.text
    assert "Fair" in page.text
    correct = re.search(r'href="(/s/wutong/records/\d+/correct)"', page.text)
    assert correct is not None
    assert 'value="12800.00"' in zhao.get(correct[1]).text
    assert submit(zhao, correct[1], **REPAIR, cost="1280", reason="多写一个零").status_code == 303
    page = zhao.get(f"{BASE}/assets/{ledger.switch.id}")
    assert "<s " in page.text
    assert "Reason: 多写一个零" in page.text
    assert zhao.get(correct[1]).status_code == 409


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        ({"done_at": "2026-11-22T12:01"}, "done_at", "This lies in the future."),
        ({"done_at": "soon"}, "done_at", "Please enter a date and time."),
        ({"cost": "much"}, "cost", "Please enter a number."),
        ({"cost": "-5"}, "cost", "An amount from 0"),
        ({"summary": " "}, "summary", "Please fill this in."),
        ({"kind": ""}, "kind", "Please choose."),
    ],
)
def test_a_record_that_cannot_be_accepted(
    zhao: httpx.Client, ledger: Ledger, change: dict[str, str], field: str, text: str
) -> None:
    refused = submit(zhao, f"{BASE}/assets/{ledger.gate.id}/records/new", **REPAIR | {"detail": "型号 A1"} | change)
    assert refused.status_code == 422
    assert re.search(rf'id="error-{field}">.*?{re.escape(text)}', refused.text, re.DOTALL)
    assert "型号 A1" in refused.text


def test_the_navigation_marks_the_ledger_where_a_record_is_corrected(zhao: httpx.Client, ledger: Ledger) -> None:
    page = zhao.get(f"{BASE}/records/{ledger.record.id}/correct").text
    assert set(re.findall(r'href="([^"]*)"[^>]* aria-current="page"', page)) == {f"{BASE}/assets"}


def test_a_correction_without_a_reason_is_refused(zhao: httpx.Client, db: Database, wutong: Site, ledger: Ledger) -> None:
    refused = submit(zhao, f"{BASE}/records/{ledger.record.id}/correct", **REPAIR)
    assert refused.status_code == 422
    assert 'id="error-reason"' in refused.text
    with db.transaction() as conn:
        assert records.get_record(conn, wutong.id, ledger.record.id).corrected_by_id is None


def test_dependencies_are_added_and_removed(zhao: httpx.Client, db: Database, wutong: Site, ledger: Ledger) -> None:
    gate, switch = f"{BASE}/assets/{ledger.gate.id}", f"{BASE}/assets/{ledger.switch.id}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', zhao.get(gate).text)
    assert token is not None
    sent = {"csrf_token": token[1], "depends_on_id": str(ledger.gate.id), "kind": "power"}
    circle = zhao.post(f"{switch}/dependencies", data=sent)
    assert circle.status_code == 422
    assert "WL-01 → DZ-01 → WL-01" in circle.text
    nothing = zhao.post(f"{switch}/dependencies", data=sent | {"depends_on_id": ""})
    assert "Please choose." in nothing.text
    sent |= {"depends_on_id": str(ledger.switch.id), "kind": "network"}
    assert zhao.post(f"{gate}/dependencies/remove", data=sent).status_code == 303
    with db.transaction() as conn:
        assert queries.list_depends_on(conn, wutong.id, ledger.gate.id) == []


def test_records_come_page_by_page(zhao: httpx.Client, db: Database, cast: Cast, wutong: Site, ledger: Ledger) -> None:
    with db.transaction() as conn:
        for number in range(25):
            entry = RecordEntry(kind="operation", done_at=ledger.record.done_at, done_by="赵工", summary=f"运行第{number}次")
            write_record(
                conn,
                cast.zhao.actor,
                now=ledger.record.done_at,
                site_id=wutong.id,
                asset_id=ledger.gate.id,
                entry=entry,
            )
    first = zhao.get(f"{BASE}/assets/{ledger.gate.id}?kind=operation").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = zhao.get(older[1].replace("&amp;", "&")).text
    seen = re.findall(r"运行第(\d+)次", first + second)
    assert sorted(map(int, seen)) == list(range(25))


def test_another_sites_asset_has_no_page(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    sun = signed_in(cast.sun)
    for path in (f"assets/{ledger.gate.id}", f"assets/{ledger.gate.id}/edit", f"records/{ledger.record.id}/correct"):
        assert sun.get(f"/s/jinxiu/{path}").status_code == 404
