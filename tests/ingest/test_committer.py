"""A batch is committed whatever its rows, and nothing of it is lost or doubled."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Site
from ingest.batch import Batch, Row
from ingest.binary_copy import HEADER, TRAILER, reading_encoder, row_encoder
from ingest.committer import Committer
from ingest.health import Health
from ingest.kinds import all_kinds
from ingest.model import Message
from ingest.queries.writing import mark_seen
from ingest.tables import EVENT_TABLE, reading_table, series_tables
from ingest.tracked import Seen, Transition
from store.db import Connection, Database, fetch_value
from store.series import Column, SeriesTable, ensure_tables
from tests.ingest.conftest import Devices, insert_device, rows

GATE = all_kinds()["gate_barrier"]
GATES = reading_table(GATE)
encode_gate = reading_encoder(GATES)
encode_event = row_encoder(EVENT_TABLE)


@pytest.fixture
def committer(db: Database) -> Iterator[Committer]:
    made = Committer(db, {table.name: table for table in series_tables()}, threading.Event())
    yield made
    made.close()


def message(now: datetime, payload: bytes = b"{}") -> Message:
    return Message(topic="gatehouse/v1/wutong/gate-1/reading", payload=payload, size=len(payload), received_at=now)


def gate_row(devices: Devices, ts: datetime, cycles: int = 1) -> Row:
    return encode_gate(devices.site_id, devices.gate, ts, ts, (), {"cycles": cycles}), message(ts)


def gates(*rows: tuple[Row, datetime], late: bool = False) -> Batch:
    batch = Batch()
    for row, ts in rows:
        batch.add_row(GATES.name, row, ts, late=late)
    return batch


def stored(db: Database) -> list[tuple[datetime, int]]:
    with db.transaction() as conn:
        return conn.execute("SELECT ts, cycles FROM reading_gate_barrier ORDER BY ts").fetchall()


def test_rows_that_are_there_already_are_absorbed_and_the_first_one_stays(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    later = now + timedelta(seconds=1)
    committer.commit(gates((gate_row(devices, now, 1), now)))
    committer.commit(
        gates((gate_row(devices, now, 2), now), (gate_row(devices, later, 3), later), (gate_row(devices, later, 4), later))
    )
    committer.commit(gates((gate_row(devices, now, 5), now), late=True))
    assert stored(db) == [(now, 1), (later, 3)]


def test_pieces_of_one_moment_become_one_row_and_what_was_said_first_stays(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    def piece(**measures: float) -> tuple[Row, datetime]:
        return (encode_gate(devices.site_id, devices.gate, now, now, None, measures), message(now)), now

    committer.commit(gates(piece(cycles=1)))
    committer.commit(gates(piece(motor_temp=31.5), piece(cycles=9, motor_current=2.5), piece(move_time=4), late=True))
    committer.commit(gates(piece(motor_temp=80), late=True))
    with db.transaction() as conn:
        whole = conn.execute("SELECT cycles, motor_temp, motor_current, move_time FROM reading_gate_barrier").fetchall()
    assert whole == [(1, 31.5, 2.5, 4)]


def test_one_bad_row_is_set_apart_and_the_rest_is_stored(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    batch = gates(*((gate_row(devices, now + timedelta(seconds=n), n), now + timedelta(seconds=n)) for n in range(50)))
    for n in range(20):
        event = f"e{n}" if n != 13 else "e\0"
        row = encode_event((devices.site_id, devices.gate, now, event, now, "vehicle_passed", b"{}"))
        batch.add_row(EVENT_TABLE.name, (row, message(now, f"payload {n}".encode())), now, late=False)
    committed = committer.commit(batch)
    assert committed is not None
    assert committed.quarantined == 1
    assert len(stored(db)) == 50
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM device_event").fetchone() == (19,)
        [rejected] = conn.execute("SELECT site_id, reason, detail_key, facts, payload, count FROM rejected_message").fetchall()
    assert rejected == (
        devices.site_id,
        "database",
        "database",
        {"text": 'invalid byte sequence for encoding "UTF8": 0x00'},
        b"payload 13",
        1,
    )


def test_a_missing_partition_is_made(db: Database, committer: Committer, devices: Devices, now: datetime) -> None:
    far = now - timedelta(days=5)
    committed = committer.commit(gates((gate_row(devices, far, 1), far), (gate_row(devices, now, 2), now)))
    assert committed is not None
    assert committed.quarantined == 0
    assert stored(db) == [(far, 1), (now, 2)]


def transition(devices: Devices, now: datetime, previous: str, status: str) -> Transition:
    health = Health(status=status, since=now, reason="fault", grounds=("motor_stall", "arm_hit"))  # type: ignore[arg-type]
    seen = Seen(site_id=devices.site_id, device_id=devices.gate, last_seen_at=now, last_ts=now, skew_ms=-7, grounds=health.grounds)
    return Transition(site_id=devices.site_id, device_id=devices.gate, at=now, previous=previous, health=health, seen=seen)  # type: ignore[arg-type]


def history(db: Database, devices: Devices) -> list[tuple[str, str]]:
    with db.transaction() as conn:
        return conn.execute(
            "SELECT previous, status FROM device_status WHERE device_id = %s ORDER BY at, id", (devices.gate,)
        ).fetchall()


def test_transitions_of_one_batch_are_all_recorded_and_the_last_one_is_the_state(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    steps = [transition(devices, now, "unknown", "online"), transition(devices, now, "online", "fault")]
    committed = committer.commit(Batch(transitions=steps))
    assert committed is not None
    assert committed.displaced == {}
    assert history(db, devices) == [("unknown", "online"), ("online", "fault")]
    with db.transaction() as conn:
        state = conn.execute(
            "SELECT status, since, faults, last_seen_at, skew_ms FROM device_state WHERE device_id = %s", (devices.gate,)
        ).fetchone()
    assert state == ("fault", now, ["motor_stall", "arm_hit"], now, -7)


def test_a_batch_whose_answer_was_lost_is_written_once(db: Database, committer: Committer, devices: Devices, now: datetime) -> None:
    batch = gates((gate_row(devices, now), now))
    batch.transitions = [transition(devices, now, "unknown", "online")]
    committer.commit(batch)
    again = committer.commit(batch)
    assert again is not None
    assert again.displaced == {}
    assert len(stored(db)) == 1
    assert history(db, devices) == [("unknown", "online")]


def test_a_status_somebody_else_changed_is_left_and_told(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE device_state SET status = 'offline' WHERE device_id = %s", (devices.gate,))
    committed = committer.commit(Batch(transitions=[transition(devices, now, "unknown", "online")]))
    assert committed is not None
    assert committed.displaced[devices.site_id, devices.gate].status == "offline"
    assert history(db, devices) == []


def test_an_older_reading_does_not_overrule_what_a_newer_one_has_told(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    """Two ingesters hear parts of what a device says, and the one that was given the newer reading was quicker."""
    key = devices.site_id, devices.gate
    committer.commit(Batch(transitions=[transition(devices, now + timedelta(seconds=1), "unknown", "online")]))
    committed = committer.commit(Batch(transitions=[transition(devices, now, "online", "fault")]))
    assert committed is not None
    assert committed.displaced[key].status == "online"
    assert history(db, devices) == [("unknown", "online")]
    silent = transition(devices, now + timedelta(minutes=6), "online", "stale")  # but silence is no reading
    committer.commit(Batch(transitions=[msgspec.structs.replace(silent, seen=msgspec.structs.replace(silent.seen, last_ts=now))]))
    assert history(db, devices) == [("unknown", "online"), ("online", "stale")]


def test_other_faults_that_somebody_else_found_are_told(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    ours = transition(devices, now, "unknown", "fault")
    theirs = msgspec.structs.replace(ours, health=msgspec.structs.replace(ours.health, grounds=("power_loss",)))
    committer.commit(Batch(transitions=[theirs]))
    committed = committer.commit(Batch(transitions=[ours]))
    assert committed is not None
    assert committed.displaced[devices.site_id, devices.gate].faults == ("power_loss",)
    assert history(db, devices) == [("unknown", "fault")]


def test_who_does_not_know_of_a_fault_does_not_take_its_grounds_away(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    found = transition(devices, now, "unknown", "fault")
    committer.commit(Batch(transitions=[found]))
    later = now + timedelta(seconds=1)
    committer.commit(Batch(seen=[msgspec.structs.replace(found.seen, grounds=("arm_hit:hits", "motor_stall"))]))
    committer.commit(Batch(seen=[msgspec.structs.replace(found.seen, last_seen_at=later, grounds=())]))
    with db.transaction() as conn:
        state = conn.execute("SELECT last_seen_at, grounds FROM device_state WHERE device_id = %s", (devices.gate,)).fetchone()
    assert state == (later, ["arm_hit:hits", "motor_stall"])


def test_a_transition_the_database_refuses_costs_nothing_else(
    db: Database, committer: Committer, devices: Devices, now: datetime
) -> None:
    impossible = msgspec.structs.replace(transition(devices, now, "unknown", "online"), previous="nonsense")
    bad = msgspec.structs.replace(
        impossible,
        health=msgspec.structs.replace(impossible.health, status="nonsense"),
    )
    batch = gates((gate_row(devices, now), now))
    batch.transitions = [msgspec.structs.replace(bad, previous="unknown"), transition(devices, now, "unknown", "fault")]
    committer.commit(batch)
    assert len(stored(db)) == 1
    assert history(db, devices) == [("unknown", "fault")]


def test_it_steps_aside_from_a_deadlock(
    db: Database, committer: Committer, devices: Devices, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    """Another writer locks the two devices in the other order, with a moment between."""

    def move(device: int) -> Transition:
        moved = msgspec.structs.replace(transition(devices, now, "unknown", "online"), device_id=device)
        return msgspec.structs.replace(moved, seen=msgspec.structs.replace(moved.seen, device_id=device))

    locked = threading.Event()

    def other() -> None:
        with db.transaction() as conn:
            conn.execute("SET LOCAL deadlock_timeout = '2s'")
            conn.execute("UPDATE device_state SET skew_ms = 1 WHERE device_id = %s", (devices.door,))
            locked.set()
            _wait_until_blocking(db)
            conn.execute("UPDATE device_state SET skew_ms = 1 WHERE device_id = %s", (devices.gate,))

    def ours() -> None:
        locked.wait(10)
        batch = Batch(transitions=[move(devices.gate)], seen=[move(devices.door).seen])
        assert committer.commit(batch) is not None

    run_together(other, ours)
    assert history(db, devices) == [("unknown", "online")]


def _wait_until_blocking(db: Database) -> None:
    pause = threading.Event()
    with db.connect() as conn:
        for _ in range(500):
            if conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone():
                return
            pause.wait(0.01)
    raise AssertionError("nobody waits for the lock")


# --- the binary format ------------------------------------------------------------------------------------------------

EVERY_TYPE = SeriesTable(
    name="every_type",
    columns=(
        Column(name="ts", sql_type="timestamp with time zone", required=True),
        Column(name="flag", sql_type="boolean"),
        Column(name="small", sql_type="real"),
        Column(name="big", sql_type="bigint"),
        Column(name="word", sql_type="text"),
        Column(name="words", sql_type="text[]"),
        Column(name="data", sql_type="jsonb"),
    ),
    key=("ts",),
)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@pytest.fixture
def every_type(conn: Connection) -> Connection:
    ensure_tables(conn, [replace(EVERY_TYPE, name="every_type")])
    conn.execute("CREATE TEMPORARY TABLE round_trip (LIKE every_type)")
    return conn


@given(
    ts=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
    flag=st.none() | st.booleans(),
    small=st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False),
    big=st.none() | st.integers(-(2**63), 2**63 - 1),
    word=st.none() | texts,
    words=st.none() | st.lists(texts, max_size=3),
    data=st.none() | st.dictionaries(texts, st.integers(-9, 9) | texts, max_size=3),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_type_comes_back_as_it_was_written(every_type: Connection, **values: object) -> None:
    ts = values["ts"]
    assert isinstance(ts, datetime)
    expected = [ts.replace(tzinfo=UTC), *list(values.values())[1:]]
    given_ = [*expected[:-1], None if expected[-1] is None else msgspec.json.encode(expected[-1])]
    with every_type.cursor() as cursor:
        with cursor.copy("COPY round_trip FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(HEADER + row_encoder(EVERY_TYPE)(given_) + TRAILER)
        got = cursor.execute("DELETE FROM round_trip RETURNING ts, flag, small, big, word, words, data").fetchone()
    assert got is not None
    assert [got[2] is None or got[2] == pytest.approx(expected[2]), *got[:2], *got[3:]] == [True, *expected[:2], *expected[3:]]


def test_when_devices_were_last_heard_is_written_without_touching_an_index(db: Database, wutong: Site, now: datetime) -> None:
    """More of them than a page of the table holds."""
    with db.transaction() as conn:
        seen = [
            Seen(
                site_id=wutong.id,
                device_id=insert_device(conn, wutong.id, f"gate-{number}", "gate_barrier", now),
                last_seen_at=now,
                last_ts=now,
                skew_ms=0,
                grounds=(),
            )
            for number in range(200)
        ]
        mark_seen(conn, seen)
    later = now + timedelta(seconds=30)
    with db.transaction() as conn:
        count = "SELECT pg_stat_get_xact_tuples_hot_updated('device_state'::regclass)"  # of this connection
        before = fetch_value(conn, count)
        mark_seen(conn, [msgspec.structs.replace(each, last_seen_at=later) for each in seen])
        assert fetch_value(conn, count) - before > len(seen) * 0.9  # a row that grows may not fit
    assert rows(db, "SELECT count(*) FROM device_state WHERE last_seen_at = %s", later) == [(len(seen),)]
