"""SQL of rounds, the verdicts on them, and check-ins."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from patrol.models import (
    LONGEST_ROUND,
    CheckIn,
    CheckVerdict,
    Counted,
    Duty,
    Round,
    RoundCheck,
    RoundRef,
    RoundState,
    RoundTimes,
    Seen,
    Sighting,
)
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value, find_one

# --- rounds as people see them ----------------------------------------------------------------------------------------


def list_rounds(
    conn: Connection, *, site_id: int, since: datetime, until: datetime, closing_from: datetime | None = None
) -> list[Round]:
    """The rounds that begin in [since, until), in order; with `closing_from` those that close then or later."""
    return fetch_all(conn, Round, """
        SELECT r.id, r.plan_id, p.name AS plan_name, r.route_id, t.name AS route_name, r.starts_at, r.due_at, r.closes_at,
               r.state, r.closed_at, checks.total, checks.seen, checks.late, checks.people, checks.unseen
          FROM round r
          JOIN patrol_plan p ON p.site_id = r.site_id AND p.id = r.plan_id
          JOIN route t ON t.site_id = r.site_id AND t.id = r.route_id
         CROSS JOIN LATERAL (
               SELECT count(*) AS total, count(c.check_in_id) AS seen, count(*) FILTER (WHERE c.verdict = 'late') AS late,
                      coalesce(array_agg(DISTINCT o.display_name) FILTER (WHERE o.id IS NOT NULL), '{}') AS people,
                      coalesce(array_agg(k.name ORDER BY k.name) FILTER (WHERE c.check_in_id IS NULL), '{}') AS unseen
                 FROM round_check c
                 JOIN checkpoint k ON k.site_id = c.site_id AND k.id = c.checkpoint_id
                 LEFT JOIN check_in i ON i.site_id = c.site_id AND i.id = c.check_in_id
                 LEFT JOIN person o ON o.id = i.person_id
                WHERE c.site_id = r.site_id AND c.round_id = r.id) checks
         WHERE r.site_id = %(site_id)s AND r.starts_at >= %(since)s AND r.starts_at < %(until)s
           AND (%(closing_from)s::timestamptz IS NULL OR r.closes_at >= %(closing_from)s)
         ORDER BY r.starts_at, p.name, r.id
    """, site_id=site_id, since=since, until=until, closing_from=closing_from)  # fmt: skip


def get_round(conn: Connection, site_id: int, round_id: int) -> Round:
    """One round."""
    return fetch_one(conn, Round, """
        SELECT r.id, r.plan_id, p.name AS plan_name, r.route_id, t.name AS route_name, r.starts_at, r.due_at, r.closes_at,
               r.state, r.closed_at, checks.total, checks.seen, checks.late, checks.people, checks.unseen
          FROM round r
          JOIN patrol_plan p ON p.site_id = r.site_id AND p.id = r.plan_id
          JOIN route t ON t.site_id = r.site_id AND t.id = r.route_id
         CROSS JOIN LATERAL (
               SELECT count(*) AS total, count(c.check_in_id) AS seen, count(*) FILTER (WHERE c.verdict = 'late') AS late,
                      coalesce(array_agg(DISTINCT o.display_name) FILTER (WHERE o.id IS NOT NULL), '{}') AS people,
                      coalesce(array_agg(k.name ORDER BY k.name) FILTER (WHERE c.check_in_id IS NULL), '{}') AS unseen
                 FROM round_check c
                 JOIN checkpoint k ON k.site_id = c.site_id AND k.id = c.checkpoint_id
                 LEFT JOIN check_in i ON i.site_id = c.site_id AND i.id = c.check_in_id
                 LEFT JOIN person o ON o.id = i.person_id
                WHERE c.site_id = r.site_id AND c.round_id = r.id) checks
         WHERE r.site_id = %(site_id)s AND r.id = %(id)s
    """, site_id=site_id, id=round_id)  # fmt: skip


def find_next_start(conn: Connection, site_id: int, now: datetime) -> datetime | None:
    """When the next round begins, if one is planned."""
    start: datetime | None = fetch_value(conn, """
        SELECT min(starts_at) FROM round WHERE site_id = %(site_id)s AND starts_at > %(now)s
    """, site_id=site_id, now=now)  # fmt: skip
    return start


def list_round_checks(conn: Connection, site_id: int, round_ids: Sequence[int]) -> list[RoundCheck]:
    """The checkpoints of these rounds in the order of their route; those since taken off it at the end."""
    return fetch_all(conn, RoundCheck, """
        SELECT c.round_id, c.checkpoint_id, k.name AS checkpoint_name, a.name AS area_name, c.verdict, c.check_in_id, c.seen_at,
               o.display_name AS person_name, i.note
          FROM round_check c
          JOIN round r ON r.site_id = c.site_id AND r.id = c.round_id
          JOIN checkpoint k ON k.site_id = c.site_id AND k.id = c.checkpoint_id
          LEFT JOIN area a ON a.site_id = k.site_id AND a.id = k.area_id
          LEFT JOIN route_stop s ON s.site_id = r.site_id AND s.route_id = r.route_id AND s.checkpoint_id = c.checkpoint_id
          LEFT JOIN check_in i ON i.site_id = c.site_id AND i.id = c.check_in_id
          LEFT JOIN person o ON o.id = i.person_id
         WHERE c.site_id = %(site_id)s AND c.round_id = ANY (%(round_ids)s::bigint[])
         ORDER BY c.round_id, s.position NULLS LAST, k.name, k.id
    """, site_id=site_id, round_ids=list(round_ids))  # fmt: skip


# --- deriving verdicts ------------------------------------------------------------------------------------------------


def list_round_ids_holding(conn: Connection, *, site_id: int, checkpoint_id: int, at: datetime) -> list[int]:
    """The rounds with this checkpoint whose time, with grace, holds that moment; in the order they are to be locked in."""
    rows = conn.execute("""
        SELECT r.id
          FROM round r
          JOIN round_check c ON c.site_id = r.site_id AND c.round_id = r.id
         WHERE r.site_id = %(site_id)s AND c.checkpoint_id = %(checkpoint_id)s
           AND r.starts_at BETWEEN %(earliest)s AND %(at)s AND r.closes_at >= %(at)s
         ORDER BY r.id
    """, {"site_id": site_id, "checkpoint_id": checkpoint_id, "at": at, "earliest": at - LONGEST_ROUND})  # fmt: skip
    return [row[0] for row in rows]


def list_expired_rounds(conn: Connection, now: datetime, *, limit: int) -> list[RoundRef]:
    """Open rounds whose time is over, longest over first, locked; those somebody else has locked are left out."""
    return fetch_all(conn, RoundRef, """
        SELECT site_id, id
          FROM round
         WHERE state = 'open' AND closes_at < %(now)s
         ORDER BY closes_at
         LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED
    """, now=now, limit=limit)  # fmt: skip


def lock_round(conn: Connection, site_id: int, round_id: int) -> RoundTimes:
    """Let nobody else judge this round until the transaction ends."""
    return fetch_one(conn, RoundTimes, """
        SELECT id, starts_at, due_at, closes_at FROM round WHERE site_id = %(site_id)s AND id = %(id)s FOR UPDATE
    """, site_id=site_id, id=round_id)  # fmt: skip


def list_round_checkpoint_ids(conn: Connection, site_id: int, round_id: int) -> list[int]:
    """The checkpoints of a round."""
    rows = conn.execute("""
        SELECT checkpoint_id FROM round_check WHERE site_id = %(site_id)s AND round_id = %(id)s ORDER BY checkpoint_id
    """, {"site_id": site_id, "id": round_id})  # fmt: skip
    return [row[0] for row in rows]


def list_sightings(
    conn: Connection, *, site_id: int, checkpoint_ids: Sequence[int], since: datetime, until: datetime
) -> list[Sighting]:
    """The check-ins of these checkpoints in [since, until], by our clock."""
    return fetch_all(conn, Sighting, """
        SELECT id AS check_in_id, checkpoint_id, received_at AS at
          FROM check_in
         WHERE site_id = %(site_id)s AND received_at BETWEEN %(since)s AND %(until)s
           AND checkpoint_id = ANY (%(checkpoint_ids)s::bigint[])
    """, site_id=site_id, checkpoint_ids=list(checkpoint_ids), since=since, until=until)  # fmt: skip


def save_checks(conn: Connection, *, site_id: int, round_id: int, checks: Sequence[CheckVerdict]) -> int:
    """Store the verdicts that differ; how many."""
    return execute(conn, """
        UPDATE round_check c
           SET verdict = new.verdict, check_in_id = new.check_in_id, seen_at = new.seen_at
          FROM unnest(%(checkpoints)s::bigint[], %(verdicts)s::text[], %(check_ins)s::bigint[], %(seen)s::timestamptz[])
               AS new (checkpoint_id, verdict, check_in_id, seen_at)
         WHERE c.site_id = %(site_id)s AND c.round_id = %(round_id)s AND c.checkpoint_id = new.checkpoint_id
           AND (c.verdict, c.check_in_id, c.seen_at) IS DISTINCT FROM (new.verdict, new.check_in_id, new.seen_at)
    """, site_id=site_id, round_id=round_id,
        checkpoints=[check.checkpoint_id for check in checks], verdicts=[check.verdict for check in checks],
        check_ins=[check.check_in_id for check in checks], seen=[check.seen_at for check in checks])  # fmt: skip


def save_state(conn: Connection, *, site_id: int, round_id: int, state: RoundState, closed_at: datetime | None) -> int:
    """Store a round's state where it differs; 1 when it did."""
    return execute(conn, """
        UPDATE round SET state = %(state)s, closed_at = %(closed_at)s
         WHERE site_id = %(site_id)s AND id = %(id)s AND (state, closed_at) IS DISTINCT FROM (%(state)s, %(closed_at)s::timestamptz)
    """, site_id=site_id, id=round_id, state=state, closed_at=closed_at)  # fmt: skip


