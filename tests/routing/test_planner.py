"""Whole plans on drawn towns: what is found, what is exceeded, how near one can get."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, locate
from tests.support.graphs import build_graph
from wayfinder.errors import RequestError
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import load_tables
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns

GOOD = "highway=footway surface=asphalt smoothness=good width=2 incline=0%"
SQUARE = """
    A--------B
    |        |
    |        |
    C--------D
"""
LONG = """
    A--------B
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    |        |
    C--------D
"""


def plan(
    graph: CityGraph, start: LonLat, goal: LonLat, profile: str = "wheelchair-manual", **request: object
) -> RoutePlan:
    overlay = build_empty_overlay(graph)
    question = RouteRequest(start, goal, profile, **request)  # type: ignore[arg-type]
    return RoutePlanner(graph, lambda: overlay).plan(question)


def answer(
    picture: str, ways: list[str], nodes: dict[str, str] | None = None, **request: object
) -> RoutePlan:
    """Plan from A to B."""
    graph = build_graph(draw_town(picture, ways=ways, nodes=nodes))
    return plan(graph, locate(picture, "A"), locate(picture, "B"), **request)  # type: ignore[arg-type]


def list_excesses(result: RoutePlan) -> list[tuple[str, object, object, bool | None]]:
    return [
        (str(obstacle.kind), obstacle.value, obstacle.limit, obstacle.exceeds)
        for route in result.routes
        for obstacle in route.limits_exceeded
    ]


def measure(result: RoutePlan) -> int:
    """Whole metres of the recommended way."""
    return round(result.routes[0].distance_m)


def test_the_direct_way_is_taken_where_nothing_stands_in_it() -> None:
    result = answer(SQUARE, [f"AB {GOOD}", f"AC {GOOD}", f"CD {GOOD}", f"DB {GOOD}"])
    assert (result.outcome, measure(result), list_excesses(result)) == (Outcome.FOUND, 90, [])


@pytest.mark.parametrize(
    ("preset", "metres"),
    [("wheelchair-manual", 150), ("walker", 150), ("pushchair", 150), ("foot", 90), ("blind", 90)],
)
def test_steps_send_wheels_around_and_others_over(preset: str, metres: int) -> None:
    ways = ["AB highway=steps step_count=5 handrail=yes", f"AC {GOOD}", f"CD {GOOD}", f"DB {GOOD}"]
    result = answer(SQUARE, ways, profile=preset)
    assert (result.outcome, measure(result)) == (Outcome.FOUND, metres)


def test_without_a_way_within_the_limits_the_least_bad_one_names_every_excess() -> None:
    ways = [
        f"AB {GOOD.replace('width=2', 'width=0.7')}",
        f"AC {GOOD}",
        "CD highway=steps step_count=30",
        f"DB {GOOD}",
    ]
    result = answer(SQUARE, ways)
    assert result.outcome is Outcome.LIMITS_EXCEEDED
    assert list_excesses(result) == [("width", 70.0, 90.0, True)]
    excess = result.routes[0].limits_exceeded[0]
    assert (excess.finding.unit, excess.source, excess.osm, excess.certain) == ("cm", "osm", "way/1", True)


def test_an_unknown_that_is_rejected_is_named_without_a_value() -> None:
    way = GOOD.replace("width=2", "")
    assert answer(SQUARE, [f"AB {way}"]).outcome is Outcome.FOUND
    result = answer(SQUARE, [f"AB {way}"], unknowns=Unknowns.REJECT)
    assert result.outcome is Outcome.LIMITS_EXCEEDED
    assert list_excesses(result) == [("width", None, 90.0, None)]


def test_a_way_with_all_facts_known_is_known_wholly() -> None:
    result = answer(SQUARE, [f"AB {GOOD}"])
    assert (result.routes[0].known_share, result.routes[0].unknowns) == (1.0, ())
    half = answer("A---C---B", [f"AC {GOOD}", f"CB {GOOD.replace('width=2', '')}"])
    assert (half.outcome, half.routes[0].known_share) == (Outcome.FOUND, pytest.approx(0.5))


def test_where_only_closed_ways_lead_the_plan_says_how_near_one_can_get() -> None:
    picture = "A----C----B"
    result = answer(picture, [f"AC {GOOD}", f"CB {GOOD} access=private"])
    graph = build_graph(draw_town(picture, ways=[f"AC {GOOD}", f"CB {GOOD} access=private"]))
    assert (result.outcome, result.routes) == (Outcome.UNREACHABLE, ())
    assert result.reachable == pytest.approx(locate(picture, "C"), abs=1e-7)
    assert result.remaining_m == pytest.approx(50, abs=0.2)
    assert graph.network.edge_count == 2


def test_uphill_is_judged_other_than_downhill() -> None:
    way = GOOD.replace("incline=0%", "incline=7%")
    graph = build_graph(draw_town("A-----B", ways=[f"AB {way}"]))
    ends = locate("A-----B", "A"), locate("A-----B", "B")
    up, down = plan(graph, *ends), plan(graph, *ends[::-1])
    assert (up.outcome, list_excesses(up)) == (
        Outcome.LIMITS_EXCEEDED,
        [("incline", 7.0, 6.0, True)],
    )
    assert (down.outcome, list_excesses(down)) == (Outcome.FOUND, [])
    assert up.routes[0].duration_s > down.routes[0].duration_s


def test_a_kerb_is_stepped_up_one_way_and_down_the_other() -> None:
    picture = "A---R---B"
    ways = [f"AR {GOOD} footway=crossing", f"RB {GOOD} footway=sidewalk"]
    graph = build_graph(draw_town(picture, ways=ways, nodes={"R": "kerb:height=0.035"}))
    ends = locate(picture, "A"), locate(picture, "B")
    up, down = plan(graph, *ends), plan(graph, *ends[::-1])
    assert (up.outcome, list_excesses(up)) == (Outcome.LIMITS_EXCEEDED, [("kerb", 3.5, 3.0, True)])
    assert (down.outcome, list_excesses(down)) == (Outcome.FOUND, [])


def test_no_kerb_is_skipped_by_beginning_behind_it() -> None:
    picture = "AK-------LB"
    ways = [f"AK {GOOD} footway=sidewalk", f"KL {GOOD} footway=crossing", f"LB {GOOD} footway=sidewalk"]
    result = answer(picture, ways, {"K": "kerb:height=0.12", "L": "kerb:height=0.12"})
    assert (result.outcome, list_excesses(result)) == (
        Outcome.LIMITS_EXCEEDED,
        [("kerb", 12.0, 4.0, True), ("kerb", 12.0, 3.0, True)],
    )


def test_a_goal_on_a_way_over_the_limits_is_not_moved_to_a_clean_one_nearby() -> None:
    picture = """
        A------C
               |
               B
    """
    result = answer(picture, [f"AC {GOOD}", "CB highway=steps step_count=20"])
    assert (result.outcome, result.goal.offset_m) == (Outcome.LIMITS_EXCEEDED, pytest.approx(0, abs=0.02))


def test_a_house_at_the_end_of_its_private_drive_can_be_reached_from_the_street() -> None:
    picture = """
        A------C
               |
               B
    """
    result = answer(picture, [f"AC {GOOD}", "CB highway=service access=private"])
    assert (result.outcome, result.goal.offset_m) == (Outcome.FOUND, pytest.approx(20, abs=0.1))


def test_a_loose_piece_of_the_map_is_left_for_the_network_beside_it() -> None:
    picture = """
        X--Y
        A------B
    """
    graph = build_graph(draw_town(picture, ways=[f"XY {GOOD}", f"AB {GOOD}"]))
    result = plan(graph, locate(picture, "X"), locate(picture, "B"))
    assert (result.outcome, result.start.offset_m) == (Outcome.FOUND, pytest.approx(10, abs=0.1))


def test_a_trip_may_begin_and_end_inside_the_same_segment() -> None:
    picture = "A--------B"
    graph = build_graph(draw_town(picture, ways=[f"AB {GOOD}"]))
    a, b = locate(picture, "A"), locate(picture, "B")
    third, half = (LonLat(a.lon + (b.lon - a.lon) * share, a.lat) for share in (1 / 3, 1 / 2))
    there, back = plan(graph, third, half), plan(graph, half, third)
    assert (measure(there), measure(back)) == (15, 15)
    assert there.start.offset_m == pytest.approx(0, abs=0.02)


def test_start_and_goal_at_the_same_place_are_no_way_at_all() -> None:
    result = answer(SQUARE, [f"AB {GOOD}", f"AC {GOOD}"])
    assert result.outcome is Outcome.FOUND
    graph = build_graph(draw_town(SQUARE, ways=[f"AB {GOOD}", f"AC {GOOD}"]))
    spot = locate(SQUARE, "A")
    assert measure(plan(graph, spot, spot)) == 0


def test_a_position_far_from_any_way_is_refused_with_a_pointer() -> None:
    graph = build_graph(draw_town(SQUARE, ways=[f"AB {GOOD}"]))
    spot = locate(SQUARE, "A")
    far = LonLat(spot.lon + 0.01, spot.lat)
    for start, goal, pointer in ((far, spot, "/from"), (spot, far, "/to")):
        with pytest.raises(RequestError) as refusal:
            plan(graph, start, goal)
        assert (refusal.value.code, refusal.value.pointer) == ("position_too_far", pointer)
    with pytest.raises(RequestError) as refusal:
        plan(graph, LonLat(float("nan"), 0.0), spot)
    assert (refusal.value.code, refusal.value.pointer) == ("position_invalid", "/from")


def test_a_profile_that_does_not_exist_is_refused_with_a_pointer() -> None:
    with pytest.raises(RequestError) as refusal:
        answer(SQUARE, [f"AB {GOOD}"], profile="unicycle")
    assert (refusal.value.code, refusal.value.pointer) == ("profile_unknown", "/profile")


def test_a_way_longer_than_a_person_can_go_is_no_clean_answer() -> None:
    result = answer(SQUARE, [f"AB {GOOD}"], limits={"distance_max_m": 60})
    assert (result.outcome, list_excesses(result)) == (
        Outcome.LIMITS_EXCEEDED,
        [("distance", 90.0, 60.0, True)],
    )


def test_any_two_presets_part_somewhere() -> None:
    """Two ways lead from A to B, one short and one long: which one a preset takes sets it apart."""
    steps = "highway=steps step_count=8 handrail=yes lit=yes"
    pairs = [
        [f"AB {first}", f"AC {second}", f"CD {second}", f"DB {second}"]
        for first, second in (
            (steps, f"{GOOD} lit=yes"),
            ("highway=steps step_count=8 handrail=no", f"{GOOD} lit=yes"),
            ("highway=steps step_count=8 ramp:stroller=yes", f"{GOOD} lit=yes"),
            (f"{GOOD} lit=no", f"{GOOD} lit=yes"),
            (GOOD.replace("incline=0%", "incline=7%"), GOOD),
            (GOOD.replace("incline=0%", "incline=9%"), GOOD),
            (GOOD.replace("incline=0%", "incline=11%"), GOOD),
            (GOOD.replace("width=2", "width=0.85"), GOOD),
            (GOOD.replace("width=2", "width=0.95"), GOOD),
            (GOOD.replace("smoothness=good", "smoothness=bad"), GOOD),
            ("highway=path surface=ground smoothness=intermediate width=2 incline=0%", GOOD),
            ("highway=secondary sidewalk=no surface=asphalt smoothness=good incline=0%", GOOD),
            ("highway=pedestrian surface=asphalt smoothness=good incline=0%", f"{GOOD} tactile_paving=yes"),
        )
    ]
    graphs = [build_graph(draw_town(picture, ways=ways)) for ways in pairs for picture in (SQUARE, LONG)]
    ends = locate(SQUARE, "A"), locate(SQUARE, "B")
    ends_of_long = locate(LONG, "A"), locate(LONG, "B")
    choices = {
        preset: tuple(
            (result.outcome.value, measure(result))
            for number, graph in enumerate(graphs)
            for result in [plan(graph, *(ends_of_long if number % 2 else ends), profile=preset)]
        )
        for preset in load_tables().presets
    }
    alike = [
        (one, other)
        for number, one in enumerate(choices)
        for other in list(choices)[number + 1 :]
        if choices[one] == choices[other]
    ]
    assert alike == []
    assert not np.any([outcome == "unreachable" for choice in choices.values() for outcome, _ in choice])
