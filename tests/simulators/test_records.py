"""A compound's past: repeatable, over before today, in both languages, and as much of it as the kind of asset needs."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from assets.models import Condition, Outcome
from assets.records import BY_LIMIT, DETAIL_LIMIT, SUMMARY_LIMIT
from core.i18n import Text
from simulators.compound import make_compound
from simulators.models import SimAsset, SimRecord, SimSite, both
from simulators.records import CHORES, make_records
from simulators.upkeep.breakdowns import BREAKDOWNS

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SITES = [
    make_compound("small", seed=3, devices=5),
    make_compound("cuihu-garden", seed=1),
    make_compound("big", seed=2, devices=240),
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
any_site = pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)


def past(site: SimSite) -> tuple[SimRecord, ...]:
    return make_records(site, seed=1, until=NOW)


def fitting(asset: SimAsset) -> Counter[str]:
    return Counter(chore.kind for chore in CHORES[asset.category] if asset.slug.startswith(chore.on))


def test_the_same_seed_gives_the_same_past_and_another_one_another() -> None:
    site = SITES[1]
    assert past(site) == past(site)
    assert make_records(site, seed=2, until=NOW) != past(site)


@any_site
def test_it_all_happened_within_the_year_before_today_and_after_the_asset_came(site: SimSite) -> None:
    assets = {asset.slug: asset for asset in site.assets}
    for record in past(site):
        assert NOW - timedelta(days=367) < record.done_at < record.written_at < NOW
        assert assets[record.asset].installed <= record.done_at.date()
    assert [record.written_at for record in past(site)] == sorted(record.written_at for record in past(site))


@any_site
def test_every_asset_is_operated_inspected_and_maintained(site: SimSite) -> None:
    done = Counter((record.asset, record.kind) for record in past(site))
    for asset in site.assets:
        assert set(fitting(asset)) == {"operation", "inspection", "maintenance"}, asset.slug
        if (NOW.date() - asset.installed).days > 366:
            assert all(done[asset.slug, kind] for kind in ("operation", "inspection", "maintenance")), asset.slug
        elif (NOW.date() - asset.installed).days > 0:
            assert done[asset.slug, "operation"], "it was put into use"


@any_site
def test_every_asset_can_break(site: SimSite) -> None:
    for asset in site.assets:
        assert any(asset.slug.startswith(breakdown.on) for breakdown in BREAKDOWNS[asset.category]), asset.slug


@any_site
def test_money_is_spent_on_repairs_and_maintenance_only(site: SimSite) -> None:
    paid = [record for record in past(site) if record.cost is not None]
    assert {record.kind for record in paid} == {"repair", "maintenance"}
    assert all(30 <= record.cost <= 6000 for record in paid if record.cost is not None)
    assert not [record for record in paid if record.outcome == "not_fixed"], "a part that was only ordered is not paid yet"


def test_a_big_bill_is_entered_by_the_manager() -> None:
    manager = next(person.login for person in SITES[1].staff if person.role == "manager")
    big = [record for record in past(SITES[1]) if record.cost is not None and record.cost >= 1000]
    assert {record.written_by for record in big} == {manager}


@any_site
def test_every_repair_follows_what_somebody_noticed(site: SimSite) -> None:
    noticed = {(record.asset, record.done_at.date()) for record in past(site) if record.outcome == "problem"}
    repairs = [record for record in past(site) if record.kind == "repair"]
    assert repairs
    for repair in repairs:
        assert repair.outcome in ("fixed", "not_fixed")
        days = (repair.done_at.date() - timedelta(days=back) for back in range(1, 13))
        assert any((repair.asset, day) in noticed for day in days), repair


@any_site
def test_the_ledger_takes_the_texts(site: SimSite) -> None:
    for record in past(site):
        assert len(both(record.summary)) <= SUMMARY_LIMIT
        assert len(record.done_by) <= BY_LIMIT
        assert record.detail is None or len(both(record.detail)) + 1 <= DETAIL_LIMIT


@any_site
def test_every_text_is_in_both_languages_and_complete(site: SimSite) -> None:
    texts: set[Text] = {text for record in past(site) for text in (record.summary, record.detail) if text is not None}
    for text in texts:
        assert CHINESE.search(text.zh), text
        assert re.search("[A-Za-z]", text.en), text
        assert not CHINESE.search(text.en), text
        assert not re.search("[\u4e00-\u9fff][,;:]", text.zh), "Chinese has marks of its own"
        assert "{" not in text.zh + text.en


@any_site
def test_a_number_is_measured_where_a_text_has_room_for_one(site: SimSite) -> None:
    for chore in (chore for category in {asset.category for asset in site.assets} for chore in CHORES[category]):
        detail = chore.detail or Text(en="", zh="")
        assert ("{n}" in detail.en) == ("{n}" in detail.zh) == (chore.measured[1] > 0), chore


def test_work_is_done_by_people_of_the_compound_or_a_contractor_in_working_hours() -> None:
    site = SITES[1]
    names = {person.name for person in site.staff}
    logins = {person.login for person in site.staff}
    for record in past(site):
        assert record.done_by in names or re.search("[A-Za-z]", record.done_by)
        assert record.written_by in logins
        # Half past eight to five in Shanghai.
        assert 30 <= record.done_at.hour * 60 + record.done_at.minute < 9 * 60


@pytest.mark.parametrize(
    ("asset", "kind", "days"),
    [("lift-b2", "maintenance", 15), ("fire-pump", "operation", 30), ("grease-trap", "maintenance", 30)],
)
def test_what_the_rules_ask_for_is_never_late(asset: str, kind: str, days: int) -> None:
    site = SITES[1]
    chores = {chore.summary for works in CHORES.values() for chore in works if (chore.kind, chore.every) == (kind, days)}
    done = [record.done_at.date() for record in past(site) if record.asset == asset and record.summary in chores]
    assert len(done) >= 365 // days - 1
    assert all(later - earlier <= timedelta(days=days) for earlier, later in pairwise([*done, date(2026, 11, 22)]))


@pytest.mark.parametrize(
    ("condition", "outcome"), [("good", "normal"), ("fair", "normal"), ("poor", "problem"), ("unsafe", "problem")]
)
def test_an_inspection_notes_the_condition(condition: Condition, outcome: Outcome) -> None:
    site = SITES[1]
    roof = next(asset for asset in site.assets if asset.slug == "roof-b1")
    aged = replace(site, assets=(replace(roof, condition=condition, installed=date(2015, 1, 1)),))
    inspected = [record for record in past(aged) if record.kind == "inspection"]
    assert len(inspected) >= 2
    assert {record.outcome for record in inspected} == {outcome}


def test_an_asset_that_came_yesterday_has_been_put_into_use_and_one_of_tomorrow_has_no_past() -> None:
    site = SITES[1]
    roof = site.assets[-1]
    new, future = (replace(roof, installed=date(2026, 11, day)) for day in (21, 23))
    assert [record.summary.en for record in past(replace(site, assets=(new,)))] == ["Installed, accepted and put into use"]
    assert past(replace(site, assets=(future,))) == ()