# --- check-ins --------------------------------------------------------------------------------------------------------


def insert_check_in(conn: Connection, *, site_id: int, client_id: UUID, person_id: int, checkpoint_id: int | None,
                    code_entered: str, device_at: datetime | None, received_at: datetime, note: str,
                    evidence: Mapping[str, object]) -> int | None:  # fmt: skip
    """The new check-in's id, or None when this client id was stored before; waits for another that is storing it."""
    check_in_id: int | None = fetch_value(conn, """
        INSERT INTO check_in (site_id, client_id, person_id, checkpoint_id, code_entered, method, device_at, received_at, note,
                              evidence)
        VALUES (%(site_id)s, %(client_id)s, %(person_id)s, %(checkpoint_id)s, %(code_entered)s, 'code', %(device_at)s,
                %(received_at)s, %(note)s, %(evidence)s)
        ON CONFLICT (site_id, client_id) DO NOTHING
        RETURNING id
    """, site_id=site_id, client_id=client_id, person_id=person_id, checkpoint_id=checkpoint_id, code_entered=code_entered,
        device_at=device_at, received_at=received_at, note=note, evidence=Jsonb(dict(evidence)))  # fmt: skip
    return check_in_id


def find_check_in_by_client_id(conn: Connection, site_id: int, client_id: UUID) -> CheckIn | None:
    """The check-in a phone made with this id."""
    return find_one(conn, CheckIn, """
        SELECT i.id, i.client_id, i.person_id, o.display_name AS person_name, i.checkpoint_id, k.name AS checkpoint_name,
               i.code_entered, i.method, i.device_at, i.received_at, i.note
          FROM check_in i
          JOIN person o ON o.id = i.person_id
          LEFT JOIN checkpoint k ON k.site_id = i.site_id AND k.id = i.checkpoint_id
         WHERE i.site_id = %(site_id)s AND i.client_id = %(client_id)s
    """, site_id=site_id, client_id=client_id)  # fmt: skip


