"""The documentation says what the code does: links, addresses, the webhook's fields, and the words on the screen."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI

from alerts.channels import all_channel_kinds
from alerts.channels.webhook import payload
from alerts.message import Message, compose_test
from alerts.rules import all_rules
from api.app import PREFIX
from api.description import describe
from assets.models import Site
from core.i18n import Language, Text, catalogue
from ingest.kinds import all_kinds
from store.notify import TOPICS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
API = ROOT / "docs" / "api.md"
# Where bold is what a page says, word for word.
GUIDES: dict[str, Language] = {
    "README.md": "en",
    "README.zh-CN.md": "zh",
    "docs/guide.md": "en",
    "docs/guide.zh-CN.md": "zh",
}

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_ADDRESS = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`]*)`")


def text_of(page: Path) -> str:
    """A page without its examples."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors_of(page: Path) -> set[str]:
    """Its headings, as the addresses of their sections have them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text_of(page)))
    return {heading.strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Links to files or sections that are not there."""
    for link in _LINK.findall(text_of(page)):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = page if not path else (page.parent / path).resolve()
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize(("page", "language"), GUIDES.items(), ids=GUIDES.keys())
def test_words_in_bold_are_on_the_screen(page: str, language: Language) -> None:
    names: list[Text] = [kind.name for kind in all_kinds().values()]
    names += [rule.name for rule in all_rules().values()]
    names += [channel.name for channel in all_channel_kinds().values()]
    shown = {*catalogue(language).values(), *(name.in_(language) for name in names)}
    bold = {" ".join(words.split()) for words in _BOLD.findall(text_of(ROOT / page))}
    assert bold
    assert bold - shown == set()


def test_the_guides_have_the_same_sections() -> None:
    levels = [re.findall(r"^(#+) ", text_of(ROOT / "docs" / name), re.MULTILINE) for name in ("guide.md", "guide.zh-CN.md")]
    assert levels[0] == levels[1]


def test_every_address_in_the_api_page_exists(app: FastAPI) -> None:
    described = describe(app)["paths"]
    named = _ADDRESS.findall(text_of(API))
    assert named
    assert [f"{method} {path}" for method, path in named if method.lower() not in described.get(PREFIX + path, ())] == []


def test_the_api_page_names_every_topic() -> None:
    section = text_of(API).partition("## Live events")[2].partition("\n## ")[0]
    assert [topic for topic in TOPICS if topic != "outbox" and f"`{topic}`" not in section] == []


class TestWebhook:
    @pytest.fixture
    def section(self) -> str:
        """What the API page says of it."""
        return API.read_text(encoding="utf-8").partition("\n## Webhook\n")[2]

    @pytest.fixture
    def message(self, wutong: Site, now: datetime) -> Message:
        """One that could be sent."""
        return compose_test(wutong, channel_name="duty desk", idempotency_key="test-1", language="en", base_url="", now=now)

    def test_the_example_has_the_fields_that_are_sent(self, section: str, message: Message) -> None:
        example = re.search(r"```json\n(.*?)```", section, re.DOTALL)
        assert example
        assert list(json.loads(example[1])) == list(payload(message))

    def test_the_table_has_a_line_for_each_of_them(self, section: str, message: Message) -> None:
        rows = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
        assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(payload(message))
