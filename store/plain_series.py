"""Series on plain PostgreSQL: its own partitions, one a day, a month or a year."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from psycopg import sql

from store.db import Connection
from store.series_table import SeriesTable, create_table


class PlainBackend:
    """PostgreSQL's own partitions, made ahead of time."""

    slug = "plain"

    def create(self, conn: Connection, table: SeriesTable) -> None:
        """Make the partitioned parent."""
        conn.execute(create_table(table) + sql.SQL(" PARTITION BY RANGE (ts)"))

    def prepare(self, conn: Connection, table: SeriesTable, first: date, last: date) -> int:
        """Make the missing partitions. ATTACH takes a weaker lock than PARTITION OF: writers go on."""
        existing = set(self.partitions(conn, table))
        made = 0
        for start, end in _spans(table, first, last):
            name = _partition_name(table, start)
            if name in existing:
                continue
            conn.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(sql.Identifier(name), sql.Identifier(table.name))
            )
            conn.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(table.name), sql.Identifier(name), sql.Literal(_midnight(start)), sql.Literal(_midnight(end))
                )
            )
            made += 1
        return made

    def drop_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """Drop partitions that end before `moment`."""
        limit = _name_at(table, moment)
        old = [name for name in self.partitions(conn, table) if name < limit]
        for name in old:
            conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
        return len(old)

    def compress_before(self, conn: Connection, table: SeriesTable, moment: datetime) -> int:
        """PostgreSQL has no compression of whole partitions."""
        return 0

    def partitions(self, conn: Connection, table: SeriesTable, since: datetime | None = None) -> list[str]:
        """The names of all, or of those that end after `since`, the oldest first."""
        rows = conn.execute(
            """
            SELECT child.relname
              FROM pg_inherits
              JOIN pg_class child ON child.oid = inhrelid
             WHERE inhparent = to_regclass(%s)
             ORDER BY 1
            """,
            (table.name,),
        ).fetchall()
        return [name for (name,) in rows if since is None or name >= _name_at(table, since)]


def _name_at(table: SeriesTable, moment: datetime) -> str:
    return _partition_name(table, _start(table, moment.astimezone(UTC).date()))


def _partition_name(table: SeriesTable, start: date) -> str:
    return f"{table.name}_p{start:%Y%m%d}"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _start(table: SeriesTable, day: date) -> date:
    """The first day of the partition that holds this day."""
    if table.span == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if table.span == "month" else day


def _spans(table: SeriesTable, first: date, last: date) -> Iterator[tuple[date, date]]:
    start = _start(table, first)
    while start <= last:
        days = {"day": 1, "month": 31, "year": 366}[table.span]
        end = _start(table, start + timedelta(days=days))
        yield start, end
        start = end
