"""Devices in trouble, for tests of alerts."""

from collections.abc import Sequence
from datetime import datetime

from assets.devices import register_device
from assets.ledger import create_asset
from assets.models import AssetFacts, Device, Site
from assets.sites import create_area
from ingest.kinds import all_kinds
from ingest.model import Status
from people.models import SYSTEM
from store.db import Connection


def add_device(
    conn: Connection,
    site: Site,
    now: datetime,
    slug: str = "gate-south",
    *,
    name: str = "南门道闸",
    kind: str = "gate_barrier",
    area: str | None = "南门岗亭",
) -> Device:
    """A device in the ledger; with an `area`, it reports of an asset that stands there."""
    asset_id = None
    if area is not None:
        area_id = create_area(conn, SYSTEM, now=now, site_id=site.id, slug=f"area-{slug}", name=area).id
        facts = AssetFacts(code=f"A-{slug}", name=name, category="gate", area_id=area_id)
        asset_id = create_asset(conn, SYSTEM, now=now, site_id=site.id, facts=facts).id
    return register_device(
        conn,
        SYSTEM,
        now=now,
        site_id=site.id,
        slug=slug,
        kind=kind,
        kinds=all_kinds().keys(),
        name=name,
        asset_id=asset_id,
    )


def set_status(
    conn: Connection,
    site: Site,
    device: Device,
    status: Status,
    since: datetime,
    *,
    reason: str = "silence",
    faults: Sequence[str] = (),
) -> None:
    """What the ingester writes when a device's status changes."""
    conn.execute(
        "UPDATE device_state SET status = %s, since = %s, reason = %s, faults = %s WHERE site_id = %s AND device_id = %s",
        (status, since, reason, list(faults), site.id, device.id),
    )


def count(conn: Connection, table: str) -> int:
    """Rows of a table."""
    row = conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - a name of this test
    assert row is not None
    return int(row[0])
