"""The pages of administrators and of one's own account, as a browser without scripts uses them."""

import re
from collections.abc import Callable

import httpx
import pytest

from tests.cast import PASSWORD, Cast, Member

SignedIn = Callable[[Member], httpx.Client]


def form_token(page: httpx.Response) -> str:
    """The hidden field a form of the page carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


@pytest.fixture
def admin(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The administrator's browser, which sends no header: only what forms hold."""
    browser = signed_in(cast.admin)
    del browser.headers["x-csrf-token"]
    return browser


def submit(browser: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Open a page and send a form of it."""
    opened = browser.get(page)
    assert f'action="{action}"' in opened.text
    return browser.post(action, data={"csrf_token": form_token(opened), **fields})


@pytest.mark.parametrize(
    "path",
    [
        "/account",
        "/sites",
        "/admin/people",
        "/admin/people/new",
        "/admin/regions",
        "/admin/sites/new",
        "/admin/sites/wutong",
        "/admin/audit",
        "/s/wutong/audit",
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_renders_in_both_languages(admin: httpx.Client, path: str, language: str) -> None:
    page = admin.get(path, headers={"accept-language": language})
    assert page.status_code == 200
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in page.text


def test_an_administrator_adds_a_person_and_gives_a_role(admin: httpx.Client) -> None:
    refused = submit(admin, "/admin/people/new", "/admin/people/new", username="Zhou", display_name="周敏", password="zhou")
    assert refused.status_code == 422
    assert "At least 10 characters." in refused.text
    assert 'value="周敏"' in refused.text
    made = submit(admin, "/admin/people/new", "/admin/people/new", username="Zhou", display_name="周敏", password="mei-lan-zhu-ju")
    assert made.status_code == 303
    person = made.headers["location"]
    assert submit(admin, person, f"{person}/grants", role="guard", site="wutong", region="").status_code == 303
    shown = admin.get(person).text
    assert "周敏" in shown
    assert "梧桐苑" in shown
    assert "周敏" in admin.get("/admin/people?text=zho").text
    assert "周敏" not in admin.get("/admin/people?text=xyz").text
    assert "周敏" in admin.get("/admin/people?site=wutong").text
    assert "周敏" not in admin.get("/admin/people?site=jinxiu").text


def test_the_last_administrator_stays(admin: httpx.Client, cast: Cast) -> None:
    here = f"/admin/people/{cast.admin.id}"
    refused = submit(admin, here, f"{here}/deactivate")
    assert refused.status_code == 422
    assert "last administrator" in refused.text
    revoke = re.search(rf'action="({here}/grants/\d+/revoke)"', admin.get(here).text)
    assert revoke is not None
    assert submit(admin, here, revoke[1]).status_code == 422


def test_a_person_is_switched_off_and_on(admin: httpx.Client, signed_in: SignedIn, cast: Cast) -> None:
    wang = signed_in(cast.wang)
    here = f"/admin/people/{cast.wang.id}"
    assert submit(admin, here, f"{here}/deactivate").status_code == 303
    assert wang.get("/account").headers["location"].startswith("/login")
    assert submit(admin, here, f"{here}/activate").status_code == 303
    assert wang.get("/account").status_code == 303, "the session has ended, it does not come back"


def test_a_new_password_is_set(admin: httpx.Client, browser: Callable[[], httpx.Client], cast: Cast) -> None:
    here = f"/admin/people/{cast.wang.id}"
    assert submit(admin, here, f"{here}/password", password="song-zhu-mei-lan").status_code == 303
    assert browser().post("/login", data={"username": "wang", "password": PASSWORD}).status_code == 401
    assert browser().post("/login", data={"username": "wang", "password": "song-zhu-mei-lan"}).status_code == 303


@pytest.mark.parametrize("path", ["/admin/regions", "/admin/sites/new", "/admin/rejected"])
def test_the_navigation_marks_sites_on_the_pages_around_them(admin: httpx.Client, path: str) -> None:
    assert set(re.findall(r'href="([^"]*)"[^>]* aria-current="page"', admin.get(path).text)) == {"/sites"}


def test_regions_and_a_site_are_laid_out(admin: httpx.Client) -> None:
    assert submit(admin, "/admin/regions", "/admin/regions", name="苏州市", parent="").status_code == 303
    assert submit(admin, "/admin/regions", "/admin/regions", name="苏州市", parent="").status_code == 422
    page = admin.get("/admin/sites/new").text
    region = re.search(r'<option value="(\d+)">苏州市</option>', page)
    assert region is not None
    refused = submit(
        admin, "/admin/sites/new", "/admin/sites/new", slug="桂花", name="桂花园", tz="Asia/Shanghai", region=region[1]
    )
    assert refused.status_code == 422
    made = submit(admin, "/admin/sites/new", "/admin/sites/new", slug="guihua", name="桂花园", tz="Asia/Shanghai", region=region[1])
    assert made.headers["location"] == "/admin/sites/guihua"
    here = "/admin/sites/guihua"
    assert submit(admin, here, f"{here}/areas", slug="gate", area="大门", key_area="1").status_code == 303
    assert submit(admin, here, here, name="桂花苑", tz="Mars/Phobos", region=region[1]).status_code == 422
    assert submit(admin, here, here, name="桂花苑", tz="Asia/Shanghai", region=region[1]).status_code == 303
    assert "桂花苑" in admin.get("/sites").text


def test_the_devices_password_is_shown_once(admin: httpx.Client) -> None:
    here = "/admin/sites/wutong"
    answer = submit(admin, here, f"{here}/mqtt-password")
    password = re.search(r'class="gh-secret" translate="no">([^<]+)<', answer.text)
    assert password is not None
    assert password[1] not in admin.get(here).text
    assert password[1] not in admin.get("/admin/audit").text


def test_own_password_and_other_devices(signed_in: SignedIn, cast: Cast) -> None:
    mine, other = signed_in(cast.wang), signed_in(cast.wang)
    wrong = submit(mine, "/account", "/account/password", current="no", password="song-zhu-mei-lan", repeated="song-zhu-mei-lan")
    assert "This is not your current password." in wrong.text
    differs = submit(mine, "/account", "/account/password", current=PASSWORD, password="song-zhu-mei-lan", repeated="x")
    assert "The two entries differ." in differs.text
    right = submit(
        mine, "/account", "/account/password", current=PASSWORD, password="song-zhu-mei-lan", repeated="song-zhu-mei-lan"
    )
    assert right.headers["location"] == "/account?done=password"
    assert mine.get("/account?done=password").status_code == 200
    assert other.get("/account").status_code == 303


def test_an_api_token_is_made_and_revoked(signed_in: SignedIn, cast: Cast, browser: Callable[[], httpx.Client]) -> None:
    wang = signed_in(cast.wang)
    answer = submit(wang, "/account", "/account/tokens", name="维修系统")
    token = re.search(r">(gh_[\w-]+)<", answer.text)
    assert token is not None
    program = browser()
    program.headers["authorization"] = f"Bearer {token[1]}"
    assert program.get("/api/v1/me").json()["person"]["username"] == "wang"
    page = wang.get("/account").text
    assert token[1] not in page
    revoke = re.search(r'action="(/account/tokens/\d+/revoke)"', page)
    assert revoke is not None
    assert submit(wang, "/account", revoke[1]).status_code == 303
    assert program.get("/api/v1/me").status_code == 401


def test_the_manager_sees_the_log_of_the_site_alone(admin: httpx.Client, signed_in: SignedIn, cast: Cast) -> None:
    submit(admin, "/admin/sites/wutong", "/admin/sites/wutong/areas", slug="pump", area="泵房")
    submit(admin, "/admin/sites/jinxiu", "/admin/sites/jinxiu/areas", slug="lake", area="湖边")
    log = signed_in(cast.chen).get("/s/wutong/audit").text
    assert "泵房" in log
    assert "湖边" not in log
    assert signed_in(cast.chen).get("/s/jinxiu/audit").status_code == 404
    assert signed_in(cast.chen).get("/admin/audit").status_code == 403
