"""The whole of Gatehouse, running: an embedded broker, ingest, every job and the web server, on free ports of this machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.caller import cookie_name
from core.clock import SystemClock
from core.settings import load_settings
from gatehouse.part_jobs import scheduler
from gatehouse.part_web import listen_http, web
from gatehouse.parts import Base, base, broker, database_url, ingester, prepare_database
from people.sessions import start_session
from simulators.broker import Broker, make_client
from store.db import Connection

# Chromium for a machine without a screen, told to keep to itself.
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """Where people and devices reach it, and what it is made of."""

    address: str
    mqtt_url: str
    parts: Base

    def sign_in(self, person_id: int) -> tuple[str, str]:
        """The cookie of a new session: name and value."""
        now = self.parts.clock.now()
        with self.parts.db.transaction() as conn:
            token, _ = start_session(conn, person_id=person_id, user_agent="tests", ip="127.0.0.1", now=now)
        return cookie_name(self.parts.settings), token

    def publish(self, topic: str, payload: str | bytes) -> None:
        """Send one message as a device would; returns when the broker has it."""
        where = Broker.at(self.mqtt_url)
        client = make_client(where, f"one-message-to-{topic.replace('/', '-')}")
        client.connect(where.host, where.port)
        client.loop_start()
        client.publish(topic, payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()


@contextmanager
def running_system(folder: Path, prepare: Callable[[Connection], None], *, database: str | None = None) -> Iterator[System]:
    """Start everything and stop it again. `prepare` writes what is to be there first; without a `database` it has its own."""
    clock = SystemClock()
    settings = load_settings({}, data_dir=folder, http_port=0, mqtt_port=0, database_url=database)
    with ExitStack() as stack:
        sock = stack.enter_context(listen_http(settings))
        url = stack.enter_context(database_url(settings))
        prepare_database(url, settings, clock.now())
        embedded = stack.enter_context(broker(settings))
        assert embedded is not None
        parts = stack.enter_context(base(settings, clock, url))
        with parts.db.transaction() as conn:
            prepare(conn)
        running = stack.enter_context(ingester(parts, embedded))
        stack.enter_context(scheduler(parts))
        running.wait_until_listening()
        yield System(address=stack.enter_context(web(parts, sock)), mqtt_url=embedded.local_url, parts=parts)
