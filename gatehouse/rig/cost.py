"""How many messages came through in which time, and what they cost each process."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from gatehouse.rig.stand import READING_TABLES, Stand


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """`rate`: messages a second from the first one published to the last one committed; CPU in microseconds a message."""

    rate: float
    cpu_us: float
    broker_us: float


class Meter:
    """Measures a client (the ingester, or the bare pipeline) that writes to `tables`."""

    def __init__(self, stand: Stand, client: psutil.Popen, *, tables: Sequence[str] = READING_TABLES) -> None:
        self._stand = stand
        self._client = client
        self._tables = tables

    def measure(self, publish: Callable[[], None], messages: int) -> Cost:
        """Call `publish`, which sends so many messages, and wait until all of them are committed."""
        stand = self._stand
        expected = stand.count_inserted(self._tables) + messages
        own, broker = self._own(), self._seconds(stand.broker.pid)
        begun = stand.clock.now()
        publish()
        stand.wait(lambda: stand.count_inserted(self._tables) >= expected)
        own, broker = self._own() - own, self._seconds(stand.broker.pid) - broker
        stand.wait(lambda: sum(commit.rows for commit in stand.commits_since(begun, self._tables)) >= messages)
        commits = stand.commits_since(begun, self._tables)
        rows = sum(commit.rows for commit in commits)
        seconds = (commits[-1].at - begun).total_seconds()
        return Cost(rate=rows / seconds, cpu_us=own * 1e6 / messages, broker_us=broker * 1e6 / messages)

    def _own(self) -> float:
        return self._seconds(self._client.pid) + self._seconds(self._stand.postgres.pid, with_children=True)

    @staticmethod
    def _seconds(pid: int | None, *, with_children: bool = False) -> float:
        """CPU seconds of a process so far; with those of its living children (backends that ended do not count)."""
        process = psutil.Process(pid)
        total = 0.0
        for each in (process, *(process.children(recursive=True) if with_children else ())):
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system
        return total
