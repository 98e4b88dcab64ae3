"""Records of operation, inspection, repair and maintenance: written once, corrected by a further record, never changed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from psycopg.errors import UniqueViolation

from assets.changes import changed, tell
from assets.models import CONDITIONS, OUTCOMES, RECORD_KINDS, Record, RecordEntry
from assets.queries import ledger, records
from core import checks
from core.clock import as_utc
from core.errors import Conflict, Invalid
from people.models import Actor
from store.db import Connection

BY_LIMIT = 100
SUMMARY_LIMIT = 200
DETAIL_LIMIT = 4000
REASON_LIMIT = 500
MOST_COST = Decimal("9999999999.99")
OLDEST = datetime(1950, 1, 1, tzinfo=UTC)


def write_record(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    asset_id: int,
    entry: RecordEntry,
    condition: str | None = None,
) -> Record:
    """Record what was done to an asset, and with `condition` how it was found to be afterwards."""
    before = ledger.get_asset(conn, site_id, asset_id)
    entry = _checked(entry, now)
    record_id = records.insert_record(conn, site_id, asset_id, entry, written_by=actor.person_id, now=now)
    record = records.get_record(conn, site_id, record_id)
    _tell(conn, actor, now, "record.written", site_id, record)
    if condition:
        found = checks.one_of(condition, CONDITIONS, field="condition")
        ledger.update_condition(conn, site_id, asset_id, condition=found)
        detail = changed(before, ledger.get_asset(conn, site_id, asset_id), "condition")
        if detail:
            tell(conn, actor, now=now, action="asset.changed", subject=f"asset:{asset_id}", site_id=site_id, detail=detail)
    return record


def correct_record(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, record_id: int, entry: RecordEntry, reason: str
) -> Record:
    """A further record that holds instead of this one, which stays as it was. Raises Conflict when it was corrected already."""
    wrong = records.get_record(conn, site_id, record_id)
    entry = _checked(entry, now)
    reason = checks.one_line(reason, field="reason", limit=REASON_LIMIT)
    try:
        with conn.transaction():
            new_id = records.insert_record(
                conn, site_id, wrong.asset_id, entry, corrects_id=wrong.id, reason=reason, written_by=actor.person_id, now=now
            )
    except UniqueViolation:
        raise Conflict("record_corrected") from None
    record = records.get_record(conn, site_id, new_id)
    _tell(conn, actor, now, "record.corrected", site_id, record)
    return record


def _tell(conn: Connection, actor: Actor, now: datetime, action: str, site_id: int, record: Record) -> None:
    detail = {"asset": record.asset_id, "kind": record.kind, "summary": record.summary}
    if record.corrects_id is not None:
        detail |= {"corrects": record.corrects_id, "reason": record.reason}
    tell(conn, actor, now=now, action=action, subject=f"record:{record.id}", site_id=site_id, detail=detail, topic="record")


def _checked(entry: RecordEntry, now: datetime) -> RecordEntry:
    checks.one_of(entry.kind, RECORD_KINDS, field="kind")
    checks.one_of(entry.outcome, OUTCOMES, field="outcome")
    done_at = as_utc(entry.done_at)
    if done_at > now:
        raise Invalid("done_in_future", field="done_at")
    if done_at < OLDEST:
        raise Invalid("done_too_early", field="done_at")
    return replace(
        entry,
        done_at=done_at,
        done_by=checks.one_line(entry.done_by, field="done_by", limit=BY_LIMIT),
        summary=checks.one_line(entry.summary, field="summary", limit=SUMMARY_LIMIT),
        detail=checks.paragraph(entry.detail, field="detail", limit=DETAIL_LIMIT),
        cost=None if entry.cost is None else _checked_cost(entry.cost),
    )


def _checked_cost(cost: Decimal) -> Decimal:
    """Money as it is paid: not negative, no fraction of a fen."""
    if not cost.is_finite() or not 0 <= cost <= MOST_COST or cost != cost.quantize(Decimal("0.01")):
        raise Invalid("cost_form", field="cost")
    return cost
