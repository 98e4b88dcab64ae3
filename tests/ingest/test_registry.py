"""The ledger in memory follows the one in the database, and is read again only when that is another."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from assets.models import Site
from ingest.kinds import all_kinds
from ingest.registry import Registry
from store.db import Connection, Database
from store.listen import ChangeListener
from tests.ingest.conftest import Devices

Wait = Callable[..., None]


@pytest.fixture
def loads() -> list[Connection]:
    """One for each time the ledger was read."""
    return []


@pytest.fixture
def registry(db: Database, listener: ChangeListener, devices: Devices, loads: list[Connection]) -> Iterator[Registry]:
    """It looks all the time."""
    made = Registry(db, listener, all_kinds(), on_load=loads.append, look_seconds=0.01)
    made.start()
    assert made.wait_until_ready(10)
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE device SET address = 'zhenshi:320dc55b' WHERE slug = 'gate-1'", lambda gate: gate.address == "zhenshi:320dc55b"),
        ("UPDATE device SET silent_after = '1 hour' WHERE slug = 'gate-1'", lambda gate: gate.silent_after == timedelta(hours=1)),
        ("UPDATE device SET retired_at = registered_at WHERE slug = 'gate-1'", lambda gate: gate is None),
    ],
)
def test_a_change_nobody_told_of_is_seen(
    db: Database, wutong: Site, registry: Registry, wait_for: Wait, change: str, what: Callable[[object], bool]
) -> None:
    with db.transaction() as conn:
        conn.execute(change.encode())
    wait_for(lambda: what(registry.ledger.sites[wutong.slug].devices.get("gate-1")))


def test_a_ledger_that_is_the_same_is_not_read_again(
    db: Database, registry: Registry, loads: list[Connection], wait_for: Wait
) -> None:
    ledger = registry.ledger

    def looks() -> int:
        with db.transaction() as conn:
            [calls] = conn.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").fetchone() or (0,)
        return int(calls)

    before = looks()
    wait_for(lambda: looks() > before + 20)
    assert (len(loads), registry.ledger) == (1, ledger)
