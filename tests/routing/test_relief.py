"""Up and down along a whole way, its profile of heights, and the gaps between its seats."""

import numpy as np
import pytest

from tests.support.drawn_town import locate
from tests.support.routes import draw_graph, plan_on
from tests.support.terrain import DrawnTerrain, rise_east
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlanner, RouteRequest
from wayfinder.speech.phrases import format_plan_text, word_plan

LINE = "A----B----C----D----E"
GOOD = "highway=footway surface=asphalt smoothness=good width=2 lit=yes"


def read(text: str) -> str:
    return text.replace("\u00a0", " ")


def plan(graph, start="A", goal="E", profile="wheelchair-manual", limits=None, picture=LINE):
    return plan_on(graph, picture, start, goal, profile, limits)


def test_climb_counts_tags_estimates_and_steps_and_says_what_is_estimated():
    ways = [
        f"AB {GOOD} incline=4%",
        f"BC {GOOD}",
        "CD highway=steps step_count=10 incline=up",
        f"DE {GOOD} bridge=yes",
    ]
    route = plan(draw_graph(LINE, ways, terrain=rise_east(8.0)), profile="foot").routes[0]
    relief = route.relief
    assert round(relief.climb_m, 1) == round(0.04 * 50 + 0.08 * 50 + 10 * 0.16, 1)
    assert relief.descent_m == 0.0
    assert (round(relief.known_share, 2), round(relief.estimated_share, 2)) == (0.67, 0.33)
    back = plan(draw_graph(LINE, ways, terrain=rise_east(8.0)), "E", "A", "foot").routes[0].relief
    assert (round(back.climb_m, 1), round(back.descent_m, 1)) == (0.0, 7.6)


def test_steps_climb_by_their_own_incline_and_a_flight_counts_once():
    nodes = {"C": "kerb=lowered"}
    ways = [f"AB {GOOD} incline=0%", "BCD highway=steps step_count=20 incline=down", f"DE {GOOD} incline=0%"]
    relief = plan(draw_graph(LINE, ways, nodes), profile="foot").routes[0].relief
    assert (relief.climb_m, round(relief.descent_m, 1)) == (0.0, 3.2)
    ways[1] = "BCD highway=steps step_count=20 incline=-30%"
    assert round(plan(draw_graph(LINE, ways, nodes), profile="foot").routes[0].relief.descent_m, 1) == 30.0


def test_the_steepest_stretch_is_found_with_its_length_and_sign():
    ways = [
        f"AB {GOOD} incline=2%",
        f"BC {GOOD} incline=-9%",
        f"CD {GOOD} incline=-8%",
        f"DE {GOOD} incline=5%",
    ]
    graph = draw_graph(LINE, ways)
    steepest = plan(graph, profile="foot").routes[0].relief.steepest
    assert steepest is not None
    assert (steepest.percent, steepest.error, round(steepest.from_m), round(steepest.length_m)) == (
        -9.0,
        0.0,
        50,
        100,
    )
    back = plan(graph, "E", "A", "foot").routes[0].relief.steepest
    assert back is not None and (back.percent, round(back.from_m)) == (9.0, 50)
    level = draw_graph(LINE, [f"ABCDE {GOOD} incline=3%"])
    assert plan(level, profile="foot").routes[0].relief.steepest is None


def test_the_profile_is_the_ground_along_the_way_with_a_gap_on_the_bridge():
    ways = [f"ABC {GOOD}", f"CD {GOOD} bridge=yes layer=1", f"DE {GOOD}"]
    graph = draw_graph(LINE, ways, terrain=rise_east(5.0))
    profile = plan(graph, profile="foot").routes[0].relief.profile
    assert profile[0] == (0.0, 100.0)
    assert profile[-1] == (200.0, 110.0)
    known = [(distance, height) for distance, height in profile if height is not None]
    assert all(abs(height - 100.0 - distance * 0.05) < 0.2 for distance, height in known)
    assert [distance for distance, height in profile if height is None]
    assert all(95 < distance < 155 for distance, height in profile if height is None)
    back = plan(graph, "E", "A", "foot").routes[0].relief.profile
    assert (back[0], back[-1][1]) == ((0.0, 110.0), 100.0)


