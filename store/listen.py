"""Hears what other processes changed and tells it to whoever in this process wants to know."""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from core.logs import get_logger
from store.db import Database
from store.notify import CHANNEL, Change, decode_change

log = get_logger(__name__)

_RETRY_SECONDS = 1.0
# How often the thread looks whether it is to stop.
_WAKE_SECONDS = 0.5
# Between the rendering of a page and the opening of its stream lies a second or two.
_REMEMBERED = 1000


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
        self._life = secrets.token_hex(4)  # another process, or we after a restart, counts anew
        self._heard = 0
        self._recent: deque[Change | None] = deque(maxlen=_REMEMBERED)  # None: some may have been missed here
        self._subscribers: list[tuple[Callable[[Change], None], Callable[[], None]]] = []
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)

    def start(self) -> None:
        """Begin to listen; returns when changes are heard, or after 5 s when the database is away."""
        self._thread.start()
        self._ready.wait(5)

    def stop(self) -> None:
        """End the thread and its connection."""
        self._stopping.set()
        self._thread.join(5)

    @property
    def position(self) -> str:
        """How far we have heard, for `since`."""
        with self._lock:
            return f"{self._life}.{self._heard}"

    def since(self, position: str) -> list[Change] | None:
        """What was heard after that position; None when nobody can tell: it is another process's, too old, or there was a gap."""
        life, _, number = position.partition(".")
        if life != self._life or not number.isascii() or not number.isdecimal():
            return None
        with self._lock:
            missed = self._heard - int(number)
            if not 0 <= missed <= len(self._recent):
                return None
            changes = list(self._recent)[len(self._recent) - missed :]
        found = [change for change in changes if change is not None]
        return found if len(found) == missed else None

    @contextmanager
    def subscribed(self, on_change: Callable[[Change], None], on_gap: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Call `on_change` for every change while the block runs."""
        entry = (on_change, on_gap)
        with self._lock:
            self._subscribers.append(entry)
        try:
            yield
        finally:
            with self._lock:
                self._subscribers.remove(entry)

    def _run(self) -> None:
        first = True
        while not self._stopping.is_set():
            try:
                with self._db.connect() as conn:
                    conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._ready.set()
                    if not first:
                        self._tell(None)
                    first = False
                    self._hear(conn)
            except psycopg.OperationalError as error:
                if not self._stopping.is_set():
                    log.warning("change listener lost the database", error=str(error).strip())
                    self._stopping.wait(_RETRY_SECONDS)

    def _hear(self, conn: "psycopg.Connection[tuple[object, ...]]") -> None:
        while not self._stopping.is_set():
            for notification in conn.notifies(timeout=_WAKE_SECONDS):
                self._tell(decode_change(notification.payload))

    def _tell(self, change: Change | None) -> None:
        with self._lock:
            self._heard += 1
            self._recent.append(change)
            subscribers = list(self._subscribers)
        for on_change, on_gap in subscribers:
            if change is None:
                on_gap()
            else:
                on_change(change)
