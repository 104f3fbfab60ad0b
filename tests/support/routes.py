"""Whole plans on drawn towns: what tests of directions and of words are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.support.drawn_town import Tags, draw_town, locate
from tests.support.graphs import build_graph
from wayfinder.routing.city_graph import CityGraph, Landmark
from wayfinder.routing.overlay import Overlay, build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.slopes import Terrain


def draw_graph(
    picture: str,
    ways: Sequence[str | tuple[str, Mapping[str, str]]],
    nodes: Mapping[str, Tags] | None = None,
    *,
    grid_m: float = 10.0,
    landmarks: Mapping[str, Landmark] | None = None,
    places: Mapping[str, Tags] | None = None,
    terrain: Terrain | None = None,
) -> CityGraph:
    """The graph of a drawn town, of data of 1 July 2026; `landmarks` stand at letters."""
    graph = build_graph(draw_town(picture, ways, nodes, places=places, grid_m=grid_m), terrain)
    graph = replace(graph, osm_at="2026-07-01T00:00:00Z")
    if not landmarks:
        return graph
    network = graph.network
    at = {ord(letter): number for number, letter in enumerate(landmarks)}
    seen = network.node_landmark.copy()
    for node, osm_id in enumerate(network.node_osm_id.tolist()):
        seen[node] = at.get(osm_id, -1)
    return replace(graph, network=replace(network, node_landmark=seen), landmarks=tuple(landmarks.values()))


def plan_on(
    graph: CityGraph,
    picture: str,
    start: str,
    goal: str,
    profile: str = "foot",
    limits: Mapping[str, object] | None = None,
    unknowns: Unknowns | None = None,
    *,
    grid_m: float = 10.0,
    overlay: Overlay | None = None,
) -> RoutePlan:
    """Plan from letter to letter."""
    current = overlay or build_empty_overlay(graph)
    ends = (locate(picture, letter, grid_m=grid_m) for letter in (start, goal))
    return RoutePlanner(graph, lambda: current).plan(RouteRequest(*ends, profile, limits or {}, unknowns))
