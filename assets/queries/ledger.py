"""SQL of assets and what they depend on."""

from datetime import datetime

from assets.models import (
    Asset,
    AssetFacts,
    AssetLine,
    AssetRef,
    AssetState,
    Category,
    Condition,
    Dependency,
    DependencyKind,
    LedgerCount,
)
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value


def list_assets(
    conn: Connection,
    site_id: int,
    *,
    text: str = "",
    category: Category | None = None,
    area_id: int | None = None,
    condition: Condition | None = None,
    state: AssetState | None = None,
    after_id: int | None = None,
    limit: int,
) -> list[AssetLine]:
    """By code. Without a state the retired ones are left out. `after_id` is the last asset of the page before."""
    return fetch_all(
        conn,
        AssetLine,
        """
        SELECT asset.id, asset.code, asset.name, category, area.name AS area_name, condition, state,
               device.slug AS device_slug, device_state.status AS device_status,
               (SELECT max(done_at) FROM asset_record r WHERE r.site_id = asset.site_id AND r.asset_id = asset.id) AS last_record_at
          FROM asset
          LEFT JOIN area ON area.site_id = asset.site_id AND area.id = asset.area_id
          LEFT JOIN device ON device.site_id = asset.site_id AND device.asset_id = asset.id AND device.retired_at IS NULL
          LEFT JOIN device_state ON device_state.site_id = device.site_id AND device_state.device_id = device.id
         WHERE asset.site_id = %(site_id)s
           AND (%(category)s::text IS NULL OR category = %(category)s)
           AND (%(area_id)s::bigint IS NULL OR asset.area_id = %(area_id)s)
           AND (%(condition)s::text IS NULL OR condition = %(condition)s)
           AND CASE WHEN %(state)s::text IS NULL THEN state <> 'retired' ELSE state = %(state)s END
           AND strpos(lower(concat_ws(' ', asset.code, asset.name, maker, model, note)), lower(%(text)s)) > 0
           AND (%(after_id)s::bigint IS NULL
                OR asset.code > (SELECT code FROM asset last WHERE last.site_id = %(site_id)s AND last.id = %(after_id)s))
         ORDER BY asset.code
         LIMIT %(limit)s
        """,
        site_id=site_id,
        text=text,
        category=category,
        area_id=area_id,
        condition=condition,
        state=state,
        after_id=after_id,
        limit=limit,
    )


def list_asset_refs(conn: Connection, site_id: int) -> list[AssetRef]:
    """The assets that are not retired, by code."""
    return fetch_all(
        conn,
        AssetRef,
        """
        SELECT asset.id, code, asset.name, category, area.name AS area_name
          FROM asset
          LEFT JOIN area ON area.site_id = asset.site_id AND area.id = asset.area_id
         WHERE asset.site_id = %(site_id)s AND state <> 'retired'
         ORDER BY code
        """,
        site_id=site_id,
    )


def count_assets(conn: Connection, site_id: int) -> list[LedgerCount]:
    """Assets that are not retired, by category and condition."""
    return fetch_all(
        conn,
        LedgerCount,
        """
        SELECT category, condition, count(*) AS count
          FROM asset
         WHERE site_id = %(site_id)s AND state <> 'retired'
         GROUP BY category, condition
         ORDER BY category, condition
        """,
        site_id=site_id,
    )


def get_asset(conn: Connection, site_id: int, asset_id: int) -> Asset:
    return fetch_one(
        conn,
        Asset,
        """
        SELECT asset.id, code, asset.name, category, area_id, area.name AS area_name, condition, state, maker, model,
               installed_on, note, created_at
          FROM asset
          LEFT JOIN area ON area.site_id = asset.site_id AND area.id = asset.area_id
         WHERE asset.site_id = %(site_id)s AND asset.id = %(id)s
        """,
        site_id=site_id,
        id=asset_id,
    )


def insert_asset(conn: Connection, site_id: int, facts: AssetFacts, *, now: datetime) -> int | None:
    """Its id; None when the code is taken at this site."""
    row_id = fetch_value(
        conn,
        """
        INSERT INTO asset (site_id, code, name, category, area_id, condition, state, maker, model, installed_on, note, created_at)
        VALUES (%(site_id)s, %(code)s, %(name)s, %(category)s, %(area_id)s, %(condition)s, %(state)s, %(maker)s, %(model)s,
                %(installed_on)s, %(note)s, %(now)s)
        ON CONFLICT (site_id, code) DO NOTHING
        RETURNING id
        """,
        site_id=site_id,
        code=facts.code,
        name=facts.name,
        category=facts.category,
        area_id=facts.area_id,
        condition=facts.condition,
        state=facts.state,
        maker=facts.maker,
        model=facts.model,
        installed_on=facts.installed_on,
        note=facts.note,
        now=now,
    )
    return None if row_id is None else int(row_id)


