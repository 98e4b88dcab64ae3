"""The words of the audit log."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.i18n import LANGUAGES, Language, Translator, catalogue
from web.pages.audit import action_text, detail_lines

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("people", "assets", "ingest", "patrol", "alerts", "reports")


def families() -> set[str]:
    return {key.split(".")[2] for key in catalogue("en") if key.startswith("audit.action.")}


def written_actions() -> Iterator[tuple[str, str]]:
    """Every text like `alert.acknowledged` or `f"route.{…}"` in the code that changes things, with its file."""
    pattern = re.compile(rf"({'|'.join(sorted(families()))})\.[a-z_]*")
    for file in sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.fullmatch(node.value):
                yield str(file.relative_to(ROOT)), node.value
            if isinstance(node, ast.keyword) and node.arg == "action" and "." in str(getattr(node.value, "value", "")):
                yield str(file.relative_to(ROOT)), str(getattr(node.value, "value", ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_has_a_text(language: Language) -> None:
    actions = list(written_actions())
    assert len(actions) > 30
    known = catalogue(language)
    missing = [(file, action) for file, action in actions if not any(key.startswith(f"audit.action.{action}") for key in known)]
    assert missing == []


def test_an_action_of_an_older_version_is_shown_as_it_was_written() -> None:
    assert action_text("person.created", "en") == "Person added"
    assert action_text("person.teleported", "en") == "person.teleported"


def test_a_change_reads_from_old_to_new() -> None:
    detail = {
        "display_name": {"from": "周敏", "to": "周小敏"},
        "tz": {"from": None, "to": "Asia/Shanghai"},
        "role": "guard",
        "faults": ["a", "b"],
        "key_area": True,
        "site": None,
    }
    assert detail_lines(detail, Translator("en")) == [
        ("Name", "周敏 → 周小敏"),
        ("Time zone", "– → Asia/Shanghai"),
        ("Role", "Guard"),
        ("faults", "a, b"),
        ("Key area", "Yes"),
    ]


def test_a_field_is_called_as_what_it_is_about_calls_it() -> None:
    zh = Translator("zh")
    assert detail_lines({"code": "8874"}, zh, "check_in") == [("编码", "8874")]
    assert detail_lines({"code": "DZ-001"}, zh, "asset") == [("编号", "DZ-001")]
    assert detail_lines({"kind": "repair"}, zh, "record") == [("类型", "维修")]
    assert detail_lines({"kind": "webhook"}, zh, "channel") == [("类型", "Webhook（对接程序）")]


def test_a_length_of_time_reads_as_one() -> None:
    lengths = {"silent_after": {"from": "0:00:10", "to": "1 day, 2:00:00"}, "from_time": "22:00:00"}
    assert detail_lines(lengths, Translator("zh"), "device") == [("允许静默时长", "10秒 → 1天2小时"), ("开始", "22:00:00")]
