"""SQL of checkpoints."""

from collections.abc import Sequence

from patrol.planning.models import Checkpoint
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value, find_one


def list_checkpoints(conn: Connection, site_id: int, *, retired: bool = False) -> list[Checkpoint]:
    """The checkpoints of a site by name; retired ones too when asked, at the end."""
    return fetch_all(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND (c.active OR %(retired)s)
         ORDER BY c.active DESC, c.name, c.id
    """, site_id=site_id, retired=retired)  # fmt: skip


def get_checkpoint(conn: Connection, site_id: int, checkpoint_id: int) -> Checkpoint:
    """One checkpoint, retired or not."""
    return fetch_one(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND c.id = %(id)s
    """, site_id=site_id, id=checkpoint_id)  # fmt: skip


def find_checkpoint_by_code(conn: Connection, site_id: int, code: str) -> Checkpoint | None:
    """The checkpoint, retired or not, whose code this is."""
    return find_one(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND c.code = %(code)s
    """, site_id=site_id, code=code)  # fmt: skip


def lock_checkpoint(conn: Connection, site_id: int, checkpoint_id: int) -> Checkpoint:
    """One checkpoint, which no route can take up until the transaction ends."""
    return fetch_one(conn, Checkpoint, """
        SELECT c.id, c.code, c.name, c.area_id, a.name AS area_name, coalesce(a.key_area, false) AS key_area, c.active
          FROM checkpoint c
          LEFT JOIN area a ON a.site_id = c.site_id AND a.id = c.area_id
         WHERE c.site_id = %(site_id)s AND c.id = %(id)s
           FOR UPDATE OF c
    """, site_id=site_id, id=checkpoint_id)  # fmt: skip


def has_area(conn: Connection, site_id: int, area_id: int) -> bool:
    """Whether the area is one of the site's."""
    found = fetch_value(conn, "SELECT 1 FROM area WHERE site_id = %(site_id)s AND id = %(id)s", site_id=site_id, id=area_id)
    return found is not None


def insert_checkpoint(conn: Connection, *, site_id: int, code: str, name: str, area_id: int | None) -> int | None:
    """The new checkpoint's id, or None when the code is taken."""
    checkpoint_id: int | None = fetch_value(conn, """
        INSERT INTO checkpoint (site_id, code, name, area_id)
        VALUES (%(site_id)s, %(code)s, %(name)s, %(area_id)s)
        ON CONFLICT (site_id, code) DO NOTHING
        RETURNING id
    """, site_id=site_id, code=code, name=name, area_id=area_id)  # fmt: skip
    return checkpoint_id


def update_checkpoint(conn: Connection, *, site_id: int, checkpoint_id: int, code: str, name: str, area_id: int | None) -> None:
    """Store what it is called and where it is."""
    execute(conn, """
        UPDATE checkpoint SET code = %(code)s, name = %(name)s, area_id = %(area_id)s
         WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=checkpoint_id, code=code, name=name, area_id=area_id)  # fmt: skip


def mark_checkpoint(conn: Connection, *, site_id: int, checkpoint_id: int, active: bool) -> None:
    """Retire or restore it."""
    execute(conn, """
        UPDATE checkpoint SET active = %(active)s WHERE site_id = %(site_id)s AND id = %(id)s
    """, site_id=site_id, id=checkpoint_id, active=active)  # fmt: skip


def lock_checkpoints(conn: Connection, site_id: int, checkpoint_ids: Sequence[int]) -> set[int]:
    """Which of them are active checkpoints of the site; those cannot be retired until the transaction ends."""
    rows = conn.execute("""
        SELECT id FROM checkpoint
         WHERE site_id = %(site_id)s AND id = ANY (%(ids)s::bigint[]) AND active
         ORDER BY id
           FOR SHARE
    """, {"site_id": site_id, "ids": list(checkpoint_ids)})  # fmt: skip
    return {row[0] for row in rows}


def list_route_names_with(conn: Connection, site_id: int, checkpoint_id: int) -> list[str]:
    """The names of the routes in use that pass a checkpoint."""
    rows = conn.execute("""
        SELECT r.name
          FROM route_stop s
          JOIN route r ON r.site_id = s.site_id AND r.id = s.route_id
         WHERE s.site_id = %(site_id)s AND s.checkpoint_id = %(id)s AND r.retired_at IS NULL
         ORDER BY r.name
    """, {"site_id": site_id, "id": checkpoint_id})  # fmt: skip
    return [row[0] for row in rows]
