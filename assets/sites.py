"""Regions, sites and areas: the administrator lays out what there is to look after."""

import secrets
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import bcrypt
from psycopg.errors import UniqueViolation

from assets.changes import changed, tell
from assets.models import REGION_LEVELS, Area, Region, Site
from assets.queries import places
from core import checks
from core.errors import Conflict, Invalid, NotFound
from people.models import Actor
from store.db import Connection

NAME_LIMIT = 100
SITE_SLUG_LIMIT = 63
AREA_SLUG_LIMIT = 40
DEFAULT_TZ = "Asia/Shanghai"


def create_region(conn: Connection, actor: Actor, *, now: datetime, parent_id: int | None = None, name: str) -> Region:
    """A city, or what is one level below its parent. Raises Conflict when the parent has one of that name."""
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    depth = 0 if parent_id is None else REGION_LEVELS.index(_region(conn, parent_id, field="parent_id").level) + 1
    if depth == len(REGION_LEVELS):
        raise Invalid("region_too_deep", field="parent_id")
    region_id = places.insert_region(conn, parent_id=parent_id, level=REGION_LEVELS[depth], name=name)
    if region_id is None:
        raise Conflict("region_taken", field="name", name=name)
    region = places.get_region(conn, region_id)
    detail = {"name": name, "level": region.level}
    tell(conn, actor, now=now, action="region.created", subject=f"region:{region_id}", detail=detail)
    return region


def rename_region(conn: Connection, actor: Actor, *, now: datetime, region_id: int, name: str) -> Region:
    """Raises Conflict when its parent has another one of that name."""
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    before = places.get_region(conn, region_id)
    try:
        with conn.transaction():
            places.update_region(conn, region_id, name=name)
    except UniqueViolation:
        raise Conflict("region_taken", field="name", name=name) from None
    after = places.get_region(conn, region_id)
    detail = changed(before, after, "name")
    tell(conn, actor, now=now, action="region.renamed", subject=f"region:{region_id}", detail=detail)
    return after


def create_site(
    conn: Connection, actor: Actor, *, now: datetime, slug: str, name: str, tz: str = DEFAULT_TZ, region_id: int
) -> Site:
    """A compound in a region of any level. Raises Conflict when the slug is taken."""
    slug = checks.slug(slug, field="slug", limit=SITE_SLUG_LIMIT)
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    region = _region(conn, region_id, field="region_id")
    site_id = places.insert_site(conn, slug=slug, name=name, tz=_zone(tz), region_id=region.id, now=now)
    if site_id is None:
        raise Conflict("site_slug_taken", field="slug", slug=slug)
    detail = {"slug": slug, "name": name, "tz": tz, "region": region.name}
    tell(conn, actor, now=now, action="site.created", subject=f"site:{site_id}", site_id=site_id, detail=detail)
    return places.get_site(conn, site_id)


def update_site(conn: Connection, actor: Actor, *, now: datetime, site_id: int, name: str, tz: str, region_id: int) -> Site:
    """Another name, time zone or region. The slug stays: the topics of its devices hold it."""
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    before = places.get_site(conn, site_id)
    region = _region(conn, region_id, field="region_id")
    places.update_site(conn, site_id, name=name, tz=_zone(tz), region_id=region.id)
    after = places.get_site(conn, site_id)
    detail = changed(before, after, "name", "tz", "region_id")
    tell(conn, actor, now=now, action="site.changed", subject=f"site:{site_id}", site_id=site_id, detail=detail)
    return after


def renew_mqtt_password(conn: Connection, actor: Actor, *, now: datetime, site_id: int) -> str:
    """A new password for the site's devices; the old one ends. Only its hash is kept, so it is seen this once."""
    site = places.get_site(conn, site_id)
    password = secrets.token_urlsafe(24)
    digest = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=10))  # random enough that more rounds add nothing
    places.update_mqtt_password_hash(conn, site.id, password_hash=digest.decode())
    tell(conn, actor, now=now, action="site.mqtt_password_renewed", subject=f"site:{site.id}", site_id=site.id)
    return password


def create_area(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, slug: str, name: str, key_area: bool = False
) -> Area:
    """A place in the site. Raises Conflict when the slug is taken there."""
    slug = checks.slug(slug, field="slug", limit=AREA_SLUG_LIMIT)
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    area_id = places.insert_area(conn, site_id, slug=slug, name=name, key_area=key_area)
    if area_id is None:
        raise Conflict("area_slug_taken", field="slug", slug=slug)
    detail = {"slug": slug, "name": name, "key_area": key_area}
    tell(conn, actor, now=now, action="area.created", subject=f"area:{area_id}", site_id=site_id, detail=detail)
    return Area(id=area_id, slug=slug, name=name, key_area=key_area)


def update_area(conn: Connection, actor: Actor, *, now: datetime, site_id: int, area_id: int, name: str, key_area: bool) -> Area:
    """Another name, or whether it is a key area."""
    name = checks.one_line(name, field="name", limit=NAME_LIMIT)
    before = places.get_area(conn, site_id, area_id)
    places.update_area(conn, site_id, area_id, name=name, key_area=key_area)
    after = places.get_area(conn, site_id, area_id)
    detail = changed(before, after, "name", "key_area")
    tell(conn, actor, now=now, action="area.changed", subject=f"area:{area_id}", site_id=site_id, detail=detail)
    return after


def _region(conn: Connection, region_id: int, *, field: str) -> Region:
    """A region somebody chose in a form."""
    try:
        return places.get_region(conn, region_id)
    except NotFound:
        raise Invalid("choice_unknown", field=field) from None


def _zone(tz: str) -> str:
    try:
        return ZoneInfo(tz).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zone database, like `Asia`
        raise Invalid("tz_unknown", field="tz") from None
