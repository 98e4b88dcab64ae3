"""Where a compound has its devices: an endless list of sensible places for each kind, of which the first are taken."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from core.i18n import Text
from simulators.models import SimArea


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitting:
    """One device to be placed."""

    slug: str
    name: Text
    area: str
    profile: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """The areas of a compound by use, as the lists below need them."""

    gates: tuple[SimArea, ...]
    buildings: tuple[SimArea, ...]
    garages: tuple[SimArea, ...]

    @classmethod
    def of(cls, areas: tuple[SimArea, ...]) -> "Places":
        """Sorted out of all areas."""
        return cls(
            gates=tuple(area for area in areas if area.use == "gate"),
            buildings=tuple(area for area in areas if area.use == "building"),
            garages=tuple(area for area in areas if area.use == "garage"),
        )


# Chinese names of the sides, by the end of an area's slug.
_SIDE = {"east": ("East", "东"), "south": ("South", "南"), "west": ("West", "西"), "north": ("North", "北")}


def _gate_barriers(places: Places) -> Iterator[Fitting]:
    for lane in count(1):
        suffix, en, zh = ("", "", "") if lane == 1 else (f"-{lane}", f" lane {lane}", f"{lane}号")
        for gate in places.gates:
            side = gate.slug.removeprefix("gate-")
            side_en, side_zh = _SIDE[side]
            for way, way_en, way_zh in (("in", "entry", "入口"), ("out", "exit", "出口")):
                name = Text(en=f"{side_en} gate {way_en} barrier{en}", zh=f"{side_zh}门{way_zh}{zh}道闸")
                yield Fitting(slug=f"barrier-{side}-{way}{suffix}", name=name, area=gate.slug, profile=way)


def _doors(places: Places) -> Iterator[Fitting]:
    main = places.gates[0]
    yield Fitting(
        slug="door-main-wicket", name=Text(en="Main gate wicket", zh="主出入口人行门禁"), area=main.slug, profile="wicket"
    )
    for building in places.buildings:
        number = building.slug.removeprefix("building-")
        name = Text(en=f"Building {number} lobby door", zh=f"{number}号楼大堂门禁")
        yield Fitting(slug=f"door-b{number}-lobby", name=name, area=building.slug, profile="lobby")
    for slug, en, zh in (("pump-room", "Pump room door", "水泵房门禁"), ("power-room", "Power room door", "配电房门禁")):
        yield Fitting(slug=f"door-{slug}", name=Text(en=en, zh=zh), area=slug, profile="plant")
    for unit in count(1):
        for building in places.buildings:
            number = building.slug.removeprefix("building-")
            name = Text(en=f"Building {number} unit {unit} garage door", zh=f"{number}号楼{unit}单元车库门禁")
            yield Fitting(slug=f"door-b{number}-garage-{unit}", name=name, area=building.slug, profile="garage")


def _cameras(places: Places) -> Iterator[Fitting]:
    for gate in places.gates:
        side = gate.slug.removeprefix("gate-")
        en, zh = _SIDE[side]
        yield Fitting(
            slug=f"cam-gate-{side}", name=Text(en=f"{en} gate camera", zh=f"{zh}门摄像头"), area=gate.slug, profile="gate"
        )
    for garage in places.garages:
        level = garage.slug.removeprefix("garage-").upper()
        name = Text(en=f"Garage {level} entrance camera", zh=f"地下车库 {level} 入口摄像头")
        yield Fitting(slug=f"cam-{garage.slug}", name=name, area=garage.slug, profile="garage")
    for side, (en, zh) in _SIDE.items():
        name = Text(en=f"{en} fence camera", zh=f"{zh}围墙摄像头")
        yield Fitting(slug=f"cam-fence-{side}", name=name, area=f"fence-{side}", profile="fence")
    yield Fitting(
        slug="cam-kitchen-yard", name=Text(en="Kitchen yard camera", zh="餐饮后院摄像头"), area="kitchen-yard", profile="yard"
    )
    for building in places.buildings:
        number = building.slug.removeprefix("building-")
        name = Text(en=f"Building {number} lobby camera", zh=f"{number}号楼大堂摄像头")
        yield Fitting(slug=f"cam-b{number}-lobby", name=name, area=building.slug, profile="lobby")
    for building in places.buildings:
        number = building.slug.removeprefix("building-")
        name = Text(en=f"Building {number} falling-object camera", zh=f"{number}号楼高空抛物摄像头")
        yield Fitting(slug=f"cam-b{number}-facade", name=name, area=building.slug, profile="facade")
    for zone in count(1):
        for garage in places.garages:
            level = garage.slug.removeprefix("garage-")
            name = Text(en=f"Garage {level.upper()} zone {zone} camera", zh=f"地下车库 {level.upper()} {zone}区摄像头")
            yield Fitting(slug=f"cam-{garage.slug}-zone-{zone}", name=name, area=garage.slug, profile="garage")


def _drainage(places: Places) -> Iterator[Fitting]:
    garage = places.garages[0]
    for number in count(1):
        suffix, en, zh = ("", "", "") if number == 1 else (f"-{number}", f" {number}", f"{number}号")
        yield Fitting(
            slug=f"grease-trap{suffix}",
            name=Text(en=f"Grease trap{en}", zh=f"{zh}隔油池"),
            area="kitchen-yard",
            profile="grease_trap",
        )
        yield Fitting(
            slug=f"storm-drain{suffix}", name=Text(en=f"Storm drain{en}", zh=f"{zh}雨水井"), area="ring-road", profile="storm_drain"
        )
        yield Fitting(
            slug=f"sump{suffix}", name=Text(en=f"Garage sump pump{en}", zh=f"车库{zh}集水井"), area=garage.slug, profile="sump"
        )
        yield Fitting(
            slug=f"ponding{suffix}",
            name=Text(en=f"Road ponding sensor{en}", zh=f"{zh}路面积水监测点"),
            area="ring-road",
            profile="ponding",
        )
        yield Fitting(slug=f"sewage{suffix}", name=Text(en=f"Sewage well{en}", zh=f"{zh}污水井"), area="green", profile="sewage")


def _beams(_: Places) -> Iterator[Fitting]:
    for number in count(1):
        suffix, en_number, zh_number = ("", "", "") if number == 1 else (f"-{number}", f" {number}", f"{number}段")
        for side, (en, zh) in _SIDE.items():
            name = Text(en=f"{en} fence beam{en_number}", zh=f"{zh}围墙{zh_number}红外")
            yield Fitting(slug=f"beam-{side}{suffix}", name=name, area=f"fence-{side}", profile=side)


# The share of each kind among a compound's devices, and where its devices go.
FITTINGS: Mapping[str, tuple[float, Callable[[Places], Iterator[Fitting]]]] = {
    "gate_barrier": (0.11, _gate_barriers),
    "access_control": (0.26, _doors),
    "cctv": (0.36, _cameras),
    "drainage": (0.15, _drainage),
    "perimeter_beam": (0.12, _beams),
}


def divide(devices: int) -> dict[str, int]:
    """How many devices of each kind make `devices` in all: by share, at least one of each. ValueError if too few for that."""
    if devices < len(FITTINGS):
        raise ValueError(f"a compound has at least {len(FITTINGS)} devices, not {devices}")
    counts = {kind: max(1, int(devices * share)) for kind, (share, _) in FITTINGS.items()}
    by_need = sorted(FITTINGS, key=lambda kind: counts[kind] - devices * FITTINGS[kind][0])
    for index in range(devices - sum(counts.values())):
        counts[by_need[index % len(by_need)]] += 1
    return counts
