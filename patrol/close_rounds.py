"""Closes rounds whose time is over: what was not seen by then was missed."""

from datetime import datetime

from patrol import queries
from patrol.derive import rederive_round
from store.db import Connection

BATCH = 200


def close_rounds(conn: Connection, now: datetime) -> int:
    """Judge the open rounds whose grace has ended, the longest ended first; how many. At most BATCH in one transaction."""
    expired = queries.list_expired_rounds(conn, now, limit=BATCH)
    for due in expired:
        rederive_round(conn, site_id=due.site_id, round_id=due.id, now=now)
    return len(expired)
