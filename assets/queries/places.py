"""SQL of regions, sites and areas."""

from collections.abc import Mapping
from datetime import datetime

from assets.models import Area, Region, RegionLevel, Site
from store.db import Connection, execute, fetch_all, fetch_one, fetch_value, find_one


def list_regions(conn: Connection) -> list[Region]:
    """The whole tree, parents before their children."""
    return fetch_all(
        conn,
        Region,
        """
        SELECT id, parent_id, level, name
          FROM region
         ORDER BY array_position(ARRAY['city', 'district', 'street'], level), name, id
        """,
    )


def get_region(conn: Connection, region_id: int) -> Region:
    return fetch_one(conn, Region, "SELECT id, parent_id, level, name FROM region WHERE id = %(id)s", id=region_id)


def list_region_path(conn: Connection, region_id: int) -> list[Region]:
    """The region with everything above it, from the top: city, district, street."""
    return fetch_all(
        conn,
        Region,
        """
        WITH RECURSIVE up (id, parent_id, level, name, height) AS (
            SELECT id, parent_id, level, name, 0 FROM region WHERE id = %(id)s
            UNION ALL
            SELECT r.id, r.parent_id, r.level, r.name, up.height + 1 FROM region r JOIN up ON r.id = up.parent_id
        )
        SELECT id, parent_id, level, name FROM up ORDER BY height DESC
        """,
        id=region_id,
    )


def insert_region(conn: Connection, *, parent_id: int | None, level: RegionLevel, name: str) -> int | None:
    """Its id; None when there is one of this name below that parent."""
    row_id = fetch_value(
        conn,
        """
        INSERT INTO region (parent_id, level, name)
        VALUES (%(parent_id)s, %(level)s, %(name)s)
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        parent_id=parent_id,
        level=level,
        name=name,
    )
    return None if row_id is None else int(row_id)


def update_region(conn: Connection, region_id: int, *, name: str) -> None:
    execute(conn, "UPDATE region SET name = %(name)s WHERE id = %(id)s", id=region_id, name=name)


def list_sites(conn: Connection) -> list[Site]:
    """Every site, by name."""
    return fetch_all(conn, Site, "SELECT id, slug, name, tz, region_id FROM site ORDER BY name, id")


def list_sites_of(conn: Connection, *, person_id: int) -> list[Site]:
    """The sites where a person holds a role: at the site itself, at a region above it, or as admin; by name."""
    return fetch_all(
        conn,
        Site,
        """
        WITH RECURSIVE covered (id) AS (
            SELECT region_id FROM role_grant WHERE person_id = %(person_id)s AND region_id IS NOT NULL
            UNION
            SELECT region.id FROM region JOIN covered ON region.parent_id = covered.id
        )
        SELECT id, slug, name, tz, region_id
          FROM site
         WHERE EXISTS (SELECT FROM role_grant WHERE person_id = %(person_id)s AND (role = 'admin' OR site_id = site.id))
            OR region_id IN (SELECT id FROM covered)
         ORDER BY name, id
        """,
        person_id=person_id,
    )


def find_site_by_slug(conn: Connection, slug: str) -> Site | None:
    return find_one(conn, Site, "SELECT id, slug, name, tz, region_id FROM site WHERE slug = %(slug)s", slug=slug)


def get_site_by_slug(conn: Connection, slug: str) -> Site:
    return fetch_one(conn, Site, "SELECT id, slug, name, tz, region_id FROM site WHERE slug = %(slug)s", slug=slug)


def get_site(conn: Connection, site_id: int) -> Site:
    return fetch_one(conn, Site, "SELECT id, slug, name, tz, region_id FROM site WHERE id = %(id)s", id=site_id)


def insert_site(conn: Connection, *, slug: str, name: str, tz: str, region_id: int, now: datetime) -> int | None:
    """Its id; None when the slug is taken."""
    row_id = fetch_value(
        conn,
        """
        INSERT INTO site (slug, name, tz, region_id, created_at)
        VALUES (%(slug)s, %(name)s, %(tz)s, %(region_id)s, %(now)s)
        ON CONFLICT (slug) DO NOTHING
        RETURNING id
        """,
        slug=slug,
        name=name,
        tz=tz,
        region_id=region_id,
        now=now,
    )
    return None if row_id is None else int(row_id)


def update_site(conn: Connection, site_id: int, *, name: str, tz: str, region_id: int) -> None:
    execute(
        conn,
        "UPDATE site SET name = %(name)s, tz = %(tz)s, region_id = %(region_id)s WHERE id = %(id)s",
        id=site_id,
        name=name,
        tz=tz,
        region_id=region_id,
    )


def update_mqtt_password_hash(conn: Connection, site_id: int, *, password_hash: str) -> None:
    execute(
        conn,
        "UPDATE site SET mqtt_password_hash = %(password_hash)s WHERE id = %(id)s",
        id=site_id,
        password_hash=password_hash,
    )


def list_mqtt_password_hashes(conn: Connection) -> Mapping[str, str]:
    """Site slug → bcrypt hash, of the sites whose devices may sign in to the embedded broker."""
    rows = conn.execute("SELECT slug, mqtt_password_hash FROM site WHERE mqtt_password_hash IS NOT NULL ORDER BY slug")
    return dict(rows.fetchall())


def list_areas(conn: Connection, site_id: int) -> list[Area]:
    """The areas of a site, by name."""
    return fetch_all(
        conn,
        Area,
        "SELECT id, slug, name, key_area FROM area WHERE site_id = %(site_id)s ORDER BY name, id",
        site_id=site_id,
    )


def get_area(conn: Connection, site_id: int, area_id: int) -> Area:
    return fetch_one(
        conn,
        Area,
        "SELECT id, slug, name, key_area FROM area WHERE site_id = %(site_id)s AND id = %(id)s",
        site_id=site_id,
        id=area_id,
    )


def insert_area(conn: Connection, site_id: int, *, slug: str, name: str, key_area: bool) -> int | None:
    """Its id; None when the slug is taken at this site."""
    row_id = fetch_value(
        conn,
        """
        INSERT INTO area (site_id, slug, name, key_area)
        VALUES (%(site_id)s, %(slug)s, %(name)s, %(key_area)s)
        ON CONFLICT (site_id, slug) DO NOTHING
        RETURNING id
        """,
        site_id=site_id,
        slug=slug,
        name=name,
        key_area=key_area,
    )
    return None if row_id is None else int(row_id)


def update_area(conn: Connection, site_id: int, area_id: int, *, name: str, key_area: bool) -> None:
    execute(
        conn,
        "UPDATE area SET name = %(name)s, key_area = %(key_area)s WHERE site_id = %(site_id)s AND id = %(id)s",
        site_id=site_id,
        id=area_id,
        name=name,
        key_area=key_area,
    )
