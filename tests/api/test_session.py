"""Signing in and out through the API, and people's own account."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from api.services import Services
from core.clock import ManualClock
from core.settings import Settings
from people.sessions import IDLE_LIMIT, LIFETIME
from people.sign_in import USERNAME_LIMIT, WINDOW
from tests.browser import HOST, InProcess
from tests.cast import PASSWORD, Cast, Member
from web.app import create_web

SignIn = Callable[[Member], httpx.Client]
Browser = Callable[[], httpx.Client]


def test_signing_in_changing_something_and_signing_out(browser: Browser, cast: Cast) -> None:
    client = browser()
    answer = client.post("/api/v1/session", json={"username": "chen", "password": PASSWORD})
    assert answer.status_code == 201
    me = answer.json()
    assert me["person"]["display_name"] == "陈静"
    assert [(grant["role"], grant["site_slug"]) for grant in me["person"]["grants"]] == [("manager", "wutong")]
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("gatehouse=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert f"max-age={int(LIFETIME.total_seconds())}" in cookie
    assert "secure" not in cookie
    client.headers["x-csrf-token"] = me["csrf_token"]
    assert client.patch("/api/v1/me", json={"language": "en"}).json()["person"]["language"] == "en"
    kept = dict(client.cookies)
    assert client.delete("/api/v1/session").status_code == 204
    assert not client.cookies
    assert browser().get("/api/v1/me", headers={"cookie": f"gatehouse={kept['gatehouse']}"}).status_code == 401


def test_over_https_the_cookie_stays_encrypted_and_on_this_host(services: Services, portal: BlockingPortal, cast: Cast) -> None:
    settings = Settings(public_url=f"https://{HOST}")
    app = create_web(Services(settings=settings, db=services.db, clock=services.clock, listener=services.listener))
    client = httpx.Client(transport=InProcess(app, portal), base_url=f"https://{HOST}")
    answer = client.post("/api/v1/session", json={"username": "chen", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-gatehouse=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("language", "detail"), [("en", "The username or the password is not right."), ("zh", "用户名或密码不正确。")]
)
def test_a_wrong_password(browser: Browser, cast: Cast, language: str, detail: str) -> None:
    answer = browser().post(
        "/api/v1/session", json={"username": "chen", "password": "wrong"}, headers={"accept-language": language}
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (401, "wrong_password", detail)
    assert "set-cookie" not in answer.headers


def test_throttling_says_when_to_come_back(browser: Browser, cast: Cast, clock: ManualClock) -> None:
    client = browser()
    for _ in range(USERNAME_LIMIT):
        assert client.post("/api/v1/session", json={"username": "chen", "password": "wrong"}).status_code == 401
    answer = client.post("/api/v1/session", json={"username": "chen", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == str(int(WINDOW.total_seconds()))
    assert answer.json()["retry_after"] == int(WINDOW.total_seconds())
    assert answer.json()["detail"] == "Too many attempts. Please try again in 15 min."
    clock.advance(WINDOW)
    assert client.post("/api/v1/session", json={"username": "chen", "password": PASSWORD}).status_code == 201


def test_a_session_ends_when_nobody_comes(signed_in: SignIn, cast: Cast, clock: ManualClock) -> None:
    client = signed_in(cast.wang)
    for _ in range(3):
        clock.advance(IDLE_LIMIT - timedelta(minutes=1))
        assert client.get("/api/v1/me").status_code == 200
    clock.advance(IDLE_LIMIT)
    assert client.get("/api/v1/me").status_code == 401


def test_no_secret_reaches_the_log(
    browser: Browser, cast: Cast, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    client = browser()
    client.post("/api/v1/session", json={"username": "chen", "password": "a-wrong-password"})
    me = client.post("/api/v1/session", json={"username": "chen", "password": PASSWORD}).json()
    client.headers["x-csrf-token"] = me["csrf_token"]
    token = client.post("/api/v1/me/tokens", json={"name": "脚本"}).json()["token"]
    client.get("/api/v1/me", headers={"authorization": f"Bearer {token}x"})
    captured = capsys.readouterr()
    written = caplog.text + captured.out + captured.err
    assert "sign_in_refused" in written
    for secret in ("a-wrong-password", PASSWORD, me["csrf_token"], token, client.cookies["gatehouse"]):
        assert secret not in written
