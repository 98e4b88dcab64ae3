"""SQL of the hourly and daily rollups: what is due, computed anew from what it is made of, as often as wanted."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from psycopg import sql

from ingest.rollup_tables import Rollup, RollupColumn, until_name
from store.db import Connection

Day = tuple[int, int, datetime]  # site, device, when it begins


def roll_up_hours(
    conn: Connection,
    rollup: Rollup,
    *,
    since: datetime,
    until: datetime,
    oldest: datetime,
    newest: datetime,
    silent_after: timedelta,
    floor: datetime,
    day_floor: datetime,
) -> list[Day]:
    """Compute every hour from `floor` on of which a reading was received in [since, until); the days (from `day_floor` on) that change.

    A state holds until the next reading, at most for the silence its device is allowed and an hour: so the last
    readings of an hour count in the next one too, where that one is over. `oldest` and `newest` bound the times of readings.
    """
    held = sorted({column.of for column in rollup.columns if column.is_held})
    query = sql.SQL(
        """
        WITH arrived AS (
            SELECT r.site_id, r.device_id, s.tz, least(coalesce(d.silent_after, %(silent_after)s), interval '1 hour') AS hold,
                   r.ts, r.received_at >= %(since)s AS new
              FROM {series} r
              JOIN device d ON d.site_id = r.site_id AND d.id = r.device_id
              JOIN site s ON s.id = r.site_id
             WHERE r.received_at >= %(since)s - interval '1 hour' AND r.received_at < %(until)s
               AND r.ts >= %(oldest)s AND r.ts < %(newest)s),
        due AS MATERIALIZED (
            SELECT site_id, device_id, tz, hold, date_trunc('hour', ts, tz) AS hour FROM arrived
             WHERE new AND date_trunc('hour', ts, tz) >= %(floor)s
            UNION
            SELECT site_id, device_id, tz, hold, date_trunc('hour', ts + hold, tz) FROM arrived
             WHERE date_trunc('hour', ts + hold, tz) <> date_trunc('hour', ts, tz)
               AND date_trunc('hour', ts + hold, tz) >= CASE WHEN new THEN %(floor)s ELSE greatest(%(floor)s, %(since)s) END
               AND date_trunc('hour', ts + hold, tz) < %(until)s),
        changed AS (
            INSERT INTO {hourly} AS was (site_id, device_id, ts, {columns})
            SELECT due.site_id, due.device_id, due.hour, {names}
              FROM due
             CROSS JOIN LATERAL (
                SELECT {computed}
                  FROM (SELECT {measures}
                          FROM {series} r
                         WHERE r.site_id = due.site_id AND r.device_id = due.device_id
                           AND r.ts >= due.hour - due.hold AND r.ts < due.hour + interval '1 hour'
                           AND r.ts >= %(oldest)s - interval '2 hours' AND r.ts < %(newest)s + interval '1 hour'
                        WINDOW later AS (ORDER BY ts DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS r) AS computed
                ON CONFLICT (site_id, device_id, ts) DO UPDATE SET ({columns}) = ROW ({excluded})
             WHERE ({existing}) IS DISTINCT FROM ({excluded})
            RETURNING was.site_id, was.device_id, was.ts)
        SELECT DISTINCT c.site_id, c.device_id, date_trunc('day', c.ts, s.tz) AS day
          FROM changed c
          JOIN site s ON s.id = c.site_id
         WHERE date_trunc('day', c.ts, s.tz) >= %(day_floor)s
        """
    ).format(
        series=sql.Identifier(rollup.series),
        hourly=sql.Identifier(rollup.hourly.name),
        names=_names(rollup.columns, "computed"),
        computed=_list(
            sql.SQL("{} AS {}").format(column.from_readings(sql.SQL("ts >= due.hour")), sql.Identifier(column.name))
            for column in rollup.columns
        ),
        measures=_list(
            (
                sql.SQL("r.ts"),
                *(sql.Identifier("r", of) for of in sorted({column.of for column in rollup.columns} - {"ts"})),
                *(
                    sql.SQL("min(ts) FILTER (WHERE {} IS NOT NULL) OVER later AS {}").format(
                        sql.Identifier("r", of), sql.Identifier(until_name(of))
                    )
                    for of in held
                ),
            )
        ),
        **_upsert(rollup.columns),
    )
    bounds = {
        "since": since,
        "until": until,
        "oldest": oldest,
        "newest": newest,
        "silent_after": silent_after,
        "floor": floor,
        "day_floor": day_floor,
    }
    # Planned each time: the bounds tell which partitions need no look.
    rows: list[Day] = conn.execute(query, bounds, prepare=False).fetchall()
    return rows


def roll_up_status_hours(conn: Connection, *, until: datetime, floor: datetime, day_floor: datetime) -> list[Day]:
    """Compute for every device in operation the last hour that is over at `until`, of its transitions; the days that change.

    Before its first transition nobody knew.
    """
    rows: list[Day] = conn.execute(
        """
        WITH due AS MATERIALIZED (
            SELECT d.site_id, d.id AS device_id, h.hour,
                   greatest(h.hour, d.registered_at) AS began, least(h.hour + interval '1 hour', d.retired_at) AS ended
              FROM device d
              JOIN site s ON s.id = d.site_id
             CROSS JOIN LATERAL (SELECT date_trunc('hour', %(until)s - interval '1 hour', s.tz) AS hour) AS h
             WHERE h.hour >= %(floor)s AND d.registered_at < h.hour + interval '1 hour'
               AND (d.retired_at IS NULL OR d.retired_at > h.hour)),
        changed AS (
            INSERT INTO hourly_status AS was (site_id, device_id, ts, up_s, down_s, unknown_s)
            SELECT due.site_id, due.device_id, due.hour, spent.up, spent.down,
                   extract(epoch FROM due.ended - due.began) - spent.up - spent.down
              FROM due
             CROSS JOIN LATERAL (
                SELECT coalesce(sum(seconds) FILTER (WHERE status IN ('online', 'degraded')), 0) AS up,
                       coalesce(sum(seconds) FILTER (WHERE status IN ('fault', 'stale', 'offline')), 0) AS down
                  FROM (SELECT status, extract(epoch FROM greatest(due.began, coalesce(lead(least(at, due.ended)) OVER (ORDER BY at, id), due.ended))
                               - greatest(at, due.began)) AS seconds
                          FROM ((SELECT at, id, status FROM device_status t
                                  WHERE t.site_id = due.site_id AND t.device_id = due.device_id AND at < due.hour
                                  ORDER BY at DESC, id DESC LIMIT 1)
                                UNION ALL
                                (SELECT at, id, status FROM device_status t
                                  WHERE t.site_id = due.site_id AND t.device_id = due.device_id
                                    AND at >= due.hour AND at < due.ended)) AS known) AS spans
                 WHERE seconds > 0) AS spent
                ON CONFLICT (site_id, device_id, ts) DO UPDATE
               SET up_s = excluded.up_s, down_s = excluded.down_s, unknown_s = excluded.unknown_s
             WHERE (was.up_s, was.down_s, was.unknown_s) IS DISTINCT FROM (excluded.up_s, excluded.down_s, excluded.unknown_s)
            RETURNING was.site_id, was.device_id, was.ts)
        SELECT DISTINCT c.site_id, c.device_id, date_trunc('day', c.ts, s.tz) AS day
          FROM changed c
          JOIN site s ON s.id = c.site_id
         WHERE date_trunc('day', c.ts, s.tz) >= %(day_floor)s
        """,
        {"until": until, "floor": floor, "day_floor": day_floor},
    ).fetchall()
    return rows


def roll_up_days(conn: Connection, rollup: Rollup, days: Sequence[Day]) -> int:
    """Compute these days of the sites' clocks from their hours; how many changed.

    A day within half a day of it was made by a clock the site had before, and is replaced.
    """
    query = sql.SQL(
        """
        WITH due AS MATERIALIZED (
            SELECT t.site_id, t.device_id, t.day, ((t.day AT TIME ZONE s.tz) + interval '1 day') AT TIME ZONE s.tz AS ended
              FROM unnest(%(site_ids)s::bigint[], %(device_ids)s::bigint[], %(days)s::timestamptz[]) AS t (site_id, device_id, day)
              JOIN site s ON s.id = t.site_id),
        replaced AS (
            DELETE FROM {daily} old USING due
             WHERE old.site_id = due.site_id AND old.device_id = due.device_id AND old.ts <> due.day
               AND old.ts > due.day - interval '12 hours' AND old.ts < due.day + interval '12 hours'
               AND old.ts > %(first)s - interval '12 hours' AND old.ts < %(last)s + interval '12 hours')
        INSERT INTO {daily} AS was (site_id, device_id, ts, {columns})
        SELECT due.site_id, due.device_id, due.day, {names}
          FROM due
         CROSS JOIN LATERAL (
            SELECT {computed}
              FROM {hourly} h
             WHERE h.site_id = due.site_id AND h.device_id = due.device_id AND h.ts >= due.day AND h.ts < due.ended
               AND h.ts >= %(first)s AND h.ts < %(last)s + interval '2 days') AS computed
            ON CONFLICT (site_id, device_id, ts) DO UPDATE SET ({columns}) = ROW ({excluded})
         WHERE ({existing}) IS DISTINCT FROM ({excluded})
        """
    ).format(
        hourly=sql.Identifier(rollup.hourly.name),
        daily=sql.Identifier(rollup.daily.name),
        names=_names(rollup.columns, "computed"),
        computed=_list(sql.SQL("{} AS {}").format(column.from_hours(), sql.Identifier(column.name)) for column in rollup.columns),
        **_upsert(rollup.columns),
    )
    bounds = {
        "site_ids": [day[0] for day in days],
        "device_ids": [day[1] for day in days],
        "days": [day[2] for day in days],
        "first": min(day[2] for day in days),
        "last": max(day[2] for day in days),
    }
    return conn.execute(query, bounds, prepare=False).rowcount


def _upsert(columns: Sequence[RollupColumn]) -> dict[str, sql.Composed]:
    return {
        "columns": _list(sql.Identifier(column.name) for column in columns),
        "excluded": _names(columns, "excluded"),
        "existing": _names(columns, "was"),
    }


def _names(columns: Sequence[RollupColumn], table: str) -> sql.Composed:
    return _list(sql.Identifier(table, column.name) for column in columns)


def _list(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
