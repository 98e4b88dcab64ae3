"""Regions, sites and areas are laid out by verbs that check, write the audit log and tell."""

from datetime import datetime

import bcrypt
import pytest

from assets import sites
from assets.models import Region, Site
from assets.queries import places
from core.errors import Conflict, Invalid
from people.models import SYSTEM
from store.db import Connection
from tests.cast import Cast


def test_the_level_of_a_region_follows_from_its_parent(conn: Connection, wutong: Site) -> None:
    path = places.list_region_path(conn, wutong.region_id)
    assert [(region.level, region.name) for region in path] == [
        ("city", "上海市"),
        ("district", "浦东新区"),
        ("street", "花木街道"),
    ]


def test_below_a_street_there_is_nothing(conn: Connection, wutong: Site, now: datetime) -> None:
    with pytest.raises(Invalid, match="region_too_deep"):
        sites.create_region(conn, SYSTEM, now=now, parent_id=wutong.region_id, name="一弄")


def test_two_regions_of_one_parent_have_different_names(conn: Connection, city: Region, now: datetime) -> None:
    sites.create_region(conn, SYSTEM, now=now, parent_id=city.id, name="静安区")
    with pytest.raises(Conflict, match="region_taken"):
        sites.create_region(conn, SYSTEM, now=now, parent_id=city.id, name=" 静安区 ")
    other = sites.create_region(conn, SYSTEM, now=now, parent_id=city.id, name="黄浦区")
    with pytest.raises(Conflict, match="region_taken"):
        sites.rename_region(conn, SYSTEM, now=now, region_id=other.id, name="静安区")
    assert sites.rename_region(conn, SYSTEM, now=now, region_id=other.id, name="虹口区").name == "虹口区"


@pytest.mark.parametrize("tz", ["", "Asia", "Mars/Olympus", "../etc/passwd", "UTC+8"])
def test_a_time_zone_must_exist(conn: Connection, city: Region, now: datetime, tz: str) -> None:
    with pytest.raises(Invalid) as refused:
        sites.create_site(conn, SYSTEM, now=now, slug="a", name="甲", tz=tz, region_id=city.id)
    assert (refused.value.code, refused.value.field) == ("tz_unknown", "tz")


@pytest.mark.parametrize("slug", ["", "Big", "梧桐", "a b", "-a", "a/b", "a" * 64])
def test_a_site_slug_fits_a_topic(conn: Connection, city: Region, now: datetime, slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        sites.create_site(conn, SYSTEM, now=now, slug=slug, name="甲", region_id=city.id)
    assert refused.value.field == "slug"


def test_a_site_slug_is_taken_once(conn: Connection, wutong: Site, now: datetime) -> None:
    with pytest.raises(Conflict, match="site_slug_taken"):
        sites.create_site(conn, SYSTEM, now=now, slug="wutong", name="另一个", region_id=wutong.region_id)


def test_a_change_of_a_site_is_in_the_audit_log(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    after = sites.update_site(
        conn, cast.admin.actor, now=now, site_id=wutong.id, name="梧桐苑一期", tz="Asia/Urumqi", region_id=wutong.region_id
    )
    assert (after.name, str(after.zone)) == ("梧桐苑一期", "Asia/Urumqi")
    entry = conn.execute("SELECT person_id, site_id, subject, detail FROM audit_entry WHERE action = 'site.changed'").fetchone()
    changes = {"name": {"from": "梧桐苑", "to": "梧桐苑一期"}, "tz": {"from": "Asia/Shanghai", "to": "Asia/Urumqi"}}
    assert entry == (cast.admin.id, wutong.id, f"site:{wutong.id}", changes)


def test_the_device_password_is_kept_as_a_hash_only(conn: Connection, wutong: Site, now: datetime) -> None:
    assert places.list_mqtt_password_hashes(conn) == {}
    first = sites.renew_mqtt_password(conn, SYSTEM, now=now, site_id=wutong.id)
    second = sites.renew_mqtt_password(conn, SYSTEM, now=now, site_id=wutong.id)
    kept = places.list_mqtt_password_hashes(conn)["wutong"].encode()
    assert bcrypt.checkpw(second.encode(), kept)
    assert not bcrypt.checkpw(first.encode(), kept)
    log = conn.execute("SELECT string_agg(detail::text, '') FROM audit_entry").fetchone()
    assert log is not None
    assert second not in log[0]


def test_areas_have_a_short_name_of_their_own_in_each_site(conn: Connection, wutong: Site, jinxiu: Site, now: datetime) -> None:
    gate = sites.create_area(conn, SYSTEM, now=now, site_id=wutong.id, slug="gate", name="东大门", key_area=True)
    sites.create_area(conn, SYSTEM, now=now, site_id=jinxiu.id, slug="gate", name="正门")
    with pytest.raises(Conflict, match="area_slug_taken"):
        sites.create_area(conn, SYSTEM, now=now, site_id=wutong.id, slug="gate", name="西门")
    after = sites.update_area(conn, SYSTEM, now=now, site_id=wutong.id, area_id=gate.id, name="东门", key_area=False)
    assert places.list_areas(conn, wutong.id) == [after]
    assert (after.name, after.key_area) == ("东门", False)
