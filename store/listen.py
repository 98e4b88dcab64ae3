"""Hears what other processes changed and tells it to whoever in this process wants to know."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from core.logs import get_logger
from store.db import Database
from store.notify import CHANNEL, Change, decode_change
from store.recent import RecentChanges

log = get_logger(__name__)

_RETRY_SECONDS = 1.0
# How often the thread looks whether it is to stop.
_WAKE_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Beginning:
    """Where a subscription begins, and what was missed before; None when that is not known."""

    position: str
    missed: list[Change] | None


class ChangeListener:
    """One connection that LISTENs for all of this process.

    Changes sent while the database was away are lost; `on_gap` of a subscriber is then called, for it to look anew.
    Callbacks run in the listener's thread and must be quick.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._recent = RecentChanges()
        self._subscribers: list[tuple[Callable[[Change], None], Callable[[], None]]] = []
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)

    @property
    def position(self) -> str:
        """Where this process stands among all changes: what commits from now on comes later.

        In a callback, the position of that very change.
        """
        return self._recent.position

    def start(self) -> None:
        """Begin to listen; returns when changes are heard, or after 5 s when the database is away."""
        self._thread.start()
        self._ready.wait(5)

    def stop(self) -> None:
        """End the thread and its connection."""
        self._stopping.set()
        self._thread.join(5)

    @contextmanager
    def subscribed(
        self, on_change: Callable[[Change], None], on_gap: Callable[[], None] = lambda: None, *, since: str | None = None
    ) -> Iterator[Beginning]:
        """Call `on_change` for every change while the block runs.

        `since`: a position, of this process or another; what came after it is handed over as missed.
        """
        entry = (on_change, on_gap)
        with self._lock:
            missed = [] if since is None else self._recent.since(since)
            beginning = Beginning(position=self.position, missed=missed)
            self._subscribers.append(entry)
        try:
            yield beginning
        finally:
            with self._lock:
                self._subscribers.remove(entry)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._db.connect() as conn:
                    conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._tell_gap()  # what changed before is not known
                    self._ready.set()
                    self._hear(conn)
            except psycopg.OperationalError as error:
                if not self._stopping.is_set():
                    log.warning("change listener lost the database", error=str(error).strip())
                    self._stopping.wait(_RETRY_SECONDS)

    def _hear(self, conn: "psycopg.Connection[tuple[object, ...]]") -> None:
        while not self._stopping.is_set():
            for notification in conn.notifies(timeout=_WAKE_SECONDS):
                self._tell(*decode_change(notification.payload))

    def _tell(self, transaction: str, change: Change) -> None:
        with self._lock:
            self._recent.add(transaction, change)
            subscribers = list(self._subscribers)
        for on_change, _ in subscribers:
            on_change(change)

    def _tell_gap(self) -> None:
        with self._lock:
            self._recent.restart()
            subscribers = list(self._subscribers)
        for _, on_gap in subscribers:
            on_gap()
