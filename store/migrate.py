"""Brings a database to this version's schema: forward only, once each, under a lock."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

import psycopg

from store.db import Connection
from store.series import SeriesTable, choose_backend, ensure_tables

_LOCK = 0x6761746568  # any number, the same for every version


class MigrationError(Exception):
    """The database cannot be brought to this version; the message says why. Nothing was changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One file of `store/migrations`."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, so that an edit of a released file is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def list_migrations() -> list[Migration]:
    """Every migration of this version, in order."""
    files = (entry for entry in resources.files("store.migrations").iterdir() if entry.name.endswith(".sql"))
    return [
        Migration(number=int(file.name[:4]), name=file.name[5:-4], sql=file.read_text(encoding="utf-8"))
        for file in sorted(files, key=lambda entry: entry.name)
    ]


def migrate(url: str, series: Sequence[SeriesTable], now: datetime, *, up_to: int | None = None) -> list[str]:
    """Apply what is missing; the names of what was applied. Safe to call from several processes at once.

    `up_to` stops at that number, to test a migration from the schema before it.
    """
    with _connect(url) as conn:
        encoding = conn.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise MigrationError(f"the database is in the encoding {encoding}; make one with ENCODING 'UTF8' TEMPLATE template0")
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        applied = _prepare(conn, now)
        migrations = list_migrations()
        _check(applied, migrations)
        new = [m for m in migrations if m.number not in applied and (up_to is None or m.number <= up_to)]
        for migration in new:
            with conn.transaction():
                conn.execute(migration.sql.encode())
                conn.execute(
                    "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (%s, %s, %s, %s)",
                    (migration.number, migration.name, migration.checksum, now),
                )
        with conn.transaction():
            ensure_tables(conn, series)
        return [migration.name for migration in new]


def check_migrated(url: str) -> None:
    """Raises MigrationError unless the database has this version's schema."""
    with _connect(url) as conn:
        there = conn.execute("SELECT to_regclass('schema_migration')").fetchone()
        applied: dict[int, str] = {}
        if there and there[0]:
            applied = dict(conn.execute("SELECT number, checksum FROM schema_migration").fetchall())
    _check(applied, list_migrations())
    if missing := [migration.name for migration in list_migrations() if migration.number not in applied]:
        raise MigrationError(f"the database lacks {', '.join(missing)}; run `gatehouse migrate` first")


def _connect(url: str) -> Connection:
    try:
        return psycopg.connect(url, autocommit=True, options="-c timezone=UTC")
    except psycopg.OperationalError as error:
        raise MigrationError(f"the database does not let us in: {' '.join(str(error).split())}") from error


def _prepare(conn: Connection, now: datetime) -> dict[int, str]:
    with conn.transaction():
        conn.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL)
            """
        )
        conn.execute(
            """
            CREATE TABLE IF NOT EXISTS store_info (
                one boolean PRIMARY KEY DEFAULT true CHECK (one), series_backend text NOT NULL, created_at timestamptz NOT NULL)
            """
        )
        if conn.execute("SELECT 1 FROM store_info").fetchone() is None:
            backend = choose_backend(conn)
            conn.execute("INSERT INTO store_info (series_backend, created_at) VALUES (%s, %s)", (backend.slug, now))
        return dict(conn.execute("SELECT number, checksum FROM schema_migration").fetchall())


def _check(applied: dict[int, str], migrations: list[Migration]) -> None:
    known = {migration.number: migration for migration in migrations}
    for number, checksum in applied.items():
        if number not in known:
            raise MigrationError(f"the database has migration {number}, which is newer than this version of Gatehouse")
        if known[number].checksum != checksum:
            raise MigrationError(f"migration {number} ({known[number].name}) was changed after it was applied")
