"""Makes up one compound: the same seed and size always give the same one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from itertools import islice
from random import Random

from assets.models import Category
from core.i18n import Text
from simulators.asset_book import AssetBook
from simulators.dice import dice
from simulators.fittings import FITTINGS, Places, divide
from simulators.layout import make_areas
from simulators.models import (
    SimArea,
    SimCheckpoint,
    SimDevice,
    SimPatrolPlan,
    SimPerson,
    SimRoute,
    SimSite,
    StaffRole,
)
from simulators.names import people
from simulators.utilities import add_utilities, device_needs

DEMO_DEVICES = 36
# The conditions of assets are as of this day, so that a seed means the same compound for ever.
AS_OF = date(2026, 11, 1)
_DEVICES_PER_BUILDING = 6
_DEVICES_PER_GATE = 18
_MOST_GATES = 4
_CATEGORY: Mapping[str, Category] = {
    "gate_barrier": "gate",
    "access_control": "access",
    "cctv": "cctv",
    "drainage": "drainage",
    "perimeter_beam": "perimeter",
}
_STAFF: tuple[StaffRole, ...] = ("manager", "engineer", "leader", "guard", "guard", "guard", "guard")


def make_compound(
    slug: str,
    *,
    seed: int,
    devices: int = DEMO_DEVICES,
    name: Text | None = None,
    address: Text | None = None,
    tz: str = "Asia/Shanghai",
) -> SimSite:
    """A believable compound with `devices` devices (at least 5, then all kinds are there), its ledger, patrols and people."""
    rng = dice("compound", seed, slug)
    counts = divide(devices)
    areas = make_areas(
        buildings=max(2, devices // _DEVICES_PER_BUILDING), gates=min(_MOST_GATES, 2 + devices // _DEVICES_PER_GATE // 2)
    )
    book = AssetBook(rng, delivered=date(rng.randrange(2004, 2022), rng.randrange(1, 13), 15), today=AS_OF)
    fitted = tuple(_fit(book, areas, counts))
    needs = add_utilities(book, areas)
    _add_the_rest(book, areas)
    places = {area.slug: area for area in areas}
    checkpoints = _checkpoints(rng, areas)
    buildings = sum(area.use == "building" for area in areas)
    return SimSite(
        slug=slug,
        name=name or Text(en=slug.replace("-", " ").title(), zh=slug),
        address=address or Text(en=f"{rng.randrange(1, 400)} Renmin Road", zh=f"人民路{rng.randrange(1, 400)}号"),
        tz=tz,
        households=buildings * rng.randrange(60, 140),
        latitude=round(30.45 + rng.uniform(0, 0.25), 5),
        longitude=round(114.2 + rng.uniform(0, 0.3), 5),
        areas=areas,
        assets=tuple(book.assets),
        devices=fitted,
        dependencies=(*needs, *(need for device in fitted for need in device_needs(device, places))),
        checkpoints=checkpoints,
        routes=_routes(checkpoints, places),
        plans=_PLANS,
        staff=_staff(rng, slug),
    )


def _fit(book: AssetBook, areas: tuple[SimArea, ...], counts: dict[str, int]) -> Iterator[SimDevice]:
    places = Places.of(areas)
    for kind, (_, fittings) in FITTINGS.items():
        for fitting in islice(fittings(places), counts[kind]):
            asset = book.add(fitting.slug, fitting.name, _CATEGORY[kind], fitting.area)
            yield SimDevice(
                slug=fitting.slug,
                kind=kind,
                name=fitting.name,
                area=fitting.area,
                installed=asset.installed,
                profile=fitting.profile,
                will=kind != "drainage",
            )


def _add_the_rest(book: AssetBook, areas: Sequence[SimArea]) -> None:
    """Assets without electronics, and those whose electronics are not ours."""
    for area in areas:
        if area.use == "building":
            number = area.slug.removeprefix("building-")
            book.add(f"lift-b{number}", Text(en=f"Building {number} lift", zh=f"{number}号楼电梯"), "lift", area.slug)
            book.add(f"roof-b{number}", Text(en=f"Building {number} roof", zh=f"{number}号楼屋面"), "roof", area.slug)
            book.add(
                f"hydrants-b{number}", Text(en=f"Building {number} fire hydrants", zh=f"{number}号楼消火栓"), "fire", area.slug
            )
        elif area.use == "perimeter":
            book.add(area.slug, area.name, "fence", area.slug)
        elif area.use == "garage":
            book.add(f"lights-{area.slug}", Text(en=f"{area.name.en} lights", zh=f"{area.name.zh}照明"), "lighting", area.slug)
    for slug, en, zh, category, area_slug in _COMMON_ASSETS:
        book.add(slug, Text(en=en, zh=zh), category, area_slug)


_COMMON_ASSETS: tuple[tuple[str, str, str, Category, str], ...] = (
    ("fire-pump", "Fire pump", "消防水泵", "fire", "pump-room"),
    ("fire-alarm-host", "Fire alarm panel", "火灾报警主机", "fire", "control-room"),
    ("water-pump-1", "Domestic water pump 1", "1号生活水泵", "other", "pump-room"),
    ("water-pump-2", "Domestic water pump 2", "2号生活水泵", "other", "pump-room"),
    ("street-lights", "Street lights", "园区路灯", "lighting", "ring-road"),
    ("road-ring", "Ring road surface", "环形车道路面", "road", "ring-road"),
    ("storm-pipe", "Storm water main", "雨水主管", "pipe", "ring-road"),
    ("sewage-pipe", "Sewage main", "污水主管", "pipe", "green"),
    ("playground", "Children's playground", "儿童游乐设施", "structure", "green"),
    ("pavilion", "Timber pavilion", "木结构凉亭", "structure", "green"),
    ("bicycle-shed", "Bicycle shed with charging", "非机动车充电棚", "structure", "gate-west"),
)


def _checkpoints(rng: Random, areas: Sequence[SimArea]) -> tuple[SimCheckpoint, ...]:
    """One in each key area and each building, with a four-digit code of its own."""
    chosen = [area for area in areas if area.key or area.use == "building"]
    codes = _codes(rng, len(chosen))
    return tuple(
        SimCheckpoint(slug=f"cp-{area.slug}", name=area.name, area=area.slug, code=code, x=area.x, y=area.y)
        for area, code in zip(chosen, codes, strict=True)
    )


def _codes(rng: Random, count: int) -> list[str]:
    """Four digits each, none that looks like a letter; one wrong digit is never another place."""
    codes: list[str] = []
    while len(codes) < count:
        code = "".join(rng.choice("23456789") for _ in range(4))
        if all(sum(a != b for a, b in zip(code, other, strict=True)) > 1 for other in codes):
            codes.append(code)
    return codes


def _routes(checkpoints: Sequence[SimCheckpoint], places: dict[str, SimArea]) -> tuple[SimRoute, ...]:
    key = tuple(point.slug for point in checkpoints if places[point.area].key)
    buildings = tuple(point.slug for point in checkpoints if places[point.area].use == "building")
    gates = tuple(point.slug for point in checkpoints if places[point.area].use == "gate")
    return (
        SimRoute(slug="gates", name=Text(en="Gate posts", zh="门岗"), checkpoints=gates),
        SimRoute(slug="key-areas", name=Text(en="Key areas", zh="重点部位巡逻"), checkpoints=key),
        SimRoute(slug="buildings", name=Text(en="Buildings", zh="楼栋巡查"), checkpoints=buildings),
    )


_PLANS = (
    SimPatrolPlan(
        slug="gates",
        name=Text(en="Gate posts, every ten minutes", zh="门岗查岗(每十分钟)"),
        route="gates",
        begins=time(0),
        ends=time(0),
        every=timedelta(minutes=10),
        grace=timedelta(minutes=2),
    ),
    SimPatrolPlan(
        slug="key-areas-day",
        name=Text(en="Key areas by day, hourly", zh="重点部位白班(每小时)"),
        route="key-areas",
        begins=time(6),
        ends=time(22),
        every=timedelta(hours=1),
        grace=timedelta(minutes=10),
    ),
    SimPatrolPlan(
        slug="key-areas-night",
        name=Text(en="Key areas by night, half-hourly", zh="重点部位夜班(每半小时)"),
        route="key-areas",
        begins=time(22),
        ends=time(6),
        every=timedelta(minutes=30),
        grace=timedelta(minutes=5),
    ),
    SimPatrolPlan(
        slug="buildings-day",
        name=Text(en="Buildings, every four hours", zh="楼栋巡查(每四小时)"),
        route="buildings",
        begins=time(8),
        ends=time(20),
        every=timedelta(hours=4),
        grace=timedelta(minutes=30),
    ),
)


def _staff(rng: Random, site: str) -> tuple[SimPerson, ...]:
    drawn = people(rng, len(_STAFF))
    return tuple(
        SimPerson(login=f"{pinyin}.{site}", name=full, role=role) for role, (pinyin, full) in zip(_STAFF, drawn, strict=True)
    )
