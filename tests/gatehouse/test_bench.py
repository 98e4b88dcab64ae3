"""Benches run and print what they promise; how fast, is not for tests to say."""

import json
import subprocess
import sys

import pytest


def bench(*args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gatehouse.cli", "bench", *args], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("name", ["startup", "ingest", "query"])
def test_a_bench_prints_one_object_with_machine_and_figures(name: str) -> None:
    result = bench(name, "--json", "--short")
    outcome = json.loads(result.stdout)
    assert outcome["bench"] == name
    assert outcome["machine"]["cores"] >= 1
    assert all(set(figure) == {"name", "value", "unit", "goal", "met"} for figure in outcome["figures"])
    assert outcome["figures"][0]["value"] > 0
    assert result.returncode == (0 if all(figure["met"] for figure in outcome["figures"]) else 1)


def test_an_unknown_bench_is_told_with_those_there_are() -> None:
    result = bench("nothing")
    assert result.returncode == 2
    assert "startup" in result.stderr
