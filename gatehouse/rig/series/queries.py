"""SQL of the query bench: minute readings, hours and days made inside the database, as ingest and the rollups would have left them."""

from datetime import datetime, timedelta

from psycopg import sql

from store.db import Connection, execute


def list_devices(conn: Connection, kind: str) -> list[tuple[int, int]]:
    """Site and id of every device of a kind."""
    rows: list[tuple[int, int]] = conn.execute(
        "SELECT site_id, id FROM device WHERE kind = %(kind)s ORDER BY id", {"kind": kind}
    ).fetchall()
    return rows


def insert_readings(conn: Connection, *, since: datetime, until: datetime) -> int:
    """A reading a minute of every gate, minute after minute: a device's rows lie as far apart as live ones do."""
    return execute(
        conn,
        """
        INSERT INTO reading_gate_barrier
               (site_id, device_id, ts, received_at, position, cycles, move_time, motor_temp, motor_current, loop_occupied)
        SELECT d.site_id, d.id, t + d.id %% 60 * interval '1 second', t + (d.id %% 60 + 1) * interval '1 second',
               CASE WHEN (extract(epoch FROM t)::bigint / 60 + d.id) %% 5 = 0 THEN 'open' ELSE 'closed' END,
               extract(epoch FROM t)::bigint / 300, 1.5, 30 + (extract(epoch FROM t)::bigint / 60 + d.id) %% 20, 2.5,
               (extract(epoch FROM t)::bigint / 60 + d.id) %% 5 = 0
          FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - interval '1 minute', '1 minute') AS t
         CROSS JOIN (SELECT site_id, id FROM device WHERE kind = 'gate_barrier' ORDER BY id) AS d
        """,
        since=since,
        until=until,
    )


def insert_rolled(conn: Connection, table: str, *, since: datetime, until: datetime, step: timedelta) -> int:
    """Rows of the hourly or daily table of every gate, one every `step`; some change all the time, the rest is as usual."""
    query = sql.SQL(
        """
        INSERT INTO {} (site_id, device_id, ts, readings, position_last, position_open_s, position_closed_s, position_moving_s,
                        position_blocked_s, cycles_last, cycles_min, cycles_avg, cycles_max, cycles_count, move_time_last,
                        move_time_min, move_time_avg, move_time_max, move_time_count, motor_temp_last, motor_temp_min,
                        motor_temp_avg, motor_temp_max, motor_temp_count, motor_current_last, motor_current_min,
                        motor_current_avg, motor_current_max, motor_current_count, loop_occupied_last, loop_occupied_true_s,
                        loop_occupied_false_s)
        SELECT d.site_id, d.id, t, n, 'closed', 720, 2880, 0, 0, c, c - 12, c - 6, c, n, 1.5, 1.4, 1.5, 1.6, n, 40, 30,
               35 + c %% 10, 49, n, 2.5, 2, 2.5, 3, n, false, 720, 2880
          FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - %(step)s, %(step)s) AS t
         CROSS JOIN LATERAL (SELECT extract(epoch FROM t)::bigint / 300 AS c, extract(epoch FROM %(step)s)::integer / 60 AS n) AS c
         CROSS JOIN (SELECT site_id, id FROM device WHERE kind = 'gate_barrier' ORDER BY id) AS d
        """
    ).format(sql.Identifier(table))
    return conn.execute(query, {"since": since, "until": until, "step": step}).rowcount


def insert_late_readings(conn: Connection, *, until: datetime, devices: int, hours: int, received_at: datetime) -> int:
    """One more reading of so many gates in each of so many hours before `until`, received only now."""
    return execute(
        conn,
        """
        INSERT INTO reading_gate_barrier (site_id, device_id, ts, received_at, motor_temp)
        SELECT d.site_id, d.id, %(until)s::timestamptz - n * interval '1 hour' + interval '30 minutes 30.5 seconds', %(received_at)s, 80
          FROM generate_series(2, %(hours)s + 1) AS n
         CROSS JOIN (SELECT site_id, id FROM device WHERE kind = 'gate_barrier' ORDER BY id LIMIT %(devices)s) AS d
        """,
        until=until,
        devices=devices,
        hours=hours,
        received_at=received_at,
    )


def insert_first_statuses(conn: Connection, *, at: datetime) -> int:
    """Every device comes online."""
    return execute(
        conn,
        """
        INSERT INTO device_status (site_id, device_id, at, status, previous, reason)
        SELECT site_id, id, %(at)s, 'online', 'unknown', 'seen' FROM device
        """,
        at=at,
    )
