"""The first administrator of an installation, from the command line."""

from contextlib import ExitStack

from core.clock import Clock
from core.settings import Settings
from gatehouse.parts import database_url, only_one, prepare_database, running_database_url
from people import manage
from people.models import SYSTEM
from store.db import Database


def add_administrator(settings: Settings, clock: Clock, *, username: str, display_name: str, password: str) -> None:
    """Works while Gatehouse runs and while it does not. Raises the verbs' errors (name taken, password too weak)."""
    with ExitStack() as stack:
        url = running_database_url(settings)
        if url is None:
            if settings.database_url is None:
                stack.enter_context(only_one(settings.data_dir))
            url = stack.enter_context(database_url(settings))
            prepare_database(url, settings, clock.now())
        _add(url, clock, username, display_name, password)


def _add(url: str, clock: Clock, username: str, display_name: str, password: str) -> None:
    now = clock.now()
    with Database(url, size=2).open() as db, db.transaction() as conn:
        person = manage.create_person(conn, SYSTEM, now=now, username=username, display_name=display_name, password=password)
        manage.grant_role(conn, SYSTEM, now=now, person_id=person.id, role="admin")
