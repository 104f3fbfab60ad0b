"""Where entrances change an answer: two houses, before (as a position) and after (as a place)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import find_shared_data
from tests.support.graphs import build_graph
from wayfinder.geo import LonLat
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.sources.osm import load_osm


class Town:
    """A real city, and its places."""

    def __init__(self, name: str) -> None:
        folder = find_shared_data()
        assert folder is not None
        data = load_osm(Path(folder) / "osm" / f"{name}.osm.pbf")
        graph = build_graph(data)
        overlay = build_empty_overlay(graph)
        self.planner = RoutePlanner(graph, lambda: overlay)
        self.spots = {place.place_id: LonLat(place.lon, place.lat) for place in data.places}

    def plan(self, start: LonLat, place: str, profile: str, *, enters: bool) -> RoutePlan:
        return self.planner.plan(
            RouteRequest(start, self.spots[place], profile, goal_place=place if enters else "")
        )


@pytest.fixture(scope="module")
def garmisch() -> Town:
    return Town("garmisch")


@pytest.fixture(scope="module")
def badwildbad() -> Town:
    return Town("badwildbad")


def tell(result: RoutePlan) -> tuple[str, int, int | None]:
    """Outcome, whole metres, and the OSM node of the entrance."""
    used = result.goal_entrance
    osm_id = used.entrance.osm_id if used and used.entrance else None
    return result.outcome.value, round(result.routes[0].distance_m), osm_id


def test_in_garmisch_wheels_go_on_to_the_door_of_the_theatre_that_is_tagged_for_them(garmisch: Town) -> None:
    theatre, start = "osm:node/3268257679", LonLat(11.09522, 47.49492)
    before = [tell(garmisch.plan(start, theatre, who, enters=False)) for who in ("foot", "wheelchair-manual")]
    after = [tell(garmisch.plan(start, theatre, who, enters=True)) for who in ("foot", "wheelchair-manual")]
    assert before == [("found", 336, None), ("found", 331, None)]
    # node 13682429417 is tagged wheelchair=limited, node 13682442394 wheelchair=yes
    assert after == [("found", 331, 13682429417), ("found", 427, 13682442394)]


def test_in_bad_wildbad_all_doors_of_the_kurzentrum_are_tagged_as_no_use_to_wheelchairs(
    badwildbad: Town,
) -> None:
    house, start = "osm:way/32703772", LonLat(8.54634, 48.74664)
    assert tell(badwildbad.plan(start, house, "wheelchair-manual", enters=False)) == ("found", 350, None)
    after = badwildbad.plan(start, house, "wheelchair-manual", enters=True)
    assert tell(after) == ("limits_exceeded", 374, 2559143351)
    assert [(one.attribute, one.value, one.osm) for one in after.routes[0].steps[-1].obstacles] == [
        ("wheelchair", "no", "node/2559143351")
    ]
