"""Readings for charts and for "now". The columns come from the kinds' declarations, never from outside."""

import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from ingest.model import DeviceKind, Measure, Unit, Value
from ingest.tables import reading_table
from ingest.views import LatestReading, Series
from store.db import Connection

MAX_POINTS = 1000
_SECOND = timedelta(seconds=1)
# A hole in a line is so many times as long as what is usual among so many distances before and after it.
_HOLE_TIMES_USUAL, _AROUND = 2.5, 5


class UnknownMeasureError(ValueError):
    """The kind declares no such measure."""


def fetch_series(
    conn: Connection,
    kind: DeviceKind,
    *,
    site_id: int,
    device_id: int,
    measures: Sequence[str] | None = None,
    since: datetime,
    until: datetime,
    gap: timedelta | None = None,
    max_points: int = MAX_POINTS,
) -> Series:
    """Measures (default: all of the kind) of one device in [since, until), at most about `max_points` each.

    Where nothing was measured for longer than `gap` (default: the kind's silence allowed), and for much longer than is
    usual around it, a point without values stands, so that a chart shows a hole and no line across it.
    """
    declared = _declared(kind, measures)
    width = bucket_width(since, until, max_points)
    query = sql.SQL(
        """
        SELECT extract(epoch FROM min(ts))::float8, {columns}
          FROM {table}
         WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND ts >= %(since)s AND ts < %(until)s
         GROUP BY date_bin(%(width)s, ts, %(since)s)
         ORDER BY 1
        """
    ).format(columns=sql.SQL(", ").join(map(_aggregate, declared)), table=sql.Identifier(reading_table(kind).name))
    rows = conn.execute(
        query, {"site_id": site_id, "device_id": device_id, "since": since, "until": until, "width": width}
    ).fetchall()
    longest = max(gap or kind.silent_after, 2 * width).total_seconds()
    points = _with_gaps(rows, longest, len(declared))
    return Series(
        times=[point[0] for point in points],
        values={
            measure.slug: [_number(measure, point[position]) for point in points]
            for position, measure in enumerate(declared, start=1)
        },
        width=width,
    )


def find_latest_reading(conn: Connection, kind: DeviceKind, *, site_id: int, device_id: int, now: datetime) -> LatestReading | None:
    """What was measured last. A reading whose time is ahead counts as of when it was received, or one wrong clock would
    hide every later reading."""
    columns = sql.SQL(", ").join(sql.Identifier(measure.slug) for measure in kind.measures)
    query = sql.SQL(
        """
        WITH ahead AS (
            SELECT ts, received_at, faults, {columns} FROM {table}
             WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND ts > %(now)s
             ORDER BY received_at DESC LIMIT 1),
        past AS (
            SELECT ts, received_at, faults, {columns} FROM {table}
             WHERE site_id = %(site_id)s AND device_id = %(device_id)s AND ts <= %(now)s
             ORDER BY ts DESC LIMIT 1)
        SELECT ts, received_at, faults, {columns}
          FROM (SELECT ts, received_at, faults, {columns} FROM ahead UNION ALL SELECT ts, received_at, faults, {columns} FROM past)
               AS newest
         ORDER BY least(ts, received_at) DESC
         LIMIT 1
        """
    ).format(columns=columns, table=sql.Identifier(reading_table(kind).name))
    row = conn.execute(query, {"site_id": site_id, "device_id": device_id, "now": now}).fetchone()
    if row is None:
        return None
    values: Mapping[str, Value | None] = dict(zip((measure.slug for measure in kind.measures), row[3:], strict=True))
    return LatestReading(
        ts=row[0],
        received_at=row[1],
        faults=tuple(row[2] or ()),
        measures={slug: value for slug, value in values.items() if value is not None},
    )


def bucket_width(since: datetime, until: datetime, max_points: int) -> timedelta:
    """Whole seconds, so wide that the range has at most so many buckets."""
    seconds = -(-(until - since) // (_SECOND * max_points))
    return _SECOND * max(1, seconds)


def _declared(kind: DeviceKind, slugs: Sequence[str] | None) -> list[Measure]:
    by_slug = {measure.slug: measure for measure in kind.measures}
    wanted = list(by_slug) if slugs is None else list(dict.fromkeys(slugs))
    if unknown := [slug for slug in wanted if slug not in by_slug]:
        raise UnknownMeasureError(f"{kind.slug} has no measure {unknown[0]}")
    return [by_slug[slug] for slug in wanted]


def _aggregate(measure: Measure) -> sql.Composed:
    column = sql.Identifier(measure.slug)
    if measure.unit in (Unit.BOOL, Unit.CHOICE, Unit.COUNT):
        return sql.SQL("(array_agg({column} ORDER BY ts DESC) FILTER (WHERE {column} IS NOT NULL))[1]").format(column=column)
    return sql.SQL("avg({})::real").format(column)


def _with_gaps(rows: Sequence[tuple[Any, ...]], longest: float, measures: int) -> list[tuple[Any, ...]]:
    """The rows, with an empty point in the middle of every hole. `longest`: seconds that are none in any case."""
    times = [row[0] for row in rows]
    points = list(rows[:1])
    for position, row in enumerate(rows[1:], start=1):
        distance = times[position] - times[position - 1]
        if distance > longest and distance > _HOLE_TIMES_USUAL * _usual_distance(times, position):
            points.append((times[position] - distance / 2, *(None,) * measures))
        points.append(row)
    return points


def _usual_distance(times: Sequence[float], position: int) -> float:
    """The median of the distances around the one that ends at `position`: a device may report seldom. 0: there is no other."""
    first, last = max(1, position - _AROUND), min(len(times), position + _AROUND + 1)
    around = [times[each] - times[each - 1] for each in range(first, last) if each != position]
    return statistics.median(around) if around else 0.0


def _number(measure: Measure, value: Any) -> float | None:
    if value is None:
        return None
    if measure.unit is Unit.CHOICE:
        choices = list(measure.choices)
        return float(choices.index(value)) if value in choices else None
    return float(value)
