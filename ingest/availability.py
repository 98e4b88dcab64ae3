"""How much of a time a device worked, from its recorded transitions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from ingest.model import Status
from ingest.queries.health import list_status_changes, sum_daily_status
from ingest.views import Availability, StatusChange
from store.db import Connection

_COUNTS_AS: Mapping[Status, Literal["up", "down", "unknown"]] = {
    "online": "up",
    "degraded": "up",
    "fault": "down",
    "stale": "down",
    "offline": "down",
    "unknown": "unknown",
}


def availability(conn: Connection, site_id: int, device_id: int, *, since: datetime, until: datetime) -> Availability:
    """Of one device in [since, until). `until` should not lie in the future: what is now is taken to last till then."""
    changes = list_status_changes(conn, site_id, device_id, since=since, until=until, limit=1_000_000)
    return from_changes(changes, since=since, until=until)


def availability_of_days(conn: Connection, site_id: int, *, since: datetime, until: datetime) -> dict[int, Availability]:
    """Of each device of a site on the days by the site's clock that begin in [since, until), as far as they are rolled up."""
    return {
        each.device_id: Availability(
            up=timedelta(seconds=each.up_s), down=timedelta(seconds=each.down_s), unknown=timedelta(seconds=each.unknown_s)
        )
        for each in sum_daily_status(conn, site_id, since=since, until=until)
    }


def from_changes(newest_first: list[StatusChange], *, since: datetime, until: datetime) -> Availability:
    """The same, of transitions at hand; before the first of them nobody knew."""
    spent = dict.fromkeys(("up", "down", "unknown"), timedelta(0))
    status: Status = "unknown"
    entered = since
    for change in reversed(newest_first):
        at = min(max(change.at, since), until)
        spent[_COUNTS_AS[status]] += at - entered
        status, entered = change.status, at
    spent[_COUNTS_AS[status]] += max(until - entered, timedelta(0))
    return Availability(up=spent["up"], down=spent["down"], unknown=spent["unknown"])
