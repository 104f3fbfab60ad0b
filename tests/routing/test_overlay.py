"""An overlay changes what arcs are like, at once and without touching the city."""

from __future__ import annotations

import numpy as np

from tests.support.attributes import parse_attributes
from tests.support.drawn_town import draw_town
from tests.support.graphs import build_graph, seed_at
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import load_tables
from wayfinder.routing.overlay import Change, Overlay, apply_changes, build_empty_overlay
from wayfinder.routing.search import build_weights, find_path

GOOD = "highway=footway surface=asphalt smoothness=good width=2"
PICTURE = """
    A--------B
    |        |
    |        |
    C--------D
"""


def build_square() -> CityGraph:
    """A to B directly (way 1), or around by C and D (ways 2, 3, 4)."""
    return build_graph(draw_town(PICTURE, ways=[f"AB {GOOD}", f"AC {GOOD}", f"CD {GOOD}", f"DB {GOOD}"]))


def list_ways(graph: CityGraph, overlay: Overlay, preset: str = "wheelchair-manual") -> list[int] | None:
    """OSM ways from A to B within the limits."""
    weights = build_weights(overlay.judge.get_costs(load_tables().presets[preset]), priced=False)
    osm = graph.network.node_osm_id.tolist()
    path = find_path(graph, overlay, weights, seed_at(osm.index(65)), seed_at(osm.index(66)))
    return None if path is None else graph.network.edge_osm_id[path.arcs >> 1].tolist()


def arcs_of_way(graph: CityGraph, way: int) -> tuple[int, ...]:
    edges = np.flatnonzero(graph.network.edge_osm_id == way)
    return tuple(int(arc) for edge in edges for arc in (2 * edge, 2 * edge + 1))


def test_a_block_sends_the_next_search_around() -> None:
    graph = build_square()
    empty = build_empty_overlay(graph)
    blocked = apply_changes(graph, empty, 1, [Change(arcs_of_way(graph, 1), None, "report")])
    assert list_ways(graph, empty) == [1]
    assert list_ways(graph, blocked) == [2, 3, 4]
    assert list_ways(graph, empty) == [1]


def test_a_block_holds_for_everybody_on_foot_too() -> None:
    graph = build_square()
    changes = [Change(arcs_of_way(graph, way), None, "report") for way in (1, 3)]
    assert list_ways(graph, apply_changes(graph, build_empty_overlay(graph), 1, changes), "foot") is None


def test_a_changed_value_is_judged_by_each_profile_for_itself() -> None:
    graph = build_square()
    steep = parse_attributes("kind=footway surface=asphalt smoothness=bad width_cm=200")
    overlay = apply_changes(
        graph, build_empty_overlay(graph), 1, [Change(arcs_of_way(graph, 1), steep, "survey")]
    )
    assert list_ways(graph, overlay, "wheelchair-manual") == [2, 3, 4]
    assert list_ways(graph, overlay, "foot") == [1]


def test_the_next_version_replaces_all_earlier_changes() -> None:
    graph = build_square()
    empty = build_empty_overlay(graph)
    first = apply_changes(graph, empty, 1, [Change(arcs_of_way(graph, 1), None, "report")])
    second = apply_changes(graph, empty, 2, [])
    assert (list_ways(graph, first), list_ways(graph, second)) == ([2, 3, 4], [1])
    assert (first.version, second.version) == (1, 2)


def test_the_city_itself_is_never_written_to() -> None:
    graph = build_square()
    before = graph.network.arc_class.copy()
    overlay = apply_changes(
        graph, build_empty_overlay(graph), 1, [Change(arcs_of_way(graph, 1), None, "report")]
    )
    assert (graph.network.arc_class == before).all()
    assert not overlay.arc_class.flags.writeable
