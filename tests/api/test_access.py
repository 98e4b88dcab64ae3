"""Who may use which route, and that nobody else can."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from api.access import Anonymous, Anywhere, AtSite, Monitoring, Public, SignedIn
from people.models import SITE_ROLES, Role
from tests.api.routes import GuardedRoute, all_routes
from tests.browser import HOST
from tests.cast import Cast, Member

SignIn = Callable[[Member], httpx.Client]

# What the routes of this folder and of administration declare: a change of who may do what must be made here too.
DECLARED = {
    "POST /api/v1/session": Anonymous(),
    "DELETE /api/v1/session": SignedIn(),
    "GET /api/v1/openapi.json": Public(),
    "GET /healthz": Anonymous(),
    "GET /metrics": Monitoring(),
    "GET /api/v1/me": SignedIn(),
    "PATCH /api/v1/me": SignedIn(),
    "PUT /api/v1/me/password": SignedIn(),
    "GET /api/v1/me/tokens": SignedIn(),
    "POST /api/v1/me/tokens": SignedIn(),
    "DELETE /api/v1/me/tokens/{token_id}": SignedIn(),
    "GET /api/v1/people": Anywhere(("admin",)),
    "POST /api/v1/people": Anywhere(("admin",)),
    "GET /api/v1/people/{person_id}": Anywhere(("admin",)),
    "PUT /api/v1/people/{person_id}": Anywhere(("admin",)),
    "PUT /api/v1/people/{person_id}/password": Anywhere(("admin",)),
    "POST /api/v1/people/{person_id}/grants": Anywhere(("admin",)),
    "DELETE /api/v1/people/{person_id}/grants/{grant_id}": Anywhere(("admin",)),
    "GET /api/v1/regions": SignedIn(),
    "POST /api/v1/regions": Anywhere(("admin",)),
    "PUT /api/v1/regions/{region_id}": Anywhere(("admin",)),
    "GET /api/v1/sites": SignedIn(),
    "POST /api/v1/sites": Anywhere(("admin",)),
    "GET /api/v1/sites/{site}": AtSite(SITE_ROLES),
    "PUT /api/v1/sites/{site}": AtSite(("admin",)),
    "POST /api/v1/sites/{site}/mqtt-password": AtSite(("admin",)),
    "GET /api/v1/audit": Anywhere(("admin",)),
    "GET /api/v1/sites/{site}/audit": AtSite(("manager",)),
    "GET /": SignedIn(),
    "GET /login": Public(),
    "POST /login": Anonymous(),
    "POST /logout": SignedIn(),
    "POST /language": Public(),
}


@pytest.fixture
def routes(app: FastAPI) -> list[GuardedRoute]:
    return list(all_routes(app))


def test_every_route_has_exactly_one_rule(routes: list[GuardedRoute]) -> None:
    assert len(routes) > len(DECLARED)
    assert [f"{route.method} {route.path}" for route in routes if len(route.rules) != 1] == []


def test_the_rules_are_those_agreed(routes: list[GuardedRoute]) -> None:
    found = {f"{route.method} {route.path}": route.rule for route in routes}
    assert {name: found.get(name) for name in DECLARED} == DECLARED


def test_a_rule_for_a_site_stands_where_a_site_is_named_and_nowhere_else(routes: list[GuardedRoute]) -> None:
    assert [route.path for route in routes if route.of_site != ("{site}" in route.path)] == []


def test_administration_is_for_administrators(routes: list[GuardedRoute]) -> None:
    inside = [route for route in routes if route.path.startswith(("/admin", "/api/v1/people"))]
    assert inside
    assert [route.path for route in inside if route.rule.roles != ("admin",)] == []


def test_only_these_routes_are_open_to_strangers(routes: list[GuardedRoute]) -> None:
    open_to_all = {route.path for route in routes if isinstance(route.rule, Public | Anonymous)}
    assert open_to_all == {"/api/v1/openapi.json", "/api/v1/session", "/healthz", "/language", "/login"}


def refused(client: httpx.Client, route: GuardedRoute, **headers: str) -> tuple[int, str]:
    """Status and code of the answer, asked for as a script does."""
    answer = client.request(route.method, route.url, headers={"hx-request": "true", **headers})
    return answer.status_code, answer.json()["code"] if answer.headers.get("content-type") == "application/problem+json" else ""


def guarded(routes: list[GuardedRoute]) -> list[GuardedRoute]:
    return [route for route in routes if not isinstance(route.rule, Public | Anonymous | Monitoring)]


def test_a_stranger_gets_in_nowhere(routes: list[GuardedRoute], browser: Callable[[], httpx.Client], cast: Cast) -> None:
    stranger = browser()
    answers = {f"{route.method} {route.path}": refused(stranger, route) for route in guarded(routes)}
    assert {name: answer for name, answer in answers.items() if answer != (401, "not_signed_in")} == {}


def test_a_site_of_others_does_not_exist(routes: list[GuardedRoute], signed_in: SignIn, cast: Cast) -> None:
    outsider = signed_in(cast.sun)
    answers = {f"{route.method} {route.path}": refused(outsider, route) for route in routes if route.of_site}
    assert {name: answer for name, answer in answers.items() if answer != (404, "not_found")} == {}


@pytest.mark.parametrize(("name", "role"), [("wang", "guard"), ("li", "leader"), ("zhao", "engineer"), ("chen", "manager")])
def test_the_wrong_role_is_forbidden(routes: list[GuardedRoute], signed_in: SignIn, cast: Cast, name: str, role: Role) -> None:
    client = signed_in(getattr(cast, name))
    others = [route for route in routes if isinstance(route.rule, AtSite | Anywhere) and role not in route.rule.roles]
    assert others
    answers = {f"{route.method} {route.path}": refused(client, route) for route in others}
    assert {name: answer for name, answer in answers.items() if answer != (403, "forbidden")} == {}


def test_a_regional_manager_changes_nothing(routes: list[GuardedRoute], signed_in: SignIn, cast: Cast) -> None:
    client = signed_in(cast.liu)
    changes = [route for route in routes if route.of_site and route.unsafe]
    answers = {f"{route.method} {route.path}": refused(client, route) for route in changes}
    assert {name: answer for name, answer in answers.items() if answer != (403, "forbidden")} == {}
    assert client.get("/api/v1/sites/wutong").status_code == 200
    assert client.get("/api/v1/sites/wutong/audit").status_code == 200
    assert client.get("/api/v1/sites/jinxiu").status_code == 404


def test_no_change_without_the_token_of_the_session(routes: list[GuardedRoute], signed_in: SignIn, cast: Cast) -> None:
    client = signed_in(cast.admin)
    del client.headers["x-csrf-token"]
    changes = [route for route in guarded(routes) if route.unsafe]
    for sent in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "made up"}):
        answers = {f"{route.method} {route.path}": refused(client, route, **sent) for route in changes}
        assert {name: answer for name, answer in answers.items() if answer != (403, "csrf")} == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": f"https://{HOST}.evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_no_change_from_another_origin(routes: list[GuardedRoute], signed_in: SignIn, cast: Cast, headers: dict[str, str]) -> None:
    """Also not signing in, with which a browser would be made to work in somebody else's name."""
    client = signed_in(cast.admin)
    answers = {f"{route.method} {route.path}": refused(client, route, **headers) for route in routes if route.unsafe}
    assert {name: answer for name, answer in answers.items() if answer != (403, "csrf")} == {}


