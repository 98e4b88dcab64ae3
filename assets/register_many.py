"""Many devices are registered at once: all of them, or none."""

from collections.abc import Collection, Mapping
from datetime import datetime

from assets.devices import register_device
from assets.models import Device, NewDevice
from assets.queries.ledger import lock_ledger
from core.errors import AppError, Conflict, Invalid, InvalidRows
from people.models import Actor
from store.db import Connection

MOST = 2000


def register_devices(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    rows: Mapping[int, NewDevice],
    kinds: Collection[str],
    formats: Collection[str],
) -> list[Device]:
    """`rows` by the numbers that people know them by. Raises InvalidRows, and then none of them is registered."""
    with conn.transaction():
        devices, problems = _register_each(conn, actor, now=now, site_id=site_id, rows=rows, kinds=kinds, formats=formats)
        if problems:
            raise InvalidRows(problems)
    return devices


def find_problems(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    rows: Mapping[int, NewDevice],
    kinds: Collection[str],
    formats: Collection[str],
) -> Mapping[int, AppError]:
    """What registering them would refuse, by row. It is done and taken back, so that there is one set of rules."""
    with conn.transaction(force_rollback=True):
        _, problems = _register_each(conn, actor, now=now, site_id=site_id, rows=rows, kinds=kinds, formats=formats)
    return problems


def _register_each(
    conn: Connection,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    rows: Mapping[int, NewDevice],
    kinds: Collection[str],
    formats: Collection[str],
) -> tuple[list[Device], dict[int, AppError]]:
    lock_ledger(conn, site_id)  # two lists that name the same things in another order would wait for each other
    devices: list[Device] = []
    problems = _named_twice(rows)
    for number, row in rows.items():
        if number in problems:
            continue
        try:
            with conn.transaction():
                device = register_device(
                    conn,
                    actor,
                    now=now,
                    site_id=site_id,
                    slug=row.slug,
                    kind=row.kind,
                    kinds=kinds,
                    name=row.name,
                    address=row.address,
                    formats=formats,
                    asset_id=row.asset_id,
                    new_asset=row.new_asset,
                    silent_after=row.silent_after,
                )
        except (Invalid, Conflict) as error:
            problems[number] = error
        else:
            devices.append(device)
    return devices, dict(sorted(problems.items()))


def _named_twice(rows: Mapping[int, NewDevice]) -> dict[int, AppError]:
    """Rows that name what an earlier one of the list names, which is not in the ledger yet."""
    first: dict[tuple[str, object], int] = {}
    problems: dict[int, AppError] = {}
    for number, row in rows.items():
        code = row.new_asset.code if row.new_asset else None
        names = {"slug": row.slug, "address": row.address, "asset_id": row.asset_id, "new_asset.code": code}
        for field, value in names.items():
            if value and first.setdefault((field, value), number) != number:
                problems.setdefault(number, Conflict("row_twice", field=field, row=first[field, value]))
    return problems
