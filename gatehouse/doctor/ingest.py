"""The ingesters, by what they left in the database; and what devices send that cannot be taken."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gatehouse.doctor.findings import Finding, hint, ok, one_line, span, wrong
from ingest.queries.health import list_ingesters
from ingest.queries.inboxes import list_mistakes
from ingest.troubles import Trouble, is_of_the_past, list_troubles
from ingest.views import IngesterState
from store.db import Connection

_LATELY = timedelta(hours=1)
_MUCH_LAG = timedelta(seconds=10)
_TO_DO = {
    "stopped": "start it: `gatehouse ingest`, or `gatehouse serve`; its log says why it ended",
    "deaf": "see the broker below, and the ingester's log",
    "disk_full": "make room on the disk of the database; it then goes on by itself",
    "unwritable": "see the log of the database",
    "nothing_heard": "see whether devices reach the broker, and publish below gatehouse/v1/",
}
_SAID = {
    "stopped": "has stopped",
    "deaf": "is not connected to the broker",
    "disk_full": "cannot write because the disk of the database is full (SQLSTATE 53100)",
    "unwritable": "cannot write",
    "nothing_heard": "listens, and no device says anything",
}


def look_at_ingest(conn: Connection, now: datetime) -> Iterator[Finding]:
    """Each ingester, then the mistakes of the last hour."""
    states = list_ingesters(conn)
    troubles = {trouble.ingester: trouble for trouble in list_troubles(conn, now)}
    if not states:
        yield wrong("ingester", "none has ever run", "start one: `gatehouse ingest`, or `gatehouse serve`")
    for state in states:
        yield _ingester(state, states, troubles.get(state.client_id), now)
    mistakes = list_mistakes(conn, since=now - _LATELY)
    if mistakes:
        said = ", ".join(f"{each.reason} at {each.topics} topics" for each in mistakes)
        yield hint("rejected in the last hour", said, "the page `Rejected messages` shows each with what was wrong")
    else:
        yield ok("rejected in the last hour", "nothing")


def _ingester(state: IngesterState, states: list[IngesterState], trouble: Trouble | None, now: datetime) -> Finding:
    what = f"ingester {state.client_id}"
    if trouble is not None:
        detail = f": {one_line(trouble.detail)}" if trouble.detail else ""
        ago = span((now - trouble.since).total_seconds())
        return wrong(what, f"{_SAID[trouble.why]}, for {ago}{detail}", _TO_DO[trouble.why])
    if is_of_the_past(state, states):
        return ok(what, f"of the past: heard last {state.seen_at:%Y-%m-%d}")
    rejected = ", ".join(f"{reason} {count}" for reason, count in sorted(state.told.rejected.items())) or "none"
    said = (
        f"connected, heard {span(max(0, (now - state.seen_at).total_seconds()))} ago, lag {state.lag_ms} ms, "
        f"{state.queued} in hand, {state.committed} committed, rejected since its start: {rejected}"
    )
    if not state.connected:
        return hint(what, said.replace("connected", "not connected at the moment", 1), "look again in a minute")
    if state.lag > _MUCH_LAG:
        return hint(what, said, "the database is slow, or does not keep up: see its load and its disk")
    return ok(what, said)
