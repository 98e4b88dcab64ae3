"""How errors reach the caller."""

import json
from collections.abc import Callable
from typing import Annotated

import httpx
import psycopg
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import APIRouter, FastAPI
from structlog.testing import capture_logs

from api.access import Access, public
from api.app import create_app
from api.deps import Conn
from api.middleware import HEADERS, MAX_BODY_BYTES
from api.services import Services
from core.settings import Settings
from tests.browser import HOST, InProcess
from tests.cast import Cast, Member

SignIn = Callable[[Member], httpx.Client]


@pytest.fixture
def broken(app: FastAPI, browser: Callable[[], httpx.Client]) -> httpx.Client:
    """A browser of an application with bugs."""
    router = APIRouter()

    @router.get("/api/v1/bug", dependencies=[public()])
    def bug() -> None:
        raise RuntimeError("the password is mei-lan-zhu-ju")

    @router.get("/bug", dependencies=[public()])
    def page_bug() -> None:
        raise RuntimeError("the password is mei-lan-zhu-ju")

    @router.get("/api/v1/away", dependencies=[public()])
    def away() -> None:
        raise psycopg.OperationalError("connection to server at db.internal failed")

    @router.get("/api/v1/full", dependencies=[public()])
    def full() -> None:
        raise psycopg.errors.DiskFull('could not extend file "base/5/16412": No space left on device')

    app.include_router(router)
    return browser()


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        ("en-GB,en;q=0.9", "Please sign in", "You are not signed in, or your session has ended."),
        ("zh-CN,zh;q=0.9,en;q=0.8", "请先登录", "您尚未登录，或登录已过期。"),
        ("fr", "请先登录", "您尚未登录，或登录已过期。"),
    ],
)
def test_a_problem_is_told_in_the_callers_language(
    browser: Callable[[], httpx.Client], language: str, title: str, detail: str
) -> None:
    answer = browser().get("/api/v1/me", headers={"accept-language": language})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:gatehouse:error:not_signed_in",
        "title": title,
        "status": 401,
        "detail": detail,
        "code": "not_signed_in",
    }


def test_the_language_of_the_account_comes_first(signed_in: SignIn, cast: Cast) -> None:
    admin = signed_in(cast.admin)
    admin.patch("/api/v1/me", json={"language": "zh"})
    assert admin.get("/api/v1/people/999").json()["detail"] == "内容不存在，或者您无权查看。"


def test_a_field_is_named(signed_in: SignIn, cast: Cast) -> None:
    new = {"username": "zhou", "display_name": "周敏", "password": "short"}
    answer = signed_in(cast.admin).post("/api/v1/people", json=new)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == ("password_short", "password")


def test_every_field_of_the_wrong_form_is_named_in_the_callers_language(signed_in: SignIn, cast: Cast) -> None:
    answer = signed_in(cast.admin).post(
        "/api/v1/people", json={"username": 7, "display_name": "周敏", "x": 1}, headers={"accept-language": "zh"}
    )
    assert answer.status_code == 422
    assert {each["field"]: each["detail"] for each in answer.json()["errors"]} == {
        "username": "格式不正确。",
        "password": "缺少此字段。",
        "x": "没有这个字段。",
    }


