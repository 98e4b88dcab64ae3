"""Sites: one's own to read, all of them for administrators."""

from typing import Annotated

from fastapi import APIRouter

from api.access import Access, SiteAccess, allow, allow_anywhere, signed_in
from api.deps import Conn, Now
from api.places import places_of
from api.schemas.places import MqttPasswordOut, RegionOut, SiteChangeIn, SiteIn, SiteListed, SiteOut, SitesOut
from assets import sites
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites", tags=["sites"])


@router.get("")
def list_sites(access: Annotated[Access, signed_in()], conn: Conn) -> SitesOut:
    """The sites where the caller has a role, with what is wrong there, and the regions they lie in."""
    places = places_of(conn, access.viewer)
    items = [
        SiteListed(
            **SiteOut.model_validate(site).model_dump(),
            devices_down=places.troubles[site.id].devices_down,
            alerts_open=places.troubles[site.id].alerts_open,
        )
        for site in places.sites
    ]
    return SitesOut(regions=[RegionOut.model_validate(region) for region in places.regions], items=items)


@router.post("", status_code=201)
def create_site(new: SiteIn, access: Annotated[Access, allow_anywhere("admin")], conn: Conn, now: Now) -> SiteOut:
    """A new compound."""
    created = sites.create_site(conn, access.actor, now=now, slug=new.slug, name=new.name, tz=new.tz, region_id=new.region_id)
    return SiteOut.model_validate(created)


@router.get("/{site}")
def get_site(access: Annotated[SiteAccess, allow(*SITE_ROLES)]) -> SiteOut:
    """One site."""
    return SiteOut.model_validate(access.site)


@router.put("/{site}")
def update_site(change: SiteChangeIn, access: Annotated[SiteAccess, allow("admin")], conn: Conn, now: Now) -> SiteOut:
    """Another name, time zone or region."""
    changed = sites.update_site(
        conn, access.actor, now=now, site_id=access.site.id, name=change.name, tz=change.tz, region_id=change.region_id
    )
    return SiteOut.model_validate(changed)


@router.post("/{site}/mqtt-password", status_code=201)
def renew_mqtt_password(access: Annotated[SiteAccess, allow("admin")], conn: Conn, now: Now) -> MqttPasswordOut:
    """A new password for the site's devices; the old one ends."""
    password = sites.renew_mqtt_password(conn, access.actor, now=now, site_id=access.site.id)
    return MqttPasswordOut(username=access.site.slug, password=password)
