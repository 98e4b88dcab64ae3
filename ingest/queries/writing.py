"""SQL the ingester writes with, besides the rows of the series tables. Many rows at once, in arrays.

What a city writes by the thousand goes in binary (`%(…)b`): a time as text costs the client ten times as much.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from ingest.discovered import Discovered
from ingest.health import Health, Reason, faults_of
from ingest.model import Status
from ingest.registry import DeviceKey
from ingest.rejected import Rejected
from ingest.stats import Heartbeat
from ingest.tracked import Seen, Transition
from ingest.unmapped import Unmapped
from store.db import Connection, execute


def move_states(conn: Connection, moves: Sequence[tuple[Status, Transition]]) -> set[DeviceKey]:
    """Bring each device to where its transition leads, if its status is still the one given; which were moved.

    What a reading tells of a device that is heard does not move it when a newer reading, which another ingester was given, has.
    """
    rows = conn.execute(
        """
        UPDATE device_state s
           SET status = t.status, since = t.since, reason = t.reason, faults = string_to_array(t.faults, ','),
               grounds = string_to_array(t.grounds, ','), last_seen_at = greatest(s.last_seen_at, t.last_seen_at), last_ts = greatest(s.last_ts, t.last_ts),
               skew_ms = coalesce(t.skew_ms, s.skew_ms)
          FROM unnest(%(site_ids)b::bigint[], %(device_ids)b::bigint[], %(expected)b::text[], %(statuses)b::text[],
                      %(sinces)b::timestamptz[], %(reasons)b::text[], %(faults)b::text[], %(grounds)b::text[],
                      %(seen)b::timestamptz[], %(ts)b::timestamptz[], %(skews)b::bigint[])
               AS t (site_id, device_id, expected, status, since, reason, faults, grounds, last_seen_at, last_ts, skew_ms)
         WHERE s.site_id = t.site_id AND s.device_id = t.device_id AND s.status = t.expected
           AND (s.last_ts IS NULL OR t.last_ts >= s.last_ts
                OR t.expected IN ('unknown', 'stale', 'offline') OR t.status IN ('unknown', 'stale', 'offline'))
        RETURNING s.site_id, s.device_id
        """,
        {
            "site_ids": [move.site_id for _, move in moves],
            "device_ids": [move.device_id for _, move in moves],
            "expected": [expected for expected, _ in moves],
            "statuses": [move.health.status for _, move in moves],
            "sinces": [move.health.since for _, move in moves],
            "reasons": [move.health.reason for _, move in moves],
            "faults": [",".join(move.health.faults) for _, move in moves],
            "grounds": [",".join(move.health.grounds) for _, move in moves],
            "seen": [move.seen.last_seen_at for _, move in moves],
            "ts": [move.seen.last_ts for _, move in moves],
            "skews": [move.seen.skew_ms for _, move in moves],
        },
    )
    return {(row[0], row[1]) for row in rows.fetchall()}


def insert_statuses(conn: Connection, transitions: Sequence[Transition]) -> None:
    """Append transitions to the devices' histories, in that order."""
    execute(
        conn,
        """
        INSERT INTO device_status (site_id, device_id, at, status, previous, reason, faults)
        SELECT t.site_id, t.device_id, t.at, t.status, t.previous, t.reason, string_to_array(t.faults, ',')
          FROM unnest(%(site_ids)b::bigint[], %(device_ids)b::bigint[], %(ats)b::timestamptz[], %(statuses)b::text[],
                      %(previous)b::text[], %(reasons)b::text[], %(faults)b::text[])
               WITH ORDINALITY AS t (site_id, device_id, at, status, previous, reason, faults, position)
         ORDER BY t.position
        """,
        site_ids=[each.site_id for each in transitions],
        device_ids=[each.device_id for each in transitions],
        ats=[each.at for each in transitions],
        statuses=[each.health.status for each in transitions],
        previous=[each.previous for each in transitions],
        reasons=[each.health.reason for each in transitions],
        faults=[",".join(each.health.faults) for each in transitions],
    )


def list_healths(conn: Connection, keys: Collection[DeviceKey]) -> dict[DeviceKey, Health]:
    """The health of these devices as it is in the database."""
    rows: list[tuple[int, int, Status, datetime, Reason, list[str]]] = conn.execute(
        """
        SELECT s.site_id, s.device_id, s.status, s.since, s.reason, s.grounds
          FROM device_state s
          JOIN unnest(%(site_ids)b::bigint[], %(device_ids)b::bigint[]) AS t (site_id, device_id)
            ON s.site_id = t.site_id AND s.device_id = t.device_id
        """,
        {"site_ids": [key[0] for key in keys], "device_ids": [key[1] for key in keys]},
    ).fetchall()
    return {
        (site_id, device_id): Health(status=status, since=since, reason=reason, grounds=tuple(grounds))
        for site_id, device_id, status, since, reason, grounds in rows
    }


