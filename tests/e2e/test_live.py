"""What people see is what is: nothing that happens while a page loads or a connection is lost stays unseen."""

import json

import pytest
from playwright.sync_api import Route, expect

from assets.queries.places import find_site_by_slug
from store.notify import Change, notify
from tests.e2e.conftest import Visitor
from tests.e2e.town import Town

pytestmark = pytest.mark.chromium


def happen(town: Town) -> None:
    """Something about notices changes at 梧桐苑."""
    with town.system.parts.db.transaction() as conn:
        site = find_site_by_slug(conn, "wutong")
        assert site is not None
        notify(conn, Change(topic="notice", site_id=site.id))


def test_what_happens_before_the_stream_is_open_is_fetched(visit: Visitor, town: Town) -> None:
    page = visit("chen").page

    def let_it_happen_first(route: Route) -> None:
        happen(town)
        route.continue_()

    page.route("**/events?*", let_it_happen_first, times=1)
    with page.expect_request(lambda request: request.url.endswith("/notices") and request.headers.get("hx-request") == "true"):
        page.goto(f"{town.address}/s/wutong/notices")


def test_what_happens_while_the_connection_is_lost_is_fetched(visit: Visitor, town: Town) -> None:
    chen = visit("chen")
    page = chen.open_live("/s/wutong/notices")
    page.evaluate("() => { window.loadedOnce = true; dispatchEvent(new PageTransitionEvent('pagehide')) }")
    happen(town)
    with page.expect_request(lambda request: request.headers.get("hx-request") == "true") as fetched:
        page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert fetched.value.url == page.url
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    assert page.evaluate("() => window.loadedOnce") is True


def test_the_badges_of_the_menu_follow_and_leave_the_keyboard_where_it_is(visit: Visitor, town: Town) -> None:
    page = visit("zhao").open_live("/s/wutong/assets")
    phone = visit("zhao", phone=True, lang="zh").open_live("/s/wutong/assets")
    guard = visit("wang", phone=True).open_live("/s/wutong/guard")
    inbox = page.locator(".gh-side a[href='/s/wutong/discovered']")
    expect(inbox).not_to_contain_text("to register")
    inbox.focus()
    ts = town.system.parts.clock.now().isoformat()
    town.system.publish("gatehouse/v1/wutong/sump-9/reading", json.dumps({"ts": ts, "measures": {"level": 40}}))
    expect(page.get_by_role("link", name="1 device to register")).to_have_attribute("href", "/s/wutong/discovered")
    expect(inbox).to_be_focused()

    phone.locator("[popovertarget=gh-more]:visible").click()
    expect(phone.locator("#gh-more").get_by_role("link", name="1 台设备待登记")).to_be_visible()
    with town.broken("cam-gate-east", "fault"):
        expect(page.locator(".gh-side a[href='/s/wutong/alerts']")).to_contain_text("1 alert that nobody is on")
        expect(phone.locator(".gh-tabs a[href='/s/wutong/alerts'] .gh-count")).to_be_visible()
        guard.locator(".gh-guard-menu").click()
        expect(guard.get_by_role("link", name="1 alert that nobody is on")).to_be_visible()
    expect(phone.locator(".gh-tabs a[href='/s/wutong/alerts'] .gh-count")).to_be_hidden()
    expect(guard.get_by_role("link", name="that nobody is on")).to_have_count(0)
    expect(inbox).to_be_focused()

    page.keyboard.press("Enter")
    page.get_by_role("button", name="Set aside").click()
    expect(page.locator(".gh-side a[href='/s/wutong/discovered'] .gh-count")).to_be_hidden()
    expect(phone.locator("#gh-more").get_by_role("link", name="台设备待登记")).to_have_count(0)
