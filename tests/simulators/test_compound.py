"""Compounds and cities: complete, believable, the same for the same seed."""

import re
from itertools import combinations

import pytest

from assets.models import CATEGORIES
from ingest.formats.native import SLUG
from patrol.planning.codes import check_code
from simulators.city import make_city
from simulators.compound import make_compound
from simulators.models import SimSite, both

SITES = [
    make_compound("small", seed=3, devices=5),
    make_compound("cuihu-garden", seed=1),
    make_compound("big", seed=2, devices=240),
]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_everything_refers_to_something_that_is_there(site: SimSite) -> None:
    areas = {area.slug for area in site.areas}
    assets = {asset.slug for asset in site.assets}
    points = {point.slug for point in site.checkpoints}
    routes = {route.slug for route in site.routes}
    assert {asset.area for asset in site.assets} <= areas
    assert {device.area for device in site.devices} <= areas
    assert {point.area for point in site.checkpoints} <= areas
    assert {device.asset for device in site.devices} <= assets
    assert {end for need in site.dependencies for end in (need.asset, need.needs)} <= assets
    assert {point for route in site.routes for point in route.checkpoints} <= points
    assert {plan.route for plan in site.plans} <= routes


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_what_must_be_unique_is(site: SimSite) -> None:
    for things in (
        [area.slug for area in site.areas],
        [asset.slug for asset in site.assets],
        [asset.code for asset in site.assets],
        [asset.name.zh for asset in site.assets],
        [asset.name.en for asset in site.assets],
        [device.slug for device in site.devices],
        [point.code for point in site.checkpoints],
        [person.login for person in site.staff],
    ):
        assert len(things) == len(set(things))


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_names_are_acceptable_to_ledger_broker_and_patrol(site: SimSite) -> None:
    assert all(re.fullmatch(SLUG, slug) for slug in (site.slug, *(device.slug for device in site.devices)))
    assert {asset.category for asset in site.assets} <= set(CATEGORIES)
    assert all(check_code(point.code) == point.code for point in site.checkpoints)
    for one, other in combinations([point.code for point in site.checkpoints], 2):
        assert sum(a != b for a, b in zip(one, other, strict=True)) >= 2


@pytest.mark.parametrize("devices", [5, 6, 11, 36, 60, 100, 500])
def test_a_compound_has_as_many_devices_as_asked_and_every_kind(devices: int) -> None:
    site = make_compound("any", seed=5, devices=devices)
    assert len(site.devices) == devices
    assert {device.kind for device in site.devices} == {"gate_barrier", "access_control", "cctv", "drainage", "perimeter_beam"}


def test_a_compound_too_small_for_every_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        make_compound("tiny", seed=1, devices=4)


def test_the_same_seed_gives_the_same_compound_and_another_one_another() -> None:
    assert make_compound("a", seed=1) == make_compound("a", seed=1)
    assert make_compound("a", seed=1) != make_compound("a", seed=2)


def test_a_power_cut_in_a_building_takes_what_hangs_on_it_and_no_more() -> None:
    site = make_compound("cuihu-garden", seed=1)
    hit = {device.slug for device in site.devices_behind("box-building-2")}
    assert "door-b2-lobby" in hit
    assert "door-b3-lobby" not in hit
    assert not any(device.kind == "drainage" for device in site.devices_behind("box-building-2"))
    # The switch of buildings 1 to 3 stands in building 1, and so does the LoRa gateway.
    assert {"door-b1-lobby", "door-b3-lobby", "grease-trap"} <= {device.slug for device in site.devices_behind("box-building-1")}
    assert set(site.devices_behind("box-main")) == set(site.devices)


def test_a_route_passes_every_key_area() -> None:
    site = make_compound("cuihu-garden", seed=1)
    route = next(route for route in site.routes if route.slug == "key-areas")
    assert {point.area for point in site.checkpoints if point.slug in route.checkpoints} == {
        area.slug for area in site.areas if area.key
    }


def test_names_are_written_in_both_languages() -> None:
    site = make_compound("cuihu-garden", seed=1)
    assert both(site.device("grease-trap").name) == "隔油池 Grease trap"
    assert both(site.device("door-b2-lobby").name) == "2号楼大堂门禁 Building 2 lobby door"


def test_a_city_of_852_has_852_different_compounds_in_a_tree() -> None:
    city = make_city(852, devices=5, seed=4)
    assert len(city.sites) == len({site.slug for site in city.sites}) == len({site.name.zh for site in city.sites}) == 852
    assert len(city.districts) == 6
    assert len({street.slug for district in city.districts for street in district.streets}) == 48
    assert len({person.login for site in city.sites for person in site.staff}) == 852 * 7


def test_more_compounds_than_names_are_numbered() -> None:
    city = make_city(900, devices=5, seed=4)
    assert len({site.slug for site in city.sites}) == len({site.name.en for site in city.sites}) == 900


def test_a_small_city_has_a_small_tree() -> None:
    city = make_city(2, devices=5, seed=4)
    assert [len(street.sites) for district in city.districts for street in district.streets] == [2]
