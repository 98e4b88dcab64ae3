"""One process of several does something, and another one that could is a hot standby."""

import psycopg

from store.db import Connection, Database, fetch_value


class Turn:
    """A lock of the database, held by a connection of its own for as long as that lives, so that it ends with the process or its
    machine. `space` is another for each thing to be done; `name` tells apart who may do it side by side."""

    def __init__(self, db: Database, space: int, name: str = "") -> None:
        self._db = db
        self._space = space
        self._name = name
        self._conn: Connection | None = None
        self._ours = False

    def is_ours(self) -> bool:
        """Whether it is, or has just become so. Raises psycopg.OperationalError while the database is away."""
        conn = self.connected()
        try:
            self._ours = bool(
                fetch_value(conn, "SELECT true")  # OperationalError if the server does not know the connection any more
                if self._ours
                else fetch_value(
                    conn, "SELECT pg_try_advisory_lock(%(space)s, hashtext(%(name)s))", space=self._space, name=self._name
                )
            )
        except psycopg.OperationalError:
            self.give_up()
            raise
        return self._ours

    def connected(self) -> Connection:
        """Its connection, for what else is to be asked. Raises psycopg.OperationalError while the database is away."""
        if self._conn is None:
            self._conn = self._db.connect()
        return self._conn

    def give_up(self) -> None:
        """Let another one do it."""
        if self._conn is not None:
            self._conn.close()
        self._conn, self._ours = None, False
