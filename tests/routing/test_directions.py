import numpy as np
import pytest

from tests.support.routes import draw_graph, plan_on
from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.directions import Route, describe_route, get_turn
from wayfinder.routing.obstacles import Obstacle, ObstacleKind, Source
from wayfinder.routing.overlay import Change, apply_changes, build_empty_overlay
from wayfinder.routing.planner import Outcome
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.trace import Way


def tell(route: Route) -> list[str]:
    """A route as lines: manoeuvre, street, metres; and below each step its obstacles."""
    lines = []
    for step in route.steps:
        lines.append(" ".join(filter(None, (step.manoeuvre, step.street, f"{step.distance_m:.0f}"))))
        lines += [f"  {tell_obstacle(obstacle)}" for obstacle in step.obstacles]
    return lines


def tell_obstacle(obstacle: Obstacle) -> str:
    words = [obstacle.kind, obstacle.direction, obstacle.attribute, f"value={obstacle.value}"]
    if obstacle.exceeds is not False:
        words += [f"limit={obstacle.limit}", f"exceeds={obstacle.exceeds}", f"beyond={obstacle.beyond}"]
        words += [] if obstacle.certain else ["unsure"]
    return " ".join(word for word in words if word)


CORNERS = """
A----B----C----D
     |    |
     E    F----G
"""
FOOT = "highway=footway surface=asphalt smoothness=good width=2 incline=0%"


def test_only_where_one_can_choose_there_is_a_step():
    graph = draw_graph(CORNERS, [f"ABCD {FOOT}", f"BE {FOOT}", f"CFG {FOOT}"])
    assert tell(plan_on(graph, CORNERS, "A", "D").routes[0]) == ["depart 150", "arrive 0"]
    # the bend at F leaves no choice
    assert tell(plan_on(graph, CORNERS, "A", "G").routes[0]) == ["depart 100", "turn_right 70", "arrive 0"]
    assert tell(plan_on(graph, CORNERS, "G", "A").routes[0]) == ["depart 70", "turn_left 100", "arrive 0"]


def test_a_street_that_changes_its_name_is_a_step_even_straight_on():
    graph = draw_graph(CORNERS, [f"AB {FOOT} name=Lange Gasse", f"BCD {FOOT} name=Kurze Gasse"])
    route = plan_on(graph, CORNERS, "A", "D").routes[0]
    assert tell(route) == ["depart Lange Gasse 50", "continue Kurze Gasse 100", "arrive 0"]


@pytest.mark.parametrize(
    ("turn", "manoeuvre"),
    [
        (None, "continue"),
        (-10.0, "continue"),
        (-30.0, "slight_left"),
        (30.0, "slight_right"),
        (-90.0, "turn_left"),
        (90.0, "turn_right"),
        (-140.0, "sharp_left"),
        (140.0, "sharp_right"),
        (179.0, "u_turn"),
    ],
)
def test_a_turn_is_called_by_its_angle(turn: float | None, manoeuvre: str):
    assert get_turn(turn) == manoeuvre


CROSSED = """
S
|
A--B--C--D--E
      |
      T
"""
CROSSING_WAYS = [
    f"AB {FOOT}",
    "BC highway=footway footway=crossing crossing=traffic_signals surface=asphalt",
    "CD highway=footway footway=crossing crossing=traffic_signals surface=asphalt",
    f"DE {FOOT}",
    "CT highway=residential name=Lange Gasse",
    f"AS {FOOT}",
]


def test_a_crossing_takes_the_kerbs_on_both_sides_into_its_step():
    nodes = {"B": "kerb=lowered", "C": "highway=crossing crossing=traffic_signals", "D": "kerb:height=0.06"}
    graph = draw_graph(CROSSED, CROSSING_WAYS, nodes, grid_m=3)
    route = plan_on(graph, CROSSED, "A", "E", "foot", grid_m=3).routes[0]
    assert tell(route) == [
        "depart 9",
        "cross 18",
        "  kerb down kerb_down_cm value=0..3",
        "  crossing crossing value=signals",
        "  kerb up kerb_up_cm value=6.0",
        "continue 9",
        "arrive 0",
    ]
    crossing = route.steps[1].obstacles[1]
    assert crossing.details["crossing_length_m"] == 18.0
    assert crossing.details["crossing_s"] == 14  # at 1.3 m/s


def test_walking_off_onto_a_carriageway_is_not_crossing_it():
    graph = draw_graph(CROSSED, CROSSING_WAYS, {"C": "highway=crossing"}, grid_m=3)
    route = plan_on(graph, CROSSED, "A", "T", grid_m=3).routes[0]
    assert [str(step.manoeuvre) for step in route.steps] == ["depart", "cross", "turn_right", "arrive"]
    assert [o.kind for step in route.steps for o in step.obstacles if o.kind == "crossing"] == []


LINE = "A----B----C----D"


