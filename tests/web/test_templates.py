"""What every template and static file keeps to: strict content security, known icons, nothing from elsewhere."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.i18n import LANGUAGES, Language, Translator
from web.rendering import FOLDER, make_templates

TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
SYMBOLS = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (FOLDER / "static" / "icons.svg").read_text(encoding="utf-8")))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|\shx-on|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)
ICON = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']|icon_name=["']([a-z0-9-]+)["']""")


def name_of(file: Path) -> str:
    return str(file.relative_to(FOLDER / "templates"))


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
def test_a_template_compiles_and_holds_no_script_or_style_of_its_own(file: Path) -> None:
    make_templates().get_template(name_of(file))
    assert INLINE.findall(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
def test_every_icon_is_in_the_sprite(file: Path) -> None:
    named = {name for pair in ICON.findall(file.read_text(encoding="utf-8")) for name in pair if name}
    assert named - SYMBOLS == set()


def test_every_icon_that_code_names_is_in_the_sprite() -> None:
    code = [*(FOLDER.parent / "ingest" / "kinds").glob("*.py"), *(FOLDER / "pages").glob("*.py")]
    named = {(file.name, name) for file in code for name in re.findall(r'\bicon="([a-z0-9-]+)"', file.read_text(encoding="utf-8"))}
    assert {pair for pair in named if pair[1] not in SYMBOLS} == set()


def test_stylesheets_ask_no_other_machine_and_for_no_source_map() -> None:
    for file in (FOLDER / "static").rglob("*.*"):
        if file.suffix in {".css", ".js"}:
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"url\([\"']?(https?:)?//|@import|sourceMappingURL", text), file.name


def test_every_address_of_a_stylesheet_is_a_file() -> None:
    text = (FOLDER / "static" / "gatehouse.css").read_text(encoding="utf-8")
    addresses = re.findall(r'url\("/static/([^"]+)"\)', text)
    assert addresses
    assert [address for address in addresses if not (FOLDER / "static" / address).is_file()] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("status", [401, 403, 404, 418, 500])
def test_an_error_page_renders_for_nobody(lang: Language, status: int) -> None:
    context = {
        "t": Translator(lang),
        "lang": lang,
        "tz": ZoneInfo("Asia/Shanghai"),
        "now": datetime(2026, 11, 22, tzinfo=UTC),
        "csrf_token": "",
        "viewer": None,
        "status": status,
        "message": "…",
        "reference": None,
    }
    page = make_templates().get_template("errors/error.html").render(context)
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in page
