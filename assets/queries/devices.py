"""SQL of devices. Their health and readings are asked of ingest."""

from datetime import datetime, timedelta

from assets.models import Device
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value, find_one


def list_devices(conn: Connection, site_id: int, *, retired: bool = False) -> list[Device]:
    """The devices in operation, or the retired ones, by slug."""
    return fetch_all(
        conn,
        Device,
        """
        SELECT id, slug, address, kind, name, asset_id, silent_after, registered_at, retired_at
          FROM device
         WHERE site_id = %(site_id)s AND (retired_at IS NOT NULL) = %(retired)s
         ORDER BY slug
        """,
        site_id=site_id,
        retired=retired,
    )


def get_device(conn: Connection, site_id: int, device_id: int) -> Device:
    return fetch_one(
        conn,
        Device,
        """
        SELECT id, slug, address, kind, name, asset_id, silent_after, registered_at, retired_at
          FROM device
         WHERE site_id = %(site_id)s AND id = %(id)s
        """,
        site_id=site_id,
        id=device_id,
    )


def get_device_by_slug(conn: Connection, site_id: int, slug: str) -> Device:
    """Retired ones too."""
    return fetch_one(
        conn,
        Device,
        """
        SELECT id, slug, address, kind, name, asset_id, silent_after, registered_at, retired_at
          FROM device
         WHERE site_id = %(site_id)s AND slug = %(slug)s
        """,
        site_id=site_id,
        slug=slug,
    )


def find_device_of_asset(conn: Connection, site_id: int, asset_id: int) -> Device | None:
    """The device in operation that reports of the asset."""
    return find_one(
        conn,
        Device,
        """
        SELECT id, slug, address, kind, name, asset_id, silent_after, registered_at, retired_at
          FROM device
         WHERE site_id = %(site_id)s AND asset_id = %(asset_id)s AND retired_at IS NULL
        """,
        site_id=site_id,
        asset_id=asset_id,
    )


def insert_device(
    conn: Connection,
    site_id: int,
    *,
    slug: str,
    address: str | None,
    kind: str,
    name: str,
    asset_id: int | None,
    silent_after: timedelta | None,
    now: datetime,
) -> int | None:
    """Its id; None when the slug is taken at this site.

    A UniqueViolation of `device_address` says that the address is another's, any other that the asset has a device.
    """
    row_id = fetch_value(
        conn,
        """
        INSERT INTO device (site_id, slug, address, kind, name, asset_id, silent_after, registered_at)
        VALUES (%(site_id)s, %(slug)s, %(address)s, %(kind)s, %(name)s, %(asset_id)s, %(silent_after)s, %(now)s)
        ON CONFLICT (site_id, slug) DO NOTHING
        RETURNING id
        """,
        site_id=site_id,
        slug=slug,
        address=address,
        kind=kind,
        name=name,
        asset_id=asset_id,
        silent_after=silent_after,
        now=now,
    )
    return None if row_id is None else int(row_id)


def update_device(
    conn: Connection,
    site_id: int,
    device_id: int,
    *,
    name: str,
    address: str | None,
    asset_id: int | None,
    silent_after: timedelta | None,
) -> None:
    """A UniqueViolation of `device_address` says that the address is another's, any other that the asset has another device."""
    execute(
        conn,
        """
        UPDATE device
           SET name = %(name)s, address = %(address)s, asset_id = %(asset_id)s, silent_after = %(silent_after)s
         WHERE site_id = %(site_id)s AND id = %(id)s
        """,
        site_id=site_id,
        id=device_id,
        name=name,
        address=address,
        asset_id=asset_id,
        silent_after=silent_after,
    )


def mark_retired(conn: Connection, site_id: int, device_id: int, *, now: datetime) -> int:
    """0 when it is retired already."""
    return execute(
        conn,
        "UPDATE device SET retired_at = %(now)s WHERE site_id = %(site_id)s AND id = %(id)s AND retired_at IS NULL",
        site_id=site_id,
        id=device_id,
        now=now,
    )


def mark_in_operation(conn: Connection, site_id: int, device_id: int) -> int:
    """0 when it is not retired. A UniqueViolation says that its address, or its asset, is another device's by now."""
    return execute(
        conn,
        "UPDATE device SET retired_at = NULL WHERE site_id = %(site_id)s AND id = %(id)s AND retired_at IS NOT NULL",
        site_id=site_id,
        id=device_id,
    )