def test_what_was_entered_is_not_repeated(signed_in: SignIn, cast: Cast) -> None:
    answer = signed_in(cast.admin).post("/api/v1/people", json={"password": ["mei-lan-zhu-ju"]})
    assert "mei-lan" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("GET", "/api/v1/nothing", b"", 404, "not_found"),
        ("PATCH", "/api/v1/people", b"", 405, "method_not_allowed"),
        ("POST", "/api/v1/people", b"{", 422, "invalid"),
        ("GET", "/api/v1/people/0", b"", 422, "invalid"),
        ("GET", "/api/v1/people/99999999999999999999", b"", 422, "invalid"),
        ("GET", "/api/v1/people?cursor=nonsense", b"", 422, "cursor"),
        ("GET", "/api/v1/audit?cursor=IkEi", b"", 422, "cursor"),
        ("GET", "/api/v1/people?limit=100000", b"", 422, "invalid"),
        ("GET", "/api/v1/people?text=%00", b"", 422, "invalid"),
        ("GET", "/api/v1/sites/%00", b"", 422, "invalid"),
        ("GET", "/api/v1/people?site=nowhere", b"", 422, "choice_unknown"),
        ("POST", "/api/v1/people", b'"' + b"x" * MAX_BODY_BYTES + b'"', 413, "too_large"),
    ],
)
def test_wrong_requests(signed_in: SignIn, cast: Cast, method: str, path: str, content: bytes, status: int, code: str) -> None:
    answer = signed_in(cast.admin).request(method, path, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("kind", "path"), [("application/json", "/api/v1/session"), ("application/x-www-form-urlencoded", "/language")]
)
def test_a_body_that_does_not_say_how_long_it_is(browser: Callable[[], httpx.Client], kind: str, path: str) -> None:
    client = browser()
    request = client.build_request("POST", path, content=b"x" * (MAX_BODY_BYTES + 1), headers={"content-type": kind})
    del request.headers["content-length"]
    assert client.send(request).status_code == 413


def test_a_bug_is_told_by_a_reference_and_nothing_else(broken: httpx.Client) -> None:
    with capture_logs() as logs:
        answer = broken.get("/api/v1/bug")
        page = broken.get("/bug")
    assert answer.status_code == page.status_code == 500
    assert answer.json()["code"] == "internal"
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
    for text in (answer.text, page.text):
        assert "mei-lan" not in text
        assert "Traceback" not in text
    assert [entry["event"] for entry in logs] == ["unexpected_error"] * 2
    assert answer.json()["reference"] == logs[0]["reference"]
    assert logs[1]["reference"] in page.text


def test_a_database_that_is_away_is_no_bug(broken: httpx.Client) -> None:
    answer = broken.get("/api/v1/away")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "db.internal" not in answer.text


def test_people_get_a_page(signed_in: SignIn, cast: Cast) -> None:
    answer = signed_in(cast.wang).get("/admin/people")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "Your role does not allow this." in answer.text
    answer = signed_in(cast.wang).get("/nothing", headers={"accept-language": "zh"})
    assert answer.status_code == 404
    assert "内容不存在" in answer.text


def test_every_answer_carries_the_security_headers(browser: Callable[[], httpx.Client]) -> None:
    for path in ("/login", "/api/v1/me", "/nothing", "/static/gatehouse.css", "/api/v1/openapi.json"):
        answer = browser().get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "strict-transport-security" not in answer.headers
    assert browser().get("/login").headers["cache-control"] == "no-store"


def test_over_https_browsers_are_told_to_stay_there(services: Services, portal: BlockingPortal) -> None:
    settings = Settings(public_url=f"https://{HOST}")
    app = create_app(Services(settings=settings, db=services.db, clock=services.clock, listener=services.listener))
    answer = httpx.Client(transport=InProcess(app, portal), base_url=f"https://{HOST}").get("/api/v1/me")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_more_requests_than_connections_wait_their_turn(
    app: FastAPI, browser: Callable[[], httpx.Client], run_together: Callable[..., list[object]]
) -> None:
    """With every thread waiting for a connection, those that have one could not go on."""
    router = APIRouter()

    @router.get("/api/v1/slow")
    def slow(visitor: Annotated[Access | None, public()], conn: Conn) -> dict[str, int]:
        conn.execute("SELECT pg_sleep(0.02)")
        return {"done": 1}

    app.include_router(router)
    client = browser()
    answers = run_together(*[lambda: client.get("/api/v1/slow").json()] * 100)
    assert answers == [json.loads('{"done": 1}')] * 100


def test_a_full_disk_of_the_database_is_told_as_such(broken: httpx.Client) -> None:
    answer = broken.get("/api/v1/full")
    assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
    assert "disk of the database is full" in answer.json()["detail"]
    assert "base/5" not in answer.text
