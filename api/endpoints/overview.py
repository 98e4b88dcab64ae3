"""The overview of a site: what is down now, rounds today, notices."""

from typing import Annotated

from fastapi import APIRouter

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.schemas.overview import OverviewOut
from people.models import SITE_ROLES
from reports.today import site_today

router = APIRouter(prefix="/sites/{site}/overview", tags=["overview"])


@router.get("")
def get_overview(access: Annotated[SiteAccess, allow(*SITE_ROLES)], conn: Conn, now: Now) -> OverviewOut:
    """The site at this moment. Lists are cut at fifty rows; the counts are whole."""
    return OverviewOut.model_validate(site_today(conn, site=access.site, now=now))