def test_a_city_without_terrain_has_no_profile():
    answer = word_plan(plan(draw_graph(LINE, [f"ABCDE {GOOD} incline=4%"])), "de")
    assert answer["routes"][0]["elevation"] == {
        "known_share": 1.0,
        "estimated_share": 0.0,
        "steepest": {
            "direction": "up",
            "incline_percent": 4.0,
            "error_percent": 0.0,
            "from_m": 0.0,
            "length_m": 200.0,
            "source": "osm",
        },
        "profile": (),
    }


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        (5.0, "Steigung 3,5–6,5 % auf 200 m (geschätzt), Ihr Limit 6 %: möglicherweise höher als Ihr Limit"),
        (7.0, "Steigung 5,5–8,5 % auf 200 m (geschätzt), Ihr Limit 6 %: wahrscheinlich höher als Ihr Limit"),
        (9.0, "Steigung 7,5–10,5 % auf 200 m (geschätzt), Ihr Limit 6 %"),
    ],
)
def test_an_estimate_over_the_limit_is_an_excess_with_its_range_and_its_source(percent: float, text: str):
    found = plan(draw_graph(LINE, [f"AE {GOOD}"], terrain=rise_east(percent)))
    assert found.outcome is Outcome.LIMITS_EXCEEDED
    (excess,) = word_plan(found, "de")["routes"][0]["limits_exceeded"]
    assert read(excess["text"]) == text
    assert (excess["source"], excess["as_of"], excess["exceeds"]) == ("estimate", None, True)
    assert excess["value"] == f"{percent - 1.5:g}..{percent + 1.5:g}"
    assert excess["certain"] == (percent == 9.0)


def test_an_estimate_within_the_limit_is_a_found_way():
    found = plan(draw_graph(LINE, [f"AE {GOOD}"], terrain=rise_east(4.0)))
    assert (found.outcome, found.routes[0].unknowns) == (Outcome.FOUND, ())
    steep = plan(draw_graph(LINE, [f"AE {GOOD}"], terrain=rise_east(40.0)))
    assert steep.outcome is Outcome.LIMITS_EXCEEDED


def test_a_way_around_the_hill_is_taken_where_its_slope_is_estimated():
    picture = "A----B----C\n\n\n\n\nD---------E"
    ridge = DrawnTerrain(lambda east, north: np.where(north > 30, 6.0 - np.abs(east - 50.0) * 0.12, 0.0))
    ways = [f"ABC {GOOD}", f"AD {GOOD} incline=0%", f"DE {GOOD}", f"EC {GOOD} incline=0%"]
    assert round(plan(draw_graph(picture, ways), "A", "C", picture=picture).routes[0].distance_m) == 100
    around = plan(draw_graph(picture, ways, terrain=ridge), "A", "C", picture=picture)
    assert (around.outcome, round(around.routes[0].distance_m)) == (Outcome.FOUND, 200)


def test_the_terminal_says_the_steepest_stretch_and_the_share_that_is_estimated():
    graph = draw_graph(LINE, [f"AE {GOOD}"], terrain=rise_east(7.3))
    line = read(format_plan_text(plan(graph, profile="foot"), "de")).splitlines()[2]
    assert line.startswith(
        "200 m, 4 Min., 15 m hinauf, 0 m hinunter. Am steilsten: etwa 7 % aufwärts auf 200 m, geschätzt. "
        "Steigungen auf 100 % des Weges aus Geländehöhen geschätzt."
    )


SEATS = "A----B----C----D----E\nX         Y"


