"""The whole way: `gatehouse demo --check` sees every step through MQTT and the HTTP API."""

import json
import subprocess
import sys

from gatehouse.check_steps import STEPS


def test_every_step_is_seen_in_less_than_a_minute_and_nothing_is_left_running() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "gatehouse.cli", "demo", "--check", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    outcome = json.loads(result.stdout)
    assert [step for step in outcome["steps"] if not step["ok"]] == []
    assert [step["step"] for step in outcome["steps"]] == ["start", *(step.__name__ for step in STEPS)]
    assert result.returncode == 0
