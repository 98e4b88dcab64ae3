"""Who of those that share judges silence, what each knows of what the others heard, and a broker that cannot share."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from core.clock import ManualClock
from ingest.embedded_broker import EmbeddedBroker
from ingest.health import Health
from ingest.health_tracker import HealthTracker
from ingest.ingester import Ingester, IngestOptions
from ingest.kinds import all_kinds
from ingest.registry import KnownDevice
from ingest.sharing import GRACE, Sharing
from store.db import Database, fetch_value
from store.listen import ChangeListener
from tests.ingest.conftest import Devices

Wait = Callable[..., None]
Member = tuple[Sharing, HealthTracker]
SECOND = timedelta(seconds=1)


@pytest.fixture
def join(db: Database, devices: Devices, now: datetime) -> Iterator[Callable[[str], Member]]:
    """A member of the group, who knows gate-1 and that it is online."""
    gate = KnownDevice(
        key=(devices.site_id, devices.gate),
        slug="gate-1",
        kind_slug="gate_barrier",
        kind=all_kinds()["gate_barrier"],
        silent_after=timedelta(minutes=5),
        health=Health(status="online", since=now, reason="seen"),
        last_seen_at=now,
        last_ts=now,
    )
    joined: list[Sharing] = []

    def run(name: str) -> Member:
        tracker = HealthTracker(now, shared=GRACE)
        tracker.sync([gate], now)
        tracker.hear(now)
        joined.append(Sharing("city", name, db, tracker))
        return joined[-1], tracker

    yield run
    for each in joined:
        each.close()


def tell(db: Database, name: str, at: datetime, *, connected: bool = True, group: str = "city") -> None:
    """A heartbeat."""
    with db.transaction() as conn:
        conn.execute(
            """
            INSERT INTO ingester (client_id, started_at, seen_at, connected, received, committed, rejected, queued, report)
            VALUES (%s, %s, %s, %s, 0, 0, 0, 0, jsonb_build_object('share', %s::text))
                ON CONFLICT (client_id) DO UPDATE SET seen_at = excluded.seen_at, connected = excluded.connected
            """,
            (name, at, at, connected, group),
        )


def follow(member: Member, at: datetime, *, hearing: bool = True, epoch: int = 1) -> list[str]:
    """A turn; what the gate has become by it."""
    sharing, tracker = member
    sharing.follow(at, hearing=hearing, epoch=epoch)
    return [each.health.status for each in tracker.take_transitions()]


def locks(db: Database) -> int:
    """How many hold the lead."""
    with db.transaction() as conn:
        return int(
            fetch_value(
                conn,
                """
                SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                 WHERE locktype = 'advisory' AND classid = 7005 AND datname = current_database()
                """,
            )
        )


def test_one_judges_and_when_it_leaves_the_other_does_and_what_that_one_heard_stays_known(
    db: Database, join: Callable[[str], Member], now: datetime, wait_for: Wait
) -> None:
    north, south = join("north"), join("south")
    assert follow(north, now) == ["unknown"]  # nobody was there to hear
    tell(db, "north", now)
    assert follow(south, now) == []
    assert (north[0].judges, south[0].judges) == (True, False)
    north[0].close()
    wait_for(lambda: locks(db) == 0)  # the server notices a moment later
    tell(db, "north", now, connected=False)
    assert follow(south, now + 3 * SECOND) == []
    with db.transaction() as conn:
        conn.execute("DELETE FROM ingester")  # it is told that north will not come back
    assert follow(south, now + 6 * SECOND) == []
    assert south[0].judges


@pytest.mark.parametrize(("ago", "connected"), [(31, True), (1, False)])
def test_nothing_is_concluded_while_one_of_the_group_is_away(
    db: Database, join: Callable[[str], Member], now: datetime, ago: int, connected: bool
) -> None:
    north = join("north")
    tell(db, "south", now)
    tell(db, "of another group", now - timedelta(hours=1), connected=False, group="county")
    follow(north, now)
    assert north[0].judges
    later = now + timedelta(minutes=1)
    tell(db, "south", later - ago * SECOND, connected=connected)
    follow(north, later)
    assert not north[0].judges
    back = now + timedelta(hours=1)
    tell(db, "south", back)
    follow(north, back)
    assert north[0].judges
    north[1].sweep(back + timedelta(minutes=5))  # what waited for south is still to come, so the gate has its time anew
    assert north[1].take_transitions() == []


def test_one_that_has_not_told_of_itself_for_a_day_is_not_waited_for(
    db: Database, join: Callable[[str], Member], now: datetime
) -> None:
    north = join("north")
    tell(db, "south", now - timedelta(hours=23))
    follow(north, now)
    assert not north[0].judges
    follow(north, now + timedelta(hours=2))
    assert north[0].judges


def test_on_a_new_connection_each_takes_over_what_the_others_heard(
    db: Database, devices: Devices, join: Callable[[str], Member], now: datetime
) -> None:
    """Before it hears again: what waited for it comes first."""
    north = join("north")
    gate = north[1].find((devices.site_id, devices.gate))
    assert gate is not None
    follow(north, now)
    later = now + timedelta(hours=1)
    with db.transaction() as conn:
        conn.execute("UPDATE device_state SET last_seen_at = %s, last_ts = %s WHERE device_id = %s", (later, later, devices.gate))
    follow(north, later)
    assert gate.last_ts == now
    follow(north, later, hearing=False, epoch=2)
    assert (gate.last_seen_at, gate.last_ts) == (later, later)


def test_a_broker_that_grants_and_delivers_nothing_is_found_out(
    db: Database,
    listener: ChangeListener,
    broker: EmbeddedBroker,
    clock: ManualClock,
    wait_for: Wait,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As the NATS server does, also where so many subscriptions would be refused by their number, as in the examples of deploy/."""
    options = IngestOptions(name="north", share="city")
    with Ingester(db=db, listener=listener, clock=clock, mqtt_url=broker.url, options=options) as alone:

        def has_given_up() -> bool:
            clock.advance(timedelta(seconds=11))
            return alone.stats.connections > 1

        wait_for(has_given_up)
        assert not alone.stats.connected
    said = capsys.readouterr().out
    assert "divide the sites by GATEHOUSE_INGEST_SITES instead of GATEHOUSE_MQTT_SHARE" in said
    assert "refuses" not in said
