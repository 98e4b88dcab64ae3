"""`gatehouse serve`: everything one compound needs, in one process."""

import socket
from contextlib import ExitStack

from core.clock import Clock
from core.settings import Settings
from gatehouse.part_jobs import scheduler
from gatehouse.part_web import listen_http, web
from gatehouse.parts import base, broker, database_url, ingester, only_one, prepare_database, until_told
from ingest.embedded_broker import EmbeddedBroker


def run_serve(settings: Settings, clock: Clock, *, listen: bool) -> None:
    """Runs until Ctrl-C or SIGTERM. `listen`: devices of the network may reach the embedded broker."""
    with ExitStack() as stack:
        sock = stack.enter_context(listen_http(settings))
        stack.enter_context(only_one(settings.data_dir))
        url = stack.enter_context(database_url(settings))
        prepare_database(url, settings, clock.now())
        embedded = stack.enter_context(broker(settings, listen=listen))
        parts = stack.enter_context(base(settings, clock, url))
        stack.enter_context(ingester(parts, embedded))
        stack.enter_context(scheduler(parts))
        address = stack.enter_context(web(parts, sock))
        print(f"Gatehouse: {address}\n{_broker_address(embedded, listen=listen)}", flush=True)  # noqa: T201 - what the operator wants to know
        until_told()


def _broker_address(embedded: EmbeddedBroker | None, *, listen: bool) -> str:
    """Where devices publish to, as whoever sets them up needs it."""
    if embedded is None:
        return "Devices: the broker of GATEHOUSE_MQTT_URL"
    if not listen:
        return f"Devices: mqtt://127.0.0.1:{embedded.port}, this machine only; --listen lets those of the network in"
    return f"Devices: mqtt://{socket.gethostname()}:{embedded.port} or by an address of this machine, with the site's password"
