"""Tells browsers that something changed: from the listener's thread into event streams."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import msgspec

from store.listen import ChangeListener
from store.notify import Change, Topic

# A topic is told at most once in this time; what comes meanwhile is told at its end.
_QUIET_SECONDS = 1.0
# Proxies cut connections that say nothing, and a browser that left is only noticed by writing.
_HEARTBEAT_SECONDS = 15.0


class _Mailbox:
    """Changes for one stream: the last of each topic."""

    def __init__(self, wanted: Callable[[Change], bool]) -> None:
        self._wanted = wanted
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._changes: dict[Topic, Change] = {}

    def deliver(self, change: Change) -> None:
        """Called by the listener, in its thread."""
        if self._wanted(change):
            with suppress(RuntimeError):  # the loop has ended: the server stops
                self._loop.call_soon_threadsafe(self._put, change)

    def _put(self, change: Change) -> None:
        self._changes[change.topic] = change
        self._arrived.set()

    async def take(self, timeout: float) -> list[Change]:
        """What came since; empty when nothing did within `timeout` seconds."""
        try:
            await asyncio.wait_for(self._arrived.wait(), timeout)
        except TimeoutError:
            return []
        self._arrived.clear()
        changes, self._changes = list(self._changes.values()), {}
        return changes


async def stream_changes(
    listener: ChangeListener, wanted: Callable[[Change], bool], still_allowed: Callable[[], bool], *, since: str | None = None
) -> AsyncIterator[bytes]:
    """Server-sent events: the event is the topic, the data the change as JSON.

    `since`: the listener's position when the page was rendered; what changed after it is told at once, or where nobody can
    tell, `resync`.
    Ends when `still_allowed`, asked at each heartbeat in a thread, says no: the browser then asks again and is told why.
    """
    mailbox = _Mailbox(wanted)
    with listener.subscribed(mailbox.deliver):
        yield b"retry: 2000\n: hello\n\n"
        missed = [] if since is None else listener.since(since)
        if missed is None:
            yield b"event: resync\ndata:\n\n"
        for change in missed or ():
            mailbox.deliver(change)
        quiet_for = 0.0
        while True:
            changes = await mailbox.take(_HEARTBEAT_SECONDS - quiet_for if quiet_for < _HEARTBEAT_SECONDS else 0.01)
            for change in changes:
                yield b"event: " + change.topic.encode() + b"\ndata: " + msgspec.json.encode(change) + b"\n\n"
            if changes:
                await asyncio.sleep(_QUIET_SECONDS)
                quiet_for += _QUIET_SECONDS
                if quiet_for < _HEARTBEAT_SECONDS:
                    continue
            quiet_for = 0.0
            if not await asyncio.to_thread(still_allowed):
                return
            yield b": still here\n\n"
