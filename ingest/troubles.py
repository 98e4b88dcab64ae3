"""What is wrong with taking readings in, by what the ingesters say of themselves: for alerts, pages and programs alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ingest.queries.health import count_reporting, list_ingesters
from ingest.views import IngesterState
from store.db import Connection

Why = Literal["stopped", "deaf", "disk_full", "unwritable", "nothing_heard"]

# A restart is over before that. Heartbeats come every five seconds.
QUIET_AFTER = timedelta(minutes=1)
_REFUSED_AFTER = timedelta(seconds=10)
# Most devices of a compound report every minute or so; when all of them say nothing for so long, it is not the devices.
_NOTHING_AFTER = timedelta(minutes=10)
_REPORTED_WITHIN = timedelta(days=1)
_FEWEST_REPORTING = 3
# Renamed, or moved to another machine: when another one has been at work since, it is not missed any more.
FORGOTTEN_AFTER = timedelta(days=1)
_DISK_FULL = "53100"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """An ingester that does not do its work. `detail`: what the database said, word for word, of what it refuses.

    stopped: it says nothing any more · deaf: not connected to the broker · disk_full, unwritable: the database refuses what it
    writes · nothing_heard: it listens, and of all devices none says anything.
    """

    ingester: str
    why: Why
    since: datetime
    detail: str = ""


def list_troubles(conn: Connection, now: datetime) -> list[Trouble]:
    """What is wrong now; nothing where no ingester ever ran."""
    states = list_ingesters(conn)
    found = list(_own_troubles(states, now))
    if not found and (trouble := _nothing_heard(states, now)) and _is_unusual(conn, trouble.since):
        found.append(trouble)
    return found


def _own_troubles(states: Sequence[IngesterState], now: datetime) -> Iterator[Trouble]:
    for state in sorted(states, key=lambda each: each.client_id):
        if now - state.seen_at > QUIET_AFTER:
            if not is_of_the_past(state, states):
                yield Trouble(ingester=state.client_id, why="stopped", since=state.seen_at)
        elif state.problem_since is not None and now - state.problem_since > _REFUSED_AFTER:
            why: Why = "disk_full" if state.problem == _DISK_FULL else "unwritable"
            yield Trouble(ingester=state.client_id, why=why, since=state.problem_since, detail=state.problem_detail)
        elif state.deaf_since is not None and now - state.deaf_since > QUIET_AFTER:
            yield Trouble(ingester=state.client_id, why="deaf", since=state.deaf_since)


def is_of_the_past(state: IngesterState, states: Sequence[IngesterState]) -> bool:
    """Whether another one was at work long after it."""
    return max(each.seen_at for each in states) - state.seen_at > FORGOTTEN_AFTER


def _nothing_heard(states: Sequence[IngesterState], now: datetime) -> Trouble | None:
    """All that are at work have been so for a while, and none of them was told anything."""
    working = [state for state in states if now - state.seen_at <= QUIET_AFTER]
    heard = [max(state.started_at, state.received_at or state.started_at) for state in working]
    if not heard or now - max(heard) <= _NOTHING_AFTER:
        return None
    return Trouble(ingester=min(state.client_id for state in working), why="nothing_heard", since=max(heard))


def _is_unusual(conn: Connection, since: datetime) -> bool:
    return count_reporting(conn, since=since - _REPORTED_WITHIN, limit=_FEWEST_REPORTING) >= _FEWEST_REPORTING
