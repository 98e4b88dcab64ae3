"""A simulated city becomes rows of a real database, once."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assets.models import Record, Site
from assets.queries import records
from assets.queries.ledger import list_asset_refs
from assets.queries.places import get_site_by_slug, list_region_path, list_sites
from core.settings import Settings
from gatehouse.demo import demo_accounts, seed_demo
from gatehouse.seed import seed_city
from patrol import jobs as patrol_jobs
from patrol.notices.queries import count_open_notices, list_notices
from patrol.queries import list_rounds
from simulators.city import make_city
from simulators.models import SimCity, both
from simulators.records import make_records
from store.db import Connection, Database

CITY = make_city(2, devices=11, seed=1)
LIVELY, OTHER = CITY.sites
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(make_database: Callable[[], str]) -> Iterator[Database]:
    """The demo's city, written once for all tests here: none of them changes it."""
    with Database(make_database(), size=2).open() as db:
        with db.transaction() as conn:
            assert seed_demo(conn, CITY, seed=1, now=NOW)
        yield db


@pytest.fixture
def lively(seeded: Database) -> Site:
    """The compound with people and a past."""
    with seeded.transaction() as conn:
        return get_site_by_slug(conn, LIVELY.slug)


def sizes(conn: Connection) -> dict[str, int]:
    """How many rows every table has that seeding writes to."""
    tables = ("region", "site", "area", "asset", "asset_dependency", "device", "device_state", "asset_record", "person", "role_grant",
              "checkpoint", "route", "patrol_plan", "round", "round_check", "notice", "audit_entry")  # fmt: skip
    found = {}
    for table in tables:
        row = conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - names from the line above
        assert row is not None
        found[table] = row[0]
    return found


def all_records(conn: Connection, site: Site) -> list[Record]:
    return records.list_records(conn, site.id, limit=10_000)


def test_every_site_is_in_the_tree_with_all_it_has(seeded: Database) -> None:
    with seeded.transaction() as conn:
        sites = {site.slug: site for site in list_sites(conn)}
        assert {slug: site.name for slug, site in sites.items()} == {site.slug: both(site.name) for site in CITY.sites}
        for spec in CITY.sites:
            assert [region.level for region in list_region_path(conn, sites[spec.slug].region_id)] == ["city", "district", "street"]
            refs = list_asset_refs(conn, sites[spec.slug].id)
            assert {ref.code: ref.name for ref in refs} == {asset.code: both(asset.name) for asset in spec.assets}


def test_every_device_waits_for_its_first_message(seeded: Database) -> None:
    with seeded.transaction() as conn:
        rows = conn.execute(
            """SELECT site.slug, device.slug, device.kind, device_state.status, device_state.reason
                 FROM device JOIN site ON site.id = device.site_id
                 LEFT JOIN device_state ON device_state.site_id = device.site_id AND device_state.device_id = device.id"""
        ).fetchall()
    expected = [(site.slug, device.slug, device.kind, "unknown", "registered") for site in CITY.sites for device in site.devices]
    assert sorted(rows) == sorted(expected)


def test_the_lively_compound_has_the_past_that_was_made_up(seeded: Database, lively: Site) -> None:
    with seeded.transaction() as conn:
        kept = all_records(conn, lively)
        codes = {ref.id: ref.code for ref in list_asset_refs(conn, lively.id)}
        assert all_records(conn, get_site_by_slug(conn, OTHER.slug)) == []
    slugs = {asset.code: asset.slug for asset in LIVELY.assets}
    made = make_records(LIVELY, seed=1, until=NOW)
    assert Counter(
        (slugs[codes[record.asset_id]], record.kind, record.summary, record.cost, record.written_at) for record in kept
    ) == Counter((record.asset, record.kind, both(record.summary), record.cost, record.written_at) for record in made)
    assert {record.kind for record in kept} == {"operation", "inspection", "repair", "maintenance"}
    assert all(record.done_at < record.written_at < NOW for record in kept)
    names = {person.name for person in LIVELY.staff if person.role in ("engineer", "manager")}
    assert {record.writer_name for record in kept} <= names


def test_the_audit_log_reads_in_order(seeded: Database, lively: Site) -> None:
    with seeded.transaction() as conn:
        times = conn.execute(
            "SELECT at FROM audit_entry WHERE action IN ('record.written', 'notice.issued') AND site_id = %s ORDER BY id",
            (lively.id,),
        ).fetchall()
    assert len(times) > 100
    assert times == sorted(times)


def test_the_manager_has_issued_notices(seeded: Database, lively: Site) -> None:
    with seeded.transaction() as conn:
        counts = count_open_notices(conn, lively.id, NOW)
        notices = list_notices(conn, site_id=lively.id, limit=10)
    assert (counts.open, counts.overdue) == (3, 1)
    assert Counter(notice.state(NOW) for notice in notices) == {"open": 2, "overdue": 1, "closed": 1, "closed_late": 1}
    manager = next(account.name for account in demo_accounts(CITY) if account.role == "manager")
    assert {notice.issued_by for notice in notices} == {manager}


def test_rounds_are_due_and_the_job_makes_more_of_them(seeded: Database, lively: Site) -> None:
    job = next(job for job in patrol_jobs.jobs(Settings()) if job.slug == "plan_rounds")
    assert job.run is not None
    with seeded.transaction() as conn:
        due = list_rounds(conn, site_id=lively.id, since=NOW, until=NOW + timedelta(hours=24))
        assert {each.plan_name for each in due} == {both(plan.name) for plan in LIVELY.plans}
        assert job.run(conn, NOW) == 0, "enough are there"
        tomorrow = NOW + timedelta(hours=25)
        assert job.run(conn, tomorrow) > 0
        assert list_rounds(conn, site_id=lively.id, since=tomorrow + timedelta(hours=24), until=tomorrow + timedelta(hours=47))
        conn.rollback()


@pytest.mark.parametrize("city", [CITY, make_city(2, devices=11, seed=1)], ids=["same", "made again"])
def test_seeding_twice_changes_nothing(seeded: Database, city: SimCity) -> None:
    later = NOW + timedelta(hours=3)
    with seeded.transaction() as conn:
        before = sizes(conn)
        assert not seed_demo(conn, city, seed=1, now=later)
        assert set(seed_city(conn, city, now=later)) == {site.slug for site in city.sites}
        assert sizes(conn) == before
