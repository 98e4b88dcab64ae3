"""SQL of single alerts, their history and the lists people see."""

from datetime import datetime

from alerts.models import Action, Alert, AlertEntry, State, UnresolvedCount
from store.db import Connection, execute, fetch_all, fetch_one


def list_alerts(conn: Connection, *, site_id: int, state: State | None, after: int | None, limit: int) -> list[Alert]:
    """Newest first; `after` is the id of the last one seen."""
    return fetch_all(
        conn,
        Alert,
        """
        SELECT a.site_id, a.id, a.rule, a.subject, a.subject_name, a.place, a.severity, a.since, a.opened_at, a.facts,
               a.acknowledged_at, a.acknowledged_by, acknowledger.display_name AS acknowledged_by_name,
               a.resolved_at, a.resolved_by, resolver.display_name AS resolved_by_name, a.cleared_at,
               (SELECT note FROM alert_entry e WHERE e.site_id = a.site_id AND e.alert_id = a.id AND e.action = 'resolved') AS resolution
          FROM alert a
          LEFT JOIN person acknowledger ON acknowledger.id = a.acknowledged_by
          LEFT JOIN person resolver ON resolver.id = a.resolved_by
         WHERE a.site_id = %(site_id)s
           AND (%(after)s::bigint IS NULL OR a.id < %(after)s)
           AND CASE %(state)s::text WHEN 'open' THEN a.resolved_at IS NULL AND a.acknowledged_at IS NULL
                                    WHEN 'acknowledged' THEN a.resolved_at IS NULL AND a.acknowledged_at IS NOT NULL
                                    WHEN 'resolved' THEN a.resolved_at IS NOT NULL
                                    ELSE true END
         ORDER BY a.id DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        state=state,
        after=after,
        limit=limit,
    )


def list_unresolved(conn: Connection, *, site_id: int, limit: int = 200) -> list[Alert]:
    """What needs somebody: nobody's first, then by severity, then the longest."""
    return fetch_all(
        conn,
        Alert,
        """
        SELECT a.site_id, a.id, a.rule, a.subject, a.subject_name, a.place, a.severity, a.since, a.opened_at, a.facts,
               a.acknowledged_at, a.acknowledged_by, acknowledger.display_name AS acknowledged_by_name,
               a.resolved_at, a.resolved_by, NULL AS resolved_by_name, a.cleared_at, NULL AS resolution
          FROM alert a
          LEFT JOIN person acknowledger ON acknowledger.id = a.acknowledged_by
         WHERE a.site_id = %(site_id)s AND a.resolved_at IS NULL
         ORDER BY a.acknowledged_at IS NOT NULL, array_position('{critical,major,minor}'::text[], a.severity), a.since, a.id
         LIMIT %(limit)s
        """,
        site_id=site_id,
        limit=limit,
    )


def list_unresolved_about(conn: Connection, *, site_id: int, subject: str) -> list[Alert]:
    """What is wrong with one thing (`device:12`), the longest first."""
    return fetch_all(
        conn,
        Alert,
        """
        SELECT a.site_id, a.id, a.rule, a.subject, a.subject_name, a.place, a.severity, a.since, a.opened_at, a.facts,
               a.acknowledged_at, a.acknowledged_by, acknowledger.display_name AS acknowledged_by_name,
               a.resolved_at, a.resolved_by, NULL AS resolved_by_name, a.cleared_at, NULL AS resolution
          FROM alert a
          LEFT JOIN person acknowledger ON acknowledger.id = a.acknowledged_by
         WHERE a.site_id = %(site_id)s AND a.subject = %(subject)s AND a.resolved_at IS NULL
         ORDER BY a.since, a.id
        """,
        site_id=site_id,
        subject=subject,
    )


def count_unresolved(conn: Connection, *, site_id: int) -> UnresolvedCount:
    """How many need somebody."""
    return fetch_one(
        conn,
        UnresolvedCount,
        """
        SELECT count(*) FILTER (WHERE acknowledged_at IS NULL) AS open,
               count(*) FILTER (WHERE acknowledged_at IS NOT NULL) AS acknowledged
          FROM alert
         WHERE site_id = %(site_id)s AND resolved_at IS NULL
        """,
        site_id=site_id,
    )


def get_alert(conn: Connection, *, site_id: int, alert_id: int) -> Alert:
    return fetch_one(
        conn,
        Alert,
        """
        SELECT a.site_id, a.id, a.rule, a.subject, a.subject_name, a.place, a.severity, a.since, a.opened_at, a.facts,
               a.acknowledged_at, a.acknowledged_by, acknowledger.display_name AS acknowledged_by_name,
               a.resolved_at, a.resolved_by, resolver.display_name AS resolved_by_name, a.cleared_at,
               (SELECT note FROM alert_entry e WHERE e.site_id = a.site_id AND e.alert_id = a.id AND e.action = 'resolved') AS resolution
          FROM alert a
          LEFT JOIN person acknowledger ON acknowledger.id = a.acknowledged_by
          LEFT JOIN person resolver ON resolver.id = a.resolved_by
         WHERE a.site_id = %(site_id)s AND a.id = %(alert_id)s
        """,
        site_id=site_id,
        alert_id=alert_id,
    )


def list_entries(conn: Connection, *, site_id: int, alert_id: int) -> list[AlertEntry]:
    """The history of an alert, in order."""
    return fetch_all(
        conn,
        AlertEntry,
        """
        SELECT e.id, e.at, e.action, e.person_id, person.display_name AS person_name, e.note, e.facts
          FROM alert_entry e
          LEFT JOIN person ON person.id = e.person_id
         WHERE e.site_id = %(site_id)s AND e.alert_id = %(alert_id)s
         ORDER BY e.id
        """,
        site_id=site_id,
        alert_id=alert_id,
    )


def mark_acknowledged(conn: Connection, *, site_id: int, alert_id: int, person_id: int | None, now: datetime) -> bool:
    """False when somebody has acknowledged it already, or it is resolved."""
    return (
        execute(
            conn,
            """
            UPDATE alert SET acknowledged_at = %(now)s, acknowledged_by = %(person_id)s
             WHERE site_id = %(site_id)s AND id = %(alert_id)s AND acknowledged_at IS NULL AND resolved_at IS NULL
            """,
            site_id=site_id,
            alert_id=alert_id,
            person_id=person_id,
            now=now,
        )
        == 1
    )


def mark_resolved(conn: Connection, *, site_id: int, alert_id: int, person_id: int | None, now: datetime) -> bool:
    """False when it is resolved already."""
    return (
        execute(
            conn,
            """
            UPDATE alert SET resolved_at = %(now)s, resolved_by = %(person_id)s
             WHERE site_id = %(site_id)s AND id = %(alert_id)s AND resolved_at IS NULL
            """,
            site_id=site_id,
            alert_id=alert_id,
            person_id=person_id,
            now=now,
        )
        == 1
    )


def add_entry(
    conn: Connection, *, site_id: int, alert_id: int, action: Action, person_id: int | None, note: str, now: datetime
) -> None:
    execute(
        conn,
        """
        INSERT INTO alert_entry (site_id, alert_id, at, action, person_id, note)
        VALUES (%(site_id)s, %(alert_id)s, %(now)s, %(action)s, %(person_id)s, %(note)s)
        """,
        site_id=site_id,
        alert_id=alert_id,
        action=action,
        person_id=person_id,
        note=note,
        now=now,
    )
