"""The roles apart, for more than one machine: web, ingest, jobs, migrate. All need a database of their own kind to exist.

Each loads only what it runs.
"""

from contextlib import ExitStack

from core.clock import Clock
from core.settings import Settings, SettingsError
from gatehouse.parts import base, configured_broker, database_url, ingester, only_one, prepare_database, until_told
from ingest.queries.sharing import forget_ingester
from ingest.session import end_session
from store.db import Database
from store.migrate import check_migrated


def run_web(settings: Settings, clock: Clock) -> None:
    """The web server alone."""
    from gatehouse.part_web import listen_http, web

    with ExitStack() as stack:
        sock = stack.enter_context(listen_http(settings))
        parts = stack.enter_context(base(settings, clock, _configured_database(settings)))
        address = stack.enter_context(web(parts, sock))
        print(f"Gatehouse: {address}", flush=True)  # noqa: T201 - what the operator wants to know
        until_told()


def run_ingest(settings: Settings, clock: Clock) -> None:
    """The ingester alone."""
    with base(settings, clock, _configured_database(settings)) as parts, ingester(parts, None):
        until_told()


def run_end_session(settings: Settings) -> None:
    """Leave the broker nothing to keep for an ingester that will not come back; those it shared with wait for it no longer."""
    end_session(configured_broker(settings), settings.mqtt_client_id)
    if settings.mqtt_share is not None:
        with Database(_configured_database(settings), size=1).open() as db, db.transaction() as conn:
            forget_ingester(conn, settings.mqtt_client_id)


def run_jobs(settings: Settings, clock: Clock) -> None:
    """The jobs alone, and what Home Assistant is shown."""
    from gatehouse.part_home_assistant import home_assistant
    from gatehouse.part_jobs import scheduler

    with base(settings, clock, _configured_database(settings)) as parts, scheduler(parts), home_assistant(parts, None):
        until_told()


def run_migrate(settings: Settings, clock: Clock) -> list[str]:
    """Migrate the configured database, else the embedded one; what was applied."""
    with ExitStack() as stack:
        if settings.database_url is None:
            stack.enter_context(only_one(settings.data_dir))
        return prepare_database(stack.enter_context(database_url(settings)), settings, clock.now())


def _configured_database(settings: Settings) -> str:
    if settings.database_url is None:
        raise SettingsError("GATEHOUSE_DATABASE_URL: a role alone needs a database that the others share")
    url = settings.database_url.get_secret_value()
    check_migrated(url)
    return url
