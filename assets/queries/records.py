"""SQL of the records of what was done to assets."""

from collections.abc import Mapping
from datetime import datetime

from assets.models import Record, RecordEntry, RecordKind
from store.db import Connection, fetch_all, fetch_one, fetch_value


def list_records(
    conn: Connection,
    site_id: int,
    *,
    asset_id: int | None = None,
    kind: RecordKind | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Record]:
    """What was done last comes first; corrected ones are among them. `before_id` is the last record of the page before."""
    return fetch_all(
        conn,
        Record,
        """
        SELECT r.id, r.asset_id, r.kind, r.done_at, r.done_by, r.summary, r.detail, r.outcome, r.cost, r.corrects_id,
               later.id AS corrected_by_id, r.reason, r.written_by, person.display_name AS writer_name, r.written_at
          FROM asset_record r
          LEFT JOIN asset_record later ON later.site_id = r.site_id AND later.corrects_id = r.id
          LEFT JOIN person ON person.id = r.written_by
         WHERE r.site_id = %(site_id)s
           AND (%(asset_id)s::bigint IS NULL OR r.asset_id = %(asset_id)s)
           AND (%(kind)s::text IS NULL OR r.kind = %(kind)s)
           AND (%(before_id)s::bigint IS NULL
                OR (r.done_at, r.id) < (SELECT last.done_at, last.id FROM asset_record last
                                         WHERE last.site_id = %(site_id)s AND last.id = %(before_id)s))
         ORDER BY r.done_at DESC, r.id DESC
         LIMIT %(limit)s
        """,
        site_id=site_id,
        asset_id=asset_id,
        kind=kind,
        before_id=before_id,
        limit=limit,
    )


def get_record(conn: Connection, site_id: int, record_id: int) -> Record:
    return fetch_one(
        conn,
        Record,
        """
        SELECT r.id, r.asset_id, r.kind, r.done_at, r.done_by, r.summary, r.detail, r.outcome, r.cost, r.corrects_id,
               later.id AS corrected_by_id, r.reason, r.written_by, person.display_name AS writer_name, r.written_at
          FROM asset_record r
          LEFT JOIN asset_record later ON later.site_id = r.site_id AND later.corrects_id = r.id
          LEFT JOIN person ON person.id = r.written_by
         WHERE r.site_id = %(site_id)s AND r.id = %(id)s
        """,
        site_id=site_id,
        id=record_id,
    )


def count_records(conn: Connection, site_id: int, asset_id: int) -> Mapping[RecordKind, int]:
    """How many records of each kind hold; corrected ones are not counted."""
    rows = conn.execute(
        """
        SELECT kind, count(*)
          FROM asset_record r
         WHERE site_id = %(site_id)s AND asset_id = %(asset_id)s
           AND NOT EXISTS (SELECT FROM asset_record later WHERE later.site_id = r.site_id AND later.corrects_id = r.id)
         GROUP BY kind
        """,
        {"site_id": site_id, "asset_id": asset_id},
    )
    return dict(rows.fetchall())


def insert_record(
    conn: Connection,
    site_id: int,
    asset_id: int,
    entry: RecordEntry,
    *,
    corrects_id: int | None = None,
    reason: str = "",
    written_by: int | None,
    now: datetime,
) -> int:
    """Its id. A UniqueViolation says that `corrects_id` has a correction already."""
    return int(
        fetch_value(
            conn,
            """
            INSERT INTO asset_record (site_id, asset_id, kind, done_at, done_by, summary, detail, outcome, cost, corrects_id, reason,
                                      written_by, written_at)
            VALUES (%(site_id)s, %(asset_id)s, %(kind)s, %(done_at)s, %(done_by)s, %(summary)s, %(detail)s, %(outcome)s, %(cost)s,
                    %(corrects_id)s, %(reason)s, %(written_by)s, %(now)s)
            RETURNING id
            """,
            site_id=site_id,
            asset_id=asset_id,
            kind=entry.kind,
            done_at=entry.done_at,
            done_by=entry.done_by,
            summary=entry.summary,
            detail=entry.detail,
            outcome=entry.outcome,
            cost=entry.cost,
            corrects_id=corrects_id,
            reason=reason,
            written_by=written_by,
            now=now,
        )
    )
