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


@pytest.mark.parametrize("name", ["crash", pytest.param("crash_mosquitto", marks=pytest.mark.mosquitto)])
def test_nothing_is_lost_or_twice_whatever_is_killed_cut_off_or_full(name: str) -> None:
    result = bench(name, "--json", "--short")
    figures = {figure["name"]: figure for figure in json.loads(result.stdout)["figures"]}
    assert [figure for figure in figures.values() if not figure["met"]] == []
    disasters = {figure.rpartition(":")[0] for figure in figures}
    assert len(disasters) >= 6
    for disaster in disasters:
        assert figures[f"{disaster}: messages"]["value"] > 0
        assert figures[f"{disaster}: lost"]["goal"] == figures[f"{disaster}: rows twice"]["goal"] == 0
    # Only of what mosquitto had not written yet it is told and not judged.
    assert any("not written" in figure for figure in figures) == (name == "crash_mosquitto")


def test_an_unknown_bench_is_told_with_those_there_are() -> None:
    result = bench("nothing")
    assert result.returncode == 2
    assert "startup" in result.stderr
