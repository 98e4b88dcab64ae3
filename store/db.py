"""Connections, transactions and the five ways to ask the database something."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, Self, TypeVar, cast

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from core.errors import NotFound

T = TypeVar("T")

# A server that vanished without a word is noticed within half a minute, and not by the operating system's two hours.
_CONNECTION: Mapping[str, object] = {
    "options": "-c timezone=UTC",
    "application_name": "gatehouse",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
Connection = psycopg.Connection[tuple[Any, ...]]


class Database:
    """A pool of connections. Whoever opens a transaction commits it, by leaving the block."""

    def __init__(self, url: str, *, size: int = 12) -> None:
        self.url = url
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=10,
            check=ConnectionPool.check_connection,
            kwargs=dict(_CONNECTION),
        )

    def open(self) -> Self:
        """Connect; waits up to 30 s for the server."""
        self._pool.open(wait=True, timeout=30)
        return self

    def close(self) -> None:
        """Give the connections back to the server."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, within: float | None = None) -> Iterator[Connection]:
        """A connection in a transaction: committed on leaving, rolled back on an exception.

        `within`: seconds after which not to wait for a connection any longer, where ten are too many.
        """
        with self._pool.connection(within) as conn:
            yield conn

    def connect(self, *, autocommit: bool = True) -> Connection:
        """A connection of its own outside the pool, for LISTEN, COPY and session locks; the caller closes it."""
        return psycopg.connect(self.url, autocommit=autocommit, **cast("dict[str, Any]", _CONNECTION))


def fetch_all(conn: Connection, model: type[T], sql: LiteralString, /, **params: object) -> list[T]:
    """Every row as a `model`, whose fields are named like the columns."""
    with conn.cursor(row_factory=class_row(model)) as cursor:
        return cursor.execute(sql, params).fetchall()


def find_one(conn: Connection, model: type[T], sql: LiteralString, /, **params: object) -> T | None:
    """The first row, or None."""
    with conn.cursor(row_factory=class_row(model)) as cursor:
        return cursor.execute(sql, params).fetchone()


def fetch_one(conn: Connection, model: type[T], sql: LiteralString, /, **params: object) -> T:
    """The first row; NotFound when there is none."""
    row = find_one(conn, model, sql, **params)
    if row is None:
        raise NotFound
    return row


def fetch_value(conn: Connection, sql: LiteralString, /, **params: object) -> Any:
    """The first column of the first row; None when there is no row."""
    row = conn.execute(sql, params).fetchone()
    return None if row is None else row[0]


def execute(conn: Connection, sql: LiteralString, /, **params: object) -> int:
    """Run a statement; the number of rows it touched."""
    return conn.execute(sql, params).rowcount
