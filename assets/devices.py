"""Devices are registered, named, linked to the asset they report of, and retired."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from psycopg.errors import UniqueViolation

from assets.changes import changed, tell
from assets.ledger import create_asset
from assets.models import Asset, AssetFacts, Device
from assets.queries import devices, ledger
from core import checks
from core.errors import Conflict, Invalid, NotFound
from people.models import Actor
from store.db import Connection

NAME_LIMIT = 100
ADDRESS_LIMIT = 200
SHORTEST_SILENCE = timedelta(seconds=10)
LONGEST_SILENCE = timedelta(days=30)
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # what a topic of the native format may hold


def register_device(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    slug: str,
    kind: str,
    kinds: Collection[str],
    name: str,
    address: str | None = None,
    formats: Collection[str] = (),
    asset_id: int | None = None,
    new_asset: AssetFacts | None = None,
    silent_after: timedelta | None = None,
) -> Device:
    """From now on its messages are taken. It may report of an asset of the ledger, or of a new one entered with it.

    `kinds`, `formats`: the slugs of those there are. Raises Conflict when the slug or the address is taken, or the asset has
    a device.
    """
    slug = checks.one_line(slug, field="slug", limit=64)
    if not _SLUG.fullmatch(slug):
        raise Invalid("device_slug_form", field="slug")
    checks.one_of(kind, kinds, field="kind")
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    address = _checked_address(address, formats)
    _check_silence(silent_after)
    if new_asset is not None:
        asset_id = _create_asset(conn, actor, now=now, site_id=site_id, facts=new_asset).id
    _check_asset(conn, site_id, asset_id)
    with _one_of_each(conn):
        device_id = devices.insert_device(
            conn,
            site_id,
            slug=slug,
            address=address,
            kind=kind,
            name=name,
            asset_id=asset_id,
            silent_after=silent_after,
            now=now,
        )
    if device_id is None:
        raise Conflict("device_slug_taken", field="slug", slug=slug)
    detail = {"slug": slug, "address": address, "kind": kind, "name": name, "asset": asset_id}
    tell(conn, actor, now=now, action="device.registered", subject=f"device:{device_id}", site_id=site_id, detail=detail)
    return devices.get_device(conn, site_id, device_id)


def update_device(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    device_id: int,
    name: str,
    address: str | None,
    formats: Collection[str],
    asset_id: int | None,
    silent_after: timedelta | None,
) -> Device:
    """Another name, address (of the one put in its place), asset, or time it may be silent. Slug and kind stay."""
    before = devices.get_device(conn, site_id, device_id)
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    address = _checked_address(address, formats)
    _check_silence(silent_after)
    _check_asset(conn, site_id, asset_id)
    with _one_of_each(conn):
        devices.update_device(conn, site_id, device_id, name=name, address=address, asset_id=asset_id, silent_after=silent_after)
    after = devices.get_device(conn, site_id, device_id)
    detail = changed(before, after, "name", "address", "asset_id", "silent_after")
    tell(conn, actor, now=now, action="device.changed", subject=f"device:{device_id}", site_id=site_id, detail=detail)
    return after


def retire_device(conn: Connection, actor: Actor, *, now: datetime, site_id: int, device_id: int) -> Device:
    """It is not watched any more; what it reported stays. Raises Conflict when it is retired already."""
    device = devices.get_device(conn, site_id, device_id)
    if not devices.mark_retired(conn, site_id, device_id, now=now):
        raise Conflict("device_retired")
    detail = {"slug": device.slug}
    tell(conn, actor, now=now, action="device.retired", subject=f"device:{device_id}", site_id=site_id, detail=detail)
    return devices.get_device(conn, site_id, device_id)


def reinstate_device(conn: Connection, actor: Actor, *, now: datetime, site_id: int, device_id: int) -> Device:
    """It is watched again. Raises Conflict when it is not retired, or when another device took over its address or asset."""
    device = devices.get_device(conn, site_id, device_id)
    with _one_of_each(conn):
        if not devices.mark_in_operation(conn, site_id, device_id):
            raise Conflict("device_in_operation")
    detail = {"slug": device.slug}
    tell(conn, actor, now=now, action="device.reinstated", subject=f"device:{device_id}", site_id=site_id, detail=detail)
    return devices.get_device(conn, site_id, device_id)


def _create_asset(conn: Connection, actor: Actor, *, now: datetime, site_id: int, facts: AssetFacts) -> Asset:
    """Its fields are named apart from the device's, for both are entered in one form."""
    try:
        return create_asset(conn, actor, now=now, site_id=site_id, facts=facts)
    except (Invalid, Conflict) as error:
        error.field = error.field and f"new_asset.{error.field}"
        raise


@contextmanager
def _one_of_each(conn: Connection) -> Iterator[None]:
    """An asset has one device, an address is one device's."""
    try:
        with conn.transaction():
            yield
    except UniqueViolation as error:
        if error.diag.constraint_name == "device_address":
            raise Conflict("device_address_taken", field="address") from None
        raise Conflict("asset_has_device", field="asset_id") from None


def _checked_address(address: str | None, formats: Collection[str]) -> str | None:
    if not address:
        return None
    address = checks.one_line(address, field="address", limit=ADDRESS_LIMIT)
    format_, _, name = address.partition(":")
    if not name or format_ not in formats:
        raise Invalid("device_address_form", field="address", formats=", ".join(formats))
    return address


def _check_asset(conn: Connection, site_id: int, asset_id: int | None) -> None:
    if asset_id is not None:
        try:
            ledger.get_asset(conn, site_id, asset_id)
        except NotFound:
            raise Invalid("choice_unknown", field="asset_id") from None


def _check_silence(length: timedelta | None) -> None:
    if length is not None and not SHORTEST_SILENCE <= length <= LONGEST_SILENCE:
        raise Invalid("silence_range", field="silent_after")
