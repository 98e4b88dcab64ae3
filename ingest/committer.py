"""Commits a batch, whatever it takes: waits for the database, steps aside from deadlocks, sets bad rows apart."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import TypeVar

import psycopg

from core.logs import get_logger
from ingest.batch import Batch, Row, TableRows
from ingest.complaints import Complaints
from ingest.discovered import Discovered
from ingest.health import Health
from ingest.model import RejectedError, Status
from ingest.queries import mappings, writing
from ingest.registry import DeviceKey
from ingest.rejected import RejectedMessages
from ingest.tracked import Transition
from ingest.writer import copy_rows, keep_the_good, merge_rows
from store.db import Connection, Database
from store.notify import Change, notify_all
from store.series import SeriesTable, prepare_days

log = get_logger(__name__)

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0


class _Way(Enum):
    """How a batch is written; each next one copes with more and costs more."""

    STRAIGHT = auto()  # everything is new and good
    MERGED = auto()  # some of it may be there already
    CAREFUL = auto()  # some of it is bad


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """What came of a batch. `displaced`: devices whose health somebody else had changed, and to what.

    `quarantined`: rows the database refused; they are among the rejected messages now.
    """

    displaced: Mapping[DeviceKey, Health] = field(default_factory=dict)
    quarantined: int = 0


class Committer:
    """Writes batches on a connection of its own. Only `stopping` makes it give up. `failures`: attempts that had to wait."""

    def __init__(
        self,
        db: Database,
        tables: Mapping[str, SeriesTable],
        stopping: threading.Event,
        complaints: Complaints | None = None,
    ) -> None:
        self._db = db
        self._tables = tables
        self._stopping = stopping
        self._complaints = complaints
        self._conn: Connection | None = None
        self.failures = 0

    def commit(self, batch: Batch) -> Committed | None:
        """Try until it is committed. None: told to stop before it was; nothing of the batch may be acknowledged."""
        way = _Way.STRAIGHT
        failures = 0
        while True:
            try:
                return self._write(batch, way)
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                if way is _Way.CAREFUL:
                    failures += 1
                    log.exception("batch cannot be written though its bad rows were set apart", failures=failures)
                    self._complain(error)
                way = self._more_careful(way, error, batch)
            except psycopg.Error as error:
                failures += 1
                self.failures += 1
                log.warning("batch not committed, trying again", error=str(error).strip(), failures=failures)
                self._drop_broken_connection()
                self._complain(error)
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures - 1, 10)) if failures else 0
            if self._stopping.wait(pause) and failures:
                return None

    def _more_careful(self, way: _Way, error: psycopg.Error, batch: Batch) -> _Way:
        if way is _Way.STRAIGHT and isinstance(error, psycopg.errors.UniqueViolation):
            return _Way.MERGED
        if _is_missing_partition(error):
            self._make_room(batch)
        return _Way.CAREFUL

    def close(self) -> None:
        """Give the connection back."""
        if self._conn is not None:
            with suppress(psycopg.Error):
                self._conn.close()
            self._conn = None

    def _write(self, batch: Batch, way: _Way) -> Committed:
        if self._conn is None:
            self._conn = self._db.connect()
        conn = self._conn
        with conn.transaction():
            quarantined = self._write_rows(conn, batch, way)
            displaced = _write_transitions(conn, batch.transitions, way)
            _write_rest(conn, batch, quarantined, way)
        return Committed(displaced=displaced, quarantined=quarantined.count)

    def _write_rows(self, conn: Connection, batch: Batch, way: _Way) -> RejectedMessages:
        quarantined = RejectedMessages()
        for name, rows in sorted(batch.rows.items()):
            table = self._tables[name]
            if way is _Way.STRAIGHT:
                if rows.fresh:
                    copy_rows(conn, table, rows.fresh)
                if rows.late:
                    merge_rows(conn, table, rows.late)
            elif way is _Way.MERGED:
                merge_rows(conn, table, rows.fresh + rows.late)
            else:
                self._write_good_rows(conn, table, rows, quarantined)
        return quarantined

    def _write_good_rows(self, conn: Connection, table: SeriesTable, rows: TableRows, quarantined: RejectedMessages) -> None:
        every: list[Row] = rows.fresh + rows.late
        for (data, message), error in keep_the_good(conn, every, partial(merge_rows, conn, table)):
            site_id = int.from_bytes(data[6:14], "big")  # every series table's first column, after two lengths
            said = error.diag.message_primary or type(error).__name__
            quarantined.add(message, RejectedError("database", "database", text=said), site_id)

    def _make_room(self, batch: Batch) -> None:
        """Partitions that the scheduler has not made: it may have been away for days."""
        if self._conn is None or batch.oldest is None or batch.newest is None:
            return
        log.warning("making missing partitions", first=str(batch.oldest.date()), last=str(batch.newest.date()))
        tables = [self._tables[name] for name in batch.rows]
        with suppress(psycopg.Error), self._conn.transaction():
            prepare_days(self._conn, tables, batch.oldest.date(), batch.newest.date())

    def _complain(self, error: psycopg.Error) -> None:
        if self._complaints is not None and self._conn is not None:
            self._complaints.tell(self._conn, error)

    def _drop_broken_connection(self) -> None:
        if self._conn is not None and (self._conn.closed or self._conn.broken):
            self.close()


def _write_transitions(conn: Connection, transitions: Sequence[Transition], way: _Way) -> dict[DeviceKey, Health]:
    """Write those of devices that still have the status we know; the health of those that have not.

    After a commit whose answer was lost the devices have the health we want: then everything is written already.
    """
    displaced: dict[DeviceKey, Health] = {}

    def write(some: Sequence[Transition]) -> None:
        moves = _moves(some)
        moved = writing.move_states(conn, list(moves.values()))
        writing.insert_statuses(conn, [each for each in some if (each.site_id, each.device_id) in moved])
        unmoved = {key: wanted.health for key, (_, wanted) in moves.items() if key not in moved}
        found = writing.list_healths(conn, unmoved) if unmoved else {}
        displaced.update({key: health for key, health in found.items() if not health.looks_like(unmoved[key])})

    _write_some(conn, transitions, write, way)
    return displaced


def _moves(transitions: Sequence[Transition]) -> dict[DeviceKey, tuple[Status, Transition]]:
    """For each device the status it must have, and its last transition; in the order in which rows are locked."""
    moves: dict[DeviceKey, tuple[Status, Transition]] = {}
    for each in transitions:
        key = (each.site_id, each.device_id)
        expected = moves[key][0] if key in moves else each.previous
        moves[key] = (expected, each)
    return dict(sorted(moves.items()))


def _write_rest(conn: Connection, batch: Batch, quarantined: RejectedMessages, way: _Way) -> None:
    def discover(some: Sequence[Discovered]) -> None:
        new_at = writing.add_discovered(conn, some)
        notify_all(conn, [Change(topic="discovered", site_id=site_id) for site_id in sorted(new_at)])

    _write_some(conn, batch.discovered.sorted(), discover, way)
    _write_some(conn, batch.unmapped, partial(writing.add_unmapped, conn), way)
    _write_some(conn, batch.heard, partial(mappings.add_heard, conn), way)
    for rejected in (batch.rejected, quarantined):
        _write_some(conn, rejected.sorted(), partial(writing.add_rejected, conn), way)
    _write_some(conn, batch.seen, partial(writing.mark_seen, conn), way)
    if batch.heartbeat is not None:
        writing.write_heartbeat(conn, batch.heartbeat)
    if batch.changes:
        notify_all(conn, batch.changes)


def _write_some(conn: Connection, items: Sequence[T], write: Callable[[Sequence[T]], None], way: _Way) -> None:
    """All at once; or, when something is bad, as much of it as can be written."""
    if not items:
        return
    if way is not _Way.CAREFUL:
        write(items)
        return
    for item, error in keep_the_good(conn, items, write):
        log.error("the database refuses what goes with a batch", item=repr(item)[:200], error=str(error).strip())


def _is_missing_partition(error: psycopg.Error) -> bool:
    """PostgreSQL has no code of its own for it: a check violation of no constraint."""
    return isinstance(error, psycopg.errors.CheckViolation) and not error.diag.constraint_name
