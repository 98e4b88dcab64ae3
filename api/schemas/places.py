"""Regions and sites, as JSON."""

from pydantic import BaseModel

from api.schemas.base import Id, In, Out
from assets.models import RegionLevel


class RegionOut(Out):
    """A city, a district in a city, or a street in a district."""

    id: int
    parent_id: int | None
    level: RegionLevel
    name: str


class RegionIn(In):
    """A new region: a city, or what is one level below its parent."""

    parent_id: Id | None = None
    name: str


class RegionChangeIn(In):
    """Another name."""

    name: str


class SiteOut(Out):
    """A compound."""

    id: int
    slug: str
    name: str
    tz: str
    region_id: int


class SiteListed(SiteOut):
    """With what is wrong there now."""

    devices_down: int
    alerts_open: int


class SitesOut(BaseModel):
    """The sites of the caller and the regions they lie in, parents first."""

    regions: list[RegionOut]
    items: list[SiteListed]


class SiteIn(In):
    """A new site. The slug becomes part of its devices' topics and stays."""

    slug: str
    name: str
    tz: str = "Asia/Shanghai"
    region_id: Id


class SiteChangeIn(In):
    """Another name, time zone or region."""

    name: str
    tz: str
    region_id: Id


class MqttPasswordOut(BaseModel):
    """With which the site's devices sign in to the broker; shown this once."""

    username: str
    password: str


class AreaOut(Out):
    """A place in a site. A key area must be checked at least once every hour."""

    id: int
    slug: str
    name: str
    key_area: bool


class AreaChangeIn(In):
    """Another name, or whether it is a key area."""

    name: str
    key_area: bool = False


class AreaIn(AreaChangeIn):
    """A new area. The slug is unique in the site and stays."""

    slug: str
