"""The database: which it is, whether it takes what is written, room ahead for readings, its clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg

from core.clock import Clock
from core.settings import Settings
from gatehouse.doctor.findings import Finding, hint, ok, one_line, size, span, wrong
from ingest.tables import series_tables
from store.db import Connection
from store.facts import Server, get_server, list_table_sizes, list_tables_ahead, try_to_write
from store.reserve import RESERVE_BYTES, is_kept

_OLDEST_VERSION = 15
_SHORTLY, _TOO_SHORTLY = timedelta(days=2), timedelta(days=1)
_CLOCK_HINT, _CLOCK_WRONG = timedelta(seconds=2), timedelta(seconds=30)
_SHOWN_TABLES = 5
_OTHERS_NEED = 10  # connections besides the pool's: listeners, ingesters, people with psql


def look_at_database(conn: Connection, settings: Settings, clock: Clock) -> Iterator[Finding]:
    """What the server says of itself."""
    before = clock.now()
    server = get_server(conn)
    middle = before + (clock.now() - before) / 2
    yield _version(server)
    yield ok("migrations", "all of this version are applied")
    yield _writable(conn)
    yield from _durable(server)
    yield _ahead(conn, server, clock.now())
    tables = ", ".join(f"{each.name} {size(each.bytes)}" for each in list_table_sizes(conn, limit=_SHOWN_TABLES))
    yield ok("biggest tables", tables)
    yield _clock(server.now - middle)
    if is_kept(conn):
        yield ok("reserve", f"{size(RESERVE_BYTES)} are kept for the day the disk is full")
    else:
        said = "not there: on the day the disk is full nobody may be told of it"
        yield hint("reserve", said, "see whether `gatehouse jobs` runs: it takes the room once there is some")
    if server.max_connections < settings.database_pool + _OTHERS_NEED:
        yield hint(
            "connections",
            f"the server allows {server.max_connections}, one process of ours takes up to {settings.database_pool}",
            "raise max_connections, or lower GATEHOUSE_DATABASE_POOL",
        )


def _version(server: Server) -> Finding:
    series = f"TimescaleDB {server.timescaledb}" if server.backend == "timescaledb" else "daily partitions of plain PostgreSQL"
    said = f"PostgreSQL {server.version}, readings in {series}, {size(server.bytes)}"
    if int(server.version.split(".", 1)[0]) < _OLDEST_VERSION:
        return wrong("database", said, f"Gatehouse needs PostgreSQL {_OLDEST_VERSION} or newer")
    if server.backend == "timescaledb" and not server.timescaledb:
        return wrong("database", f"{said}; but the extension is gone", "load TimescaleDB again: the readings are in its tables")
    return ok("database", said)


def _writable(conn: Connection) -> Finding:
    """By writing something, which is undone."""
    try:
        try_to_write(conn)
    except psycopg.errors.DiskFull as error:
        said = f"refuses to write because its disk is full (SQLSTATE 53100): {one_line(str(error))}"
        return wrong("writing", said, "make room on its disk; messages wait at the broker and everything then goes on by itself")
    except psycopg.Error as error:
        return wrong("writing", f"refused (SQLSTATE {error.sqlstate}): {one_line(str(error))}", "see the server's log")
    return ok("writing", "the database takes what is written")


def _durable(server: Server) -> Iterator[Finding]:
    for name, value in (("fsync", server.fsync), ("synchronous_commit", server.synchronous_commit)):
        if value == "off":
            yield wrong("durability", f"{name} is off: a crash loses readings that were acknowledged", f"set {name} to on")


def _ahead(conn: Connection, server: Server, now: datetime) -> Finding:
    if server.backend == "timescaledb":
        return ok("room ahead", "TimescaleDB makes chunks as readings come")
    until = {each.name: each.until for each in list_tables_ahead(conn, names=[table.name for table in series_tables()])}
    missing = [table.name for table in series_tables() if until.get(table.name) is None]
    if missing:
        return wrong("room ahead", f"no partitions: {', '.join(missing)}", "see whether `gatehouse jobs` runs")
    name, end = min(((name, end) for name, end in until.items() if end), key=lambda each: each[1])
    said = f"partitions of all {len(until)} tables reach to {end:%Y-%m-%d}, first to end: {name}"
    if end - now < _TOO_SHORTLY:
        return wrong("room ahead", said, "see whether `gatehouse jobs` runs: it makes them every hour")
    if end - now < _SHORTLY:
        return hint("room ahead", said, "see whether `gatehouse jobs` runs: it makes them every hour")
    return ok("room ahead", said)


def _clock(ahead: timedelta) -> Finding:
    apart = abs(ahead)
    said = f"the database's is {span(apart.total_seconds())} {'ahead of' if ahead > timedelta(0) else 'behind'} ours"
    if apart > _CLOCK_WRONG:
        return wrong("clock", said, "synchronise both machines (chrony, systemd-timesyncd)")
    if apart > _CLOCK_HINT:
        return hint("clock", said, "synchronise both machines (chrony, systemd-timesyncd)")
    return ok("clock", "the database's agrees with ours")
