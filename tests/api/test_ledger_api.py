"""Assets and records over the API."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Member
from tests.ledger import Ledger

SignedIn = Callable[[Member], httpx.Client]
BASE = "/api/v1/sites/wutong"
LIFT = {"code": "DT-01", "name": "1号楼电梯", "category": "lift", "installed_on": "2015-04-01"}
REPAIR = {
    "kind": "repair",
    "done_at": "2026-11-22T10:00:00+08:00",
    "done_by": "迅达维保",
    "summary": "更换钢丝绳",
    "outcome": "fixed",
    "cost": "12800.50",
}


@pytest.fixture
def zhao(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The engineer's program."""
    return signed_in(cast.zhao)


def test_an_asset_is_entered_changed_and_read_back(zhao: httpx.Client) -> None:
    created = zhao.post(f"{BASE}/assets", json=LIFT)
    assert created.status_code == 201
    asset = created.json()
    assert asset["installed_on"] == "2015-04-01"
    changed = zhao.put(f"{BASE}/assets/{asset['id']}", json=LIFT | {"condition": "unsafe"})
    assert changed.json()["condition"] == "unsafe"
    read = zhao.get(f"{BASE}/assets/{asset['id']}").json()
    assert read | {"depends_on": [], "depending": [], "device_slug": None, "record_counts": {}} == read
    assert zhao.get(f"{BASE}/assets/summary").json() == [{"category": "lift", "condition": "unsafe", "count": 1}]


def test_one_asset_shows_what_is_around_it(zhao: httpx.Client, ledger: Ledger) -> None:
    gate = zhao.get(f"{BASE}/assets/{ledger.gate.id}").json()
    assert (gate["area_name"], gate["device_slug"], gate["record_counts"]) == ("东大门", "dz-01", {"repair": 1})
    assert [(each["code"], each["kind"]) for each in gate["depends_on"]] == [("WL-01", "network")]
    switch = zhao.get(f"{BASE}/assets/{ledger.switch.id}").json()
    assert [(each["code"], each["device_status"]) for each in switch["depending"]] == [("DZ-01", "unknown")]


def test_lists_are_narrowed_and_come_page_by_page(zhao: httpx.Client, ledger: Ledger) -> None:
    first = zhao.get(f"{BASE}/assets", params={"limit": 1}).json()
    second = zhao.get(f"{BASE}/assets", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["code"] for each in first["items"] + second["items"]] == ["DZ-01", "WL-01"]
    assert second["next"] is None
    for narrowed in ({"text": "道闸"}, {"category": "gate"}, {"area": ledger.east.id}, {"condition": "poor"}):
        assert [each["code"] for each in zhao.get(f"{BASE}/assets", params=narrowed).json()["items"]] == ["DZ-01"]
    assert zhao.get(f"{BASE}/assets", params={"text": "\0"}).json()["next"] is None
    assert zhao.get(f"{BASE}/assets", params={"state": "retired"}).json()["items"] == []


def test_a_dependency_is_added_and_removed(zhao: httpx.Client, ledger: Ledger) -> None:
    there = f"{BASE}/assets/{ledger.switch.id}/dependencies"
    circle = zhao.post(there, json={"depends_on_id": ledger.gate.id, "kind": "power"})
    assert (circle.status_code, circle.json()["code"], circle.json()["field"]) == (409, "dependency_circle", "depends_on_id")
    assert "WL-01 → DZ-01 → WL-01" in circle.json()["detail"]
    assert zhao.delete(f"{BASE}/assets/{ledger.gate.id}/dependencies/network/{ledger.switch.id}").status_code == 204
    assert zhao.post(there, json={"depends_on_id": ledger.gate.id, "kind": "power"}).status_code == 204
    assert zhao.delete(f"{BASE}/assets/{ledger.gate.id}/dependencies/network/{ledger.switch.id}").status_code == 404


def test_a_record_is_written_corrected_and_read_back(zhao: httpx.Client, ledger: Ledger) -> None:
    written = zhao.post(f"{BASE}/assets/{ledger.gate.id}/records", json=REPAIR | {"condition": "good"})
    assert written.status_code == 201
    record = written.json()
    assert (record["cost"], record["done_at"]) == ("12800.50", "2026-11-22T02:00:00Z")
    assert zhao.get(f"{BASE}/assets/{ledger.gate.id}").json()["condition"] == "good"
    there = f"{BASE}/records/{record['id']}"
    right = zhao.post(f"{there}/corrections", json=REPAIR | {"cost": 1280.5, "reason": "多写一个零"})
    assert right.status_code == 201
    assert zhao.get(there).json()["corrected_by_id"] == right.json()["id"]
    assert zhao.post(f"{there}/corrections", json=REPAIR | {"reason": "再来"}).json()["code"] == "record_corrected"
    listed = zhao.get(f"{BASE}/records", params={"asset": ledger.gate.id, "kind": "repair"}).json()["items"]
    assert [each["id"] for each in listed] == [ledger.record.id, right.json()["id"], record["id"]]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("assets", LIFT | {"code": ""}, "code"),
        ("assets", LIFT | {"category": "spaceship"}, "category"),
        ("assets", LIFT | {"area_id": 999}, "area_id"),
        ("assets", LIFT | {"colour": "red"}, "colour"),
        ("assets/1/records", REPAIR | {"done_at": "2027-01-01T00:00:00Z"}, "done_at"),
        ("assets/1/records", REPAIR | {"done_at": "2026-11-22T10:00:00"}, "done_at"),
        ("assets/1/records", REPAIR | {"cost": "-1"}, "cost"),
        ("assets/1/records", REPAIR | {"cost": "NaN"}, "cost"),
        ("assets/1/records", REPAIR | {"condition": "splendid"}, "condition"),
    ],
)
def test_what_cannot_be_accepted_names_its_field(
    zhao: httpx.Client, ledger: Ledger, path: str, body: dict[str, Any], field: str
) -> None:
    path = path.replace("/1/", f"/{ledger.gate.id}/")
    for language in ("en", "zh"):
        refused = zhao.post(f"{BASE}/{path}", json=body, headers={"accept-language": language})
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["field"] == field
        assert refused.json()["detail"].isascii() == (language == "en")


def test_who_may_read_and_write(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    expected = {
        cast.wang: (403, 403),
        cast.li: (403, 403),
        cast.zhao: (200, 201),
        cast.chen: (200, 201),
        cast.liu: (200, 403),
        cast.sun: (404, 404),
        cast.admin: (200, 201),
    }
    for member, (reading, writing) in expected.items():
        program = signed_in(member)
        for path in ("assets", "assets/summary", f"assets/{ledger.gate.id}", "records", f"records/{ledger.record.id}"):
            assert program.get(f"{BASE}/{path}").status_code == reading, (member.username, path)
        lift = LIFT | {"code": member.username}
        assert program.post(f"{BASE}/assets", json=lift).status_code == writing, member.username
        record = program.post(f"{BASE}/assets/{ledger.gate.id}/records", json=REPAIR)
        assert record.status_code == writing, member.username


def test_another_sites_asset_is_not_found(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    sun = signed_in(cast.sun)
    assert sun.get(f"/api/v1/sites/jinxiu/assets/{ledger.gate.id}").status_code == 404
    assert sun.post(f"/api/v1/sites/jinxiu/assets/{ledger.gate.id}/records", json=REPAIR).status_code == 404
    assert sun.get(f"/api/v1/sites/jinxiu/records/{ledger.record.id}").status_code == 404
