"""SQL of charts: points of one device from readings, or from hours and days with the readings after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from ingest.model import DeviceKind, Measure, Unit
from ingest.rollup_tables import Rollup, RollupColumn, is_state, rollup_of
from ingest.tables import reading_table
from ingest.views import SeriesReach
from store.db import Connection, fetch_one


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """What is asked for: of one device in [since, until), in buckets of `width`."""

    site_id: int
    device_id: int
    since: datetime
    until: datetime
    width: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A table that serves a part of the range. `until`: the next one begins there."""

    table: str
    since: datetime
    until: datetime


def get_reach(conn: Connection, series: str, site_id: int) -> SeriesReach:
    """How far the levels of a table reach, and the site's clock."""
    return fetch_one(
        conn,
        SeriesReach,
        """
        SELECT m.rolled_to, m.readings_from, m.hourly_from, coalesce(s.tz, 'UTC') AS tz
          FROM (SELECT %(site_id)s::bigint AS id) AS asked
          LEFT JOIN site s ON s.id = asked.id
          LEFT JOIN rollup_mark m ON m.series = %(series)s
        """,
        series=series,
        site_id=site_id,
    )


def list_points(conn: Connection, kind: DeviceKind, measures: Sequence[Measure], asked: Range) -> list[tuple[Any, ...]]:
    """For each bucket with readings its first time (seconds since 1970), and of each measure the value, the least and the most."""
    columns = sql.SQL(", ").join(part for measure in measures for part in _of_readings(measure))
    query = sql.SQL(
        """
        SELECT extract(epoch FROM min(ts))::float8, {columns}
          FROM {table}
         WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND ts >= %(since)s AND ts < %(until)s
         GROUP BY date_bin(%(width)s, ts, %(since)s)
         ORDER BY 1
        """
    ).format(columns=columns, table=sql.Identifier(reading_table(kind).name))
    return conn.execute(query, _params(asked)).fetchall()


def list_rolled_points(
    conn: Connection, kind: DeviceKind, measures: Sequence[Measure], asked: Range, parts: Sequence[Part], *, cut: str, tz: str
) -> list[tuple[Any, ...]]:
    """The same from rollups; the last of `parts` may be readings. `cut`: buckets are hours or days by the clock `tz`, or bins."""
    rollup = rollup_of(kind)
    wanted = {measure.slug for measure in measures}
    columns = [column for column in rollup.columns if column.of in wanted and not column.is_held]
    bucket = sql.SQL("date_bin(%(width)s, ts, %(since)s)" if cut == "bin" else "date_trunc(%(cut)s, ts, %(tz)s)")
    query = sql.SQL("SELECT extract(epoch FROM min(ts))::float8, {} FROM ({}) AS part GROUP BY {} ORDER BY 1").format(
        sql.SQL(", ").join(part for measure in measures for part in _of_hours(rollup, measure)),
        sql.SQL(" UNION ALL ").join(_select(part, rollup, columns) for part in parts),
        bucket,
    )
    return conn.execute(query, _params(asked) | {"cut": cut, "tz": tz}).fetchall()


def _select(part: Part, rollup: Rollup, columns: Sequence[RollupColumn]) -> sql.Composed:
    readings = part.table == rollup.series
    wanted = [
        sql.SQL("{} AS {}").format(column.from_readings(sql.SQL("true")), sql.Identifier(column.name))
        if readings
        else sql.Identifier(column.name)
        for column in columns
    ]
    return sql.SQL(
        """
        SELECT {ts} AS ts, {columns} FROM {table}
         WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND ts >= {since} AND ts < {until} {group}
        """
    ).format(
        ts=sql.SQL("min(ts)" if readings else "ts"),
        columns=sql.SQL(", ").join(wanted),
        table=sql.Identifier(part.table),
        since=sql.Literal(part.since),
        until=sql.Literal(part.until),
        group=sql.SQL("GROUP BY date_trunc('hour', ts, %(tz)s)" if readings else ""),
    )


def _of_readings(measure: Measure) -> list[sql.Composed]:
    column = sql.Identifier(measure.slug)
    last = sql.SQL("(array_agg({0} ORDER BY ts DESC) FILTER (WHERE {0} IS NOT NULL))[1]").format(column)
    if is_state(measure):
        return [last]
    value = last if measure.unit is Unit.COUNT else sql.SQL("avg({})::real").format(column)
    return [value, *(sql.SQL("{}({})").format(sql.SQL(most), column) for most in ("min", "max"))]


def _of_hours(rollup: Rollup, measure: Measure) -> list[sql.Composed]:
    by_name = {column.name: column.from_hours() for column in rollup.columns}
    if is_state(measure):
        return [by_name[f"{measure.slug}_last"]]
    value = "last" if measure.unit is Unit.COUNT else "avg"
    return [by_name[f"{measure.slug}_{each}"] for each in (value, "min", "max")]


def _params(asked: Range) -> dict[str, object]:
    return {
        "site_id": asked.site_id,
        "device_id": asked.device_id,
        "since": asked.since,
        "until": asked.until,
        "width": asked.width,
    }
