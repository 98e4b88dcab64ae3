"""Without a mouse: everything is reached, and one always sees where one is."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.chromium

WHERE = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const focused = document.activeElement;
  const style = getComputedStyle(focused);
  const box = focused.getBoundingClientRect();
  return {
    name: focused === document.body ? "" : focused.outerHTML.slice(0, 150),
    ring: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def walk_through(page: Page) -> list[str]:
    """Press Tab until the page has been gone through; what had the focus."""
    stops: list[str] = []
    while len(stops) < 100:
        page.keyboard.press("Tab")
        here = page.evaluate(WHERE)
        if not here["name"]:
            break
        assert here["ring"], f"nothing shows that it has the focus: {here['name']}"
        assert here["seen"], f"it has the focus and is out of sight: {here['name']}"
        stops.append(here["name"])
    return stops


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/s/wutong/overview", "/s/wutong/devices/cam-fence-east", "/s/wutong/notices/new"])
def test_every_stop_of_the_tabulator_is_seen(visit: Visitor, path: str, scheme: str) -> None:
    page = visit("chen", color_scheme=scheme).open(path)
    stops = walk_through(page)
    assert "#main" in stops[0]
    for path in ("/s/wutong/alerts", "/s/wutong/patrol", "gh-account"):
        assert any(path in stop for stop in stops), f"{path} is not reached"


def test_the_first_stop_skips_the_navigation(visit: Visitor) -> None:
    page = visit("chen").open("/s/wutong/devices")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")


def test_a_menu_opens_and_closes_without_a_mouse(visit: Visitor) -> None:
    page = visit("chen").open("/s/wutong/overview")
    account = page.locator(".gh-side").get_by_role("button", name="Account")
    account.focus()
    page.keyboard.press("Enter")
    menu = page.locator("#gh-account")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(account).to_be_focused()
