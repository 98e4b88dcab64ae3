"""Where the places of a compound are: gates, buildings, garages, fences, plant rooms, roads."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.i18n import Text
from simulators.models import SimArea

WIDTH = 320.0
DEPTH = 220.0
_COLUMNS = 5
# One garage lies under so many buildings.
_BUILDINGS_PER_GARAGE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """A side of the fence, with the gate in its middle."""

    slug: str
    en: str
    zh: str
    x: float
    y: float


SIDES = (
    Side(slug="east", en="East", zh="东", x=WIDTH, y=DEPTH / 2),
    Side(slug="west", en="West", zh="西", x=0.0, y=DEPTH / 2),
    Side(slug="south", en="South", zh="南", x=WIDTH / 2, y=0.0),
    Side(slug="north", en="North", zh="北", x=WIDTH / 2, y=DEPTH),
)


def make_areas(*, buildings: int, gates: int) -> tuple[SimArea, ...]:
    """The places of a compound with so many buildings and gates (at most four)."""
    return (
        *_gates(gates),
        *_buildings(buildings),
        *_garages(1 + (buildings - 1) // _BUILDINGS_PER_GARAGE),
        *_fences(),
        *_common(),
    )


def _gates(count: int) -> Iterator[SimArea]:
    for number, side in enumerate(SIDES[:count]):
        main = number == 0
        name = (
            Text(en=f"{side.en} gate (main)", zh=f"{side.zh}门(主出入口)")
            if main
            else Text(en=f"{side.en} gate", zh=f"{side.zh}门")
        )
        yield SimArea(slug=f"gate-{side.slug}", name=name, use="gate", x=side.x, y=side.y, key=True)


def _buildings(count: int) -> Iterator[SimArea]:
    rows = 1 + (count - 1) // _COLUMNS
    for index in range(count):
        row, column = divmod(index, _COLUMNS)
        yield SimArea(
            slug=f"building-{index + 1}",
            name=Text(en=f"Building {index + 1}", zh=f"{index + 1}号楼"),
            use="building",
            x=round(WIDTH * (column + 1) / (_COLUMNS + 1), 1),
            y=round(DEPTH * (row + 1) / (rows + 1), 1),
        )


def _garages(count: int) -> Iterator[SimArea]:
    for level in range(1, count + 1):
        yield SimArea(
            slug=f"garage-b{level}",
            name=Text(en=f"Garage B{level}", zh=f"地下车库 B{level}"),
            use="garage",
            x=WIDTH / 2,
            y=DEPTH / 2 - 10.0 * level,
            key=True,
        )


def _fences() -> Iterator[SimArea]:
    for side in SIDES:
        name = Text(en=f"{side.en} fence", zh=f"{side.zh}围墙")
        # A guard walks along the fence, not through its gate.
        x, y = (side.x, side.y + 45.0) if side.slug in ("east", "west") else (side.x + 60.0, side.y)
        yield SimArea(slug=f"fence-{side.slug}", name=name, use="perimeter", x=x, y=y, key=True)


def _common() -> tuple[SimArea, ...]:
    return (
        SimArea(
            slug="control-room",
            name=Text(en="Control room", zh="监控中心"),
            use="office",
            x=WIDTH - 25,
            y=DEPTH / 2 - 20,
            key=True,
        ),
        SimArea(slug="pump-room", name=Text(en="Pump room", zh="水泵房"), use="plant", x=60.0, y=40.0, key=True),
        SimArea(slug="power-room", name=Text(en="Power distribution room", zh="配电房"), use="plant", x=90.0, y=40.0, key=True),
        SimArea(slug="kitchen-yard", name=Text(en="Kitchen yard", zh="餐饮后院"), use="kitchen", x=250.0, y=30.0, key=True),
        SimArea(slug="ring-road", name=Text(en="Ring road", zh="环形车道"), use="road", x=160.0, y=25.0),
        SimArea(slug="green", name=Text(en="Central green", zh="中心绿地"), use="green", x=160.0, y=150.0),
    )
