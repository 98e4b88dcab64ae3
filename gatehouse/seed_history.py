"""Writes a simulated compound's past: records and notices, entered by its people at the time."""

from collections.abc import Mapping
from datetime import datetime

from assets.models import RecordEntry, Site
from assets.queries.ledger import list_asset_refs
from assets.records import write_record
from core.i18n import Text
from patrol.notices.close import close_notice
from patrol.notices.issue import issue_notice
from people.models import Actor
from simulators.models import SimNotice, SimRecord, SimSite, both
from simulators.notices import make_notices
from simulators.records import make_records
from store.db import Connection


def seed_history(conn: Connection, site: Site, spec: SimSite, people: Mapping[str, Actor], *, seed: int, now: datetime) -> None:
    """Enter again what was entered in the year before `now`. `people`: the site's staff by login."""
    codes = {asset.slug: asset.code for asset in spec.assets}
    ids = {asset.code: asset.id for asset in list_asset_refs(conn, site.id)}
    entries: list[SimRecord | SimNotice] = [
        *make_records(spec, seed=seed, until=now),
        *make_notices(spec, seed=seed, now=now),
    ]
    # In the order in which it happened, so that the audit log reads like one that was kept all along.
    for entry in sorted(entries, key=_entered_at):
        if isinstance(entry, SimRecord):
            _write(conn, people, site.id, ids[codes[entry.asset]], entry)
        else:
            _issue(conn, people, site.id, entry)


def _entered_at(entry: SimRecord | SimNotice) -> datetime:
    return entry.written_at if isinstance(entry, SimRecord) else entry.issued_at


def _write(conn: Connection, people: Mapping[str, Actor], site_id: int, asset_id: int, record: SimRecord) -> None:
    entry = RecordEntry(
        kind=record.kind,
        done_at=record.done_at,
        done_by=record.done_by,
        summary=both(record.summary),
        detail=_both_lines(record.detail) if record.detail else "",
        outcome=record.outcome,
        cost=record.cost,
    )
    write_record(conn, people[record.written_by], now=record.written_at, site_id=site_id, asset_id=asset_id, entry=entry)


def _issue(conn: Connection, people: Mapping[str, Actor], site_id: int, notice: SimNotice) -> None:
    issued = issue_notice(
        conn,
        people[notice.issued_by],
        now=notice.issued_at,
        site_id=site_id,
        title=both(notice.title),
        department=notice.department,
        due_at=notice.due_at,
        detail=_both_lines(notice.detail),
    )
    if notice.closed:
        note = _both_lines(notice.closed.note)
        close_notice(conn, people[notice.closed.by], now=notice.closed.at, site_id=site_id, notice_id=issued.id, note=note)


def _both_lines(text: Text) -> str:
    return f"{text.zh}\n{text.en}"
