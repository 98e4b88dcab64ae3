"""SQL of rectification notices."""

from dataclasses import dataclass
from datetime import datetime

from patrol.notices.models import Department, Notice
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeCounts:
    """Notices that are not struck off, and how many of them are past their deadline."""

    open: int
    overdue: int


def list_open_notices(conn: Connection, site_id: int) -> list[Notice]:
    """Notices not struck off, the earliest deadline first."""
    return fetch_all(conn, Notice, """
        SELECT n.id, n.title, n.detail, n.department, i.display_name AS issued_by, n.issued_at, n.due_at,
               c.display_name AS closed_by, n.closed_at, n.closed_note
          FROM notice n
          JOIN person i ON i.id = n.issued_by
          LEFT JOIN person c ON c.id = n.closed_by
         WHERE n.site_id = %(site_id)s AND n.closed_at IS NULL
         ORDER BY n.due_at, n.id
    """, site_id=site_id)  # fmt: skip


def list_notices(
    conn: Connection, *, site_id: int, limit: int, before_id: int | None = None, closed: bool | None = None
) -> list[Notice]:
    """The newest notices issued before that one; only those struck off, or only the others, when `closed` says so."""
    return fetch_all(conn, Notice, """
        SELECT n.id, n.title, n.detail, n.department, i.display_name AS issued_by, n.issued_at, n.due_at,
               c.display_name AS closed_by, n.closed_at, n.closed_note
          FROM notice n
          JOIN person i ON i.id = n.issued_by
          LEFT JOIN person c ON c.id = n.closed_by
         WHERE n.site_id = %(site_id)s AND (%(before_id)s::bigint IS NULL OR n.id < %(before_id)s)
           AND (%(closed)s::boolean IS NULL OR (n.closed_at IS NOT NULL) = %(closed)s)
         ORDER BY n.id DESC
         LIMIT %(limit)s
    """, site_id=site_id, limit=limit, before_id=before_id, closed=closed)  # fmt: skip


def get_notice(conn: Connection, site_id: int, notice_id: int) -> Notice:
    """One notice."""
    return fetch_one(conn, Notice, """
        SELECT n.id, n.title, n.detail, n.department, i.display_name AS issued_by, n.issued_at, n.due_at,
               c.display_name AS closed_by, n.closed_at, n.closed_note
          FROM notice n
          JOIN person i ON i.id = n.issued_by
          LEFT JOIN person c ON c.id = n.closed_by
         WHERE n.site_id = %(site_id)s AND n.id = %(id)s
    """, site_id=site_id, id=notice_id)  # fmt: skip


def count_open_notices(conn: Connection, site_id: int, now: datetime) -> NoticeCounts:
    """How many wait, and how many wait too long."""
    return fetch_one(conn, NoticeCounts, """
        SELECT count(*) AS open, count(*) FILTER (WHERE due_at < %(now)s) AS overdue
          FROM notice
         WHERE site_id = %(site_id)s AND closed_at IS NULL
    """, site_id=site_id, now=now)  # fmt: skip


def insert_notice(conn: Connection, *, site_id: int, title: str, detail: str, department: Department, issued_by: int,
                  issued_at: datetime, due_at: datetime) -> int:  # fmt: skip
    """The new notice's id."""
    return int(fetch_value(conn, """
        INSERT INTO notice (site_id, title, detail, department, issued_by, issued_at, due_at)
        VALUES (%(site_id)s, %(title)s, %(detail)s, %(department)s, %(issued_by)s, %(issued_at)s, %(due_at)s)
        RETURNING id
    """, site_id=site_id, title=title, detail=detail, department=department, issued_by=issued_by, issued_at=issued_at,
        due_at=due_at))  # fmt: skip


def mark_closed(conn: Connection, *, site_id: int, notice_id: int, closed_by: int, closed_at: datetime, note: str) -> int:
    """Strike it off; 0 when that was done before."""
    return execute(conn, """
        UPDATE notice SET closed_by = %(closed_by)s, closed_at = %(closed_at)s, closed_note = %(note)s
         WHERE site_id = %(site_id)s AND id = %(id)s AND closed_at IS NULL
    """, site_id=site_id, id=notice_id, closed_by=closed_by, closed_at=closed_at, note=note)  # fmt: skip
