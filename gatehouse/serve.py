"""`gatehouse serve`: everything one compound needs, in one process."""

from contextlib import ExitStack

from core.clock import Clock
from core.settings import Settings
from gatehouse.addresses import network_addresses, welcome
from gatehouse.part_home_assistant import home_assistant
from gatehouse.part_jobs import scheduler
from gatehouse.part_web import listen_http, web
from gatehouse.parts import base, broker, database_url, ingester, only_one, prepare_database, until_told


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
        stack.enter_context(home_assistant(parts, embedded))
        stack.enter_context(web(parts, sock))
        server = (embedded.listen, embedded.port) if embedded else None
        print(  # noqa: T201 - what the operator wants to know
            welcome(settings, http=sock.getsockname()[:2], broker=server, network=network_addresses()), flush=True
        )
        until_told()
