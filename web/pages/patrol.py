"""A day's rounds, one round, and the raw check-ins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SiteAccess, allow
from api.days import FIRST_DAY, LAST_DAY
from api.deps import Conn, Now, RowId
from api.paging import Paging
from patrol import queries
from patrol.models import Round
from patrol.today import get_day, today_of
from people.models import SITE_ROLES
from web.navigation import NavItem
from web.page import render

router = APIRouter(prefix="/s/{site}/patrol")
NAV = NavItem(
    key="patrol",
    label_key="nav.patrol",
    icon="walk",
    path="/s/{site}/patrol",
    roles=("guard", "leader", "manager"),
    order=18,
    primary=True,
)
Reader = Annotated[SiteAccess, allow(*SITE_ROLES)]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """The rounds of one plan on one day, by the hour on the wall clock in which they begin."""

    name: str
    route_name: str
    hours: tuple[tuple[int, tuple[Round, ...]], ...]

    @property
    def rounds(self) -> tuple[Round, ...]:
        """All of them, in order."""
        return tuple(each for _, rounds in self.hours for each in rounds)


@router.get("")
def patrol_page(request: Request, access: Reader, conn: Conn, now: Now, date: str = "") -> HTMLResponse:
    """A day; today when the address names none that can be shown."""
    today = today_of(access.site, now)
    shown = _day(date) or today
    day = get_day(conn, access.site, shown, now)
    return render(
        request,
        access,
        "patrol.html",
        day=day,
        rows=_rows(day.rounds, access.site.zone),
        today=today,
        day_before=max(FIRST_DAY, shown - timedelta(days=1)),
        day_after=min(LAST_DAY, shown + timedelta(days=1)),
    )


def _rows(rounds: Iterable[Round], zone: ZoneInfo) -> list[PlanRow]:
    by_plan: dict[int, list[Round]] = {}
    for each in rounds:
        by_plan.setdefault(each.plan_id, []).append(each)
    return [
        PlanRow(
            name=plan[0].plan_name,
            route_name=plan[0].route_name,
            hours=tuple((hour, tuple(within)) for hour, within in groupby(plan, lambda r: r.starts_at.astimezone(zone).hour)),
        )
        for plan in by_plan.values()
    ]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


@router.get("/rounds/{round_id}")
def round_page(request: Request, round_id: RowId, access: Reader, conn: Conn) -> HTMLResponse:
    found = queries.get_round(conn, access.site.id, round_id)
    return render(
        request,
        access,
        "round.html",
        round=found,
        day=found.starts_at.astimezone(access.site.zone).date(),
        checks=queries.list_round_checks(conn, access.site.id, [round_id]),
    )


@router.get("/check-ins")
def check_ins_page(
    request: Request, access: Annotated[SiteAccess, allow("leader", "manager")], conn: Conn, paging: Paging
) -> HTMLResponse:
    rows = queries.list_check_ins(conn, site_id=access.site.id, limit=paging.limit + 1, before_id=paging.after)
    check_ins, following = paging.page(rows, key=lambda row: row.id)
    return render(request, access, "check_ins.html", check_ins=check_ins, next_cursor=following, first=not paging.cursor)