def list_check_ins(conn: Connection, *, site_id: int, limit: int, before_id: int | None = None) -> list[CheckIn]:
    """The newest check-ins, stored before that one."""
    return fetch_all(conn, CheckIn, """
        SELECT i.id, i.client_id, i.person_id, o.display_name AS person_name, i.checkpoint_id, k.name AS checkpoint_name,
               i.code_entered, i.method, i.device_at, i.received_at, i.note
          FROM check_in i
          JOIN person o ON o.id = i.person_id
          LEFT JOIN checkpoint k ON k.site_id = i.site_id AND k.id = i.checkpoint_id
         WHERE i.site_id = %(site_id)s AND (%(before_id)s::bigint IS NULL OR i.id < %(before_id)s)
         ORDER BY i.id DESC
         LIMIT %(limit)s
    """, site_id=site_id, limit=limit, before_id=before_id)  # fmt: skip


def list_check_ins_of(conn: Connection, *, site_id: int, person_id: int, since: datetime, limit: int) -> list[CheckIn]:
    """A person's newest check-ins, received at `since` or later."""
    return fetch_all(conn, CheckIn, """
        SELECT i.id, i.client_id, i.person_id, o.display_name AS person_name, i.checkpoint_id, k.name AS checkpoint_name,
               i.code_entered, i.method, i.device_at, i.received_at, i.note
          FROM check_in i
          JOIN person o ON o.id = i.person_id
          LEFT JOIN checkpoint k ON k.site_id = i.site_id AND k.id = i.checkpoint_id
         WHERE i.site_id = %(site_id)s AND i.person_id = %(person_id)s AND i.received_at >= %(since)s
         ORDER BY i.received_at DESC, i.id DESC
         LIMIT %(limit)s
    """, site_id=site_id, person_id=person_id, since=since, limit=limit)  # fmt: skip


