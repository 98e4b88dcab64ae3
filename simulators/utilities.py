"""What the devices of a compound depend on: distribution boxes, switches, the LoRa gateway."""

from collections.abc import Iterator, Mapping, Sequence

from core.i18n import Text
from simulators.asset_book import AssetBook
from simulators.models import SimArea, SimDependency, SimDevice

MAIN_BOX = "box-main"
CORE_SWITCH = "switch-core"
LORA_GATEWAY = "gateway-lora"
# One switch serves so many buildings; it stands in the first of them.
_BUILDINGS_PER_SWITCH = 3


def add_utilities(book: AssetBook, areas: Sequence[SimArea]) -> list[SimDependency]:
    """Write boxes, switches and the gateway into the book; returns what they need of each other."""
    book.add(MAIN_BOX, Text(en="Main distribution cabinet", zh="低压总配电柜"), "power", "power-room")
    needs: list[SimDependency] = []
    for area in areas:
        if box_of(area) == f"box-{area.slug}":
            _add_box(book, needs, area)
    book.add(CORE_SWITCH, Text(en="Core switch", zh="核心交换机"), "network", "control-room")
    needs.append(SimDependency(asset=CORE_SWITCH, needs="box-control-room", relation="power"))
    for area in areas:
        if switch_of(area) == f"switch-{area.slug}":
            _add_switch(book, needs, area)
    book.add(LORA_GATEWAY, Text(en="LoRa gateway on building 1", zh="1号楼顶 LoRa 网关"), "network", "building-1")
    needs.append(SimDependency(asset=LORA_GATEWAY, needs="box-building-1", relation="power"))
    needs.append(SimDependency(asset=LORA_GATEWAY, needs=CORE_SWITCH, relation="network"))
    return needs


def device_needs(device: SimDevice, areas: Mapping[str, SimArea]) -> Iterator[SimDependency]:
    """What one device depends on. Drainage sensors run on batteries and speak through the LoRa gateway."""
    if device.kind == "drainage":
        yield SimDependency(asset=device.asset, needs=LORA_GATEWAY, relation="gateway")
        return
    area = areas[device.area]
    yield SimDependency(asset=device.asset, needs=box_of(area), relation="power")
    yield SimDependency(asset=device.asset, needs=switch_of(area), relation="network")


def box_of(area: SimArea) -> str:
    """Slug of the distribution box that feeds an area."""
    if area.use in ("building", "gate", "garage", "office"):
        return f"box-{area.slug}"
    # The main gate's box also feeds the fences, the control room's the rest.
    return "box-gate-east" if area.use == "perimeter" else "box-control-room"


def switch_of(area: SimArea) -> str:
    """Slug of the switch that an area's devices are connected to."""
    if area.use == "building":
        number = int(area.slug.removeprefix("building-"))
        first = number - (number - 1) % _BUILDINGS_PER_SWITCH
        return f"switch-building-{first}"
    if area.use in ("gate", "garage"):
        return f"switch-{area.slug}"
    return "switch-gate-east" if area.use == "perimeter" else CORE_SWITCH


def _add_box(book: AssetBook, needs: list[SimDependency], area: SimArea) -> None:
    name = Text(en=f"{area.name.en} distribution box", zh=_with(area.name.zh, "配电箱"))
    box = book.add(f"box-{area.slug}", name, "power", area.slug)
    needs.append(SimDependency(asset=box.slug, needs=MAIN_BOX, relation="power"))


def _add_switch(book: AssetBook, needs: list[SimDependency], area: SimArea) -> None:
    name = Text(en=f"{area.name.en} switch", zh=_with(area.name.zh, "交换机"))
    switch = book.add(f"switch-{area.slug}", name, "network", area.slug)
    needs.append(SimDependency(asset=switch.slug, needs=box_of(area), relation="power"))
    needs.append(SimDependency(asset=switch.slug, needs=CORE_SWITCH, relation="network"))


def _with(place: str, thing: str) -> str:
    """A Chinese name from a place and a thing, with a space after a Latin letter or digit: "地下车库 B1 配电箱"."""
    return f"{place} {thing}" if place[-1].isascii() else f"{place}{thing}"
