"""SQL of the audit log."""

from datetime import datetime

from psycopg.types.json import Jsonb

from people.models import AuditEntry
from store.db import Connection, execute, fetch_all


def create_audit_entry(
    conn: Connection,
    *,
    at: datetime,
    person_id: int | None,
    site_id: int | None,
    action: str,
    subject: str,
    detail: dict[str, object],
    ip: str,
) -> None:
    execute(
        conn,
        """
        INSERT INTO audit_entry (at, person_id, site_id, action, subject, detail, ip)
        VALUES (%(at)s, %(person_id)s, %(site_id)s, %(action)s, %(subject)s, %(detail)s, %(ip)s)
        """,
        at=at,
        person_id=person_id,
        site_id=site_id,
        action=action,
        subject=subject,
        detail=Jsonb(detail),
        ip=ip,
    )


def list_audit_entries(
    conn: Connection, *, site_id: int | None, person_id: int | None, before_id: int | None, limit: int
) -> list[AuditEntry]:
    """The newest first, of one site (None: of all and of none) and by one person (None: by anybody)."""
    return fetch_all(
        conn,
        AuditEntry,
        """
        SELECT audit_entry.id, audit_entry.at, audit_entry.person_id, person.display_name AS person_name,
               audit_entry.site_id, site.slug AS site_slug, site.name AS site_name,
               audit_entry.action, audit_entry.subject, audit_entry.detail, audit_entry.ip
          FROM audit_entry
          LEFT JOIN person ON person.id = audit_entry.person_id
          LEFT JOIN site ON site.id = audit_entry.site_id
         WHERE (%(site_id)s::bigint IS NULL OR audit_entry.site_id = %(site_id)s)
           AND (%(person_id)s::bigint IS NULL OR audit_entry.person_id = %(person_id)s)
           AND (%(before_id)s::bigint IS NULL OR audit_entry.id < %(before_id)s)
         ORDER BY audit_entry.id DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        person_id=person_id,
        before_id=before_id,
        limit=limit,
    )
