"""Heidelberg, where the two pavements of a street differ: what one edge for both could not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import find_shared_data
from tests.support.graphs import build_graph
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.sources.osm import load_osm


@pytest.fixture(scope="module")
def heidelberg() -> CityGraph:
    folder = find_shared_data()
    assert folder is not None
    return build_graph(load_osm(Path(folder) / "osm" / "heidelberg.osm.pbf"))


def plan(graph: CityGraph, start: tuple[float, float], goal: tuple[float, float]) -> RoutePlan:
    overlay = build_empty_overlay(graph)
    request = RouteRequest(LonLat(*start), LonLat(*goal), "wheelchair-manual")
    return RoutePlanner(graph, lambda: overlay).plan(request)


def tell(plan: RoutePlan) -> tuple[str, int, list[object], list[str]]:
    """Outcome, metres, what exceeds a limit, and what the steps begin with."""
    route = plan.routes[0]
    return (
        str(plan.outcome),
        round(route.distance_m, -1),
        [obstacle.value for obstacle in route.limits_exceeded],
        [f"{step.manoeuvre} {step.street}".strip() for step in route.steps[:-1]],
    )


def test_along_the_wide_pavement_of_schmitthennerstrasse_a_wheelchair_gets_through(
    heidelberg: CityGraph,
) -> None:
    """The southern pavement is 60 cm wide, the northern one 100 cm; a wheelchair needs 90 cm.

    As one edge for both it was ("limits_exceeded", 60, [60.0], ["depart Schmitthennerstraße"]), whichever
    side one came from.
    """
    north = plan(heidelberg, (8.66435, 49.38138), (8.66354, 49.38143))
    assert tell(north) == ("found", 60, [], ["depart Schmitthennerstraße"])


def test_on_the_narrow_pavement_the_way_to_the_wide_one_and_back_is_told(heidelberg: CityGraph) -> None:
    """Both ends lie on the southern side; before, it was said of the whole way that it is 60 cm wide."""
    south = plan(heidelberg, (8.66435, 49.38128), (8.66354, 49.38134))
    assert tell(south) == (
        "limits_exceeded",
        90,
        [60.0],
        [
            "depart Schmitthennerstraße",
            "cross Schmitthennerstraße",
            "turn_left Schmitthennerstraße",
            "cross Schmitthennerstraße",
        ],
    )


def test_where_the_wide_side_changes_one_crosses_instead_of_walking_around(heidelberg: CityGraph) -> None:
    """The wide pavement (180 cm) is on the right up to Brennerweg and on the left from there.

    As one edge for both it was 400 m around by Häuselgasse and Brennerweg, and over the limit at two places:
    ("limits_exceeded", 400, [80.0, 70.0], ["depart Schäfergasse", "turn_left Schmitthennerstraße", ...]).
    """
    along = plan(heidelberg, (8.66726, 49.38088), (8.66697, 49.38240))
    assert tell(along) == (
        "found",
        170,
        [],
        [
            "depart Schäfergasse",
            "cross Schmitthennerstraße",
            "continue Schäfergasse",
            "cross Brennerweg",
            "cross Schäfergasse",
            "turn_right Schäfergasse",
        ],
    )
