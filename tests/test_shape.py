"""What a reviewer would hold: sizes, complete catalogues, valid queries, documented settings, a public lock file."""

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from core.i18n import LANGUAGES, Language, catalogue
from core.settings import setting_names
from ingest.model import RejectReason
from ingest.sentences import sentence
from store.db import Database

ROOT = Path(__file__).parent.parent
FOLDERS = (
    "core",
    "store",
    "people",
    "assets",
    "ingest",
    "patrol",
    "alerts",
    "reports",
    "api",
    "web",
    "simulators",
    "gatehouse",
    "tests",
)
FETCHERS = {"fetch_all", "find_one", "fetch_one", "fetch_value", "execute"}


def python_files() -> list[Path]:
    return sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", python_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_stays_small_and_says_what_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, "split it by verb"
    assert not text.strip() or ast.get_docstring(parsed(file)), "a module begins with a docstring"


# --- texts ------------------------------------------------------------------------------------------------------------


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_blanks() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    plural = re.compile(r"\.(one|other)$")
    assert {plural.sub("", key) for key in english} == {plural.sub("", key) for key in chinese}
    different = [key for key in english.keys() & chinese.keys() if placeholders(english[key]) != placeholders(chinese[key])]
    assert different == []


def test_no_chinese_text_was_left_in_english() -> None:
    same = [
        key
        for key, text in catalogue("zh").items()
        if text == catalogue("en").get(key) and re.search(r"[A-Za-z]{4,} [A-Za-z]{2,}", text)
    ]
    assert same == []


KEY_IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([a-z0-9_.-]+)["']\s*([,)~])""")


def used_keys() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "web" / "templates").rglob("*.html")):
        for key, after in KEY_IN_TEMPLATE.findall(file.read_text(encoding="utf-8")):
            if after != "~":
                yield str(file.relative_to(ROOT)), key


def test_every_text_a_template_asks_for_exists() -> None:
    known = {re.sub(r"\.(one|other)$", "", key) for key in catalogue("en")} | set(catalogue("en"))
    assert [(file, key) for file, key in used_keys() if key not in known] == []


def test_every_error_code_has_a_text() -> None:
    errors = {"AppError", "Invalid", "NotFound", "NotSignedIn", "Forbidden", "Conflict", "TooManyRequests", "Unavailable"}
    missing = [
        (str(file.relative_to(ROOT)), node.args[0].value)
        for file in python_files()
        if "tests" not in file.parts
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in errors
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and f"errors.{node.args[0].value}" not in catalogue("en")
    ]
    assert missing == []


def blanks(text: str) -> dict[str, str]:
    """What a text has to be given, and how it shows each."""
    return {name: form or "" for _, name, form, _ in string.Formatter().parse(text) if name}


def raised_rejections() -> Iterator[tuple[str, ast.Call]]:
    for file in sorted((ROOT / "ingest").rglob("*.py")):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RejectedError":
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def rejection_problems(node: ast.Call) -> Iterator[str]:
    """What a reader of either language would miss of this rejection."""
    key = node.args[1].value if len(node.args) == 2 and isinstance(node.args[1], ast.Constant) else None
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    for language in LANGUAGES:
        texts = catalogue(language)
        text = texts.get(f"rejected_detail.{key}")
        if text is None:
            yield f"{key} is no sentence in {language}, or not written out"
            continue
        if blanks(text).keys() != given.keys():
            yield f"{key} tells {sorted(blanks(text))} in {language}"
        for name, value in given.items():
            outside = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "shown"
            if outside and blanks(text).get(str(name)) != "word":
                yield f"{key} must show {name} as {{{name}:word}} in {language}: it may be a structure"
            named = isinstance(value, ast.Constant) and blanks(text).get(str(name)) == "word"
            if isinstance(value, ast.Constant) and named and f"rejected_word.{value.value}" not in texts:
                yield f"{value.value} is no word in {language}"


