"""`gatehouse simulate`: readings of many compounds for any broker."""

from contextlib import ExitStack
from datetime import timedelta
from threading import Event

from rich.console import Console

from core.clock import Clock
from core.settings import Settings, SettingsError
from gatehouse.parts import configured_broker, prepare_database
from gatehouse.seed import seed_city
from simulators.city import make_city
from simulators.load import LoadReport, run_load
from store.db import Database


def run_simulate(
    settings: Settings,
    clock: Clock,
    *,
    sites: int,
    devices: int,
    rate: float,
    seed: int,
    duration: timedelta | None,
    register: bool,
) -> None:
    """Publish until `duration` is over or Ctrl-C; tells every second how far it has come."""
    console = Console()
    if register:
        _register(settings, clock, sites=sites, devices=devices, seed=seed)
    stop = Event()
    with ExitStack() as stack:
        status = stack.enter_context(console.status("connecting"))

        def tell(report: LoadReport) -> None:
            status.update(f"{report.acknowledged:,} acknowledged, {report.rate:,.0f}/s")

        try:
            report = run_load(
                configured_broker(settings),
                sites=sites,
                devices=devices,
                rate=rate,
                seed=seed,
                clock=clock,
                duration=duration,
                stop=stop,
                progress=tell,
            )
        except KeyboardInterrupt:
            stop.set()
            return
    console.print(f"{report.sent:,} sent, {report.acknowledged:,} acknowledged in {report.seconds:.1f} s: {report.rate:,.0f}/s")


def _register(settings: Settings, clock: Clock, *, sites: int, devices: int, seed: int) -> None:
    if settings.database_url is None:
        raise SettingsError("GATEHOUSE_DATABASE_URL: --register needs the database of the Gatehouse that listens")
    url = settings.database_url.get_secret_value()
    prepare_database(url, settings, clock.now())
    with Database(url, size=2).open() as db, db.transaction() as conn:
        seed_city(conn, make_city(sites, devices=devices, seed=seed), now=clock.now())
