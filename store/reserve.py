"""Room kept on the disk of the database for the day it is full: given back then, it lets us write down that it is full.

Without it no alert could be stored, and so nobody be told. It is the table `reserve`, filled with nothing of worth. It is
dropped and not emptied: of all that gives room back at once, only that needs none itself.
"""

import psycopg

from store.db import Connection, Database, execute, fetch_value

RESERVE_BYTES = 16 * 2**20


def is_kept(conn: Connection) -> bool:
    """Whether the room is there."""
    return _size(conn) >= RESERVE_BYTES


def fill_reserve(db: Database) -> bool:
    """Take the room if it is not there; False where the disk has not that much, which then has it back at once."""
    try:
        with db.transaction() as conn:
            if is_kept(conn):
                return True
            execute(conn, "DROP TABLE IF EXISTS reserve")
            # Four to a page, each too short to be compressed. Not logged: after a crash it is empty, and made anew.
            execute(
                conn,
                "CREATE UNLOGGED TABLE reserve AS SELECT repeat('x', 1900) AS filler FROM generate_series(1, 8192)",
            )
    except psycopg.errors.DiskFull:
        return False
    return True


def release_reserve(conn: Connection) -> bool:
    """Give the room back with the end of the transaction; False when it was not there."""
    if not _size(conn):
        return False
    execute(conn, "DROP TABLE reserve")
    return True


def _size(conn: Connection) -> int:
    return int(fetch_value(conn, "SELECT coalesce(pg_relation_size(to_regclass('reserve')), 0)"))
