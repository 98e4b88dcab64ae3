"""The description of the API."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
from fastapi import FastAPI

import api
from api.description import describe


def test_it_can_be_fetched_without_signing_in(browser: Callable[[], httpx.Client]) -> None:
    description = browser().get("/api/v1/openapi.json").json()
    assert description["info"]["title"] == "Gatehouse"
    assert set(description["components"]["securitySchemes"]) == {"token", "session"}
    assert all(path.startswith("/api/v1/") for path in description["paths"]), "pages are not part of the API"


def test_operations_have_a_name_of_their_own_and_say_what_they_do(app: FastAPI) -> None:
    operations = [operation for path in describe(app)["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert sorted(names) == sorted(set(names))
    assert [operation["operationId"] for operation in operations if not operation.get("description")] == []
    assert [operation["operationId"] for operation in operations if not operation.get("tags")] == []


def test_errors_are_described_as_problems(app: FastAPI) -> None:
    for path in describe(app)["paths"].values():
        for operation in path.values():
            assert operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_no_documentation_page_loads_scripts_from_elsewhere(browser: Callable[[], httpx.Client]) -> None:
    assert browser().get("/docs").status_code == 404
    sources = "".join(file.read_text(encoding="utf-8") for file in Path(api.__file__).parent.rglob("*.py"))
    assert not re.search(r"cdn\.|swagger", sources, re.IGNORECASE)
