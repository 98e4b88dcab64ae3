"""Every page that somebody can reach by links: it is there, it fits a phone, and it says what it is in their language."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit, Visitor
from tests.e2e.town import Town

pytestmark = pytest.mark.chromium

PHONE_WIDTH = 390
MOST_PAGES = 80
LINKS = "() => [...document.querySelectorAll('a[href^=\"/\"]')].map(link => link.getAttribute('href').split('#')[0])"
WIDEST = """() => {
  const width = document.scrollingElement.scrollWidth;
  const out = [...document.querySelectorAll('main *')].find(each => each.getBoundingClientRect().right > innerWidth + 1);
  return [width, width > innerWidth && out ? out.outerHTML.slice(0, 200) : ""];
}"""
# Pages of one kind need not all be seen: one device, one alert, one day are enough.
ONE_OF_MANY = (
    (re.compile(r"\?.*"), ""),
    (re.compile(r"/devices/(?!$)[^/]+"), "/devices/…"),
    (re.compile(r"/\d+"), "/…"),
)


def shape(path: str) -> str:
    """What the pages of one kind have in common."""
    for pattern, replacement in ONE_OF_MANY:
        path = pattern.sub(replacement, path)
    return path


def reachable(someone: Visit, ours: str) -> Iterator[tuple[str, Page]]:
    """Every kind of page below `ours` that links lead to, opened, from where this person begins."""
    waiting, known = ["/"], {"/"}
    while waiting and len(known) < MOST_PAGES:
        path = waiting.pop(0)
        page = someone.open(path)
        yield path, page
        for link in page.evaluate(LINKS):
            if re.match(ours, link) and shape(link) not in known:
                known.add(shape(link))
                waiting.append(link)


@pytest.fixture
def alert(town: Town, visit: Visitor) -> Iterator[None]:
    """A camera is down, so that no page is empty for want of trouble."""
    with town.broken("cam-fence-east", "will"):
        page = visit("chen").open("/s/wutong/alerts")
        row = page.locator(".gh-list > li", has_text="East fence camera")
        expect(row).to_be_visible()
        yield


@pytest.mark.usefixtures("alert")
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("username", "ours", "at_least"),
    [("wang", "/s/|/account", 10), ("zhao", "/s/|/account", 20), ("chen", "/s/|/account", 30), ("admin", "/sites$|/admin", 8)],
)
def test_every_page_is_there_and_fits_a_phone(visit: Visitor, username: str, ours: str, at_least: int, lang: str) -> None:
    someone = visit(username, lang=lang, phone=True)
    seen = []
    for path, page in reachable(someone, ours):
        width, too_wide = page.evaluate(WIDEST)
        assert width <= PHONE_WIDTH, f"{path} is {width} px wide: {too_wide}"
        assert page.get_by_role("heading", level=1).inner_text().strip(), f"{path} has no heading"
        seen.append(path)
    assert len(seen) >= at_least, seen
