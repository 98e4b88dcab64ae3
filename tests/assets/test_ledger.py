"""Assets enter the ledger once, are found again, and what they depend on has no circles."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from assets.dependencies import add_dependency, remove_dependency
from assets.ledger import create_asset, update_asset
from assets.models import Asset, AssetFacts, Site
from assets.queries import ledger
from assets.sites import create_area
from core.errors import Conflict, Invalid, NotFound
from people.models import SYSTEM
from store.db import Connection, Database
from tests.cast import Cast

GATE = AssetFacts(code="DZ-01", name="东大门道闸", category="gate", maker="捷顺", model="JSDZ0203", installed_on=date(2021, 5, 1))
MakeAsset = Callable[..., Asset]


@pytest.fixture
def make_asset(conn: Connection, wutong: Site, now: datetime) -> MakeAsset:
    """An asset of wutong by its code."""

    def make(code: str, **facts: Any) -> Asset:
        return create_asset(
            conn, SYSTEM, now=now, site_id=wutong.id, facts=AssetFacts(**{"code": code, "name": code, "category": "other"} | facts)
        )

    return make


def codes(conn: Connection, site: Site, **filters: Any) -> list[str]:
    return [line.code for line in ledger.list_assets(conn, site.id, **{"limit": 100} | filters)]


def test_an_asset_is_kept_as_entered(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    area = create_area(conn, SYSTEM, now=now, site_id=wutong.id, slug="east", name="东大门")
    facts = replace(GATE, area_id=area.id, name="  东大门   道闸 ", note="含地感\r\n线圈 ")
    asset = create_asset(conn, cast.zhao.actor, now=now, site_id=wutong.id, facts=facts)
    assert asset == ledger.get_asset(conn, wutong.id, asset.id)
    assert (asset.code, asset.name, asset.area_name, asset.note) == ("DZ-01", "东大门 道闸", "东大门", "含地感\n线圈")
    assert (asset.condition, asset.state, asset.installed_on) == ("good", "in_use", date(2021, 5, 1))
    entry = conn.execute("SELECT person_id, subject FROM audit_entry WHERE action = 'asset.created'").fetchone()
    assert entry == (cast.zhao.id, f"asset:{asset.id}")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"code": " "}, "text_missing", "code"),
        ({"code": "x" * 41}, "text_too_long", "code"),
        ({"name": ""}, "text_missing", "name"),
        ({"category": ""}, "choice_missing", "category"),
        ({"category": "rocket"}, "choice_unknown", "category"),
        ({"condition": "splendid"}, "choice_unknown", "condition"),
        ({"state": "lost"}, "choice_unknown", "state"),
        ({"area_id": 999}, "choice_unknown", "area_id"),
        ({"installed_on": date(2026, 12, 1)}, "installed_in_future", "installed_on"),
        ({"installed_on": date(26, 1, 1)}, "installed_too_early", "installed_on"),
        ({"note": "x" * 2001}, "text_too_long", "note"),
    ],
)
def test_what_cannot_be_accepted_names_its_field(
    conn: Connection, wutong: Site, now: datetime, change: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=replace(GATE, **change))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_area_of_another_site_is_no_choice(conn: Connection, wutong: Site, jinxiu: Site, now: datetime) -> None:
    area = create_area(conn, SYSTEM, now=now, site_id=jinxiu.id, slug="east", name="东门")
    with pytest.raises(Invalid, match="choice_unknown"):
        create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=replace(GATE, area_id=area.id))


def test_a_code_is_taken_once_in_each_site(conn: Connection, wutong: Site, jinxiu: Site, now: datetime) -> None:
    create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=GATE)
    other = create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=replace(GATE, code="DZ-02"))
    create_asset(conn, SYSTEM, now=now, site_id=jinxiu.id, facts=GATE)
    with pytest.raises(Conflict) as refused:
        create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=GATE)
    assert (refused.value.code, refused.value.field, refused.value.params) == ("asset_code_taken", "code", {"taken": "DZ-01"})
    with pytest.raises(Conflict, match="asset_code_taken"):
        update_asset(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=other.id, facts=GATE)
    assert ledger.get_asset(conn, wutong.id, other.id).code == "DZ-02"


def test_a_change_says_what_it_was_before(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    asset = create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=GATE)
    facts = replace(GATE, condition="poor", installed_on=None)
    update_asset(conn, cast.zhao.actor, now=now, site_id=wutong.id, asset_id=asset.id, facts=facts)
    entry = conn.execute("SELECT detail FROM audit_entry WHERE action = 'asset.changed'").fetchone()
    assert entry == ({"condition": {"from": "good", "to": "poor"}, "installed_on": {"from": "2021-05-01", "to": None}},)


def test_an_asset_of_another_site_is_not_found(conn: Connection, wutong: Site, jinxiu: Site, now: datetime) -> None:
    asset = create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=GATE)
    with pytest.raises(NotFound):
        ledger.get_asset(conn, jinxiu.id, asset.id)
    with pytest.raises(NotFound):
        update_asset(conn, SYSTEM, now=now, site_id=jinxiu.id, asset_id=asset.id, facts=GATE)


def test_assets_are_found_by_what_one_knows_of_them(conn: Connection, wutong: Site, make_asset: MakeAsset) -> None:
    make_asset("DZ-01", category="gate", maker="捷顺", condition="poor")
    make_asset("PS-01", category="drainage", name="1号隔油池")
    make_asset("PS-02", category="drainage", name="污水泵 100%", state="retired")
    assert codes(conn, wutong) == ["DZ-01", "PS-01"]
    assert codes(conn, wutong, text="捷顺") == ["DZ-01"]
    assert codes(conn, wutong, text="ps-") == ["PS-01"]
    assert codes(conn, wutong, text="%") == []
    assert codes(conn, wutong, state="retired") == ["PS-02"]
    assert codes(conn, wutong, category="drainage", condition="good") == ["PS-01"]
    counts = [(count.category, count.condition, count.count) for count in ledger.count_assets(conn, wutong.id)]
    assert counts == [("drainage", "good", 1), ("gate", "poor", 1)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_page_by_page_every_asset_comes_once(conn: Connection, wutong: Site, make_asset: MakeAsset, limit: int) -> None:
    for code in ("B-2", "a-1", "Z-9", "中-1", "B-10", "B-1", "0"):
        make_asset(code)
    seen: list[str] = []
    after_id = None
    while page := ledger.list_assets(conn, wutong.id, after_id=after_id, limit=limit):
        assert len(page) <= limit
        seen += [line.code for line in page]
        after_id = page[-1].id
    assert seen == codes(conn, wutong)
    assert len(seen) == len(set(seen)) == 7


def test_dependencies_are_seen_from_both_ends(conn: Connection, wutong: Site, make_asset: MakeAsset, now: datetime) -> None:
    camera, switch, mains = make_asset("C"), make_asset("S"), make_asset("M")
    for asset, other, kind in ((camera, switch, "network"), (camera, mains, "power"), (switch, mains, "power")):
        add_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset.id, depends_on_id=other.id, kind=kind)
    assert [(d.code, d.kind) for d in ledger.list_depends_on(conn, wutong.id, camera.id)] == [("S", "network"), ("M", "power")]
    assert [(d.code, d.kind) for d in ledger.list_depending(conn, wutong.id, mains.id)] == [("C", "power"), ("S", "power")]
    with pytest.raises(Conflict, match="dependency_exists"):
        add_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=camera.id, depends_on_id=mains.id, kind="power")
    remove_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=camera.id, depends_on_id=mains.id, kind="power")
    assert [d.code for d in ledger.list_depends_on(conn, wutong.id, camera.id)] == ["S"]
    with pytest.raises(NotFound):
        remove_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=camera.id, depends_on_id=mains.id, kind="power")


def test_a_circle_is_refused_and_shown(conn: Connection, wutong: Site, make_asset: MakeAsset, now: datetime) -> None:
    a, b, c = make_asset("A"), make_asset("B"), make_asset("C")
    add_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=a.id, depends_on_id=b.id, kind="power")
    add_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=b.id, depends_on_id=c.id, kind="network")
    with pytest.raises(Conflict) as refused:
        add_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=c.id, depends_on_id=a.id, kind="gateway")
    assert refused.value.params["path"] == "C → A → B → C"
    with pytest.raises(Conflict) as refused:
        add_dependency(conn, SYSTEM, now=now, site_id=wutong.id, asset_id=c.id, depends_on_id=c.id, kind="power")
    assert refused.value.params["path"] == "C → C"


def test_two_at_once_make_no_circle(db: Database, wutong: Site, now: datetime, run_together: Callable[..., list[object]]) -> None:
    with db.transaction() as conn:
        a, b = (create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=replace(GATE, code=code)).id for code in ("A", "B"))

    def depend(asset_id: int, depends_on_id: int) -> str:
        try:
            with db.transaction() as conn:
                add_dependency(
                    conn, SYSTEM, now=now, site_id=wutong.id, asset_id=asset_id, depends_on_id=depends_on_id, kind="power"
                )
        except Conflict as error:
            return error.code
        return "added"

    results = run_together(lambda: depend(a, b), lambda: depend(b, a))
    assert sorted(map(str, results)) == ["added", "dependency_circle"]
