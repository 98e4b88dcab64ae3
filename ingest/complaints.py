"""Leaves word of why nothing can be written, while nothing can: the one row that says it has its place already."""

from contextlib import suppress

import psycopg

from core.clock import Clock
from ingest.queries import writing
from store.db import Connection

_MOST_DETAIL = 300


class Complaints:
    """Those of the ingester `name`. The next heartbeat that can be written takes them back."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock

    def tell(self, conn: Connection, error: psycopg.Error) -> None:
        """What the database said to a batch. Quietly none when it does not take this either."""
        said = (error.diag.message_primary or str(error)).strip().replace("\0", "")
        with suppress(psycopg.Error):
            writing.write_problem(
                conn, client_id=self._name, problem=error.sqlstate or "?", detail=said[:_MOST_DETAIL], now=self._clock.now()
            )
