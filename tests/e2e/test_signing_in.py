"""Everyone signs in and begins where they work."""

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD
from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.chromium

WHO_BEGINS_WHERE = [
    ("wang", "/s/wutong/guard", {"My rounds", "Overview", "Alerts", "Patrol", "Notices"}),
    ("li", "/s/wutong/overview", {"My rounds", "Overview", "Alerts", "Devices", "Patrol", "Notices"}),
    (
        "zhao",
        "/s/wutong/overview",
        {"Overview", "Alerts", "Devices", "Assets", "Notices", "Discovered", "Rejected messages", "Mappings"},
    ),
    (
        "chen",
        "/s/wutong/overview",
        {
            *("Overview", "Alerts", "Devices", "Assets", "Patrol", "Notices"),
            *("Discovered", "Rejected messages", "Mappings", "Channels", "Audit log"),
        },
    ),
    ("liu", "/sites", {"Sites"}),
    ("admin", "/sites", {"Sites", "People", "Whole audit log", "System"}),
]


@pytest.mark.parametrize(("username", "path", "offered"), WHO_BEGINS_WHERE)
def test_everyone_lands_where_they_work_and_is_offered_only_that(
    visit: Visitor, username: str, path: str, offered: set[str]
) -> None:
    someone = visit()
    page = someone.open("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(someone.town.address + path)
    assert set(page.locator(".gh-nav .gh-nav-label").all_text_contents()) == offered


@pytest.mark.parametrize(
    ("lang", "username", "password", "button", "told"),
    [
        ("en", "Username", "Password", "Sign in", "The username or the password is not right."),
        ("zh", "用户名", "密码", "登录", "用户名或密码不正确。"),
    ],
)
def test_a_wrong_password_is_told_in_the_language_of_the_browser(
    visit: Visitor, lang: str, username: str, password: str, button: str, told: str
) -> None:
    someone = visit(lang=lang)
    someone.watch.expect_status(401)
    page = someone.open("/login")
    page.get_by_label(username).fill("chen")
    page.get_by_label(password).fill("not-the-password")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_label(username)).to_have_value("chen")
    expect(page.get_by_label(password)).to_be_focused()


def test_who_comes_by_a_link_is_there_after_signing_in_and_nowhere_after_signing_out(visit: Visitor) -> None:
    chen = visit()
    page = chen.open("/s/wutong/alerts?from=message")
    page.get_by_label("Username").fill("chen")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{chen.town.address}/s/wutong/alerts?from=message")

    page.locator(".gh-side").get_by_role("button", name="Account").click()
    page.locator("#gh-account").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{chen.town.address}/login")
    chen.open("/s/wutong/alerts")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_manager_of_another_compound_finds_nothing_here(visit: Visitor) -> None:
    sun = visit("sun")
    sun.watch.expect_status(404)
    for path in ("/s/wutong/overview", "/s/wutong/devices/cam-gate-east", "/s/nowhere/overview"):
        page = sun.open(path)
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("梧桐苑")
