"""A position snaps inside the nearest segment that the profile may use."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, locate
from tests.support.graphs import build_graph, make_random_town
from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import Verdict, load_tables
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.snapping import Usable, list_nearest_points

PICTURE = """
    A---------B

    C---------D
"""


def move(point: LonLat, east_m: float, north_m: float) -> LonLat:
    lon = point.lon + east_m / (METRES_PER_DEGREE * math.cos(math.radians(point.lat)))
    return LonLat(lon, point.lat + north_m / METRES_PER_DEGREE)


def snap(
    graph: CityGraph, position: LonLat, preset: str | None = None, **room: float
) -> list[tuple[int, int, int]]:
    """OSM way, decimetres from the tail, and decimetres away, of each point found."""
    overlay = build_empty_overlay(graph)
    usable = None
    if preset:
        costs = overlay.judge.get_costs(load_tables().presets[preset])
        usable = Usable(costs.classes.verdict, costs.slopes.verdict, Verdict.AVOID)
    points = list_nearest_points(graph, overlay.arc_class, usable, position, **room)
    ids = graph.network.edge_osm_id
    return [(int(ids[p.edge]), round(p.along_mm / 100), round(p.offset_m * 10)) for p in points]


def test_a_position_snaps_inside_a_segment_not_to_its_end() -> None:
    graph = build_graph(draw_town(PICTURE, ways=["AB highway=footway", "CD highway=footway"]))
    assert snap(graph, move(locate(PICTURE, "A"), 30, 4)) == [(1, 300, 40)]


def test_a_forbidden_segment_is_passed_over_for_the_next_one() -> None:
    ways = ["AB highway=steps step_count=8", "CD highway=footway surface=asphalt smoothness=good width=2"]
    graph = build_graph(draw_town(PICTURE, ways=ways))
    position = move(locate(PICTURE, "A"), 30, 0)
    assert snap(graph, position) == [(1, 300, 0)]
    assert snap(graph, position, "wheelchair-manual") == [(2, 300, 200)]
    assert snap(graph, position, "wheelchair-manual", within_m=10) == []


def test_segments_hardly_farther_than_the_nearest_are_listed_too() -> None:
    graph = build_graph(draw_town(PICTURE, ways=["AB highway=footway", "CD highway=footway"]))
    position = move(locate(PICTURE, "A"), 30, -9)
    assert snap(graph, position, slack_m=2) == [(1, 300, 90), (2, 300, 110)]
    assert snap(graph, position, slack_m=1) == [(1, 300, 90)]


def test_far_from_any_way_there_is_nothing() -> None:
    graph = build_graph(draw_town(PICTURE, ways=["AB highway=footway"]))
    assert snap(graph, move(locate(PICTURE, "A"), -249, 0)) == [(1, 0, 2490)]
    assert snap(graph, move(locate(PICTURE, "A"), -251, 0)) == []
    assert snap(graph, LonLat(180.0, -90.0)) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_grid_finds_what_looking_at_every_segment_finds(seed: int) -> None:
    graph = build_graph(make_random_town(seed, side=8))
    network = graph.network
    random = np.random.default_rng(seed)
    lon, lat = np.asarray(network.node_lon), np.asarray(network.node_lat)
    leads_on = network.node_osm_id[network.edge_tail] != network.node_osm_id[network.edge_head]
    for _ in range(50):
        position = LonLat(
            float(random.uniform(lon.min() - 1e-3, lon.max() + 1e-3)),
            float(random.uniform(lat.min() - 1e-3, lat.max() + 1e-3)),
        )
        expected = min(
            get_distance_to_edge_m(graph, edge, position) for edge in np.flatnonzero(leads_on).tolist()
        )
        found = snap(graph, position)
        assert {offset for *_, offset in found} == ({round(expected * 10)} if expected <= 250 else set())


def get_distance_to_edge_m(graph: CityGraph, edge: int, position: LonLat) -> float:
    network = graph.network
    first, last = network.edge_points[edge], network.edge_points[edge + 1]
    scale = METRES_PER_DEGREE * math.cos(math.radians(position.lat))
    x = (network.point_lon_e7[first:last] / 1e7 - position.lon) * scale
    y = (network.point_lat_e7[first:last] / 1e7 - position.lat) * METRES_PER_DEGREE
    best = math.inf
    for (x1, x2), (y1, y2) in zip(pairwise(x), pairwise(y), strict=True):
        square = (x2 - x1) ** 2 + (y2 - y1) ** 2
        share = max(0.0, min(1.0, -(x1 * (x2 - x1) + y1 * (y2 - y1)) / square)) if square else 0.0
        best = min(best, math.hypot(x1 + share * (x2 - x1), y1 + share * (y2 - y1)))
    return best
