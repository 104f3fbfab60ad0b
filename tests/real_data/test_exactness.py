"""On real cities the search costs what networkx says, and no clean answer hides steps or a raised kerb."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest

from tests.conftest import find_shared_data
from tests.support.graphs import build_graph, build_oracle, seed_at
from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import load_tables
from wayfinder.routing.overlay import Change, apply_changes, build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlanner, RouteRequest
from wayfinder.routing.search import build_weights, find_path
from wayfinder.sources.osm import load_osm

CITIES = ("heidelberg", "badwildbad", "miraustr")
PRESETS = tuple(load_tables().presets)
STEPS_BLOCKING = tuple(
    name for name, preset in load_tables().presets.items() if preset.limits["steps"].value == "block"
)
STARTS, GOALS_PER_START = 30, 10
"""300 pairs: networkx measures from each start to all its goals at once."""


def get_file(city: str) -> Path:
    folder = find_shared_data()
    assert folder is not None
    return folder / "osm" / f"{city}.osm.pbf"


@pytest.fixture(scope="module", params=CITIES)
def city(request: pytest.FixtureRequest) -> Iterator[tuple[str, CityGraph]]:
    yield request.param, build_graph(load_osm(get_file(request.param)))


@pytest.mark.parametrize("blocks", [0, 400], ids=["as built", "with random blocks"])
def test_every_preset_costs_what_networkx_says_on_300_pairs(city: tuple[str, CityGraph], blocks: int) -> None:
    _, graph = city
    random = np.random.default_rng(blocks)
    overlay = build_empty_overlay(graph)
    if blocks:
        arcs = tuple(random.choice(2 * graph.network.edge_count, blocks, replace=False).tolist())
        overlay = apply_changes(graph, overlay, 1, [Change(arcs, None, "report")])
    wrong, found = [], 0
    for preset in PRESETS:
        weights = build_weights(overlay.judge.get_costs(load_tables().presets[preset]), priced=False)
        oracle = build_oracle(graph.network, overlay.arc_class, weights)
        for start in random.integers(graph.network.node_count, size=STARTS).tolist():
            expected = oracle.list_costs(start)
            for goal in random.integers(graph.network.node_count, size=GOALS_PER_START).tolist():
                path = find_path(graph, overlay, weights, seed_at(start), seed_at(goal))
                found += path is not None
                if (path.cost_us if path else None) != expected.get(goal):
                    wrong.append((preset, start, goal))
    assert wrong == []
    assert found > len(PRESETS) * STARTS * GOALS_PER_START // 10


@pytest.mark.parametrize("preset", STEPS_BLOCKING)
def test_no_clean_answer_touches_steps_without_ramp_or_a_known_raised_kerb(
    city: tuple[str, CityGraph], preset: str
) -> None:
    name, graph = city
    overlay = build_empty_overlay(graph)
    planner = RoutePlanner(graph, lambda: overlay)
    file = RawFile(
        get_file(name), ramps=("wheelchair", "stroller") if preset == "pushchair" else ("wheelchair",)
    )
    random = np.random.default_rng(len(preset))
    lon, lat = np.asarray(graph.network.node_lon), np.asarray(graph.network.node_lat)
    found, faults = 0, []
    for _ in range(300):
        start = int(random.integers(len(lon)))
        near = np.flatnonzero(np.hypot(lon - lon[start], lat - lat[start]) < 0.02)
        goal = int(random.choice(near))
        plan = planner.plan(RouteRequest(locate(graph, start), locate(graph, goal), preset))
        if plan.outcome is not Outcome.FOUND:
            continue
        found += 1
        line = [tuple(round(float(value), 7) for value in point) for point in plan.routes[0].coordinates]
        faults += [("steps", *fault) for fault in file.list_steps_on(line)]
        if preset.startswith("wheelchair-m"):
            faults += [("kerb", point) for point in file.list_raised_kerbs_on(line)]
    assert faults == []
    assert found > 60


def locate(graph: CityGraph, node: int) -> LonLat:
    return LonLat(float(graph.network.node_lon[node]), float(graph.network.node_lat[node]))


class RawFile:
    """What the OSM file itself says, read without any code of ours."""

    def __init__(self, path: Path, ramps: tuple[str, ...]) -> None:
        self.raised_kerbs: dict[tuple[float, float], list[tuple[float, float, float, float]]] = {}
        self.crossings: set[tuple[float, float, float, float]] = set()
        self.segments: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
        for item in osmium.FileProcessor(str(path)).with_locations():
            if item.is_node() and item.tags.get("kerb") == "raised" and "kerb:height" not in item.tags:
                self.raised_kerbs[round(item.lon, 7), round(item.lat, 7)] = []
            if item.is_way() and "highway" in item.tags:
                points = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
                for one, other in pairwise(points):
                    for point in (one, other):
                        kerb = (round(point[0], 7), round(point[1], 7))
                        if kerb in self.raised_kerbs:
                            self.raised_kerbs[kerb].append((*one, *other))
                            if item.tags.get("footway") == "crossing":
                                self.crossings.add((*one, *other))
            if item.is_way() and item.tags.get("highway") == "steps" and "conveying" not in item.tags:
                if item.tags.get("ramp") in ramps or any(item.tags.get(f"ramp:{r}") == "yes" for r in ramps):
                    continue
                points = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
                for (x1, y1), (x2, y2) in pairwise(points):
                    for cell in {get_cell((x1 + x2) / 2, (y1 + y2) / 2), get_cell(x1, y1), get_cell(x2, y2)}:
                        self.segments.setdefault(cell, []).append((x1, y1, x2, y2))

    def list_raised_kerbs_on(self, line: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        """Raised kerbs passed along the ways they stand on, and those a crossing is left or entered by.

        Whoever walks round the corner on the pavement passes behind the kerb: no crossing leads there.
        """
        ends = (line[0], line[-1])

        def leads_to(beside: tuple[float, ...], segment: tuple[float, float, float, float]) -> bool:
            at_its_end = any(math.dist(beside, end) < 1e-7 for end in (segment[:2], segment[2:]))
            return at_its_end or (beside in ends and is_on(beside, segment))

        found = []
        for before, point, after in zip(line, line[1:], line[2:], strict=False):
            segments = self.raised_kerbs.get(point, ())
            met = [[segment for segment in segments if leads_to(spot, segment)] for spot in (before, after)]
            if all(met) or any(segment in self.crossings for side in met for segment in side):
                found.append(point)
        return found

    def list_steps_on(self, line: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        """Pieces of the line that lie on a piece of steps: both ends and the middle within 5 cm of it."""
        faults = []
        for (x1, y1), (x2, y2) in pairwise(line):
            if math.hypot(x2 - x1, y2 - y1) * METRES_PER_DEGREE < 0.3:
                continue
            middle = ((x1 + x2) / 2, (y1 + y2) / 2)
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    column, row = get_cell(*middle)
                    for segment in self.segments.get((column + dx, row + dy), []):
                        if all(is_on(point, segment) for point in ((x1, y1), middle, (x2, y2))):
                            faults.append(middle)
        return faults


def get_cell(lon: float, lat: float) -> tuple[int, int]:
    return int(lon * 2000), int(lat * 2000)


def is_on(point: tuple[float, ...], segment: tuple[float, float, float, float]) -> bool:
    squeeze = math.cos(math.radians(segment[1]))
    x, y = ((segment[0] - point[0]) * squeeze, segment[1] - point[1])
    dx, dy = ((segment[2] - segment[0]) * squeeze, segment[3] - segment[1])
    square = dx * dx + dy * dy
    share = max(0.0, min(1.0, -(x * dx + y * dy) / square)) if square else 0.0
    return math.hypot(x + share * dx, y + share * dy) * METRES_PER_DEGREE < 0.05
