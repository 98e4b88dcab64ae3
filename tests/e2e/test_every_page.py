"""Every page that somebody can reach by links: it is there, it fits a phone, and it says what it is in their language."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assets.queries.places import find_site_by_slug
from core.i18n import Text
from gatehouse.seed import seed_site
from patrol.notices.issue import issue_notice
from people.models import Actor
from simulators.compound import make_compound
from tests.e2e.conftest import Visit, Visitor
from tests.e2e.town import Town

pytestmark = pytest.mark.chromium

PHONE_WIDTH = 390
MOST_PAGES = 80
LINKS = (
    "() => [...document.querySelectorAll('a[href^=\"/\"]:not([download])')].map(link => link.getAttribute('href').split('#')[0])"
)
# The innermost thing that does not fit its own box; a phone lays out as wide as that.
WIDEST = """() => {
  const width = document.scrollingElement.scrollWidth;
  const breaks = each => each.clientWidth && each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === 'visible';
  const out = [...document.querySelectorAll('body *')].findLast(breaks);
  return [width, width > 390 && out ? out.outerHTML.slice(0, 200) : ""];
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


@pytest.fixture
def longest(town: Town) -> str:
    """A compound in which everything is called as long as it may be, hardly a space to break at; its slug."""
    spec = make_compound("longest", seed=2, devices=5)

    def long(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(each, name=Text(zh="东" * 50, en=f"{number:E>49}")) for number, each in enumerate(things))

    spec = replace(
        spec,
        name=Text(zh="东" * 50, en="E" * 49),
        **{what: long(getattr(spec, what)) for what in ("areas", "assets", "devices", "checkpoints", "routes", "plans")},
    )
    now = town.system.parts.clock.now()
    with town.system.parts.db.transaction() as conn:
        if find_site_by_slug(conn, "longest") is None:
            wutong = find_site_by_slug(conn, "wutong")
            assert wutong is not None
            site = seed_site(conn, spec, region_id=wutong.region_id, now=now)
            admin = Actor(person_id=town.people["admin"])
            due = now + timedelta(days=1)
            issue_notice(
                conn, admin, now=now, site_id=site.id, title="整" * 200, department="engineering", due_at=due, detail="改" * 400
            )
    return "longest"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_as_long_as_they_may_be_fit_a_phone(visit: Visitor, longest: str, lang: str) -> None:
    admin = visit("admin", lang=lang, phone=True)
    seen = []
    for path, page in reachable(admin, f"/sites$|/sites/{longest}|/s/{longest}/"):
        width, too_wide = page.evaluate(WIDEST)
        assert width <= PHONE_WIDTH, f"{path} is {width} px wide: {too_wide}"
        seen.append(path)
    assert len(seen) >= 20, seen
