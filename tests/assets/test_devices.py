"""Devices are registered once, report of one asset at most, and are retired without losing what they said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from assets import devices
from assets.ledger import create_asset
from assets.models import Asset, AssetFacts, Device, Site
from assets.queries import devices as device_queries
from assets.queries import ledger
from core.errors import Conflict, Invalid
from people.models import SYSTEM
from store.db import Connection
from tests.cast import Cast

KINDS = ("gate_barrier", "cctv")
Register = Callable[..., Device]


@pytest.fixture
def register(conn: Connection, wutong: Site, now: datetime) -> Register:
    """A device of wutong by its slug."""

    def make(slug: str, **others: Any) -> Device:
        given = {"slug": slug, "kind": "cctv", "name": slug, "site_id": wutong.id} | others
        return devices.register_device(conn, SYSTEM, now=now, kinds=KINDS, **given)

    return make


@pytest.fixture
def asset(conn: Connection, wutong: Site, now: datetime) -> Asset:
    """A camera of wutong."""
    facts = AssetFacts(code="SX-01", name="车库摄像机", category="cctv")
    return create_asset(conn, SYSTEM, now=now, site_id=wutong.id, facts=facts)


def test_a_device_has_a_state_from_the_moment_it_is_registered(
    conn: Connection, cast: Cast, wutong: Site, register: Register, now: datetime
) -> None:
    device = register("cam-01")
    row = conn.execute("SELECT status, since, reason, last_seen_at FROM device_state WHERE device_id = %s", (device.id,)).fetchone()
    assert row == ("unknown", now, "registered", None)


def test_a_discovered_device_is_discovered_no_more(
    conn: Connection, wutong: Site, jinxiu: Site, register: Register, now: datetime
) -> None:
    for site in (wutong, jinxiu):
        conn.execute(
            "INSERT INTO discovered_device (site_id, slug, first_seen_at, last_seen_at, last_topic, last_payload)"
            " VALUES (%s, 'cam-01', %s, %s, '', '')",
            (site.id, now, now),
        )
    register("cam-01")
    assert conn.execute("SELECT site_id FROM discovered_device").fetchall() == [(jinxiu.id,)]


def test_a_device_and_its_asset_are_entered_in_one_form(conn: Connection, wutong: Site, register: Register) -> None:
    facts = AssetFacts(code="SX-02", name="大堂摄像机", category="cctv")
    device = register("cam-02", new_asset=facts)
    assert device.asset_id is not None
    assert ledger.get_asset(conn, wutong.id, device.asset_id).code == "SX-02"
    assert ledger.list_assets(conn, wutong.id, limit=9)[0].device_status == "unknown"
    with pytest.raises(Conflict) as refused, conn.transaction():
        register("cam-03", new_asset=facts)
    assert refused.value.field == "new_asset.code"
    with pytest.raises(Invalid) as missing, conn.transaction():
        register("cam-03", new_asset=replace(facts, code="SX-03", name=""))
    assert missing.value.field == "new_asset.name"


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"slug": ""}, "text_missing", "slug"),
        ({"slug": "Cam 1"}, "device_slug_form", "slug"),
        ({"slug": "a/b"}, "device_slug_form", "slug"),
        ({"slug": "c" * 65}, "text_too_long", "slug"),
        ({"kind": "toaster"}, "choice_unknown", "kind"),
        ({"kind": ""}, "choice_missing", "kind"),
        ({"name": " "}, "text_missing", "name"),
        ({"asset_id": 999}, "choice_unknown", "asset_id"),
        ({"silent_after": timedelta(seconds=1)}, "silence_range", "silent_after"),
        ({"silent_after": timedelta(days=31)}, "silence_range", "silent_after"),
    ],
)
def test_what_cannot_be_accepted_names_its_field(register: Register, given: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(**{"slug": "cam-01"} | given)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_slug_is_taken_once_in_each_site(wutong: Site, jinxiu: Site, register: Register) -> None:
    register("cam-01")
    register("cam-01", site_id=jinxiu.id)
    with pytest.raises(Conflict, match="device_slug_taken"):
        register("cam-01")


def test_an_asset_has_one_device_in_operation(
    conn: Connection, wutong: Site, asset: Asset, register: Register, now: datetime
) -> None:
    old = register("cam-01", asset_id=asset.id)
    with pytest.raises(Conflict) as refused:
        register("cam-02", asset_id=asset.id)
    assert (refused.value.code, refused.value.field) == ("asset_has_device", "asset_id")
    other = register("cam-02")
    with pytest.raises(Conflict, match="asset_has_device"):
        devices.update_device(
            conn,
            SYSTEM,
            now=now,
            site_id=wutong.id,
            device_id=other.id,
            name="新",
            address=None,
            formats=(),
            asset_id=asset.id,
            silent_after=None,
        )
    retired = devices.retire_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=old.id)
    assert (retired.retired_at, retired.asset_id) == (now, asset.id)
    changed = devices.update_device(
        conn,
        SYSTEM,
        now=now,
        site_id=wutong.id,
        device_id=other.id,
        name="新",
        address=None,
        formats=(),
        asset_id=asset.id,
        silent_after=timedelta(hours=1),
    )
    assert device_queries.find_device_of_asset(conn, wutong.id, asset.id) == changed
    with pytest.raises(Conflict, match="asset_has_device"):
        devices.reinstate_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=old.id)


def test_a_device_is_retired_and_reinstated_once(conn: Connection, wutong: Site, register: Register, now: datetime) -> None:
    device = register("cam-01")
    devices.retire_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=device.id)
    with pytest.raises(Conflict, match="device_retired"):
        devices.retire_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=device.id)
    assert device_queries.list_devices(conn, wutong.id) == []
    assert [d.slug for d in device_queries.list_devices(conn, wutong.id, retired=True)] == ["cam-01"]
    devices.reinstate_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=device.id)
    with pytest.raises(Conflict, match="device_in_operation"):
        devices.reinstate_device(conn, SYSTEM, now=now, site_id=wutong.id, device_id=device.id)
    assert device_queries.list_devices(conn, wutong.id) == [device]