def list_counted(conn: Connection, site_id: int, check_in_id: int) -> list[Counted]:
    """The rounds for which a check-in is the one that counts, the oldest first."""
    return fetch_all(conn, Counted, """
        SELECT r.id AS round_id, p.name AS plan_name, r.starts_at, r.due_at, c.verdict
          FROM round_check c
          JOIN round r ON r.site_id = c.site_id AND r.id = c.round_id
          JOIN patrol_plan p ON p.site_id = r.site_id AND p.id = r.plan_id
         WHERE c.site_id = %(site_id)s AND c.check_in_id = %(id)s
         ORDER BY r.starts_at, r.id
    """, site_id=site_id, id=check_in_id)  # fmt: skip


# --- gaps -------------------------------------------------------------------------------------------------------------


def list_duties(conn: Connection, *, site_id: int, since: datetime, until: datetime) -> list[Duty]:
    """Every slot in which a checkpoint is due, of the rounds that begin in [since, until)."""
    return fetch_all(conn, Duty, """
        SELECT c.checkpoint_id, k.name AS checkpoint_name, coalesce(a.key_area, false) AS key_area, r.plan_id, r.starts_at, r.due_at
          FROM round r
          JOIN round_check c ON c.site_id = r.site_id AND c.round_id = r.id
          JOIN checkpoint k ON k.site_id = c.site_id AND k.id = c.checkpoint_id
          LEFT JOIN area a ON a.site_id = k.site_id AND a.id = k.area_id
         WHERE r.site_id = %(site_id)s AND r.starts_at >= %(since)s AND r.starts_at < %(until)s
    """, site_id=site_id, since=since, until=until)  # fmt: skip


def list_seen(conn: Connection, *, site_id: int, since: datetime, until: datetime) -> list[Seen]:
    """Every check of a checkpoint in [since, until), for whichever round or for none."""
    return fetch_all(conn, Seen, """
        SELECT checkpoint_id, received_at AS at
          FROM check_in
         WHERE site_id = %(site_id)s AND received_at >= %(since)s AND received_at < %(until)s AND checkpoint_id IS NOT NULL
    """, site_id=site_id, since=since, until=until)  # fmt: skip
