"""Devices with their health, what they measured and said, over the API."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Member
from tests.ledger import Ledger

SignedIn = Callable[[Member], httpx.Client]
BASE = "/api/v1/sites/wutong"
CAMERA = {"slug": "cam-7", "kind": "cctv", "name": "大堂摄像机"}


@pytest.fixture
def zhao(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The engineer's program."""
    return signed_in(cast.zhao)


def test_a_discovered_device_is_registered_with_a_new_asset(zhao: httpx.Client, inboxes: None) -> None:
    assert [each["slug"] for each in zhao.get(f"{BASE}/discovered").json()] == ["cam-7"]
    asset = {"code": "SX-07", "name": "大堂摄像机", "category": "cctv"}
    registered = zhao.post(f"{BASE}/devices", json=CAMERA | {"new_asset": asset, "silent_after": 120})
    assert registered.status_code == 201
    assert registered.json() | {"status": "unknown", "reason": "registered", "asset_code": "SX-07"} == registered.json()
    assert registered.json()["silent_after"] == "PT2M"
    assert zhao.get(f"{BASE}/discovered").json() == []


def test_a_discovered_device_is_set_aside_and_brought_back(zhao: httpx.Client, inboxes: None) -> None:
    assert zhao.post(f"{BASE}/discovered/cam-7/ignore").status_code == 204
    assert zhao.get(f"{BASE}/discovered").json() == []
    assert zhao.get(f"{BASE}/discovered", params={"ignored": True}).json()[0]["ignored_at"] == "2026-11-22T04:00:00Z"
    assert zhao.post(f"{BASE}/discovered/cam-7/offer").status_code == 204
    assert len(zhao.get(f"{BASE}/discovered").json()) == 1
    assert zhao.post(f"{BASE}/discovered/cam-8/ignore").status_code == 404


def test_one_device_tells_how_it_is(zhao: httpx.Client, spoken: Ledger) -> None:
    device = zhao.get(f"{BASE}/devices/dz-01").json()
    assert (device["status"], device["reason"], device["faults"], device["skew_ms"]) == ("fault", "fault", ["motor_stall"], 95000)
    assert device["latest"]["measures"] == {"position": "open", "cycles": 109, "motor_temp": 41.5, "loop_occupied": True}
    changes = zhao.get(f"{BASE}/devices/dz-01/status-changes").json()
    assert [change["status"] for change in changes] == ["fault", "stale", "online"]
    events = zhao.get(f"{BASE}/devices/dz-01/events").json()
    assert [(event["type"], event["data"]) for event in events["items"]] == [("opened_by_hand", {"by": "<b>岗亭</b>"})]


def test_lists_are_narrowed_and_come_page_by_page(zhao: httpx.Client, spoken: Ledger) -> None:
    zhao.post(f"{BASE}/devices", json=CAMERA)
    first = zhao.get(f"{BASE}/devices", params={"limit": 1}).json()
    second = zhao.get(f"{BASE}/devices", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["slug"] for each in first["items"] + second["items"]] == ["dz-01", "cam-7"]
    for narrowed in ({"status": "fault"}, {"status": ["fault", "offline"]}, {"kind": "gate_barrier"}, {"text": "DZ-0"}):
        assert [each["slug"] for each in zhao.get(f"{BASE}/devices", params=narrowed).json()["items"]] == ["dz-01"]


def test_a_series_speaks_the_readers_language(zhao: httpx.Client, spoken: Ledger) -> None:
    there = f"{BASE}/devices/dz-01/series"
    series = zhao.get(there, params={"measures": "position,motor_temp,loop_occupied"}, headers={"accept-language": "zh"}).json()
    position, temperature, loop = series["measures"]
    assert (position["name"], position["type"], position["choices"]["open"]) == ("闸杆位置", "choice", "开启")
    assert (temperature["unit"], loop["type"]) == ("°C", "bool")
    count = len(series["ts"])
    assert 1 < count <= 10
    assert (position["values"], temperature["values"], loop["values"]) == (["open"] * count, [41.5] * count, [True] * count)
    assert series["to"] - series["from"] == 86400
    assert series["tz"] == "Asia/Shanghai"


