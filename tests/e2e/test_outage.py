"""A device goes down: the manager sees it, somebody takes it, and it is over."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Visitor
from tests.e2e.town import Town

pytestmark = pytest.mark.chromium


def row_of(page: Page, device: str) -> Locator:
    """The line of a list that is about that device."""
    return page.locator(".gh-list > li", has_text=device)


def test_the_overview_shows_an_outage_and_its_end_without_being_loaded_again(visit: Visitor, town: Town) -> None:
    chen = visit("chen")
    page = chen.open_live("/s/wutong/overview")
    expect(page.get_by_role("heading", name="Everything is working")).to_be_visible()
    page.evaluate("() => { window.loadedOnce = true }")
    badge = page.locator(".gh-side [data-badge=alerts]")
    expect(badge).to_be_hidden()

    with town.broken("barrier-east-in", "will"):
        expect(page.get_by_role("heading", name="1 device is down")).to_be_visible()
        row = row_of(page, "East gate entry barrier")
        expect(row).to_contain_text("connection lost")
        expect(row).to_contain_text("Offline")
        expect(row.get_by_role("button", name="I am on it")).to_be_visible()
        expect(badge).to_contain_text("1 alert that nobody is on")

    expect(page.get_by_role("heading", name="Everything is working")).to_be_visible()
    expect(row).to_have_count(0)
    expect(badge).to_be_hidden()
    assert page.evaluate("() => window.loadedOnce") is True


def test_the_manager_takes_an_alert_and_the_others_see_who(visit: Visitor, town: Town) -> None:
    page = visit("chen").open_live("/s/wutong/alerts")
    others = row_of(visit("zhao", lang="zh").open_live("/s/wutong/alerts"), "东门摄像头")
    with town.broken("cam-gate-east", "fault"):
        expect(others.get_by_role("button", name="我来处理")).to_be_visible()

        alert = row_of(page, "East gate camera")
        alert.get_by_role("button", name="I am on it").click()
        expect(alert).to_contain_text("陈静 is on it")
        expect(others).to_contain_text("陈静")
        expect(others.get_by_role("button", name="我来处理")).to_have_count(0)

        alert.get_by_role("link").first.click()
        expect(page.get_by_role("main")).to_contain_text("陈静 is on it")
        expect(page.locator("html")).to_have_attribute("data-live", "on")
    expect(page.get_by_role("main")).to_contain_text("Is over")


def test_the_engineer_closes_an_alert_with_its_cause(visit: Visitor, town: Town) -> None:
    page = visit("zhao").open_live("/s/wutong/alerts")
    with town.broken("beam-east", "fault"):
        row_of(page, "East fence beam").get_by_role("link").first.click()
        page.get_by_label("Cause and measures").fill("A branch was in the beam; cut back.")
        page.get_by_role("button", name="Close this alert").click()
        expect(page.get_by_role("main")).to_contain_text("Closed by 赵工")
        expect(page.get_by_role("main")).to_contain_text("A branch was in the beam; cut back.")
