"""Rows into series tables: straight in when they are new, merged when some may be there already, one by one when some are bad."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import psycopg
from psycopg import sql

from ingest.batch import Row
from ingest.binary_copy import HEADER, TRAILER
from store.db import Connection
from store.series import SeriesTable

T = TypeVar("T")
Bad = tuple[T, psycopg.Error]


def copy_rows(conn: Connection, table: SeriesTable, rows: Sequence[Row]) -> None:
    """The fast way. A row that is there already raises UniqueViolation, and the transaction is lost."""
    _copy(conn, sql.Identifier(table.name), table, rows)


def merge_rows(conn: Connection, table: SeriesTable, rows: Sequence[Row]) -> None:
    """Through a temporary table. What is there already stays as it is; what a row there lacks, another of its time adds.

    Vendors send one moment in pieces: the level in one message, the battery in the next, both of the same second.
    """
    incoming = sql.Identifier(f"incoming_{table.name}")
    conn.execute(
        sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DROP").format(incoming, sql.Identifier(table.name))
    )
    _copy(conn, incoming, table, rows)
    columns = _columns(table)
    inserted = conn.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING").format(
            sql.Identifier(table.name), columns, columns, incoming
        )
    ).rowcount
    if inserted < len(rows):
        # Of several pieces of one row each turn adds one.
        while (fill := _fill(table, incoming)) is not None and conn.execute(fill).rowcount:
            pass
    conn.execute(sql.SQL("TRUNCATE {}").format(incoming))


def keep_the_good(conn: Connection, items: Sequence[T], write: Callable[[Sequence[T]], None]) -> list[Bad[T]]:
    """Write what can be written, halving until the bad ones stand alone; those, each with what the database said of it."""
    if not items:
        return []
    try:
        with conn.transaction():
            write(items)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(items) == 1:
            return [(items[0], error)]
        half = len(items) // 2
        return keep_the_good(conn, items[:half], write) + keep_the_good(conn, items[half:], write)
    return []


def _copy(conn: Connection, into: sql.Identifier, table: SeriesTable, rows: Sequence[Row]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(into, _columns(table))
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"".join((HEADER, *(data for data, _ in rows), TRAILER)))


def _fill(table: SeriesTable, incoming: sql.Identifier) -> sql.Composed | None:
    """Adds what rows lack and an incoming one of the same key has; None: no row can lack anything."""
    optional = [sql.Identifier(column.name) for column in table.columns if not column.required]
    if not optional:
        return None
    return sql.SQL("UPDATE {table} AS old SET {values} FROM {incoming} AS new WHERE {same} AND ({lacking})").format(
        table=sql.Identifier(table.name),
        incoming=incoming,
        # When it was received is when it became what it is: by that rollups find it.
        values=sql.SQL(", ").join(
            (
                sql.SQL("received_at = greatest(old.received_at, new.received_at)"),
                *(sql.SQL("{0} = coalesce(old.{0}, new.{0})").format(each) for each in optional),
            )
        ),
        same=sql.SQL(" AND ").join(sql.SQL("old.{0} = new.{0}").format(sql.Identifier(each)) for each in table.key),
        lacking=sql.SQL(" OR ").join(sql.SQL("old.{0} IS NULL AND new.{0} IS NOT NULL").format(each) for each in optional),
    )


def _columns(table: SeriesTable) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
