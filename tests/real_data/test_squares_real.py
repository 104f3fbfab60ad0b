"""Real squares: a way that led around one leads over it, and no line leads through a house."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

from tests.conftest import find_shared_data
from tests.support.graphs import build_graph
from wayfinder.geo import LonLat
from wayfinder.routing.network_build import build_network
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlanner, RouteRequest
from wayfinder.sources.osm import load_osm


def get_file(city: str) -> Path:
    folder = find_shared_data()
    assert folder is not None
    return folder / "osm" / f"{city}.osm.pbf"


PLACES = [
    # name of the square, two of its entrances, metres along the rim and around (before), and across (now)
    ("Universitätsplatz", 1826840181, 3465793903, 193.7, 75.6),
    ("Universitätsplatz", 137886552, 3465793903, 185.6, 77.0),
    ("Rohrbach Markt", 587813111, 1721351001, 98.9, 36.7),
    ("Schulhof", 271954306, 271954312, 166.1, 101.3),
]


@pytest.fixture(scope="module")
def heidelberg() -> OsmData:
    return load_osm(get_file("heidelberg"))


def test_squares_of_heidelberg_are_crossed(heidelberg: OsmData) -> None:
    data, graph = heidelberg, build_graph(heidelberg)
    overlay = build_empty_overlay(graph)
    planner = RoutePlanner(graph, lambda: overlay)
    for name, start, goal, before_m, now_m in PLACES:
        ends = (LonLat(data.nodes[ref].lon, data.nodes[ref].lat) for ref in (start, goal))
        plan = planner.plan(RouteRequest(*ends, "wheelchair-manual"))

        assert plan.outcome is Outcome.FOUND
        assert plan.routes[0].distance_m == pytest.approx(now_m, rel=0.02)
        assert plan.routes[0].distance_m < before_m - 50
        assert {step.street for step in plan.routes[0].steps[:-1]} == {name}


def test_almost_all_squares_of_heidelberg_can_be_crossed(heidelberg: OsmData) -> None:
    built = build_network(heidelberg)
    squares = built.counts.ways.squares
    assert squares.crossed >= 165
    assert dict(squares.rim) == {"broken": 1, "incomplete": 1, "no_entrance": 15, "steps": 14, "walled": 1}
    assert squares.lines < 7_500  # the whole network had 55,593 edges with squares walked along their rims


@pytest.mark.parametrize("city", ["badwildbad", "garmisch"])
def test_no_line_over_a_square_leads_through_a_house(city: str) -> None:
    built = build_network(load_osm(get_file(city)))
    assert built.counts.ways.squares.entrances_left_out == 0
    houses, areas = read_raw(get_file(city))
    network = built.network
    tree = shapely.STRtree(houses)
    lines, faults = 0, []
    for edge in np.flatnonzero(np.isin(network.edge_osm_id, list(areas)) & (network.edge_length_mm > 0)):
        points = slice(network.edge_points[edge], network.edge_points[edge + 1])
        spots = np.column_stack([network.point_lon_e7[points], network.point_lat_e7[points]]) / 1e7
        line = shapely.LineString(spots)
        lines += 1
        # 3e-6 degrees: 30 cm
        faults += [
            (int(network.edge_osm_id[edge]), int(house))
            for house in tree.query(line)
            if houses[house].buffer(-3e-6).intersects(line)
        ]
    assert lines > 100
    assert faults == []


def read_raw(path: Path) -> tuple[list[shapely.Polygon], set[int]]:
    """Houses, and ids of squares drawn as one way, read without any code of ours."""
    houses, areas = [], set()
    for item in osmium.FileProcessor(str(path)).with_locations():
        if not item.is_way() or not item.is_closed():
            continue
        tags = dict(item.tags)
        if tags.get("area") == "yes" and tags.get("highway") in ("pedestrian", "footway"):
            areas.add(item.id)
        if tags.get("building", "no") in ("no", "roof") or "layer" in tags:
            continue
        spots = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
        if len(spots) > 3:
            houses.append(shapely.Polygon(spots).buffer(0))
    return houses, areas