def test_every_rejection_has_its_sentence_with_all_its_facts() -> None:
    raised = list(raised_rejections())
    assert len(raised) > 30
    assert [(place, problem) for place, node in raised for problem in rejection_problems(node)] == []


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ('RejectedError("topic", "nowhere")', "nowhere is no sentence"),
        ('RejectedError("topic", f"no {topic}")', "not written out"),
        ('RejectedError("too_large", "too_large")', "tells ['most']"),
        ('RejectedError("too_large", "too_large", most=1, least=0)', "tells ['most']"),
        ('RejectedError("wrong_type", "bytes", where="$", expected=4, found=shown(value))', "must show found as {found:word}"),
        ('RejectedError("wrong_type", "expected", where="id", expected="number", found="int")', "number is no word"),
    ],
)
def test_a_rejection_nobody_could_read_is_found(call: str, problem: str) -> None:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert problem in " ".join(rejection_problems(node))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_a_rejection_can_be_said(language: Language) -> None:
    for key, text in catalogue(language).items():
        if key.startswith("rejected_detail."):
            facts = dict.fromkeys(blanks(text), "P1D")
            assert "{" not in sentence(key.removeprefix("rejected_detail."), facts, language)


def test_every_reason_has_a_title() -> None:
    assert [reason for reason in get_args(RejectReason) if f"reject_reason.{reason}" not in catalogue("en")] == []


# --- queries ----------------------------------------------------------------------------------------------------------


def queries() -> Iterator[tuple[str, str]]:
    for file in python_files():
        if "tests" in file.parts:
            continue
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FETCHERS:
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", argument.value


def test_every_query_is_valid_on_the_migrated_database(db: Database) -> None:
    problems = []
    with db.connect() as conn:
        for place, text in queries():
            if text.lstrip().split(None, 1)[0].upper() not in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
                continue
            names = list(dict.fromkeys(re.findall(r"%\((\w+)\)[sb]", text)))
            statement = text
            for number, name in enumerate(names, 1):
                statement = re.sub(rf"%\({name}\)[sb]", f"${number}", statement)
            statement = statement.replace("%%", "%")
            try:
                conn.execute(f"PREPARE q AS {statement}".encode())
                conn.execute("DEALLOCATE q")
            except Exception as error:
                if "could not determine data type" not in str(error):
                    problems.append((place, str(error).splitlines()[0]))
    assert problems == []


def test_no_query_takes_every_column() -> None:
    assert [place for place, text in queries() if re.search(r"select\s+(\w+\.)?\*", text, re.IGNORECASE)] == []


def test_sql_lives_in_queries_files() -> None:
    files = {Path(place.split(":")[0]) for place, _ in queries()}
    outside = {str(file) for file in files if file.name != "queries.py" and file.parent.name != "queries"}
    owners = {"store/", "gatehouse/scheduler.py", "people/audit.py"}
    assert [place for place in sorted(outside) if not any(place.startswith(owner) for owner in owners)] == []


# --- documentation ----------------------------------------------------------------------------------------------------


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in setting_names() if f"`{name}`" not in page] == []


def test_every_command_is_documented() -> None:
    from gatehouse.cli import app

    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    names += [group.name for group in app.registered_groups if group.name]
    assert [name for name in names if f"`gatehouse {name}" not in page] == []


def test_the_lock_file_names_only_the_public_index() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text(encoding="utf-8")))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_no_page_asks_another_machine_for_anything() -> None:
    own = (ROOT / "web" / "templates", ROOT / "web" / "static")
    outside = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["'(]?(?:https?:)?//(?!www\.w3\.org)""", re.IGNORECASE)
    found = [
        str(file.relative_to(ROOT))
        for folder in own
        for file in folder.rglob("*")
        if file.suffix in {".html", ".css", ".js", ".svg"}
        and "vendor" not in file.parts
        and outside.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []
