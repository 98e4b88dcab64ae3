"""Records are written once; a correction is a further record, and what was written stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ledger import create_asset
from assets.models import Asset, AssetFacts, RecordEntry, Site
from assets.queries import ledger, records
from assets.records import correct_record, write_record
from core.errors import Conflict, Invalid, NotFound
from people.models import SYSTEM
from store.db import Connection, Database
from tests.cast import Cast


@pytest.fixture
def asset(db: Database, wutong: Site, now: datetime) -> Asset:
    """A lift of wutong."""
    with db.transaction() as conn:
        facts = AssetFacts(code="DT-01", name="1号楼电梯", category="lift")
        return create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=facts)


@pytest.fixture
def entry(now: datetime) -> RecordEntry:
    """The half-monthly maintenance of a lift."""
    return RecordEntry(
        kind="maintenance",
        done_at=now - timedelta(hours=2),
        done_by="迅达维保",
        summary="半月保",
        detail="按 TSG T5002 半月项目",
        cost=Decimal("260.50"),
    )


def test_a_record_is_read_back_as_written(
    conn: Connection, cast: Cast, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime
) -> None:
    written = write_record(conn, cast.zhao.actor, now=now, site_id=wutong.id, asset_id=asset.id, entry=entry)
    assert records.list_records(conn, wutong.id, asset_id=asset.id, limit=9) == [written]
    assert (written.kind, written.summary, written.cost, written.done_at) == (
        "maintenance",
        "半月保",
        Decimal("260.50"),
        entry.done_at,
    )
    assert (written.writer_name, written.written_at, written.corrected_by_id) == (cast.zhao.display_name, now, None)
    assert records.count_records(conn, wutong.id, asset.id) == {"maintenance": 1}
    assert ledger.list_assets(conn, wutong.id, limit=9)[0].last_record_at == entry.done_at


def test_a_correction_holds_instead_and_the_first_stays(
    conn: Connection, cast: Cast, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime
) -> None:
    first = write_record(conn, cast.zhao.actor, now=now, site_id=wutong.id, asset_id=asset.id, entry=entry)
    right = replace(entry, cost=Decimal(320), kind="repair", outcome="fixed")
    second = correct_record(
        conn, cast.chen.actor, now=now, site_id=wutong.id, record_id=first.id, entry=right, reason="金额与类别填错"
    )
    assert (second.corrects_id, second.reason, second.written_by) == (first.id, "金额与类别填错", cast.chen.id)
    assert records.get_record(conn, wutong.id, first.id) == replace(first, corrected_by_id=second.id)
    assert records.count_records(conn, wutong.id, asset.id) == {"repair": 1}
    assert [r.id for r in records.list_records(conn, wutong.id, asset_id=asset.id, kind="maintenance", limit=9)] == [first.id]
    with pytest.raises(Conflict, match="record_corrected"):
        correct_record(conn, cast.chen.actor, now=now, site_id=wutong.id, record_id=first.id, entry=right, reason="再改")
    third = correct_record(conn, cast.chen.actor, now=now, site_id=wutong.id, record_id=second.id, entry=entry, reason="原来对")
    assert third.corrects_id == second.id


def test_a_correction_needs_a_reason(conn: Connection, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime) -> None:
    first = write_record(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, entry=entry)
    with pytest.raises(Invalid) as refused:
        correct_record(conn, SYSTEM, now=now, site_id=wutong.id, record_id=first.id, entry=entry, reason=" ")
    assert (refused.value.code, refused.value.field) == ("text_missing", "reason")


@pytest.mark.parametrize("statement", ["UPDATE asset_record SET cost = 0", "DELETE FROM asset_record"])
def test_the_database_refuses_to_change_a_record(
    conn: Connection, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime, statement: str
) -> None:
    write_record(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, entry=entry)
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), conn.transaction():
        conn.execute(statement.encode())


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kind": "party"}, "choice_unknown", "kind"),
        ({"outcome": ""}, "choice_missing", "outcome"),
        ({"done_at": datetime(2026, 11, 22, 4, 0, 1, tzinfo=UTC)}, "done_in_future", "done_at"),
        ({"done_at": datetime(26, 11, 22, tzinfo=UTC)}, "done_too_early", "done_at"),
        ({"done_by": ""}, "text_missing", "done_by"),
        ({"summary": ""}, "text_missing", "summary"),
        ({"summary": "x" * 201}, "text_too_long", "summary"),
        ({"detail": "x" * 4001}, "text_too_long", "detail"),
        ({"cost": Decimal("-1")}, "cost_form", "cost"),
        ({"cost": Decimal("0.001")}, "cost_form", "cost"),
        ({"cost": Decimal("1e10")}, "cost_form", "cost"),
        ({"cost": Decimal("NaN")}, "cost_form", "cost"),
        ({"cost": Decimal("1e999999")}, "cost_form", "cost"),
    ],
)
def test_what_cannot_be_accepted_names_its_field(
    conn: Connection, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime, change: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        write_record(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, entry=replace(entry, **change))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_inspection_may_say_how_the_asset_was_found(
    conn: Connection, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime
) -> None:
    write_record(
        conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, entry=replace(entry, kind="inspection"), condition="poor"
    )
    assert ledger.get_asset(conn, wutong.id, asset.id).condition == "poor"
    entry_count = conn.execute("SELECT count(*) FROM audit_entry WHERE action = 'asset.changed'").fetchone()
    assert entry_count == (1,)


def test_records_of_another_site_are_not_found(
    conn: Connection, asset: Asset, wutong: Site, jinxiu: Site, entry: RecordEntry, now: datetime
) -> None:
    first = write_record(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, entry=entry)
    with pytest.raises(NotFound):
        write_record(conn, SYSTEM, now=now, site_id=jinxiu.id, asset_id=asset.id, entry=entry)
    with pytest.raises(NotFound):
        correct_record(conn, SYSTEM, now=now, site_id=jinxiu.id, record_id=first.id, entry=entry, reason="x")
    assert records.list_records(conn, jinxiu.id, asset_id=asset.id, limit=9) == []


def test_two_corrections_at_once_leave_one(
    db: Database, asset: Asset, wutong: Site, entry: RecordEntry, now: datetime, run_together: Callable[..., list[object]]
) -> None:
    with db.transaction() as conn:
        first = write_record(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, entry=entry)

    def correct() -> str:
        try:
            with db.transaction() as conn:
                correct_record(conn, SYSTEM, now=now, site_id=wutong.id, record_id=first.id, entry=entry, reason="x")
        except Conflict as error:
            return error.code
        return "written"

    assert sorted(map(str, run_together(correct, correct))) == ["record_corrected", "written"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 5), max_size=12), limit=st.integers(1, 5))
def test_page_by_page_every_record_comes_once_newest_first(
    db: Database, wutong: Site, entry: RecordEntry, now: datetime, minutes: list[int], limit: int
) -> None:
    with db.transaction() as conn, conn.transaction(force_rollback=True):
        facts = AssetFacts(code="X", name="x", category="other")
        asset = create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=facts)
        written = [
            write_record(
                conn,
                SYSTEM,
                now=now,
                site_id=wutong.id,
                asset_id=asset.id,
                entry=replace(entry, done_at=now - timedelta(minutes=minute)),
            )
            for minute in minutes
        ]
        seen: list[int] = []
        before_id = None
        while page := records.list_records(conn, wutong.id, asset_id=asset.id, before_id=before_id, limit=limit):
            seen += [record.id for record in page]
            before_id = page[-1].id
    assert seen == [record.id for record in sorted(written, key=lambda record: (record.done_at, record.id), reverse=True)]
