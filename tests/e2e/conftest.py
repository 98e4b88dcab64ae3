"""One town for all stories, one Chromium, and browsers in people's hands."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.e2e.town import Town, running_town
from tests.e2e.watch import Watch
from tests.system import CHROMIUM_ARGS

_PATIENCE_MS = 40_000
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A browser that somebody uses."""

    page: Page
    watch: Watch
    town: Town

    def open(self, path: str) -> Page:
        """Go to a page of ours."""
        self.page.goto(self.town.address + path)
        return self.page

    def open_live(self, path: str) -> Page:
        """Go to a page of ours and wait until it hears of changes."""
        page = self.open(path)
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        return page


class Visitor(Protocol):
    """Gives `who` (None: nobody signed in) a browser; `options` are those of a playwright context."""

    def __call__(self, who: str | None = None, *, lang: str = "en", phone: bool = False, **options: Any) -> Visit: ...


@pytest.fixture(scope="package")
def town(work_folder: Path, make_database: Callable[[], str]) -> Iterator[Town]:
    """The running system."""
    with running_town(work_folder / "town", make_database()) as running:
        yield running


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Only while stories run: it keeps an event loop in this thread, which other tests would trip over."""
    with sync_playwright() as running:
        expect.set_options(timeout=_PATIENCE_MS)
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium, told to stay silent."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_ARGS)
    yield browser
    browser.close()


@pytest.fixture
def visit(town: Town, playwright: Playwright, chromium: Browser) -> Iterator[Visitor]:
    """Hands out browsers; when the story is over, none of them may have met a problem."""
    visits: list[Visit] = []

    def make(who: str | None = None, *, lang: str = "en", phone: bool = False, **options: Any) -> Visit:
        device = {key: value for key, value in playwright.devices["iPhone 13"].items() if key != "default_browser_type"}
        given = (device if phone else {"viewport": {"width": 1280, "height": 800}}) | options
        context = chromium.new_context(locale=_LOCALES[lang], timezone_id="Asia/Shanghai", reduced_motion="reduce", **given)
        context.set_default_timeout(_PATIENCE_MS)
        if who is not None:
            name, value = town.system.sign_in(town.people[who])
            context.add_cookies([{"name": name, "value": value, "url": town.address}])
        visits.append(Visit(page=context.new_page(), watch=Watch(context, town.address), town=town))
        return visits[-1]

    yield make
    for each in visits:
        each.page.context.close()
    assert [problem for each in visits for problem in each.watch.problems] == []
