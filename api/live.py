"""Tells browsers that something changed: from the listener's thread into event streams."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress

import msgspec

from store.listen import Beginning, ChangeListener
from store.notify import Change

# An event is told at most once in this time; what comes meanwhile is told at its end.
_QUIET_SECONDS = 1.0
# Proxies cut connections that say nothing, and a browser that left is only noticed by writing.
_HEARTBEAT_SECONDS = 15.0


Names = Callable[[Change], Collection[str]]
"""The events by which a stream tells a change; none when it does not."""


class _Mailbox:
    """What one stream has to tell: the last change of each event, and where it then stands."""

    def __init__(self, listener: ChangeListener, names: Names) -> None:
        self._listener = listener
        self._names = names
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._lock = threading.Lock()
        self._changes: dict[str, Change] = {}
        self._unknown = False
        self._position = ""

    def begin(self, beginning: Beginning) -> None:
        """What was missed comes first; `deliver` may have been faster."""
        with self._lock:
            self._position = self._position or beginning.position
            self._unknown = self._unknown or beginning.missed is None
            missed = {name: change for change in beginning.missed or [] for name in self._names(change)}
            self._changes = missed | self._changes
            if self._unknown or self._changes:
                self._arrived.set()

    def deliver(self, change: Change) -> None:
        """Called by the listener, in its thread."""
        names = self._names(change)
        if not names:
            self._position = self._listener.position
            return
        with self._lock:
            self._position = self._listener.position
            self._changes.update(dict.fromkeys(names, change))
        self._wake()

    def lose(self) -> None:
        """Called by the listener, in its thread: changes may have been missed."""
        with self._lock:
            self._position = self._listener.position
            self._unknown = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended: the server stops
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def wait(self, timeout: float) -> bool:
        """Whether something came within `timeout` seconds."""
        try:
            await asyncio.wait_for(self._arrived.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def take(self) -> bytes:
        """The events to send, and last the position that whoever comes back names."""
        self._arrived.clear()
        with self._lock:
            events = [_event(name, msgspec.json.encode(change)) for name, change in self._changes.items()]
            if self._unknown:
                events = [_event("resync", b"{}")]
            events.append(_event("position", self._position.encode()))
            self._changes = {}
            self._unknown = False
        return b"".join(events)


async def stream_changes(
    listener: ChangeListener, names: Names, still_allowed: Callable[[], bool], *, since: str | None = None
) -> AsyncIterator[bytes]:
    """Server-sent events, named by `names`; the data is the change as JSON.

    Begins with what changed after the position `since`. The event `position` names where the stream stands then; `resync`
    says that it is not known what changed. Ends when `still_allowed`, asked at each heartbeat in a thread, says no: the
    browser then asks again and is told why.
    """
    mailbox = _Mailbox(listener, names)
    with listener.subscribed(mailbox.deliver, mailbox.lose, since=since) as beginning:
        mailbox.begin(beginning)
        yield b"retry: 2000\n: hello\n\n"
        quiet_for = 0.0
        while True:
            if await mailbox.wait(_HEARTBEAT_SECONDS - quiet_for):
                yield mailbox.take()
                await asyncio.sleep(_QUIET_SECONDS)
                quiet_for += _QUIET_SECONDS
                if quiet_for < _HEARTBEAT_SECONDS:
                    continue
            quiet_for = 0.0
            if not await asyncio.to_thread(still_allowed):
                return
            yield mailbox.take()


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
