"""Which parts of a city hang together for a profile."""

from __future__ import annotations

import numpy as np

from tests.support.drawn_town import draw_town
from tests.support.graphs import build_graph
from tests.support.trips import make_network
from wayfinder.routing.costs import Verdict
from wayfinder.routing.islands import MAIN, NOWHERE, find_parts
from wayfinder.routing.overlay import build_empty_overlay

GOOD = "highway=footway surface=asphalt smoothness=good width=2 incline=0% lit=yes"
TOWN = """
A-------B---S---C---D

E-F         G---H
"""


def describe(profile: str, ways: list[str], nodes: dict[str, str] | None = None) -> tuple[object, list[str]]:
    graph = build_graph(draw_town(TOWN, ways, nodes, grid_m=20.0))
    network = make_network(graph, build_empty_overlay(graph), profile)
    parts = find_parts(graph.network, network.verdict <= Verdict.AVOID)
    ends = {MAIN: "main", NOWHERE: "nowhere"}
    where = {
        chr(osm): ends.get(number, str(number))
        for osm, number in zip(graph.network.node_osm_id.tolist(), parts.island.tolist(), strict=True)
    }
    listed = [f"{one.length_m:.0f} m in={one.way_in} out={one.way_out}" for one in parts.islands]
    return where, listed


STEPS = [f"AB {GOOD}", "BSC highway=steps", f"CD {GOOD}", f"EF {GOOD}", f"GH {GOOD} access=private"]


def test_what_lies_behind_steps_is_an_island_for_wheels_and_none_for_feet() -> None:
    where, islands = describe("wheelchair-manual", STEPS)
    assert where == {
        "A": "main", "B": "main", "C": "0", "D": "0", "E": "1", "F": "1", "G": "nowhere", "H": "nowhere",
    }  # fmt: skip
    assert islands == ["80 m in=False out=False", "40 m in=False out=False"]
    where, islands = describe("foot", STEPS)
    assert (where["D"], islands) == ("main", ["40 m in=False out=False"])


def test_a_way_one_gets_into_and_not_out_of_is_an_island_and_says_so() -> None:
    ways = [f"AB {GOOD}", f"BSC {GOOD} incline=7%", f"CD {GOOD}"]
    # downhill 7 % keeps the limit of 8 %, uphill 7 % is over that of 6 %
    _, islands = describe("wheelchair-manual", ways)
    assert islands == ["80 m in=False out=True"]
    _, islands = describe("wheelchair-manual", [f"AB {GOOD}", f"BSC {GOOD} incline=-7%", f"CD {GOOD}"])
    assert islands == ["80 m in=True out=False"]


def test_lengths_of_the_parts_add_up() -> None:
    graph = build_graph(draw_town(TOWN, STEPS, grid_m=20.0))
    network = make_network(graph, build_empty_overlay(graph), "wheelchair-manual")
    parts = find_parts(graph.network, network.verdict <= Verdict.AVOID)
    assert np.isclose(parts.usable_m, parts.main_m + sum(one.length_m for one in parts.islands))
    assert round(parts.main_m) == 160
