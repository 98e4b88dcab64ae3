"""The compounds one is responsible for, with what is wrong there."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Access, SiteAccess, allow, signed_in
from api.deps import Conn
from api.places import Places, places_of
from api.queries import SiteTrouble
from assets.models import Site
from people.models import SITE_ROLES
from web.home import site_path
from web.navigation import NavItem
from web.page import render, see
from web.regions import RegionNode, region_tree

router = APIRouter()
NAV = NavItem(
    key="sites",
    label_key="nav.sites",
    icon="building-community",
    path="/sites",
    roles=("admin", "regional"),
    order=900,
    primary=True,
    also=("/admin/sites", "/admin/regions", "/admin/rejected"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionGroup:
    """The sites directly in a region, those in trouble first."""

    node: RegionNode
    sites: list[tuple[Site, SiteTrouble]]


@router.get("/sites")
def sites_page(request: Request, access: Annotated[Access, signed_in()], conn: Conn) -> HTMLResponse:
    places = places_of(conn, access.viewer)
    troubles = places.troubles.values()
    return render(
        request,
        access,
        "sites.html",
        groups=group_by_region(places),
        total=len(places.sites),
        devices_down=sum(each.devices_down for each in troubles),
        alerts_open=sum(each.alerts_open for each in troubles),
        sites_in_trouble=sum(1 for each in troubles if each.devices_down or each.alerts_open),
    )


@router.get("/sites/{site}")
def open_site(access: Annotated[SiteAccess, allow(*SITE_ROLES)]) -> RedirectResponse:
    """The site's page that suits the person best."""
    return see(site_path(access.site.slug, access.roles))


def group_by_region(places: Places) -> list[RegionGroup]:
    """Every region in the order of the tree."""
    by_region: dict[int, list[tuple[Site, SiteTrouble]]] = {}
    for site in places.sites:
        by_region.setdefault(site.region_id, []).append((site, places.troubles[site.id]))
    for here in by_region.values():
        here.sort(key=lambda each: (-each[1].devices_down, -each[1].alerts_open))
    return [RegionGroup(node=node, sites=by_region.get(node.region.id, [])) for node in region_tree(places.regions)]