def test_a_change_from_our_own_pages_passes(signed_in: SignIn, cast: Cast) -> None:
    client = signed_in(cast.wang)
    headers = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
    assert client.patch("/api/v1/me", json={"language": "en"}, headers=headers).status_code == 200
    token = client.headers.pop("x-csrf-token")
    assert client.post("/language", data={"language": "zh"}, headers=headers).status_code == 303
    assert client.post("/logout", data={"csrf_token": token}, headers=headers).status_code == 303


def test_an_api_token_needs_no_csrf_token_and_does_not_mint_more(
    signed_in: SignIn, browser: Callable[[], httpx.Client], cast: Cast
) -> None:
    made = signed_in(cast.wang).post("/api/v1/me/tokens", json={"name": "脚本"}).json()
    program = browser()
    program.headers["authorization"] = f"Bearer {made['token']}"
    assert program.patch("/api/v1/me", json={"language": "en"}).status_code == 200
    answer = program.post("/api/v1/me/tokens", json={"name": "another"})
    assert (answer.status_code, answer.json()["code"]) == (403, "session_only")
    new = {"current": "x", "password": "song-zhu-mei-lan"}
    assert program.put("/api/v1/me/password", json=new).json()["code"] == "session_only"


@pytest.mark.parametrize("value", ["Bearer gh_made-up", "Bearer ", "Bearer x", "bearer gh_"])
def test_a_token_that_does_not_hold_is_refused_even_with_a_session(signed_in: SignIn, cast: Cast, value: str) -> None:
    client = signed_in(cast.wang)
    assert client.get("/api/v1/me").status_code == 200
    answer = client.get("/api/v1/me", headers={"authorization": value})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
