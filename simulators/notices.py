"""Makes up a compound's rectification notices: one overdue, two open, two struck off, one of them late."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.clock import as_utc
from core.i18n import Text
from patrol.notices.models import Department
from simulators.dice import dice
from simulators.models import SimNotice, SimSite, SimStrikeOff

_END_OF_WORK = time(18)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    """A notice with days counted from today: those before it are negative. `closed`: on which day, and what was done."""

    department: Department
    title: Text
    detail: Text
    issued: int
    due: int
    closed: tuple[int, Text] | None = None


_DRAFTS = (
    _Draft(
        department="customer_service",
        title=Text(en="Belongings in the stairwell of building 1", zh="1号楼消防楼梯间堆放杂物"),
        detail=Text(
            en="Furniture and boxes on floors 3 and 7. Talk to the owners, clear the stairwell, check the other buildings.",
            zh="3 层、7 层堆放家具纸箱。上门劝导，清理楼梯间，排查其余楼栋。",
        ),
        issued=-47,
        due=-40,
        closed=(
            -38,
            Text(
                en="Cleared, other buildings checked. One owner was away until now.",
                zh="已清理，其余楼栋已排查。一户业主外出，延迟两天。",
            ),
        ),
    ),
    _Draft(
        department="greening",
        title=Text(en="Plants block the perimeter beams", zh="绿植遮挡围墙红外"),
        detail=Text(
            en="Branches in the beam raise false alarms at night. Cut back 50 cm on both sides along the whole fence.",
            zh="枝叶遮挡光束，夜间频繁误报。沿围墙全线两侧修剪 50 厘米。",
        ),
        issued=-31,
        due=-24,
        closed=(
            -26,
            Text(en="Cut back all along, every beam tested with the control room.", zh="全线修剪完成，已与监控中心逐段测试。"),
        ),
    ),
    _Draft(
        department="engineering",
        title=Text(en="Extension leads in the bicycle shed", zh="非机动车充电棚私拉电线"),
        detail=Text(
            en="Extension leads to five bicycles, one extinguisher out of date. Remove the leads, replace the extinguisher.",
            zh="5 处私拉电线充电，1 具灭火器过期。拆除电线，更换灭火器。",
        ),
        issued=-9,
        due=-2,
    ),
    _Draft(
        department="security",
        title=Text(en="Double posting at the main gate not kept", zh="主出入口双岗不到位"),
        detail=Text(
            en="One guard only at the main gate from 07:30 to 08:10 on two days. Correct the roster and brief the shift leader.",
            zh="两天早高峰 07:30–08:10 主出入口仅一人在岗。调整排班，对领班谈话。",
        ),
        issued=-2,
        due=3,
    ),
    _Draft(
        department="cleaning",
        title=Text(en="Silt in the gutters of garage B1", zh="地下车库 B1 排水沟积泥"),
        detail=Text(
            en="Gutters along the ramp are half full. Clear them before the next rain.",
            zh="坡道两侧排水沟积泥过半。下雨前清掏完毕。",
        ),
        issued=-1,
        due=5,
    ),
)


def make_notices(site: SimSite, *, seed: int, now: datetime) -> tuple[SimNotice, ...]:
    """The manager's notices, the oldest first."""
    rng = dice("notices", seed, site.slug)
    zone = ZoneInfo(site.tz)
    today = now.astimezone(zone).date()
    manager = next(person.login for person in site.staff if person.role == "manager")

    def some_time(days: int) -> datetime:
        return _at(today, days, time(rng.randrange(9, 17), rng.randrange(60)), zone)

    def struck_off(draft: _Draft) -> SimStrikeOff | None:
        return draft.closed and SimStrikeOff(at=some_time(draft.closed[0]), by=manager, note=draft.closed[1])

    return tuple(
        SimNotice(
            title=draft.title,
            detail=draft.detail,
            department=draft.department,
            issued_by=manager,
            issued_at=some_time(draft.issued),
            due_at=_at(today, draft.due, _END_OF_WORK, zone),
            closed=struck_off(draft),
        )
        for draft in _DRAFTS
    )


def _at(today: date, days: int, local: time, zone: ZoneInfo) -> datetime:
    return as_utc(datetime.combine(today + timedelta(days=days), local, tzinfo=zone))
