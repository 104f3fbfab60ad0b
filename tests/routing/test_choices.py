"""Stops on the way, other ways that differ in substance, and the small change that would open a clean way."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.routes import draw_graph, plan_on
from wayfinder.geo import LonLat
from wayfinder.routing.choices import Relaxation
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns
from wayfinder.speech.phrases import format_plan_text, word_plan

GOOD = "highway=footway surface=asphalt smoothness=good width=2 incline=0%"
BLOCK = """
    A--------B
    |        |
    |        |
    C--------D
"""
AROUND = [f"AC {GOOD}", f"CD {GOOD}", f"DB {GOOD}"]


def ask(
    ways: list[str], nodes: dict[str, str] | None = None, picture: str = BLOCK, **request: object
) -> RoutePlan:
    """From A to B, with a wheelchair."""
    graph = draw_graph(picture, ways, nodes)
    overlay = build_empty_overlay(graph)
    at = {chr(osm): node for node, osm in enumerate(graph.network.node_osm_id.tolist()) if osm < 128}

    def locate(letter: str) -> LonLat:
        node = at[letter]
        return LonLat(float(graph.network.node_lon[node]), float(graph.network.node_lat[node]))

    via = [locate(letter) for letter in str(request.pop("via", ""))]
    question = RouteRequest(locate("A"), locate("B"), "wheelchair-manual", via=via, **request)  # type: ignore[arg-type]
    return RoutePlanner(graph, lambda: overlay).plan(question)


def tell(relaxations: tuple[Relaxation, ...]) -> list[tuple[dict[str, object], str | None, int]]:
    return [
        ({name: needed for name, (_, needed) in one.limits.items()}, one.unknowns, round(one.distance_m))
        for one in relaxations
    ]


def test_a_stop_on_the_way_is_a_step_and_the_way_goes_on_from_there() -> None:
    plan = ask([f"AC name=Links {GOOD}", f"CD name=Unten {GOOD}", f"DB {GOOD}"], via="C")
    route = plan.routes[0]
    assert (plan.outcome, round(route.distance_m)) == (Outcome.FOUND, 150)
    assert [(str(s.manoeuvre), s.street, round(s.distance_m)) for s in route.steps] == [
        ("depart", "Links", 30),
        ("via", "", 0),
        ("depart", "Unten", 120),
        ("arrive", "", 0),
    ]
    points = [(step.first_point, step.last_point) for step in route.steps]
    assert all(first <= last for first, last in points)
    assert points[-1] == (len(route.coordinates) - 1,) * 2
    there = route.coordinates[points[1][0]]
    assert np.array_equal(there, route.coordinates[points[2][0]])
    assert "Sie sind am Zwischenziel." in format_plan_text(plan, "de")


def test_a_stop_in_a_dead_end_is_walked_to_and_back() -> None:
    picture = """
        A----C----B
             |
             |
             D
    """
    plan = ask([f"AC {GOOD}", f"CB {GOOD}", f"CD {GOOD}"], picture=picture, via="D")
    assert (plan.outcome, round(plan.routes[0].distance_m)) == (Outcome.FOUND, 160)


def test_what_is_unknown_and_assumed_is_added_up_over_all_stretches() -> None:
    way = GOOD.replace("width=2 ", "")
    ways = [f"AC {way}", f"CD {way}", f"DB {way}"]
    direct, halted = ask(ways), ask(ways, via="D")
    for name in ("distance_m", "duration_s", "known_share", "needed_m"):
        assert getattr(halted.routes[0], name) == pytest.approx(getattr(direct.routes[0], name)), name
    answers = [word_plan(plan, "de")["routes"][0] for plan in (direct, halted)]
    assert answers[0]["unknowns"] == answers[1]["unknowns"]
    assert answers[0]["assumptions"] == answers[1]["assumptions"]


def test_limits_of_the_whole_way_count_over_all_stretches() -> None:
    ways = [f"AB {GOOD}", *AROUND]
    limits = {"distance_max_m": 100}
    assert ask(ways, limits=limits).outcome is Outcome.FOUND
    plan = ask(ways, limits=limits, via="D")
    assert plan.outcome is Outcome.LIMITS_EXCEEDED
    assert [(str(o.kind), o.value, o.limit) for o in plan.routes[0].limits_exceeded] == [
        ("distance", 150, 100.0)
    ]


def test_a_stop_that_cannot_be_reached_is_the_place_one_comes_near_to() -> None:
    picture = """
        A----B




        C----D
    """
    plan = ask([f"AB {GOOD}", f"CD {GOOD}"], picture=picture, via="D")
    assert plan.outcome is Outcome.UNREACHABLE
    assert plan.remaining_m == pytest.approx(50, abs=0.5)


def test_other_ways_are_listed_only_where_they_differ_in_substance() -> None:
    # straight over: short, but bad to roll on and of unknown width; around: long and known
    bumpy = "AB highway=footway surface=sett smoothness=intermediate incline=0%"
    plan = ask([bumpy, *AROUND], alternatives=2)
    assert [(route.label, round(route.distance_m)) for route in plan.routes] == [
        ("recommended", 150),
        ("shortest", 90),
    ]
    plain = ask([f"AB {GOOD}", *AROUND], alternatives=2)
    assert [route.label for route in plain.routes] == ["recommended"]
    assert [route.label for route in ask([bumpy, *AROUND]).routes] == ["recommended"]


def test_the_way_about_which_least_is_unknown_is_another_choice() -> None:
    unknown = "AB highway=footway surface=asphalt smoothness=good incline=0%"
    longer = """
        A--------B
        |        |
        C--------D
    """
    plan = ask([unknown, *AROUND], picture=longer, alternatives=2, unknowns=Unknowns.ACCEPT)
    assert [(route.label, round(route.distance_m), round(route.known_share, 2)) for route in plan.routes] == [
        ("recommended", 90, 0.0),
        ("least_unknown", 130, 1.0),
    ]
    answer = word_plan(plan, "de")
    assert answer["routes"][0]["difference"] is None
    difference = answer["routes"][1]["difference"]
    assert difference["unknown_m"] == pytest.approx(-90, abs=0.5)
    assert difference["text"].replace("\u00a0", " ") == "40 m länger, auf 90 m weniger ist etwas unbekannt"


def test_no_other_way_is_over_the_limits() -> None:
    plan = ask(["AB highway=steps step_count=3", *AROUND], alternatives=2)
    assert [(route.label, route.limits_exceeded) for route in plan.routes] == [("recommended", ())]


def test_one_centimetre_more_of_kerb_is_named_with_the_way_it_opens() -> None:
    kerb = {"X": "barrier=kerb kerb:height=0.04"}
    picture = "A---X---B"
    plan = ask([f"AX {GOOD}", f"XB {GOOD}"], kerb, picture)
    assert plan.outcome is Outcome.LIMITS_EXCEEDED
    assert tell(plan.relaxations) == [({"kerb_up_max_cm": 4.0}, None, 80)]
    answer = word_plan(plan, "de")["relaxations"]
    assert [one["text"].replace("\u00a0", " ") for one in answer] == [
        "Höchster Bord aufwärts: 4 cm statt 3 cm. "
        "Dann gibt es einen Weg ohne bekanntes Hindernis über Ihren Grenzen: 80 m, 2 Min."
    ]


def test_the_least_change_is_asked_for_not_the_most_that_is_small() -> None:
    narrow = GOOD.replace("width=2", "width=0.85")
    plan = ask([f"AB {narrow}"])
    assert tell(plan.relaxations) == [({"width_min_cm": 85.0}, None, 90)]


def test_a_change_that_is_not_small_is_never_asked_for() -> None:
    plan = ask(["AX " + GOOD, "XB " + GOOD], {"X": "barrier=kerb kerb:height=0.12"}, "A---X---B")
    assert (plan.outcome, plan.relaxations) == (Outcome.LIMITS_EXCEEDED, ())
    assert ask(["AB highway=steps step_count=2"]).relaxations == ()


def test_two_limits_are_named_together_where_one_alone_does_not_help() -> None:
    way = GOOD.replace("width=2", "width=0.85").replace("smoothness=good", "smoothness=bad")
    plan = ask([f"AB {way}"])
    assert tell(plan.relaxations) == [({"smoothness_worst": "bad", "width_min_cm": 85.0}, None, 90)]


def test_excluded_unknowns_may_be_avoided_instead() -> None:
    way = GOOD.replace("width=2 ", "")
    plan = ask([f"AB {way}"], unknowns=Unknowns.REJECT)
    assert plan.outcome is Outcome.LIMITS_EXCEEDED
    assert tell(plan.relaxations) == [({}, "avoid", 90)]
    assert word_plan(plan, "de")["relaxations"][0]["text"].startswith(
        "Unbekanntes meiden statt ausschließen. "
    )


def test_a_found_way_needs_no_change() -> None:
    assert ask([f"AB {GOOD}"]).relaxations == ()


def test_what_would_help_is_found_by_asking_for_it() -> None:
    kerb = {"X": "barrier=kerb kerb:height=0.05"}
    ways = [f"AX {GOOD}", f"XB {GOOD}"]
    graph = draw_graph("A---X---B", ways, kerb)
    plan = plan_on(graph, "A---X---B", "A", "B", "wheelchair-manual")
    (change,) = plan.relaxations
    limits = {name: needed for name, (_, needed) in change.limits.items()}
    asked = plan_on(graph, "A---X---B", "A", "B", "wheelchair-manual", limits)
    assert (asked.outcome, round(asked.routes[0].distance_m)) == (Outcome.FOUND, round(change.distance_m))