def plan_kerb(kerb: str, profile: str, **limits: object):
    nodes = {"B": f"barrier=kerb {kerb}"}
    graph = draw_graph(LINE, [f"AB {FOOT}", f"BC {FOOT} footway=crossing crossing=no", f"CD {FOOT}"], nodes)
    return plan_on(graph, LINE, "A", "D", profile, limits)


@pytest.mark.parametrize(
    ("kerb", "outcome", "told"),
    [
        ("kerb:height=0.03", Outcome.FOUND, "kerb down kerb_down_cm value=3.0"),
        (
            "kerb:height=0.12",
            Outcome.LIMITS_EXCEEDED,
            "kerb down kerb_down_cm value=12.0 limit=3.0 exceeds=True beyond=block",
        ),
        (
            "kerb=rolled",
            Outcome.LIMITS_EXCEEDED,
            "kerb down kerb_down_cm value=1..5 limit=3.0 exceeds=True beyond=block unsure",
        ),
        (
            "kerb=raised",
            Outcome.LIMITS_EXCEEDED,
            "kerb down kerb_down_cm value=3.1.. limit=3.0 exceeds=True beyond=block",
        ),
    ],
)
def test_a_kerb_is_told_with_its_range_and_whether_it_surely_exceeds(kerb: str, outcome: Outcome, told: str):
    plan = plan_kerb(kerb, "wheelchair-manual", kerb_down_max_cm=3, kerb_up_max_cm=3)
    kerbs = [o for step in plan.routes[0].steps for o in step.obstacles if o.attribute == "kerb_down_cm"]
    assert (plan.outcome, [tell_obstacle(o) for o in kerbs]) == (outcome, [told])
    assert (kerbs[0].osm, kerbs[0].source, kerbs[0].as_of_day) == ("node/66", Source.OSM, 20_000)
    exceeded = [o for o in plan.routes[0].limits_exceeded if o.attribute == "kerb_down_cm"]
    assert exceeded == (kerbs if outcome is Outcome.LIMITS_EXCEEDED else [])


def test_stretches_of_the_same_fact_are_one_obstacle_with_their_whole_length():
    ways = ["AB highway=footway surface=sett", "BC highway=footway surface=sett", f"CD {FOOT}"]
    graph = draw_graph(LINE, ways)
    route = plan_on(graph, LINE, "A", "D", "foot", {"surface_avoid": ["sett"]}).routes[0]
    assert route.limits_exceeded == route.steps[0].obstacles
    assert [(o.value, o.length_m) for o in route.steps[0].obstacles] == [("sett", 100.0)]


def test_of_a_slope_the_steepest_part_is_told_and_its_sign_follows_the_direction_of_travel():
    ways = [
        "AB highway=footway incline=7%",
        "BC highway=footway incline=9%",
        "CD highway=footway incline=0%",
    ]
    graph = draw_graph(LINE, ways)
    limits = {"incline_up_max_percent": 6, "incline_down_max_percent": 8}
    up = plan_on(graph, LINE, "A", "D", "foot", limits).routes[0]
    assert up.limits_exceeded == ()  # the foot profile holds nothing against slopes
    up = plan_on(graph, LINE, "A", "D", "wheelchair-manual", limits).routes[0]
    down = plan_on(graph, LINE, "D", "A", "wheelchair-manual", limits).routes[0]
    told = [
        [(o.direction, o.value, o.limit, o.length_m) for o in route.limits_exceeded if o.kind == "incline"]
        for route in (up, down)
    ]
    assert told == [[("up", 9.0, 6.0, 100.0)], [("down", 9.0, 8.0, 50.0)]]
    assert (round(up.relief.climb_m, 2), up.relief.descent_m) == (8.0, 0.0)
    assert (down.relief.climb_m, round(down.relief.descent_m, 2)) == (0.0, 8.0)


def test_steps_are_a_step_of_their_own_with_count_handrail_and_direction():
    ways = [f"AB {FOOT}", "BC highway=steps step_count=12 incline=up handrail=yes", f"CD {FOOT}"]
    graph = draw_graph(LINE, ways)
    up = plan_on(graph, LINE, "A", "D").routes[0]
    down = plan_on(graph, LINE, "D", "A", "wheelchair-manual").routes[0]
    assert tell(up) == [
        "depart 50",
        "steps_up 50",
        "  steps up step_count value=12.0",
        "continue 50",
        "arrive 0",
    ]
    assert [str(step.manoeuvre) for step in down.steps] == ["depart", "steps_down", "continue", "arrive"]
    (excess,) = down.limits_exceeded
    assert tell_obstacle(excess) == "steps down step_count value=12.0 limit=block exceeds=True beyond=block"
    assert excess.details["handrail"] == "yes"


