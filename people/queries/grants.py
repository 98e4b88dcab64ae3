"""SQL of roles: who has which one where."""

from collections.abc import Sequence

from people.models import Grant, PersonGrant, Role
from store.db import Connection, execute, fetch_all, fetch_value


def list_grants(conn: Connection, *, person_id: int) -> list[Grant]:
    return fetch_all(
        conn,
        Grant,
        "SELECT id, role, site_id, region_id FROM role_grant WHERE person_id = %(person_id)s ORDER BY id",
        person_id=person_id,
    )


def list_roles_at(conn: Connection, *, person_id: int, site_id: int) -> list[Role]:
    """The roles that hold at a site: its own grants, those of the regions above it, and admin."""
    roles: list[Role] = fetch_value(
        conn,
        """
        WITH RECURSIVE above (id, parent_id) AS (
            SELECT region.id, region.parent_id FROM site JOIN region ON region.id = site.region_id WHERE site.id = %(site_id)s
            UNION ALL
            SELECT region.id, region.parent_id FROM region JOIN above ON region.id = above.parent_id
        )
        SELECT coalesce(array_agg(DISTINCT role), '{}')
          FROM role_grant
         WHERE person_id = %(person_id)s
           AND (role = 'admin' OR site_id = %(site_id)s OR region_id IN (SELECT id FROM above))
        """,
        person_id=person_id,
        site_id=site_id,
    )
    return roles


def list_grants_of(conn: Connection, *, person_ids: Sequence[int]) -> list[PersonGrant]:
    """The grants of several people with the names of the places, the widest first."""
    return fetch_all(
        conn,
        PersonGrant,
        """
        SELECT role_grant.id, role_grant.person_id, role_grant.role, role_grant.site_id, site.slug AS site_slug,
               site.name AS site_name, role_grant.region_id, region.name AS region_name
          FROM role_grant
          LEFT JOIN site ON site.id = role_grant.site_id
          LEFT JOIN region ON region.id = role_grant.region_id
         WHERE role_grant.person_id = ANY(%(person_ids)s)
         ORDER BY role_grant.role <> 'admin', region.name NULLS LAST, site.name, role_grant.role
        """,
        person_ids=list(person_ids),
    )


def create_grant(conn: Connection, *, person_id: int, role: Role, site_id: int | None, region_id: int | None) -> int | None:
    """The new id; None when the person has it already."""
    grant_id: int | None = fetch_value(
        conn,
        """
        INSERT INTO role_grant (person_id, role, site_id, region_id)
        VALUES (%(person_id)s, %(role)s, %(site_id)s, %(region_id)s)
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        person_id=person_id,
        role=role,
        site_id=site_id,
        region_id=region_id,
    )
    return grant_id


def delete_grant(conn: Connection, grant_id: int) -> bool:
    """False when somebody else was faster."""
    return execute(conn, "DELETE FROM role_grant WHERE id = %(id)s", id=grant_id) == 1


def lock_admins(conn: Connection) -> list[int]:
    """The active people who are admin. Nobody changes that until the transaction ends."""
    rows = fetch_all(
        conn,
        Grant,
        """
        SELECT role_grant.person_id AS id, role, site_id, region_id
          FROM role_grant
          JOIN person ON person.id = role_grant.person_id
         WHERE role = 'admin' AND person.active
         ORDER BY role_grant.id
           FOR UPDATE
        """,
    )
    return [row.id for row in rows]
