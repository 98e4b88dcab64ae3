"""Makes up a city: districts, streets and any number of compounds with names of their own."""

from itertools import islice

from core.i18n import Text
from simulators.compound import DEMO_DEVICES, make_compound
from simulators.dice import dice
from simulators.models import SimCity, SimDistrict, SimSite, SimStreet
from simulators.names import CITY, DISTRICTS, STREETS, compound_names

_ROADS = (("Zhongshan Road", "中山路"), ("Jianshe Avenue", "建设大道"), ("Hubin Road", "湖滨路"), ("Changjiang Road", "长江路"))


def make_city(sites: int, *, devices: int = DEMO_DEVICES, seed: int, tz: str = "Asia/Shanghai") -> SimCity:
    """A city of `sites` compounds with `devices` devices each, spread evenly over its districts and streets."""
    if sites < 1:
        raise ValueError(f"a city has at least one compound, not {sites}")
    rng = dice("city", seed)
    named = compound_names(rng)
    compounds = [_compound(number, named, devices=devices, seed=seed, tz=tz) for number in range(sites)]
    # A small city has few districts: a tree of 48 streets for two compounds would be empty.
    streets = min(len(DISTRICTS) * len(STREETS), max(1, sites // 3))
    groups = iter([compounds[start::streets] for start in range(streets)])
    per_district = -(-streets // len(DISTRICTS))
    districts = []
    for slug, name in DISTRICTS:
        members = tuple(
            SimStreet(slug=f"{slug}-{street}", name=street_name, sites=tuple(group))
            for (street, street_name), group in zip(STREETS, islice(groups, per_district), strict=False)
        )
        if members:
            districts.append(SimDistrict(slug=slug, name=name, streets=members))
    return SimCity(slug="jiangcheng", name=CITY, districts=tuple(districts))


def _compound(number: int, named: list[tuple[str, Text]], *, devices: int, seed: int, tz: str) -> SimSite:
    """The compound of that number; when the names run out they come again with a number."""
    again, index = divmod(number, len(named))
    slug, name = named[index]
    if again:
        slug, name = f"{slug}-{again + 1}", Text(en=f"{name.en} {again + 1}", zh=f"{name.zh}{again + 1}")
    road_en, road_zh = _ROADS[number % len(_ROADS)]
    house = 1 + number * 7 % 600
    address = Text(en=f"{house} {road_en}", zh=f"{road_zh}{house}号")
    return make_compound(slug, seed=seed, devices=devices, name=name, address=address, tz=tz)