def mark_seen(conn: Connection, seen: Sequence[Seen]) -> None:
    """When devices were last heard; and what their faults rest on, unless another ingester has found others."""
    execute(
        conn,
        """
        UPDATE device_state s
           SET last_seen_at = greatest(s.last_seen_at, t.last_seen_at), last_ts = greatest(s.last_ts, t.last_ts),
               skew_ms = coalesce(t.skew_ms, s.skew_ms),
               grounds = CASE WHEN s.faults @> string_to_array(t.faults, ',') AND s.faults <@ string_to_array(t.faults, ',')
                              THEN string_to_array(t.grounds, ',') ELSE s.grounds END
          FROM unnest(%(site_ids)b::bigint[], %(device_ids)b::bigint[], %(seen)b::timestamptz[], %(ts)b::timestamptz[],
                      %(skews)b::bigint[], %(grounds)b::text[], %(faults)b::text[])
               AS t (site_id, device_id, last_seen_at, last_ts, skew_ms, grounds, faults)
         WHERE s.site_id = t.site_id AND s.device_id = t.device_id
        """,
        site_ids=[each.site_id for each in seen],
        device_ids=[each.device_id for each in seen],
        seen=[each.last_seen_at for each in seen],
        ts=[each.last_ts for each in seen],
        skews=[each.skew_ms for each in seen],
        grounds=[",".join(each.grounds) for each in seen],
        faults=[",".join(faults_of(each.grounds)) for each in seen],
    )


def add_discovered(conn: Connection, found: Sequence[Discovered]) -> set[int]:
    """Count messages of unregistered devices; the sites where one was heard for the first time.

    A device that was registered a moment ago is left out.
    """
    rows = conn.execute(
        """
        INSERT INTO discovered_device (site_id, slug, address, kind_guess, first_seen_at, last_seen_at, message_count,
                                       last_topic, last_payload)
        SELECT t.site_id, t.slug, t.address, t.kind_guess, t.first_seen_at, t.last_seen_at, t.message_count, t.last_topic,
               t.last_payload
          FROM unnest(%(site_ids)s::bigint[], %(slugs)s::text[], %(addresses)s::text[], %(kinds)s::text[], %(firsts)s::timestamptz[],
                      %(lasts)s::timestamptz[], %(counts)s::bigint[], %(topics)s::text[], %(payloads)s::text[])
               AS t (site_id, slug, address, kind_guess, first_seen_at, last_seen_at, message_count, last_topic, last_payload)
         WHERE NOT EXISTS (SELECT 1 FROM device d
                            WHERE d.site_id = t.site_id AND d.retired_at IS NULL
                              AND (t.address IS NULL AND d.slug = t.slug OR d.address = t.address))
            ON CONFLICT (site_id, slug) DO UPDATE
           SET kind_guess = coalesce(excluded.kind_guess, discovered_device.kind_guess),
               last_seen_at = greatest(discovered_device.last_seen_at, excluded.last_seen_at),
               message_count = discovered_device.message_count + excluded.message_count,
               last_topic = excluded.last_topic, last_payload = excluded.last_payload
        RETURNING site_id, xmax = 0
        """,
        {
            "site_ids": [each.site_id for each in found],
            "slugs": [each.slug for each in found],
            "addresses": [each.address for each in found],
            "kinds": [each.kind_guess for each in found],
            "firsts": [each.first_seen_at for each in found],
            "lasts": [each.last_seen_at for each in found],
            "counts": [each.message_count for each in found],
            "topics": [each.last_topic for each in found],
            "payloads": [each.last_payload for each in found],
        },
    )
    return {site_id for site_id, is_new in rows.fetchall() if is_new}


def add_unmapped(conn: Connection, fields: Sequence[Unmapped]) -> None:
    """Keep what devices said that their kinds have no word for; each name once, with its last value."""
    execute(
        conn,
        """
        INSERT INTO device_unmapped (site_id, device_id, name, value, first_at, last_at)
        SELECT DISTINCT ON (t.site_id, t.device_id, t.name) t.site_id, t.device_id, t.name, t.value, t.at, t.at
          FROM unnest(%(site_ids)s::bigint[], %(device_ids)s::bigint[], %(names)s::text[], %(values)s::text[],
                      %(ats)s::timestamptz[]) AS t (site_id, device_id, name, value, at)
         ORDER BY t.site_id, t.device_id, t.name, t.at DESC
            ON CONFLICT (site_id, device_id, name) DO UPDATE
           SET value = excluded.value, last_at = excluded.last_at
         WHERE device_unmapped.last_at <= excluded.last_at
        """,
        site_ids=[each.site_id for each in fields],
        device_ids=[each.device_id for each in fields],
        names=[each.name for each in fields],
        values=[each.value for each in fields],
        ats=[each.at for each in fields],
    )


