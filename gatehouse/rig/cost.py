"""How many messages came through in which time, and what they cost each process."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from gatehouse.rig.queries import Commit
from gatehouse.rig.stand import READING_TABLES, Stand

_QUIET_LOOKS = 6  # so often looked at in a row, without having done anything since, a client is done


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """`rate`: messages a second from the first one published to the last one committed; CPU in microseconds a message."""

    rate: float
    cpu_us: float
    broker_us: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spent:
    """CPU seconds so far; `own`: of client and database."""

    client: float
    own: float
    broker: float


class Meter:
    """Measures a client (the ingester, or the bare pipeline) that writes to `tables`."""

    def __init__(self, stand: Stand, client: psutil.Popen, *, tables: Sequence[str] = READING_TABLES) -> None:
        self._stand = stand
        self._client = client
        self._tables = tables

    def measure(self, publish: Callable[[], None], messages: int) -> Cost:
        """Call `publish`, which sends so many messages, and wait until all of them are committed.

        The CPU counts until the client has nothing to do any more: what is asked of the database afterwards is not its cost.
        """
        stand = self._stand
        before, begun = self._spent(), stand.clock.now()
        publish()
        after, looks = before, 0

        def is_done() -> bool:
            nonlocal after, looks
            spent = self._spent()
            looks = 0 if spent.client > after.client else looks + 1
            after = spent if looks == 0 else after
            return looks >= _QUIET_LOOKS and _rows(stand.commits_since(begun, self._tables)) >= messages

        stand.wait(is_done)
        commits = stand.commits_since(begun, self._tables)
        return Cost(
            rate=_rows(commits) / (commits[-1].at - begun).total_seconds(),
            cpu_us=(after.own - before.own) * 1e6 / messages,
            broker_us=(after.broker - before.broker) * 1e6 / messages,
        )

    def _spent(self) -> _Spent:
        client = self._seconds(self._client.pid)
        database = self._seconds(self._stand.postgres.pid, with_children=True)
        return _Spent(client=client, own=client + database, broker=self._seconds(self._stand.broker.pid))

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


def _rows(commits: Sequence[Commit]) -> int:
    return sum(commit.rows for commit in commits)
