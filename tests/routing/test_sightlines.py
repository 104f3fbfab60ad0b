"""Lines of sight stay near the shortest way and grow with the number of entrances, not with its square."""

from __future__ import annotations

import math
import time
import tracemalloc
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon

from wayfinder.routing.sightlines import (
    MOST_POINTS,
    STRETCH_FEW,
    STRETCH_MANY,
    Float64,
    Sightlines,
    TooManyPointsError,
    draw_sightlines,
)

JOINT_BEND = 1.012
"""Lines bend at most 1.5 m from their joints, 20 m apart, to share them."""


def make_place(entrances: int, radius_m: float = 100.0) -> tuple[Polygon, Float64]:
    """A round place with nine square kiosks on it."""
    angles = np.arange(entrances) * 2 * math.pi / entrances
    rim = radius_m * np.column_stack([np.cos(angles), np.sin(angles)])
    kiosks = [shapely.box(x - 6, y - 6, x + 6, y + 6) for x in (-45.0, 0.0, 45.0) for y in (-45.0, 0.0, 45.0)]
    place = shapely.difference(Polygon(rim), shapely.union_all(kiosks))
    assert isinstance(place, Polygon)
    return place, rim


def build_graph(found: Sightlines) -> nx.Graph:
    graph = nx.Graph()
    for line in found.lines:
        length = sum(math.dist(found.points[a], found.points[b]) for a, b in pairwise(line))
        if not graph.has_edge(line[0], line[-1]) or graph[line[0]][line[-1]]["weight"] > length:
            graph.add_edge(line[0], line[-1], weight=length)
    return graph


def build_visibility_graph(place: Polygon, entrances: Float64) -> nx.Graph:
    """Everything that sees each other, joined: shortest ways are exact."""
    corners = np.array([spot for ring in place.interiors for spot in ring.coords[:-1]]).reshape(-1, 2)
    spots = np.concatenate([entrances, corners])
    first, last = np.triu_indices(len(spots), 1)
    sight = place.buffer(0.01, join_style="mitre")
    shapely.prepare(sight)
    seen = shapely.covers(sight, shapely.linestrings(np.stack([spots[first], spots[last]], axis=1)))
    graph = nx.Graph()
    for a, b in zip(first[seen].tolist(), last[seen].tolist(), strict=True):
        graph.add_edge(a, b, weight=math.dist(spots[a], spots[b]))
    return graph


def find_stretch(found: Sightlines, place: Polygon, entrances: Float64, every: int) -> float:
    """The longest way over the lines compared with the shortest one, between pairs of entrances."""
    lines, exact = build_graph(found), build_visibility_graph(place, entrances)
    worst = 1.0
    for start in range(0, len(entrances), every):
        ways = nx.single_source_dijkstra_path_length(lines, start)
        shortest = nx.single_source_dijkstra_path_length(exact, start)
        worst = max(worst, *(ways[end] / shortest[end] for end in range(len(entrances)) if end != start))
    return worst


def test_few_entrances_are_joined_all_but_straight() -> None:
    place = shapely.box(0, 0, 90, 60)
    entrances = np.array([(0, 0), (0, 40), (30, 60), (90, 55), (90, 10), (50, 0), (20, 0)], dtype=float)
    stretch = find_stretch(draw_sightlines([place], entrances), place, entrances, 1)
    assert stretch <= STRETCH_FEW * JOINT_BEND


def test_among_hundreds_of_entrances_the_stretch_holds() -> None:
    place, entrances = make_place(300)
    found = draw_sightlines([place], entrances)
    assert find_stretch(found, place, entrances, 15) <= STRETCH_MANY * JOINT_BEND


def test_lines_memory_and_time_are_those_of_a_sparse_network() -> None:
    lines = {}
    for entrances in (100, 200, 400):
        place, rim = make_place(entrances)
        tracemalloc.start()
        began_s = time.process_time()
        found = draw_sightlines([place], rim)
        took_s, peak = time.process_time() - began_s, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        lines[entrances] = len(found.lines)
        assert peak < 100e6
        assert took_s < 30
    assert lines[400] < 2.2 * lines[200] < 2.2 * 2.2 * lines[100]
    assert lines[400] < 8 * 400


def test_more_than_the_bound_is_refused_before_any_work() -> None:
    place, entrances = make_place(MOST_POINTS)
    with pytest.raises(TooManyPointsError):
        draw_sightlines([place], entrances)


def test_the_edge_is_a_line_from_end_to_end() -> None:
    place, entrances = make_place(40)
    found = draw_sightlines([place], entrances)
    tree = shapely.STRtree([shapely.LineString(found.points[list(line)]) for line in found.lines])
    edge = [
        ring.interpolate(at)
        for ring in (place.exterior, *place.interiors)
        for at in np.arange(0, ring.length)
    ]
    _, distance = tree.query_nearest(edge, return_distance=True, all_matches=False)
    assert distance.max() < 0.001


def test_no_line_leaves_the_space() -> None:
    place, entrances = make_place(60)
    found = draw_sightlines([place], entrances)
    room = place.buffer(0.02)
    assert all(room.covers(shapely.LineString(found.points[list(line)])) for line in found.lines)


def test_an_entrance_between_two_spaces_has_a_side_in_each() -> None:
    spaces = [shapely.box(0, 0, 40, 19.95), shapely.box(0, 20.05, 40, 40)]
    found = draw_sightlines(spaces, np.array([(20.0, 20.0), (20.0, 0.0), (20.0, 40.0)]))
    at_gate = {
        (side, float(found.points[line[-1 - end]][1] > 20))
        for line, sides in zip(found.lines, found.sides, strict=True)
        for end, side in ((0, sides[0]), (-1, sides[1]))
        if line[end] == 0
    }
    assert at_gate == {(0, 0.0), (1, 1.0)}


def test_a_space_without_entrance_gets_no_line() -> None:
    spaces = [shapely.box(0, 0, 40, 40), shapely.box(60, 0, 90, 40)]
    found = draw_sightlines(spaces, np.array([(0.0, 10.0)]))
    assert found.points[:, 0].max() <= 40
