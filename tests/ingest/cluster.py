"""Three NATS servers on this machine, set up as `deploy/nats/cluster.conf` says but for names, addresses and folders."""

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.processes import ChildProcess, free_port
from ingest.embedded_broker import nats_server

CONFIG = Path(__file__).parents[2] / "deploy" / "nats" / "cluster.conf"
PASSWORD = "password-of-the-ingester"
COUNT = 3


class Cluster:
    """`start` it with NATS_INGEST_PASSWORD in the environment; `leader` is the server that keeps the messages' stream."""

    def __init__(self, folder: Path) -> None:
        self._mqtt = [free_port() for _ in range(COUNT)]
        self._routes = [free_port() for _ in range(COUNT)]
        self._monitors = [free_port() for _ in range(COUNT)]
        self._nodes = [self._node(folder, number) for number in range(COUNT)]

    def _node(self, folder: Path, number: int) -> ChildProcess:
        others = ", ".join(f'"nats://127.0.0.1:{port}"' for index, port in enumerate(self._routes) if index != number)
        text = CONFIG.read_text(encoding="utf-8")
        for pattern, here in {
            r"server_name: .*": f'server_name: "nats-{number}"\nhttp: "127.0.0.1:{self._monitors[number]}"',
            r"^listen: .*": 'listen: "127.0.0.1:-1"',
            r'store_dir: "[^"]+"': f'store_dir: "{folder}/{number}"',
            r'listen: "0.0.0.0:6222"': f'listen: "127.0.0.1:{self._routes[number]}"',
            r"routes: .*": f"routes: [{others}]",
            r'listen: "0.0.0.0:1883"': f'listen: "127.0.0.1:{self._mqtt[number]}"',
        }.items():
            text, found = re.subn(pattern, here, text, flags=re.MULTILINE)
            assert found == 1, pattern
        config = folder / f"{number}.conf"
        config.write_text(text, encoding="utf-8")
        return ChildProcess([nats_server(), "-c", config], pid_file=folder / f"{number}.pid", log_file=folder / f"{number}.log")

    def start(self) -> None:
        for node in self._nodes:
            node.start()

    def stop(self) -> None:
        for node in self._nodes:
            node.stop()

    def kill(self, number: int) -> None:
        """With -9."""
        pid = self._nodes[number].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def restart(self, number: int) -> None:
        self._nodes[number].stop()
        self._nodes[number].start()

    def url(self, first: int) -> str:
        """All three, that one first."""
        order = [(first + offset) % COUNT for offset in range(COUNT)]
        return ",".join(f"mqtt://ingest:{PASSWORD}@127.0.0.1:{self._mqtt[number]}" for number in order)

    @property
    def leader(self) -> int | None:
        """None while there is none, or no stream yet."""
        for port in self._monitors:
            with suppress(OSError):
                for stream in _streams(port):
                    if stream["name"] == "$MQTT_msgs" and stream["cluster"].get("leader"):
                        return int(stream["cluster"]["leader"].removeprefix("nats-"))
        return None


def _streams(port: int) -> Iterator[dict[str, Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/jsz?accounts=1&streams=1", timeout=5) as answer:
        for account in json.load(answer).get("account_details", ()):
            yield from account.get("stream_detail", ())
