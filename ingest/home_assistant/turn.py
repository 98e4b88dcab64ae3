"""One process at a time publishes; another one that could is a hot standby."""

import psycopg

from ingest.queries.home_assistant import is_alive, take_turn
from store.db import Connection, Database


class Turn:
    """Held by a connection of its own for as long as that lives, so that it ends with the process or its machine."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._conn: Connection | None = None
        self._ours = False

    def is_ours(self) -> bool:
        """Whether it is, or has just become so. Raises psycopg.OperationalError while the database is away."""
        try:
            if self._conn is None:
                self._conn = self._db.connect()
            self._ours = is_alive(self._conn) if self._ours else take_turn(self._conn)
        except psycopg.OperationalError:
            self.give_up()
            raise
        return self._ours

    def give_up(self) -> None:
        """Let another one publish."""
        if self._conn is not None:
            self._conn.close()
        self._conn, self._ours = None, False
