"""People, sites and the log through the API."""

from collections.abc import Callable

import httpx

from assets.models import Region, Site
from tests.cast import Cast, Member

SignIn = Callable[[Member], httpx.Client]


def test_a_person_from_the_first_day_to_the_last(signed_in: SignIn, cast: Cast, wutong: Site) -> None:
    admin = signed_in(cast.admin)
    made = admin.post("/api/v1/people", json={"username": "zhou", "display_name": "周敏", "password": "mei-lan-zhu-ju"})
    assert made.status_code == 201
    here = f"/api/v1/people/{made.json()['id']}"
    granted = admin.post(f"{here}/grants", json={"role": "engineer", "site": "wutong"})
    assert granted.status_code == 201
    assert granted.json()["site_name"] == "梧桐苑"
    assert admin.post(f"{here}/grants", json={"role": "engineer", "site": "wutong"}).status_code == 409
    assert admin.post(f"{here}/grants", json={"role": "engineer"}).json()["field"] == "site"
    assert admin.post(f"{here}/grants", json={"role": "regional", "region_id": 999}).json()["field"] == "region_id"
    assert admin.put(f"{here}/password", json={"password": "song-zhu-mei-lan"}).status_code == 204
    changed = admin.put(here, json={"display_name": "周小敏", "language": "en", "active": False}).json()
    assert (changed["display_name"], changed["active"]) == ("周小敏", False)
    assert admin.get(here).json() == changed
    assert admin.delete(f"{here}/grants/{granted.json()['id']}").status_code == 204
    assert admin.get(here).json()["grants"] == []
    log = admin.get("/api/v1/audit", params={"limit": 3}).json()
    assert [entry["action"] for entry in log["items"]] == ["role.revoked", "person.deactivated", "person.changed"]
    assert log["items"][0]["person_name"] == "管理员"


def test_a_list_page_by_page(signed_in: SignIn, cast: Cast) -> None:
    admin = signed_in(cast.admin)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = admin.get("/api/v1/people", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 3
        seen += [person["username"] for person in page["items"]]
        cursor = page["next"]
    assert seen == ["admin", "chen", "li", "liu", "sun", "wang", "zhao"]


def test_everybody_sees_their_own_sites(signed_in: SignIn, cast: Cast) -> None:
    def sites(member: Member) -> tuple[list[str], list[str]]:
        answer = signed_in(member).get("/api/v1/sites").json()
        return [region["name"] for region in answer["regions"]], [site["slug"] for site in answer["items"]]

    assert sites(cast.chen) == (["上海市", "浦东新区", "花木街道"], ["wutong"])
    assert sites(cast.liu) == (["上海市", "浦东新区", "花木街道"], ["wutong"])
    assert sites(cast.sun) == (["上海市", "徐汇区"], ["jinxiu"])
    regions, slugs = sites(cast.admin)
    assert set(regions) == {"上海市", "浦东新区", "花木街道", "徐汇区"}
    assert set(slugs) == {"wutong", "jinxiu"}


def test_a_site_shows_what_is_wrong_there(signed_in: SignIn, cast: Cast, wutong: Site) -> None:
    from_db = signed_in(cast.admin)
    with_trouble = {
        site["slug"]: (site["devices_down"], site["alerts_open"]) for site in from_db.get("/api/v1/sites").json()["items"]
    }
    assert with_trouble == {"wutong": (0, 0), "jinxiu": (0, 0)}


def test_laying_out_regions_and_sites(signed_in: SignIn, cast: Cast, city: Region) -> None:
    admin = signed_in(cast.admin)
    district = admin.post("/api/v1/regions", json={"parent_id": city.id, "name": "静安区"}).json()
    assert district["level"] == "district"
    assert admin.put(f"/api/v1/regions/{district['id']}", json={"name": "静安"}).json()["name"] == "静安"
    new = {"slug": "guihua", "name": "桂花园", "region_id": district["id"]}
    assert admin.post("/api/v1/sites", json=new).status_code == 201
    assert admin.post("/api/v1/sites", json=new).status_code == 409
    changed = admin.put("/api/v1/sites/guihua", json={"name": "桂花苑", "tz": "Asia/Urumqi", "region_id": city.id})
    assert changed.json() == {
        **admin.get("/api/v1/sites/guihua").json(),
        "name": "桂花苑",
        "tz": "Asia/Urumqi",
        "region_id": city.id,
    }
    first = admin.post("/api/v1/sites/guihua/mqtt-password").json()
    second = admin.post("/api/v1/sites/guihua/mqtt-password").json()
    assert first["username"] == "guihua"
    assert first["password"] != second["password"]


def test_the_log_of_a_site_holds_what_happened_there(signed_in: SignIn, cast: Cast) -> None:
    admin = signed_in(cast.admin)
    admin.post("/api/v1/sites/wutong/mqtt-password")
    admin.post("/api/v1/sites/jinxiu/mqtt-password")
    entries = signed_in(cast.chen).get("/api/v1/sites/wutong/audit").json()["items"]
    assert {entry["site_slug"] for entry in entries} == {"wutong"}
    assert entries[0]["action"] == "site.mqtt_password_renewed"
    assert entries[0]["detail"] == {}
