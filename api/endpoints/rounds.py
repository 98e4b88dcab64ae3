"""Rounds of a site."""

from typing import Annotated

from fastapi import APIRouter

from api.access import SiteAccess, allow
from api.days import Day
from api.deps import Conn, Now, RowId
from api.paging import Page
from api.schemas.patrol import RoundCheckOut, RoundDetailOut, RoundOut
from patrol import queries
from patrol.slots import day_bounds
from patrol.today import today_of
from people.models import SITE_ROLES

router = APIRouter(prefix="/sites/{site}/rounds", tags=["patrol"])


@router.get("")
def list_rounds(
    access: Annotated[SiteAccess, allow(*SITE_ROLES)],
    conn: Conn,
    now: Now,
    day: Day = None,
) -> Page[RoundOut]:
    """All rounds that begin on a day, in order."""
    since, until = day_bounds(day or today_of(access.site, now), access.site.zone)
    rounds = queries.list_rounds(conn, site_id=access.site.id, since=since, until=until)
    return Page(items=[RoundOut.of(each, now) for each in rounds])


@router.get("/{round_id}")
def get_round(round_id: RowId, access: Annotated[SiteAccess, allow(*SITE_ROLES)], conn: Conn, now: Now) -> RoundDetailOut:
    """One round with the verdict on each checkpoint."""
    found = RoundDetailOut.of(queries.get_round(conn, access.site.id, round_id), now)
    checks = queries.list_round_checks(conn, access.site.id, [round_id])
    return found.model_copy(update={"checks": [RoundCheckOut.model_validate(check) for check in checks]})
