"""A web server that notes what it is sent and answers as told."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    json: dict[str, Any]


class Receiver:
    """Answers with the next of `answers` (a status, or None for not at all), then with 204."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int | None] = []
        self.location: str | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver._note(Received(path=self.path, headers=dict(self.headers), json=json.loads(body)))
                if status is None:
                    receiver._stopping.wait(30)
                    return
                self.send_response(status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def _note(self, received: Received) -> int | None:
        with self._lock:
            self.received.append(received)
            return self.answers.pop(0) if self.answers else 204

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/alerts?token=s3cret"

    @property
    def events(self) -> list[tuple[int | None, str]]:
        """Alert and event of everything received, in order."""
        return [(received.json["alert"], received.json["event"]) for received in self.received]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that listens while the test runs."""
    with Receiver() as running:
        yield running