def update_asset(conn: Connection, site_id: int, asset_id: int, facts: AssetFacts) -> None:
    execute(
        conn,
        """
        UPDATE asset
           SET code = %(code)s, name = %(name)s, category = %(category)s, area_id = %(area_id)s, condition = %(condition)s,
               state = %(state)s, maker = %(maker)s, model = %(model)s, installed_on = %(installed_on)s, note = %(note)s
         WHERE site_id = %(site_id)s AND id = %(id)s
        """,
        site_id=site_id,
        id=asset_id,
        code=facts.code,
        name=facts.name,
        category=facts.category,
        area_id=facts.area_id,
        condition=facts.condition,
        state=facts.state,
        maker=facts.maker,
        model=facts.model,
        installed_on=facts.installed_on,
        note=facts.note,
    )


def update_condition(conn: Connection, site_id: int, asset_id: int, *, condition: Condition) -> None:
    execute(
        conn,
        "UPDATE asset SET condition = %(condition)s WHERE site_id = %(site_id)s AND id = %(id)s",
        site_id=site_id,
        id=asset_id,
        condition=condition,
    )


def list_depends_on(conn: Connection, site_id: int, asset_id: int) -> list[Dependency]:
    """What the asset does not work without."""
    return fetch_all(
        conn,
        Dependency,
        """
        SELECT d.asset_id, d.depends_on_id, d.kind, other.code, other.name, device_state.status AS device_status
          FROM asset_dependency d
          JOIN asset other ON other.site_id = d.site_id AND other.id = d.depends_on_id
          LEFT JOIN device ON device.site_id = d.site_id AND device.asset_id = other.id AND device.retired_at IS NULL
          LEFT JOIN device_state ON device_state.site_id = d.site_id AND device_state.device_id = device.id
         WHERE d.site_id = %(site_id)s AND d.asset_id = %(asset_id)s
         ORDER BY d.kind, other.code
        """,
        site_id=site_id,
        asset_id=asset_id,
    )


def list_depending(conn: Connection, site_id: int, asset_id: int) -> list[Dependency]:
    """What does not work without the asset."""
    return fetch_all(
        conn,
        Dependency,
        """
        SELECT d.asset_id, d.depends_on_id, d.kind, other.code, other.name, device_state.status AS device_status
          FROM asset_dependency d
          JOIN asset other ON other.site_id = d.site_id AND other.id = d.asset_id
          LEFT JOIN device ON device.site_id = d.site_id AND device.asset_id = other.id AND device.retired_at IS NULL
          LEFT JOIN device_state ON device_state.site_id = d.site_id AND device_state.device_id = device.id
         WHERE d.site_id = %(site_id)s AND d.depends_on_id = %(asset_id)s
         ORDER BY d.kind, other.code
        """,
        site_id=site_id,
        asset_id=asset_id,
    )


def lock_ledger(conn: Connection, site_id: int) -> None:
    """Until the transaction ends, nobody else changes of this site's ledger what must be seen as a whole."""
    execute(conn, "SELECT FROM site WHERE id = %(site_id)s FOR NO KEY UPDATE", site_id=site_id)


def list_edges(conn: Connection, site_id: int) -> list[tuple[int, int]]:
    """Every (asset, what it depends on) of the site, whatever the kind."""
    rows = conn.execute(
        "SELECT DISTINCT asset_id, depends_on_id FROM asset_dependency WHERE site_id = %(site_id)s", {"site_id": site_id}
    )
    return rows.fetchall()


def insert_dependency(conn: Connection, site_id: int, *, asset_id: int, depends_on_id: int, kind: DependencyKind) -> int:
    """0 when it was there already."""
    return execute(
        conn,
        """
        INSERT INTO asset_dependency (site_id, asset_id, depends_on_id, kind)
        VALUES (%(site_id)s, %(asset_id)s, %(depends_on_id)s, %(kind)s)
        ON CONFLICT DO NOTHING
        """,
        site_id=site_id,
        asset_id=asset_id,
        depends_on_id=depends_on_id,
        kind=kind,
    )


def delete_dependency(conn: Connection, site_id: int, *, asset_id: int, depends_on_id: int, kind: DependencyKind) -> int:
    """0 when there was none."""
    return execute(
        conn,
        """
        DELETE FROM asset_dependency
         WHERE site_id = %(site_id)s AND asset_id = %(asset_id)s AND depends_on_id = %(depends_on_id)s AND kind = %(kind)s
        """,
        site_id=site_id,
        asset_id=asset_id,
        depends_on_id=depends_on_id,
        kind=kind,
    )
