"""The login page, where people land, and the language."""

import re
from collections.abc import Callable

import httpx
import pytest

from assets.models import Region
from core.clock import ManualClock
from people import manage
from people.models import SYSTEM
from people.sign_in import USERNAME_LIMIT
from store.db import Database
from tests.cast import PASSWORD, Cast, Member
from web.page import own_path

SignIn = Callable[[Member], httpx.Client]
Browser = Callable[[], httpx.Client]


def test_a_stranger_is_sent_to_sign_in_and_back(browser: Browser, cast: Cast) -> None:
    client = browser()
    sent = client.get("/s/wutong/overview?period=day")
    assert sent.status_code == 303
    page = client.get(sent.headers["location"])
    assert page.status_code == 200
    wanted = re.search(r'name="next" value="([^"]+)"', page.text)
    assert wanted is not None
    assert wanted[1] == "/s/wutong/overview?period=day"
    answer = client.post("/login", data={"username": "chen", "password": PASSWORD, "next": wanted[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/s/wutong/overview?period=day")
    assert client.get("/login?next=/account").headers["location"] == "/account", "who is signed in need not do it again"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "evil.test",
        "",
        " /x",
    ],
)
def test_nobody_is_sent_to_another_host(browser: Browser, cast: Cast, elsewhere: str) -> None:
    assert own_path(elsewhere) is None
    client = browser()
    assert "evil" not in client.get("/login", params={"next": elsewhere}).text
    answer = client.post("/login", data={"username": "chen", "password": PASSWORD, "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/login", params={"next": elsewhere}).headers["location"] == "/"


def test_a_wrong_password_keeps_the_username(browser: Browser, cast: Cast) -> None:
    answer = browser().post("/login", data={"username": "chen", "password": "wrong", "next": "/account"})
    assert answer.status_code == 401
    assert "The username or the password is not right." in answer.text
    assert 'value="chen"' in answer.text
    assert 'value="/account"' in answer.text
    assert "wrong" not in answer.text.replace("is not right", "")


def test_too_many_attempts(browser: Browser, cast: Cast) -> None:
    client = browser()
    for _ in range(USERNAME_LIMIT):
        client.post("/login", data={"username": "chen", "password": "wrong"})
    answer = client.post("/login", data={"username": "chen", "password": PASSWORD}, headers={"accept-language": "zh"})
    assert answer.status_code == 429
    assert "尝试次数过多，请在 15 分钟后重试。" in answer.text
    assert answer.headers["retry-after"] == "900"


def test_signing_out_needs_the_form_and_ends_the_session(browser: Browser, cast: Cast) -> None:
    client = browser()
    client.post("/login", data={"username": "wang", "password": PASSWORD})
    page = client.get("/account").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    assert client.post("/logout").status_code == 403
    cookie = client.cookies["gatehouse"]
    assert client.post("/logout", data={"csrf_token": token[1]}).headers["location"] == "/login"
    assert not client.cookies
    assert browser().get("/account", headers={"cookie": f"gatehouse={cookie}"}).status_code == 303


def test_everybody_lands_on_the_page_they_need(signed_in: SignIn, cast: Cast) -> None:
    landing = {
        name: signed_in(getattr(cast, name)).get("/").headers["location"]
        for name in ("wang", "li", "zhao", "chen", "sun", "liu", "admin")
    }
    assert landing == {
        "wang": "/s/wutong/guard",
        "li": "/s/wutong/overview",
        "zhao": "/s/wutong/overview",
        "chen": "/s/wutong/overview",
        "sun": "/s/jinxiu/overview",
        "liu": "/s/wutong/overview",
        "admin": "/sites",
    }


def test_who_has_several_sites_chooses_one(signed_in: SignIn, db: Database, cast: Cast, city: Region, clock: ManualClock) -> None:
    with db.transaction() as conn:
        manage.grant_role(conn, SYSTEM, now=clock.now(), person_id=cast.liu.id, role="regional", region_id=city.id)
    client = signed_in(cast.liu)
    assert client.get("/").headers["location"] == "/sites"
    page = client.get("/sites").text
    assert "梧桐苑" in page
    assert "锦绣里" in page
    assert client.get("/sites/jinxiu").headers["location"] == "/s/jinxiu/overview"
    assert signed_in(cast.wang).get("/sites/wutong").headers["location"] == "/s/wutong/guard"
    assert signed_in(cast.wang).get("/sites/jinxiu").status_code == 404


def test_who_has_no_site_is_told_so(signed_in: SignIn, db: Database, cast: Cast, clock: ManualClock) -> None:
    with db.transaction() as conn:
        conn.execute("DELETE FROM role_grant WHERE person_id = %s", (cast.wang.id,))
    client = signed_in(cast.wang)
    assert client.get("/").headers["location"] == "/sites"
    assert "No site yet" in client.get("/sites").text


def test_the_language_is_chosen_before_signing_in(browser: Browser) -> None:
    client = browser()
    assert "Sign in" in client.get("/login").text
    answer = client.post("/language", data={"language": "zh"}, headers={"referer": "http://gatehouse.test/login?next=/account"})
    assert answer.headers["location"] == "/login?next=/account"
    assert "登录" in client.get("/login").text
    assert client.post("/language", data={"language": "fr"}).status_code == 422
    elsewhere = client.post("/language", data={"language": "en"}, headers={"referer": "https://evil.test/login"})
    assert elsewhere.headers["location"] == "/"


def test_on_a_shared_phone_everybody_has_their_own_language(browser: Browser, signed_in: SignIn, cast: Cast) -> None:
    signed_in(cast.chen).post("/language", data={"language": "en"})
    phone = browser()
    phone.headers["accept-language"] = "zh"
    phone.post("/language", data={"language": "zh"})
    phone.post("/login", data={"username": "chen", "password": PASSWORD})
    assert "My account" in phone.get("/account").text


def test_the_frame_offers_what_the_role_may_use(signed_in: SignIn, cast: Cast) -> None:
    for_admin, for_guard = signed_in(cast.admin).get("/account").text, signed_in(cast.wang).get("/account").text
    assert 'href="/admin/people"' in for_admin
    assert 'href="/admin/people"' not in for_guard
    assert 'href="/account"' in for_guard
    assert 'href="/s/wutong/audit"' in signed_in(cast.chen).get("/account").text
    assert 'href="/s/wutong/audit"' not in for_guard


def test_static_files_are_kept_by_browsers_under_their_hash(browser: Browser) -> None:
    client = browser()
    found = re.search(r'href="(/static/gatehouse\.css\?v=\w+)"', client.get("/login").text)
    assert found is not None
    hashed = client.get(found[1])
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = client.get("/static/gatehouse.css")
    assert plain.headers["cache-control"] == "no-cache"
    assert client.get("/static/gatehouse.css", headers={"if-none-match": plain.headers["etag"]}).status_code == 304
    assert client.get("/static/../page.py").status_code == 404
    assert client.get("/static/%2e%2e/page.py").status_code == 404