def add_rejected(conn: Connection, rejected: Sequence[Rejected]) -> None:
    """Count rejected messages; the same mistake again is the same row."""
    execute(
        conn,
        """
        INSERT INTO rejected_message (site_id, topic, reason, detail_key, facts, payload, payload_bytes, count,
                                      first_at, last_at)
        SELECT t.site_id, t.topic, t.reason, t.detail_key, t.facts, t.payload, t.payload_bytes, t.count, t.first_at, t.last_at
          FROM unnest(%(site_ids)s::bigint[], %(topics)s::text[], %(reasons)s::text[], %(keys)s::text[],
                      %(facts)s::jsonb[], %(payloads)s::bytea[], %(sizes)s::integer[], %(counts)s::bigint[],
                      %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
               AS t (site_id, topic, reason, detail_key, facts, payload, payload_bytes, count, first_at, last_at)
            ON CONFLICT (site_id, topic, reason) DO UPDATE
           SET detail_key = excluded.detail_key, facts = excluded.facts, payload = excluded.payload,
               payload_bytes = excluded.payload_bytes, count = rejected_message.count + excluded.count,
               last_at = greatest(rejected_message.last_at, excluded.last_at)
        """,
        site_ids=[each.site_id for each in rejected],
        topics=[each.topic for each in rejected],
        reasons=[each.reason for each in rejected],
        keys=[each.detail_key for each in rejected],
        facts=[Jsonb(each.facts) for each in rejected],
        payloads=[each.payload for each in rejected],
        sizes=[each.payload_bytes for each in rejected],
        counts=[each.count for each in rejected],
        firsts=[each.first_at for each in rejected],
        lasts=[each.last_at for each in rejected],
    )


def write_heartbeat(conn: Connection, heartbeat: Heartbeat) -> None:
    """What an ingester says of itself. That it can be written at all means that the database takes what is written."""
    execute(
        conn,
        """
        INSERT INTO ingester (client_id, started_at, seen_at, connected, received, committed, rejected, queued, deaf_since,
                              received_at, committed_at, lag_ms, memory_bytes, report)
        VALUES (%(client_id)s, %(started_at)s, %(seen_at)s, %(connected)s, %(received)s, %(committed)s, %(rejected)s, %(queued)s,
                %(deaf_since)s, %(received_at)s, %(committed_at)s, %(lag_ms)s, %(memory_bytes)s, %(report)s)
            ON CONFLICT (client_id) DO UPDATE
           SET started_at = excluded.started_at, connected = excluded.connected, received = excluded.received,
               committed = excluded.committed, rejected = excluded.rejected, queued = excluded.queued,
               deaf_since = excluded.deaf_since, received_at = coalesce(excluded.received_at, ingester.received_at),
               committed_at = coalesce(excluded.committed_at, ingester.committed_at), lag_ms = excluded.lag_ms,
               memory_bytes = excluded.memory_bytes, report = excluded.report,
               problem = '', problem_since = NULL, problem_detail = '',
               -- one that waited for the database is older than what was said meanwhile
               seen_at = CASE WHEN ingester.started_at = excluded.started_at THEN greatest(ingester.seen_at, excluded.seen_at)
                              ELSE excluded.seen_at END
        """,
        client_id=heartbeat.client_id,
        started_at=heartbeat.started_at,
        seen_at=heartbeat.seen_at,
        connected=heartbeat.connected,
        received=heartbeat.received,
        committed=heartbeat.committed,
        rejected=heartbeat.rejected,
        queued=heartbeat.queued,
        deaf_since=heartbeat.deaf_since,
        received_at=heartbeat.received_at,
        committed_at=heartbeat.committed_at,
        lag_ms=heartbeat.lag_ms,
        memory_bytes=heartbeat.memory_bytes,
        report=Jsonb(heartbeat.report, dumps=msgspec.json.encode),
    )


def write_problem(conn: Connection, *, client_id: str, problem: str, detail: str, now: datetime) -> None:
    """The SQLSTATE by which the database refuses what an ingester writes. It is alive, and its messages wait ever longer."""
    execute(
        conn,
        """
        UPDATE ingester
           SET seen_at = %(now)s, problem = %(problem)s, problem_detail = %(detail)s,
               problem_since = CASE WHEN problem = %(problem)s THEN problem_since ELSE %(now)s END,
               lag_ms = greatest(lag_ms, extract(epoch FROM %(now)s::timestamptz - coalesce(problem_since, %(now)s)) * 1000)
         WHERE client_id = %(client_id)s
        """,
        client_id=client_id,
        problem=problem,
        detail=detail,
        now=now,
    )
