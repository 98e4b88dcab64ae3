"""The integrator's page says what the code does."""

import json
import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from ingest.formats.native import decode
from ingest.kinds.document import BEGIN, END, PAGE, with_kinds
from ingest.model import Message, RejectReason


@pytest.fixture
def page() -> str:
    """docs/devices.md as it is."""
    return PAGE.read_text(encoding="utf-8")


def test_the_tables_of_kinds_are_those_of_the_declarations(page: str) -> None:
    assert page == with_kinds(page), "docs/devices.md is out of date; run: uv run python -m ingest.kinds.document"


def test_a_page_without_its_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="marker lines"):
        with_kinds(f"# Devices\n{END}\n{BEGIN}\n")


def test_every_reason_for_a_rejection_is_explained(page: str) -> None:
    table = page.split("## What is rejected, and why")[1].split("## Kinds")[0]

    assert set(re.findall(r"`([a-z_]+)`", table)) >= set(get_args(RejectReason))


def test_every_example_message_is_taken_as_it_stands(page: str) -> None:
    messages = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)

    assert len(messages) >= 10
    for message in messages:
        channel = "event" if "id" in json.loads(message) else "reading"
        topic, payload = f"gatehouse/v1/riverside/d-1/{channel}", message.encode()
        received = Message(topic=topic, payload=payload, size=len(payload), received_at=datetime(2026, 11, 22, tzinfo=UTC))
        assert decode(received)
