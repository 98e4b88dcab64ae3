"""A folder of declarations: one file each, found without a list."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from core.i18n import Text
from ingest.model import EventType
from ingest.plugins import DeclarationError, collect

DECLARATION = """
from core.i18n import Text
from ingest.model import EventType
THING = EventType(slug={slug!r}, name=Text("Thing", "东西"))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An empty package, named after the test so that no other test has imported it."""
    folder = tmp_path / str(request.node.name)
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def package(folder: Path) -> ModuleType:
    """The folder as Python sees it."""
    importlib.invalidate_caches()
    return importlib.import_module(folder.name)


def test_a_new_file_is_all_it_takes(folder: Path) -> None:
    (folder / "bell.py").write_text(DECLARATION.format(slug="rung"), encoding="utf-8")
    (folder / "tools.py").write_text("", encoding="utf-8")

    found = collect(package(folder), "THING", EventType, helpers=["tools"])

    assert found == {"rung": EventType(slug="rung", name=Text("Thing", "东西"))}


def test_the_same_slug_twice_stops_the_start(folder: Path) -> None:
    (folder / "bell.py").write_text(DECLARATION.format(slug="rung"), encoding="utf-8")
    (folder / "chime.py").write_text(DECLARATION.format(slug="rung"), encoding="utf-8")

    with pytest.raises(DeclarationError, match=r"chime: the slug rung is taken"):
        collect(package(folder), "THING", EventType)


def test_a_file_that_declares_nothing_stops_the_start(folder: Path) -> None:
    (folder / "bell.py").write_text("THNIG = None\n", encoding="utf-8")

    with pytest.raises(DeclarationError, match=r"bell declares no THING of type EventType"):
        collect(package(folder), "THING", EventType)
