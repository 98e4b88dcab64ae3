"""`gatehouse demo --check`: the whole way from MQTT messages to answers of the HTTP API, in less than a minute."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from core.clock import Clock, SystemClock
from core.logs import configure_logs
from core.settings import load_settings
from gatehouse.check_site import CheckSite, prepare_site
from gatehouse.check_steps import STEPS, Check, StepFailedError
from gatehouse.part_jobs import scheduler
from gatehouse.part_web import listen_http, web
from gatehouse.parts import base, broker, database_url, ingester, only_one, prepare_database
from gatehouse.webhook_receiver import WebhookReceiver
from simulators.run import Simulation

_SEED = 1
_REPORT_EVERY = timedelta(seconds=1)


def run_check(*, as_json: bool) -> int:
    """Run every step on ports and in a folder of its own; 0 when all was seen. Nothing is left behind."""
    configure_logs(level="ERROR")
    clock = SystemClock()
    begun = clock.monotonic()
    outcomes: list[dict[str, object]] = []
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-check-"))
    folder.chmod(0o755)  # the database does not run as root and must reach its part of it
    try:
        with _system(folder, clock) as check:
            outcomes.append({"step": "start", "ok": True, "seconds": round(clock.monotonic() - begun, 2)})
            outcomes += _run_steps(check, clock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ok = all(outcome["ok"] for outcome in outcomes)
    result = {"ok": ok, "seconds": round(clock.monotonic() - begun, 2), "steps": outcomes}
    if as_json:
        print(json.dumps(result, ensure_ascii=False))  # noqa: T201 - what the caller reads
    else:
        _print_table(result, outcomes)
    return 0 if ok else 1


def _run_steps(check: Check, clock: Clock) -> Iterator[dict[str, object]]:
    for step in STEPS:
        begun = clock.monotonic()
        outcome: dict[str, object] = {"step": step.__name__, "ok": True}
        try:
            outcome |= {"seen": step(check)}
        except StepFailedError as error:
            outcome |= {"ok": False, "problem": str(error)}
        yield outcome | {"seconds": round(clock.monotonic() - begun, 2)}


@contextmanager
def _system(folder: Path, clock: Clock) -> Iterator[Check]:
    """Everything that `serve` runs, with a simulated site and a receiver of notifications."""
    settings = load_settings({}, data_dir=folder, http_port=0, mqtt_port=0)
    with ExitStack() as stack:
        sock = stack.enter_context(listen_http(settings))
        stack.enter_context(only_one(folder))
        url = stack.enter_context(database_url(settings))
        prepare_database(url, settings, clock.now())
        embedded = stack.enter_context(broker(settings))
        parts = stack.enter_context(base(settings, clock, url))
        with parts.db.transaction() as conn:
            site: CheckSite = prepare_site(conn, clock.now(), seed=_SEED)
        running = stack.enter_context(ingester(parts, embedded))
        stack.enter_context(scheduler(parts))
        running.wait_until_listening()
        address = stack.enter_context(web(parts, sock))
        receiver = stack.enter_context(WebhookReceiver())
        simulation = Simulation(site.spec, embedded.local_url if embedded else "", clock=clock, seed=_SEED, interval=_REPORT_EVERY)
        stack.callback(simulation.stop)
        check = stack.enter_context(Check(address, site, simulation, receiver, clock))
        simulation.start()
        yield check


def _print_table(result: dict[str, object], outcomes: list[dict[str, object]]) -> None:
    console = Console()
    for outcome in outcomes:
        mark = "[green]ok  [/green]" if outcome["ok"] else "[red]FAIL[/red]"
        console.print(
            f"{mark} {outcome['step']:<28} {outcome['seconds']:>6} s  {outcome.get('problem') or outcome.get('seen') or ''}"
        )
    console.print(f"{'All seen' if result['ok'] else 'Not all was seen'} in {result['seconds']} s.")
