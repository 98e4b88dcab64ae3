"""Chance that is the same everywhere."""

import pytest

from simulators.dice import dice, poisson, shuffled


def test_the_same_parts_give_the_same_numbers_on_every_machine() -> None:
    assert dice("door", 7, "b1").random() == dice("door", 7, "b1").random() == 0.34632956993551023
    assert dice("door", 7, "b1").random() != dice("door", 7, "b2").random()


@pytest.mark.parametrize("mean", [0.05, 2.0, 80.0])
def test_as_many_happen_as_the_mean_says(mean: float) -> None:
    rng = dice("poisson")
    drawn = [poisson(rng, mean) for _ in range(4000)]
    assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.15)
    assert min(drawn) >= 0


def test_nothing_happens_in_no_time() -> None:
    assert poisson(dice("poisson"), 0.0) == 0


def test_shuffling_keeps_everything_and_the_original() -> None:
    items = list(range(20))
    mixed = shuffled(dice("cards"), items)
    assert sorted(mixed) == items == list(range(20))
    assert mixed != items
