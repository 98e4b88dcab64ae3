"""Turns a simulated city into ledger rows, by the same verbs that people use."""

from dataclasses import dataclass
from datetime import datetime

from assets import dependencies, devices, ledger, sites
from assets.models import AssetFacts, Site
from assets.queries.places import find_site_by_slug
from ingest.kinds import all_kinds
from patrol.planning import checkpoints, plans, routes
from patrol.planning.plans import PlanTimes
from people.models import SYSTEM
from simulators.models import SimCity, SimSite, both
from store.db import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class _Writer:
    """One site being written: every verb is called for the system, at one time."""

    conn: Connection
    now: datetime
    site_id: int


def seed_city(conn: Connection, city: SimCity, *, now: datetime) -> dict[str, Site]:
    """Write the tree, the sites and all they have; the sites by slug. A site that exists already is left as it is."""
    found: dict[str, Site] = {}
    root = sites.create_region(conn, SYSTEM, now=now, name=both(city.name)) if _is_new(conn, city) else None
    for district in city.districts:
        upper = root and sites.create_region(conn, SYSTEM, now=now, parent_id=root.id, name=both(district.name))
        for street in district.streets:
            region = upper and sites.create_region(conn, SYSTEM, now=now, parent_id=upper.id, name=both(street.name))
            for spec in street.sites:
                site = find_site_by_slug(conn, spec.slug)
                if site is None and region is not None:
                    site = seed_site(conn, spec, region_id=region.id, now=now)
                if site is not None:
                    found[spec.slug] = site
    return found


def _is_new(conn: Connection, city: SimCity) -> bool:
    return all(find_site_by_slug(conn, site.slug) is None for site in city.sites)


def seed_site(conn: Connection, spec: SimSite, *, region_id: int, now: datetime) -> Site:
    """One site with its areas, assets, dependencies, devices and patrols."""
    site = sites.create_site(conn, SYSTEM, now=now, slug=spec.slug, name=both(spec.name), tz=spec.tz, region_id=region_id)
    writer = _Writer(conn=conn, now=now, site_id=site.id)
    areas = {
        area.slug: sites.create_area(
            conn, SYSTEM, now=now, site_id=site.id, slug=area.slug, name=both(area.name), key_area=area.key
        ).id
        for area in spec.areas
    }
    assets = _write_ledger(writer, spec, areas)
    _write_devices(writer, spec, assets)
    _write_patrols(writer, spec, areas)
    return site


def _write_ledger(writer: _Writer, spec: SimSite, areas: dict[str, int]) -> dict[str, int]:
    conn, now, site_id = writer.conn, writer.now, writer.site_id
    assets = {
        asset.slug: ledger.create_asset(
            conn,
            SYSTEM,
            now=now,
            site_id=site_id,
            facts=AssetFacts(
                code=asset.code,
                name=both(asset.name),
                category=asset.category,
                area_id=areas[asset.area],
                condition=asset.condition,
                maker=asset.maker,
                model=asset.model,
                installed_on=asset.installed,
            ),
        ).id
        for asset in spec.assets
    }
    for need in spec.dependencies:
        dependencies.add_dependency(
            conn,
            SYSTEM,
            now=now,
            site_id=site_id,
            asset_id=assets[need.asset],
            depends_on_id=assets[need.needs],
            kind=need.relation,
        )
    return assets


def _write_devices(writer: _Writer, spec: SimSite, assets: dict[str, int]) -> None:
    for device in spec.devices:
        devices.register_device(
            writer.conn,
            SYSTEM,
            now=writer.now,
            site_id=writer.site_id,
            slug=device.slug,
            kind=device.kind,
            kinds=all_kinds().keys(),
            name=both(device.name),
            asset_id=assets[device.asset],
        )


def _write_patrols(writer: _Writer, spec: SimSite, areas: dict[str, int]) -> None:
    conn, now, site_id = writer.conn, writer.now, writer.site_id
    # In force a little earlier, so that the round that has just begun is walked too.
    in_force = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
    places = {
        point.slug: checkpoints.create_checkpoint(
            conn, SYSTEM, now=now, site_id=site_id, name=both(point.name), code=point.code, area_id=areas[point.area]
        ).id
        for point in spec.checkpoints
    }
    walked = {
        route.slug: routes.create_route(
            conn,
            SYSTEM,
            now=now,
            site_id=site_id,
            name=both(route.name),
            checkpoint_ids=[places[slug] for slug in route.checkpoints],
        ).id
        for route in spec.routes
    }
    for plan in spec.plans:
        times = PlanTimes(
            from_time=plan.begins,
            until_time=plan.ends,
            every_minutes=int(plan.every.total_seconds() // 60),
            grace_minutes=int(plan.grace.total_seconds() // 60),
        )
        plans.create_plan(
            conn, SYSTEM, now=in_force, site_id=site_id, route_id=walked[plan.route], name=both(plan.name), times=times
        )