def test_measures_not_reported_are_null(zhao: httpx.Client, spoken: Ledger) -> None:
    series = zhao.get(f"{BASE}/devices/dz-01/series", params={"measures": "motor_current"}).json()
    assert set(series["measures"][0]["values"]) == {None}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"measures": "position,nonsense"}, "measure_unknown"),
        ({"measures": "position; DROP TABLE site"}, "measure_unknown"),
        ({"from": "2026-11-22T00:00:00Z", "to": "2026-11-21T00:00:00Z"}, "time_range"),
        ({"from": "2010-01-01T00:00:00Z"}, "time_range"),
        ({"from": "yesterday"}, "invalid"),
        ({"from": "2026-11-22T00:00:00"}, "invalid"),
    ],
)
def test_a_series_that_cannot_be_given(zhao: httpx.Client, spoken: Ledger, params: dict[str, str], code: str) -> None:
    refused = zhao.get(f"{BASE}/devices/dz-01/series", params=params)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_a_device_is_changed_retired_and_reinstated(zhao: httpx.Client, ledger: Ledger) -> None:
    changed = zhao.put(f"{BASE}/devices/dz-01", json={"name": "东门", "asset_id": None, "silent_after": "PT1H"})
    assert (changed.json()["name"], changed.json()["asset_id"], changed.json()["silent_after"]) == ("东门", None, "PT1H")
    assert zhao.post(f"{BASE}/devices/dz-01/retire").status_code == 204
    assert zhao.get(f"{BASE}/devices").json()["items"] == []
    assert zhao.get(f"{BASE}/devices/dz-01").json()["retired_at"] == "2026-11-22T04:00:00Z"
    assert zhao.post(f"{BASE}/devices/dz-01/retire").json()["code"] == "device_retired"
    assert zhao.post(f"{BASE}/devices/dz-01/reinstate").status_code == 204
    assert len(zhao.get(f"{BASE}/devices").json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"slug": "Cam 7"}, 422, "slug"),
        ({"slug": "dz-01"}, 409, "slug"),
        ({"kind": "toaster"}, 422, "kind"),
        ({"asset_id": 12345}, 422, "asset_id"),
        ({"silent_after": 1}, 422, "silent_after"),
        ({"new_asset": {"code": "DZ-01", "name": "x", "category": "cctv"}}, 409, "new_asset.code"),
    ],
)
def test_what_cannot_be_accepted_names_its_field(
    zhao: httpx.Client, ledger: Ledger, change: dict[str, Any], status: int, field: str
) -> None:
    refused = zhao.post(f"{BASE}/devices", json=CAMERA | change)
    assert (refused.status_code, refused.json()["field"]) == (status, field)
    assert zhao.get(f"{BASE}/assets", params={"category": "cctv"}).json()["items"] == []


def test_rejected_messages_show_text_as_text_and_bytes_as_hex(signed_in: SignedIn, cast: Cast, inboxes: None) -> None:
    messages = signed_in(cast.zhao).get(f"{BASE}/rejected").json()["items"]
    assert [(each["reason"], each["payload"], each["payload_is_hex"], each["count"]) for each in messages] == [
        ("out_of_range", "00 ff fe", True, 1),
        ("not_json", '{"ts": <script>', False, 3),
    ]
    stray = signed_in(cast.admin).get("/api/v1/rejected").json()["items"]
    assert [each["reason"] for each in stray] == ["unknown_site"]
    assert signed_in(cast.chen).get("/api/v1/rejected").status_code == 403


def test_what_was_wrong_is_told_to_people_in_their_language_and_to_programs_as_facts(
    zhao: httpx.Client, spoken: Ledger, inboxes: None
) -> None:
    said = {
        language: zhao.get(f"{BASE}/rejected", headers={"accept-language": language}).json()["items"][0]
        for language in ("en", "zh")
    }
    assert said["en"]["detail"] == "level must be from 0 to 200 %, not 940"
    assert said["zh"]["detail"] == "level 应在 0 到 200 % 之间，而不是 940"
    for each in said.values():
        assert each["detail_key"] == "range"
        assert each["facts"] == {"where": "level", "low": "0", "high": "200", "unit": "%", "found": "940"}


def test_rejected_messages_and_events_come_page_by_page(zhao: httpx.Client, spoken: Ledger, inboxes: None) -> None:
    first = zhao.get(f"{BASE}/rejected", params={"limit": 1}).json()
    second = zhao.get(f"{BASE}/rejected", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["reason"] for each in first["items"] + second["items"]] == ["out_of_range", "not_json"]
    assert second["next"] is None
    for cursor in ("nonsense", "MTI", "IngieSI", first["next"][:-4]):
        for path in ("rejected", "devices/dz-01/events"):
            assert zhao.get(f"{BASE}/{path}", params={"cursor": cursor}).status_code == 422


def test_the_kinds_are_described(zhao: httpx.Client) -> None:
    kinds = {kind["slug"]: kind for kind in zhao.get("/api/v1/device-kinds", headers={"accept-language": "zh"}).json()}
    assert kinds["gate_barrier"]["name"] == "道闸"
    assert {measure["slug"] for measure in kinds["drainage"]["measures"]} >= {"level", "depth"}


def test_who_may_read_and_write(signed_in: SignedIn, cast: Cast, spoken: Ledger) -> None:
    expected = {
        cast.wang: (200, 403, 403),
        cast.li: (200, 403, 403),
        cast.zhao: (200, 200, 201),
        cast.chen: (200, 200, 409),
        cast.liu: (200, 200, 403),
        cast.sun: (404, 404, 404),
        cast.admin: (200, 200, 409),
    }
    for member, (devices, inbox, writing) in expected.items():
        program = signed_in(member)
        for path in ("", "/dz-01", "/dz-01/series", "/dz-01/status-changes", "/dz-01/events"):
            assert program.get(f"{BASE}/devices{path}").status_code == devices, (member.username, path)
        for path in ("discovered", "rejected"):
            assert program.get(f"{BASE}/{path}").status_code == inbox, (member.username, path)
        assert program.post(f"{BASE}/devices", json=CAMERA).status_code == writing, member.username


def test_another_sites_device_is_not_found(signed_in: SignedIn, cast: Cast, ledger: Ledger) -> None:
    sun = signed_in(cast.sun)
    for path in ("", "/series", "/events", "/status-changes"):
        assert sun.get(f"/api/v1/sites/jinxiu/devices/dz-01{path}").status_code == 404
    assert sun.post("/api/v1/sites/jinxiu/devices/dz-01/retire").status_code == 404
