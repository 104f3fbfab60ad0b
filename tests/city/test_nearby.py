"""Indexes find what trying everything would find."""

import random

import pytest

from wayfinder.city import nearby
from wayfinder.city.nearby import NearestName, get_gap_m, group_near


def scatter(generator: random.Random, count: int, size: float = 0.2) -> list[tuple[float, float]]:
    return [(9.4 + generator.random() * size, 51.2 + generator.random() * size) for _ in range(count)]


def group_by_trying(things: list[list[tuple[float, float]]], within_m: float) -> list[list[int]]:
    groups: list[set[int]] = []
    for one, spots in enumerate(things):
        touched = [
            group
            for group in groups
            if any(get_gap_m(*a, *b) <= within_m for other in group for a in things[other] for b in spots)
        ]
        groups = [group for group in groups if group not in touched] + [{one}.union(*touched)]
    return sorted(sorted(group) for group in groups)


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_that_trying_every_pair_finds(seed: int) -> None:
    generator = random.Random(seed)
    things = [scatter(generator, generator.randint(1, 3)) for _ in range(60)]

    groups = group_near(things, 900)

    assert groups == group_by_trying(things, 900)
    assert 1 < len(groups) < 60


def test_a_chain_is_one_group_and_what_is_just_too_far_is_another() -> None:
    step = 499 / 111_195
    chain = [[(9.4, 51.3 + number * step)] for number in range(5)]

    assert group_near(chain, 500) == [[0, 1, 2, 3, 4]]
    assert group_near(chain, 498) == [[0], [1], [2], [3], [4]]
    assert group_near([], 500) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_name_is_that_of_trying_all(seed: int) -> None:
    generator = random.Random(seed)
    named = [(spot, f"district {generator.randint(1, 40)}") for spot in scatter(generator, 300)]
    nearest = NearestName(named)

    for spot in scatter(generator, 200, size=0.5):
        assert nearest.find(spot) == min((get_gap_m(*spot, *there), name) for there, name in named)[1]


def test_of_equally_near_names_the_first_counts() -> None:
    assert NearestName([((9.41, 51.3), "Wehlheiden"), ((9.41, 51.3), "Mitte")]).find((9.4, 51.3)) == "Mitte"
    assert NearestName([]).find((9.4, 51.3)) is None


def test_four_times_as_much_takes_about_four_times_the_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def count_measured(count: int) -> int:
        measured = 0

        def measure(*ends: float) -> float:
            nonlocal measured
            measured += 1
            return get_gap_m(*ends)

        monkeypatch.setattr(nearby, "get_gap_m", measure)
        side = (count / 1000) ** 0.5 * 0.1
        spots = scatter(random.Random(1), count, side)
        group_near([[spot] for spot in spots], 200)
        nearest = NearestName([(spot, "x") for spot in spots])
        for spot in spots:
            nearest.find(spot)
        return measured

    assert count_measured(4000) < 5 * count_measured(1000)
