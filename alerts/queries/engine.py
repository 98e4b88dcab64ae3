"""SQL of the engine: many alerts at once."""

import zlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from alerts.models import AlertKey, Finding, HeldAlert, Severity
from store.db import Connection, execute, fetch_all

_LOCK_SPACE = 7002


def lock_rule(conn: Connection, *, rule: str) -> None:
    """Wait until no other engine is at work on the rule, and keep others waiting until the end of the transaction."""
    lock = zlib.crc32(rule.encode()) - 2**31
    execute(conn, "SELECT pg_advisory_xact_lock(%(space)s, %(lock)s)", space=_LOCK_SPACE, lock=lock)


def list_held(conn: Connection, *, rule: str) -> list[HeldAlert]:
    """Alerts of a rule whose condition still held when it was last looked at, of all sites."""
    return fetch_all(
        conn,
        HeldAlert,
        """
        SELECT site_id, id, subject, subject_name, place, severity, occurrence, facts, resolved_at
          FROM alert
         WHERE cleared_at IS NULL AND rule = %(rule)s
        """,
        rule=rule,
    )


def open_alerts(conn: Connection, *, rule: str, severity: Severity, findings: Sequence[Finding], now: datetime) -> list[AlertKey]:
    """Open an alert for each finding that has none; those opened."""
    return fetch_all(
        conn,
        AlertKey,
        """
        INSERT INTO alert (site_id, rule, subject, subject_name, place, severity, since, opened_at, facts, occurrence)
        SELECT site_id, %(rule)s, subject, subject_name, place, coalesce(severity, %(severity)s), since, %(now)s, facts, occurrence
          FROM jsonb_to_recordset(%(findings)s) AS finding (site_id bigint, subject text, subject_name text, place text,
                                                             severity text, since timestamptz, facts jsonb, occurrence text)
        ON CONFLICT (site_id, subject, rule) WHERE cleared_at IS NULL DO NOTHING
        RETURNING site_id, id
        """,
        rule=rule,
        severity=severity,
        findings=Jsonb(list(findings), dumps=msgspec.json.encode),
        now=now,
    )


def update_alerts(conn: Connection, *, rule: str, severity: Severity, findings: Sequence[Finding]) -> list[AlertKey]:
    """Bring alerts that nobody has closed up to what was found now; those that were."""
    return fetch_all(
        conn,
        AlertKey,
        """
        UPDATE alert
           SET subject_name = finding.subject_name, place = finding.place, severity = coalesce(finding.severity, %(severity)s),
               facts = finding.facts, occurrence = finding.occurrence
          FROM jsonb_to_recordset(%(findings)s) AS finding (site_id bigint, subject text, subject_name text, place text,
                                                             severity text, facts jsonb, occurrence text)
         WHERE alert.site_id = finding.site_id AND alert.subject = finding.subject AND alert.rule = %(rule)s
           AND alert.resolved_at IS NULL AND alert.cleared_at IS NULL
        RETURNING alert.site_id, alert.id
        """,
        rule=rule,
        severity=severity,
        findings=Jsonb(list(findings), dumps=msgspec.json.encode),
    )


def clear_alerts(conn: Connection, *, keys: Sequence[AlertKey], now: datetime) -> list[AlertKey]:
    """Their condition has ended; those that were not closed by a person before and are resolved by it."""
    return fetch_all(
        conn,
        AlertKey,
        """
        WITH held AS (
            SELECT alert.site_id, alert.id, alert.resolved_at
              FROM unnest(%(site_ids)s::bigint[], %(ids)s::bigint[]) AS wanted (site_id, id)
              JOIN alert USING (site_id, id)
             WHERE alert.cleared_at IS NULL
             ORDER BY alert.site_id, alert.id
               FOR UPDATE OF alert
        ), cleared AS (
            UPDATE alert SET cleared_at = %(now)s, resolved_at = coalesce(alert.resolved_at, %(now)s)
              FROM held
             WHERE alert.site_id = held.site_id AND alert.id = held.id
            RETURNING alert.site_id, alert.id, held.resolved_at AS closed_before
        )
        SELECT site_id, id FROM cleared WHERE closed_before IS NULL
        """,
        site_ids=[key.site_id for key in keys],
        ids=[key.id for key in keys],
        now=now,
    )


def add_engine_entries(conn: Connection, *, keys: Sequence[AlertKey], action: str, now: datetime) -> None:
    """A line in the history of each alert, with its facts unless it is over."""
    execute(
        conn,
        """
        INSERT INTO alert_entry (site_id, alert_id, at, action, facts)
        SELECT site_id, id, %(now)s, %(action)s, CASE %(action)s WHEN 'cleared' THEN '{}' ELSE alert.facts END
          FROM unnest(%(site_ids)s::bigint[], %(ids)s::bigint[]) AS wanted (site_id, id)
          JOIN alert USING (site_id, id)
        """,
        site_ids=[key.site_id for key in keys],
        ids=[key.id for key in keys],
        action=action,
        now=now,
    )
