"""What people see is what is: nothing that happens while a page loads or a connection is lost stays unseen."""

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
