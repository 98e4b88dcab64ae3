"""Of a long message the beginning is kept, and what stands in it can be shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mappings.mended import mended

GATEWAY = {"time": 7, "data": {"note": 'a "quoted", [bracketed] \\', "list": [{"id": "a", "v": [1, 2]}, {"id": "b"}]}, "last": True}


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        (b'{"a": 1, "b": {"c": [1, 2', b'{"a": 1, "b": {"c": [1]}}'),
        (b'{"a": 1, "b": "half, [of', b'{"a": 1}'),
        (b'[{"id": 1}, {"id": 2}, {"i', b'[{"id": 1}, {"id": 2}, {}]'),
        (b'{"a', b"{}"),
        (b'{"a": 1}', b'{"a": 1}'),
        (b"34.5", b"34.5"),
    ],
)
def test_what_was_cut_ends_after_its_last_whole_value(cut: bytes, whole: bytes) -> None:
    assert mended(cut) == whole


def test_wherever_it_was_cut() -> None:
    text = json.dumps(GATEWAY).encode()
    for end in range(1, len(text) + 1):
        assert json.loads(mended(text[:end])).keys() <= GATEWAY.keys()
    assert mended(text) == text


@given(payload=st.binary(max_size=60) | st.text('[]{}",:\\ 1a', max_size=60).map(str.encode))
def test_whatever_it_is_something_comes_of_it(payload: bytes) -> None:
    assert isinstance(mended(payload), bytes)