def tell_rests(found) -> list[str]:
    route = word_plan(found, "de")["routes"][0]
    return [read(o["text"]) for step in route["steps"] for o in step["obstacles"] if o["kind"] == "rest"]


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ({"X": "amenity=bench", "Y": "amenity=bench"}, []),
        (
            {"X": "amenity=bench"},
            ["200 m ohne bekannte Bank, Ihr Limit 150 m: vielleicht steht dort eine, die nicht erfasst ist"],
        ),
    ],
)
def test_longer_gaps_between_seats_are_named_where_they_begin(places, told):
    graph = draw_graph(SEATS, [f"ABCDE {GOOD} incline=0%"], places=places)
    found = plan(graph, profile="walker", picture=SEATS)
    assert found.outcome is Outcome.FOUND
    assert tell_rests(found) == told
    assert [unknown.attribute for unknown in found.routes[0].unknowns] == []


def test_the_start_and_the_goal_count_as_rests_and_only_what_is_walked_is_measured():
    graph = draw_graph(SEATS, [f"ABCDE {GOOD} incline=0%"], places={"Y": "amenity=bench"})
    assert tell_rests(plan(graph, "A", "B", "walker", {"rest_every_m": 60}, SEATS)) == []
    gaps = tell_rests(
        plan(graph, "E", "A", "walker", {"rest_every_m": {"value": 60, "beyond": "avoid"}}, SEATS)
    )
    assert [gap.split(",")[0] for gap in gaps] == ["100 m ohne bekannte Bank"] * 2


def test_a_persons_own_limit_on_gaps_blocks_and_one_cleared_says_nothing():
    graph = draw_graph(SEATS, [f"ABCDE {GOOD} incline=0%"], places={"X": "amenity=bench"})
    strict = plan(graph, profile="walker", limits={"rest_every_m": 100}, picture=SEATS)
    assert strict.outcome is Outcome.LIMITS_EXCEEDED
    assert [
        (o.finding.kind, o.finding.value, o.limit, o.finding.certain)
        for o in strict.routes[0].limits_exceeded
    ] == [("rest", 200, 100.0, False)]
    assert tell_rests(plan(graph, profile="walker", limits={"rest_every_m": None}, picture=SEATS)) == []


def test_where_no_seat_of_the_city_is_mapped_that_is_an_unknown_and_no_gap():
    found = plan(draw_graph(LINE, [f"ABCDE {GOOD} incline=0%"]), profile="walker")
    assert tell_rests(found) == []
    assert [(u.attribute, round(u.distance_m)) for u in found.routes[0].unknowns] == [("rest_every_m", 200)]


def test_a_walker_takes_the_way_with_seats_and_a_person_on_foot_the_shorter_one():
    picture = """
        A---------------------------------B


        C---------------------------------D
          X        Y        Z        W
        """
    ways = [
        f"AB {GOOD} incline=0%",
        f"AC {GOOD} incline=0%",
        f"CD {GOOD} incline=0%",
        f"DB {GOOD} incline=0%",
    ]
    graph = draw_graph(picture, ways, places=dict.fromkeys("XYZW", "amenity=bench backrest=yes"))
    length = {
        profile: round(plan(graph, "A", "B", profile, picture=picture).routes[0].distance_m)
        for profile in ("foot", "walker", "walking-stick")
    }
    assert length == {"foot": 340, "walker": 400, "walking-stick": 400}


def test_a_stop_on_the_way_is_no_rest_and_the_relief_goes_on_behind_it():
    graph = draw_graph(SEATS, [f"ABCDE {GOOD}"], places={"X": "amenity=bench"}, terrain=rise_east(2.0))
    overlay = build_empty_overlay(graph)
    start, stop, goal = (locate(SEATS, letter) for letter in "ACE")
    request = RouteRequest(start, goal, "walker", via=(stop,))
    found = RoutePlanner(graph, lambda: overlay).plan(request)
    assert [gap.split(",")[0] for gap in tell_rests(found)] == ["200 m ohne bekannte Bank"]
    relief = found.routes[0].relief
    assert round(relief.climb_m, 1) == 4.0
    assert relief.profile[0] == (0.0, 100.0) and relief.profile[-1] == (200.0, 104.0)
