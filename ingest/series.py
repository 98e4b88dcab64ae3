"""Readings for charts and for "now". The columns come from the kinds' declarations, never from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from ingest.holes import with_holes
from ingest.levels import choose_level, parts_of
from ingest.model import DeviceKind, Measure, Unit, Value
from ingest.queries.charts import Range, get_reach, list_points, list_rolled_points
from ingest.rollup_tables import is_state, rollup_of
from ingest.tables import reading_table
from ingest.views import LatestReading, Series
from store.db import Connection

MAX_POINTS = 1000


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

    Long ranges are drawn from hours or days. Where nothing was measured for longer than `gap` (default: the kind's silence
    allowed), and for much longer than is usual around it, a point without values stands, so that a chart shows a hole and
    no line across it.
    """
    declared = _declared(kind, measures)
    rollup = rollup_of(kind)
    reach = get_reach(conn, rollup.series, site_id)
    level = choose_level(since, until, max_points, reach)
    asked = Range(site_id=site_id, device_id=device_id, since=since, until=until, width=level.width)
    if level.step is None:
        rows = list_points(conn, kind, declared, asked)
    else:
        parts = parts_of(level, rollup, since, until, reach)
        rows = list_rolled_points(conn, kind, declared, asked, parts, cut=level.cut, tz=reach.tz)
    longest = max(gap or kind.silent_after, 2 * level.width).total_seconds()
    return _series(declared, with_holes(rows, longest), level.width)


def _series(measures: Sequence[Measure], points: Sequence[tuple[Any, ...]], width: timedelta) -> Series:
    values: dict[str, list[float | None]] = {}
    lows: dict[str, list[float | None]] = {}
    highs: dict[str, list[float | None]] = {}
    position = 1
    for measure in measures:
        parts = (values,) if is_state(measure) else (values, lows, highs)
        for part in parts:
            part[measure.slug] = [_number(measure, point[position]) for point in points]
            position += 1
    return Series(times=[point[0] for point in points], values=values, lows=lows, highs=highs, width=width)


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


def _declared(kind: DeviceKind, slugs: Sequence[str] | None) -> list[Measure]:
    by_slug = {measure.slug: measure for measure in kind.measures}
    wanted = list(by_slug) if slugs is None else list(dict.fromkeys(slugs))
    if unknown := [slug for slug in wanted if slug not in by_slug]:
        raise UnknownMeasureError(f"{kind.slug} has no measure {unknown[0]}")
    return [by_slug[slug] for slug in wanted]


def _number(measure: Measure, value: Any) -> float | None:
    if value is None:
        return None
    if measure.unit is Unit.CHOICE:
        choices = list(measure.choices)
        return float(choices.index(value)) if value in choices else None
    return float(value)
