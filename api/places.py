"""The tree of regions with the sites of one person."""

from dataclasses import dataclass

from api.queries import SiteTrouble, list_site_troubles
from assets.models import Region, Site
from assets.queries.places import list_regions, list_sites_of
from people.models import Viewer
from store.db import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Regions, parents first; sites by name, each with what is wrong there."""

    regions: list[Region]
    sites: list[Site]
    troubles: dict[int, SiteTrouble]


def places_of(conn: Connection, viewer: Viewer) -> Places:
    """The viewer's sites and the regions above them; every region for an admin, who may still fill the empty ones."""
    sites = list_sites_of(conn, person_id=viewer.person_id)
    regions = list_regions(conn)
    if not viewer.is_admin:
        above = _with_all_above({site.region_id for site in sites}, regions)
        regions = [region for region in regions if region.id in above]
    return Places(regions=regions, sites=sites, troubles=list_site_troubles(conn, site_ids=[site.id for site in sites]))


def _with_all_above(region_ids: set[int], regions: list[Region]) -> set[int]:
    found = set(region_ids)
    for region in reversed(regions):  # children first
        if region.id in found and region.parent_id is not None:
            found.add(region.parent_id)
    return found