def test_gates_are_steps_and_bollards_are_met_on_the_way():
    nodes = {"B": "barrier=bollard maxwidth:physical=0.9", "C": "barrier=gate"}
    graph = draw_graph(LINE, [f"ABCD {FOOT}"], nodes)
    route = plan_on(graph, LINE, "A", "D").routes[0]
    assert tell(route) == [
        "depart 100",
        "  barrier passage_cm value=90.0",
        "gate 0",
        "  gate passage_cm value=None limit=None exceeds=None beyond=None unsure",
        "continue 50",
        "arrive 0",
    ]


def test_unknown_stretches_are_gathered_by_step_and_counted_for_the_way():
    graph = draw_graph(LINE, ["ABC highway=footway surface=asphalt smoothness=good incline=0%", f"CD {FOOT}"])
    route = plan_on(graph, LINE, "A", "D", "wheelchair-manual").routes[0]
    (gap,) = route.steps[0].obstacles
    assert (gap.kind, gap.source, gap.details["unknown"]) == (
        ObstacleKind.UNKNOWN,
        Source.ASSUMPTION,
        ("width_cm",),
    )
    assert [(u.attribute, u.distance_m, u.spots) for u in route.unknowns] == [("width_cm", 100.0, 0)]
    assert [(a.attribute, a.value, a.distance_m) for a in route.assumptions] == [("width_cm", 150.0, 100.0)]
    assert route.known_share == pytest.approx(1 / 3)


def test_whoever_rejects_unknowns_is_told_each_without_value_or_verdict():
    graph = draw_graph(LINE, ["ABC highway=footway surface=asphalt smoothness=good incline=0%", f"CD {FOOT}"])
    plan = plan_on(graph, LINE, "A", "D", "wheelchair-manual", unknowns=Unknowns.REJECT)
    assert plan.outcome is Outcome.LIMITS_EXCEEDED
    assert [tell_obstacle(o) for o in plan.routes[0].limits_exceeded] == [
        "width width_cm value=None limit=90.0 exceeds=None beyond=block unsure"
    ]


def test_an_accepted_report_is_the_source_of_what_it_changed():
    graph = draw_graph(LINE, [f"AB {FOOT}", f"BC {FOOT}", f"CD {FOOT}"])
    base = build_empty_overlay(graph)
    changed = EdgeAttributes(Kind.FOOTWAY, surface="sand", smoothness="bad", width_cm=200.0)
    (arc,) = (a for a in range(len(base.arc_class)) if get_ends(graph, a) == ("B", "C"))
    overlay = apply_changes(graph, base, 1, [Change((arc,), changed, "report", 20_500)], {arc: "pending"})
    limits = {"surface_avoid": ["sand"]}
    route = plan_on(graph, LINE, "A", "D", "foot", limits, overlay=overlay).routes[0]
    assert [(o.value, o.source, o.as_of_day) for o in route.limits_exceeded] == [
        ("sand", Source.REPORT, 20_500)
    ]
    assert [warning.key for warning in route.warnings] == ["pending"]


def get_ends(graph, arc: int) -> tuple[str, str]:
    network = graph.network
    ends = [chr(network.node_osm_id[node[arc >> 1]]) for node in (network.edge_tail, network.edge_head)]
    return (ends[1], ends[0]) if arc & 1 else (ends[0], ends[1])


def test_the_line_begins_and_ends_within_its_edges_and_steps_share_their_points():
    graph = draw_graph(CORNERS, [f"ABCD {FOOT}", f"BE {FOOT}", f"CFG {FOOT}"])
    overlay = build_empty_overlay(graph)
    costs = overlay.judge.get_costs(overlay.judge.tables.get_preset("foot"))
    ways = (("A", "B"), ("B", "C"), ("C", "G"))
    arcs = [next(a for a in range(len(overlay.arc_class)) if get_ends(graph, a) == ends) for ends in ways]
    route = describe_route(graph, overlay, costs, [Way(np.array(arcs, dtype=np.int32), 10_000, 5_000)])
    assert route.distance_m == pytest.approx(40 + 50 + 5)
    points = [(step.first_point, step.last_point) for step in route.steps]
    assert points == [(0, 2), (2, 3), (3, 3)]
    lon_m = 111_195 * np.cos(np.radians(51.3125))
    walked = np.hypot(np.diff(route.coordinates[:, 0]) * lon_m, np.diff(route.coordinates[:, 1]) * 111_195)
    assert walked == pytest.approx([40, 50, 5], abs=0.05)
    one = describe_route(graph, overlay, costs, [Way(np.array(arcs[:1], dtype=np.int32), 20_000, 20_000)])
    assert (one.distance_m, len(one.coordinates)) == (0.0, 2)


def test_a_way_longer_than_its_limit_says_so():
    graph = draw_graph(LINE, [f"ABCD {FOOT}"])
    route = plan_on(graph, LINE, "A", "D", "foot", {"distance_max_m": 100}).routes[0]
    assert [tell_obstacle(o) for o in route.limits_exceeded] == [
        "distance distance value=150 limit=100.0 exceeds=True beyond=block"
    ]
