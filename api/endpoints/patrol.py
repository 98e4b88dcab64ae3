"""A day of patrol in figures."""

from typing import Annotated

from fastapi import APIRouter

from api.access import SiteAccess, allow
from api.days import Day
from api.deps import Conn, Now
from api.schemas.patrol import PatrolDayOut
from patrol.today import get_day, today_of
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites/{site}/patrol", tags=["patrol"])


@router.get("/today")
def get_patrol_day(
    access: Annotated[SiteAccess, allow(*SITE_ROLES)],
    conn: Conn,
    now: Now,
    day: Day = None,
) -> PatrolDayOut:
    """What became of the day's rounds, and the largest gap at each checkpoint, the widest first."""
    return PatrolDayOut.of(get_day(conn, access.site, day or today_of(access.site, now), now))
