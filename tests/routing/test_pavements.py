"""Pavements mapped on the road they run along: one edge for each side, joined at corners and crossings.

In `list_edges`, a node of such a road is several: ``B/0``, ``B/1`` ... are its corners and the kerbs' feet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.attributes import build_judge
from tests.support.drawn_town import (
    draw_town,
    find_arcs,
    list_edges,
    list_obstacles,
    list_simple_paths,
)
from tests.support.routes import draw_graph, plan_on
from wayfinder.errors import TableError
from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing import network_build
from wayfinder.routing.attributes import Kind
from wayfinder.routing.costs import Verdict, load_tables
from wayfinder.routing.network_arrays import Edge
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.routing.pavement_rules import load_pavement_rules
from wayfinder.routing.planner import Outcome, RoutePlan

STREET = "A---B---C"
T_JUNCTION = """
    A-B-C
      |
      D
"""
CROSSROADS = """
      E
      |
    A-B-C
      |
      D
"""
BOTH = "sidewalk=both sidewalk:both:surface=asphalt sidewalk:both:smoothness=good"
HEAD = "carriageway_m,pavement_m,mouth,at_junction,every_m,note,source"


def list_along(built: BuiltNetwork) -> list[str]:
    """Edges one walks along, without the ports of their ends."""
    lines = [line for line in list_edges(built) if line not in list_obstacles(built)]
    return sorted(
        "".join(c for c in ends if c.isalpha() or c == "-") + " " + rest
        for ends, rest in (line.split(" ", 1) for line in lines)
    )


def tell(plan: RoutePlan) -> list[str]:
    """The steps of the recommended way: what, where, how far, and what is met."""
    told = []
    for step in plan.routes[0].steps[:-1]:
        words = [str(step.manoeuvre), step.street, f"{step.distance_m:.0f} m"]
        words += [
            f"(kerb {o.direction} {o.value})" if o.kind == "kerb" else f"({o.kind})" for o in step.obstacles
        ]
        told.append(" ".join(word for word in words if word))
    return told


def count_kinds(path: Sequence[Kind]) -> Mapping[Kind, int]:
    return Counter(kind for kind in path if kind not in (Kind.SIDEWALK, Kind.CROSSING))


def list_least(built: BuiltNetwork, start: str, end: str) -> set[tuple[tuple[str, int], ...]]:
    """What is met at least between any two corners of two letters."""
    met = {
        tuple(sorted((str(kind), count) for kind, count in count_kinds(path).items()))
        for path in list_simple_paths(built, start, end)
    }
    return {one for one in met if sum(n for _, n in one) == min(sum(n for _, n in other) for other in met)}


# -------------------------------------------------------------------- sides


def test_each_side_is_an_edge_of_its_own_and_the_carriageway_is_none() -> None:
    road = (
        "highway=tertiary sidewalk=both surface=asphalt sidewalk:left:surface=sett sidewalk:right:width=1.8"
    )
    assert list_along(build_network(draw_town("A---B", [f"AB {road}"]))) == [
        "A-B sidewalk 40 m surface=sett",
        "A-B sidewalk 40 m width_cm=180",
    ]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("sidewalk=right surface=sett", ["A-B sidewalk 40 m"]),
        ("sidewalk:left:smoothness=good", ["A-B sidewalk 40 m smoothness=good"]),
        ("sidewalk:left=yes sidewalk:right=separate", ["A-B sidewalk 40 m"]),
        ("sidewalk=separate", ["A-B road 40 m carriageway=residential sidewalk=separate"]),
        ("sidewalk=no", ["A-B road 40 m carriageway=residential sidewalk=no"]),
        ("sidewalk=yes", ["A-B road 40 m sidewalk=yes"]),
        ("", ["A-B road 40 m carriageway=residential"]),
    ],
)
def test_only_sides_with_a_pavement_of_their_own_are_walked(tags: str, expected: list[str]) -> None:
    assert list_along(build_network(draw_town("A---B", [f"AB highway=residential {tags}"]))) == expected


def test_left_and_right_follow_the_way_and_turn_with_it() -> None:
    """The pavement with setts lies to the north of the way drawn eastwards, and of its reverse."""
    sides = {}
    for way, side in (("AB", "left"), ("BA", "right")):
        built = build_network(draw_town("A---B", [f"{way} highway=residential sidewalk={side} incline=3%"]))
        network = built.network
        sides[way] = (network.point_lat_e7 / 1e7 - 51.3125) * METRES_PER_DEGREE
        assert list_along(built) == [f"{way[0]}-{way[1]} sidewalk 40 m slope=3%<-3%"]
    assert sides["AB"].tolist() == pytest.approx([4.0, 4.0], abs=0.02)
    assert sides["BA"].tolist() == pytest.approx([4.0, 4.0], abs=0.02)


@pytest.mark.parametrize(
    ("tags", "offset_m"),
    [
        ("highway=residential", 4.0),
        ("highway=secondary", 4.75),
        ("highway=residential width=9", 5.75),
        ("highway=residential width=9 sidewalk:left:width=1", 5.0),
        ("highway=residential width=300", 4.0),
    ],
)
def test_how_far_beside_the_road_comes_from_widths(tags: str, offset_m: float) -> None:
    network = build_network(draw_town("A---B", [f"AB {tags} sidewalk=left"])).network
    offsets = (network.point_lat_e7 / 1e7 - 51.3125) * METRES_PER_DEGREE
    assert offsets.tolist() == pytest.approx([offset_m] * 2, abs=0.02)


def test_the_outer_pavement_of_a_bend_is_longer_than_the_inner_one() -> None:
    town = draw_town(
        """
        A----X
             |
             |
             C
        """,
        ["AXC highway=residential sidewalk=both sidewalk:left:surface=sett"],
    )
    assert list_along(build_network(town)) == ["A-C sidewalk 72 m", "A-C sidewalk 88 m surface=sett"]


def test_every_edge_of_a_road_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    laid: list[Edge] = []
    lay_out = network_build.lay_out
    monkeypatch.setattr(
        network_build, "lay_out", lambda edges, spots: laid.extend(edges) or lay_out(edges, spots)
    )
    build_network(
        draw_town(CROSSROADS, ["ABC highway=tertiary sidewalk=both", "EBD highway=residential sidewalk=both"])
    )
    assert len(laid) > 30
    assert len({(edge.osm_type, edge.osm_id, edge.ordinal) for edge in laid}) == len(laid)


# -------------------------------------------------------------------- corners


def test_around_a_corner_nothing_is_crossed_and_to_the_other_side_each_kerb_is_met() -> None:
    built = build_network(
        draw_town(
            CROSSROADS, ["ABC highway=tertiary sidewalk=both", "EBD highway=residential sidewalk=right"]
        )
    )
    # EBD runs south: its right side is the western one
    assert list_least(built, "E", "A") == {()}
    assert list_least(built, "E", "C") == {(("kerb_down", 1), ("kerb_up", 1), ("road_crossing", 1))}


def test_a_pavement_goes_on_over_a_driveway_and_ends_at_the_mouth_of_a_street() -> None:
    for side_street, met in (
        ("service", ()),
        ("living_street", ()),
        ("residential", (("kerb_down", 1), ("kerb_up", 1), ("road_crossing", 1))),
    ):
        town = draw_town(T_JUNCTION, ["ABC highway=tertiary sidewalk=right", f"BD highway={side_street}"])
        assert list_least(build_network(town), "A", "C") == {met}


def test_a_way_on_foot_joins_the_pavement_on_whose_side_it_lies() -> None:
    built = build_network(
        draw_town(
            T_JUNCTION,
            ["ABC highway=secondary sidewalk=both sidewalk:left:surface=sett", "BD highway=footway"],
        )
    )
    edges = [line.split(" ") for line in list_edges(built)]
    (footway,) = [line[0].split("-")[0] for line in edges if line[1] == "footway"]
    beside = [line for line in edges if line[1] == "sidewalk" and footway in line[0]]
    assert len(beside) == 2
    assert not any("surface=sett" in line for line in beside)


def test_who_walks_on_a_carriageway_steps_up_to_the_pavement_on_its_right() -> None:
    built = build_network(
        draw_town(STREET, ["AB highway=residential", "BC highway=residential sidewalk=both"])
    )
    paths = {path for path in list_simple_paths(built, "A", "C") if path[-1] == Kind.SIDEWALK}
    assert (Kind.ROAD, Kind.KERB_UP, Kind.SIDEWALK) in paths
    assert all(Kind.KERB_UP in path for path in paths)


def test_bridges_are_not_joined_with_the_street_below() -> None:
    town = draw_town(
        """
           D
        A--+--B
           E
        """,
        [f"AB highway=residential {BOTH}", f"DE highway=residential {BOTH} bridge=yes layer=1"],
    )
    built = build_network(town)
    assert list_simple_paths(built, "A", "D") == set()
    assert sorted(set(built.network.edge_layer.tolist())) == [0, 1]


def test_a_square_lies_on_its_side_of_the_road() -> None:
    town = draw_town(
        """
        R-B-C-S
          | |
          A-D
          |
          E
        """,
        [
            "RBCS highway=secondary sidewalk=both sidewalk:right:surface=sett",
            "ABCDA highway=pedestrian area=yes",
            "AE highway=footway",
        ],
    )
    built = build_network(town)
    assert (Kind.SIDEWALK, Kind.PEDESTRIAN) in list_simple_paths(built, "R", "A")
    rim = next(arc for arc in find_arcs(built, "B", "C") if kind_of(built, arc) == Kind.PEDESTRIAN) >> 1
    north = (
        next(
            arc
            for arc in find_arcs(built, "R", "B")
            if kind_of(built, arc) == Kind.SIDEWALK and surface_of(built, arc) is None
        )
        >> 1
    )
    assert built.network.edge_head[north] not in (built.network.edge_tail[rim], built.network.edge_head[rim])


def kind_of(built: BuiltNetwork, arc: int) -> Kind:
    return built.classes[built.network.arc_class[arc]].kind


def surface_of(built: BuiltNetwork, arc: int) -> object:
    return built.classes[built.network.arc_class[arc]].surface


# -------------------------------------------------------------------- crossings


@pytest.mark.parametrize(
    ("road", "node", "offered"),
    [
        ("residential", "", True),
        ("secondary", "", False),
        ("primary", "", False),
        ("primary", "highway=crossing crossing=traffic_signals", True),
        ("secondary", "highway=crossing", True),
    ],
)
def test_between_junctions_one_crosses_quiet_streets_and_at_crossings(
    road: str, node: str, offered: bool
) -> None:
    town = draw_town(STREET, [f"ABC highway={road} sidewalk=both"], {"B": node}, grid_m=20)
    crossings = [
        line
        for line in list_obstacles(build_network(town))
        if line.startswith("B") and "road_crossing" in line
    ]
    assert len(crossings) == offered
    assert all("crossing=signals" in line for line in crossings if "signals" in node)


@pytest.mark.parametrize(("road", "crossed"), [("residential", 4), ("secondary", 4), ("primary", 2)])
def test_at_a_junction_every_street_but_the_largest_is_crossed(road: str, crossed: int) -> None:
    town = draw_town(
        CROSSROADS, [f"ABC highway={road} sidewalk=both", "EBD highway=residential sidewalk=both"]
    )
    lines = [
        line
        for line in list_obstacles(build_network(town))
        if line.startswith("B") and "road_crossing" in line
    ]
    assert len(lines) == crossed


def test_crossings_between_junctions_keep_their_distance() -> None:
    town = draw_town("A-B-C-D-E-F-G-H", ["ABCDEFGH highway=residential sidewalk=both"], grid_m=6)
    lines = [line for line in list_obstacles(build_network(town)) if "road_crossing" in line]
    assert [line[0] for line in lines] == ["A", "D", "H"]


def test_where_a_pavement_ends_one_may_cross_to_the_other_side() -> None:
    town = draw_town(STREET, ["AB highway=primary sidewalk=left", "BC highway=primary sidewalk=right"])
    built = build_network(town)
    assert list_least(built, "A", "C") == {(("kerb_down", 1), ("kerb_up", 1), ("road_crossing", 1))}


def test_a_footway_that_crosses_the_road_joins_both_pavements_through_a_crossing() -> None:
    town = draw_town(CROSSROADS, ["ABC highway=primary sidewalk=both", "EBD highway=footway"])
    assert list_least(build_network(town), "E", "D") == {
        (("footway", 2), ("kerb_down", 1), ("kerb_up", 1), ("road_crossing", 1))
    }


def test_the_kerb_of_each_side_is_met_on_that_side() -> None:
    town = draw_town(
        STREET,
        ["ABC highway=residential sidewalk=both sidewalk:left:kerb=lowered sidewalk:right:kerb:height=0.12"],
        {"B": "highway=crossing crossing=unmarked"},
    )
    built = build_network(town)
    assert [line for line in list_obstacles(built) if line.startswith("B")] == [
        "B/1-B/0 kerb_up<kerb_down kerb_up_cm=12<? kerb_down_cm=?<12",
        "B/1-B/3 crossing 3 m",
        "B/2-B/3 road_crossing crossing=unmarked crossed_road=residential",
        "B/4-B/2 crossing 3 m",
        "B/4-B/5 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3",
    ]


def test_the_kerb_of_a_crossing_node_stands_on_both_sides() -> None:
    town = draw_town(STREET, ["ABC highway=secondary sidewalk=both"], {"B": "highway=crossing kerb=flush"})
    kerbs = [
        line.split(" ", 1)[1]
        for line in list_obstacles(build_network(town))
        if line[0] == "B" and "kerb" in line
    ]
    assert kerbs == ["kerb_up<kerb_down kerb_up_cm=0..1<? kerb_down_cm=?<0..1"] * 2


def test_who_crosses_goes_over_the_ground_of_the_carriageway() -> None:
    town = draw_town(
        STREET,
        ["ABC highway=residential sidewalk=both surface=sett width=6 lit=yes"],
        {"B": "highway=crossing"},
    )
    at_b = [
        line.split(" ", 1)[1]
        for line in list_edges(build_network(town))
        if line.startswith("B/") and "-B/" in line
    ]
    assert sorted(at_b) == [
        "crossing 3 m surface=sett lit=yes",
        "crossing 3 m surface=sett lit=yes",
        "kerb_up<kerb_down",
        "kerb_up<kerb_down",
        "road_crossing crossing_length_m=6 crossed_road=residential",
    ]


MAPPED_CROSSING = """
        R
        |
    A-K-C-L-E
        |
        S
"""


@pytest.mark.parametrize("sides", ["sidewalk=both", "sidewalk:left=separate sidewalk:right=yes"])
def test_pavements_meet_a_mapped_crossing_behind_its_kerbs(sides: str) -> None:
    """RCS runs south: its left side is the eastern one, at L."""
    town = draw_town(
        MAPPED_CROSSING,
        [
            "AK highway=footway",
            "KCL highway=footway footway=crossing",
            "LE highway=footway",
            f"RCS highway=primary {sides}",
        ],
        {"K": "kerb=raised", "L": "kerb=flush"},
        grid_m=2,
    )
    built = build_network(town)
    for start, end in (("A", "R"), ("R", "A")):
        paths = list_simple_paths(built, start, end)
        assert min(sum(kind in (Kind.KERB_UP, Kind.KERB_DOWN) for kind in path) for path in paths) == 0
    over = {
        tuple(kind for kind in path if kind not in (Kind.SIDEWALK, Kind.FOOTWAY))
        for path in list_simple_paths(built, "R", "E")
    }
    if sides != "sidewalk=both":
        assert over == {(Kind.KERB_DOWN, Kind.CROSSING, Kind.ROAD_CROSSING, Kind.CROSSING, Kind.KERB_UP)}
    kerbs = [line for line in list_obstacles(built) if "kerb" in line and line[0] in "KLC"]
    assert [line.split(" ", 1)[1] for line in kerbs] == [
        "kerb_up<kerb_down kerb_up_cm=3.1..inf<? kerb_down_cm=?<3.1..inf",
        "kerb_up<kerb_down kerb_up_cm=0..1<? kerb_down_cm=?<0..1",
    ]


def test_a_gate_on_the_road_stands_in_the_way_of_its_pavements_too() -> None:
    town = draw_town(STREET, ["ABC highway=residential sidewalk=both"], {"B": "barrier=lift_gate"})
    assert all(
        Kind.BARRIER in path or Kind.GATE in path for path in list_simple_paths(build_network(town), "A", "C")
    )


def test_rails_are_crossed_by_each_pavement() -> None:
    town = draw_town(STREET, ["ABC highway=residential sidewalk=both"], {"B": "railway=level_crossing"})
    assert all(Kind.ROAD_CROSSING in path for path in list_simple_paths(build_network(town), "A", "C"))


# -------------------------------------------------------------------- whole routes

PARADE = """
     N-------M
    A---------B
     S-------T
"""
"""A street from A to B, positions north and south of it; 6 m from row to row."""
ONE_GOOD_SIDE = (
    "highway=secondary name=Parade sidewalk=both sidewalk:both:width=2 incline=0% surface=asphalt "
    "sidewalk:left:surface=unhewn_cobblestone sidewalk:left:smoothness=very_bad "
    "sidewalk:right:surface=asphalt sidewalk:right:smoothness=good"
)
"""Of the way drawn eastwards, the left pavement is the northern one."""
CROSSING = {"A": "highway=crossing crossing=marked kerb=lowered tactile_paving=yes"}


@pytest.mark.parametrize(
    ("start", "goal", "profile", "outcome", "told"),
    [
        ("S", "T", "wheelchair-manual", Outcome.FOUND, ["depart Parade 48 m"]),
        ("N", "M", "foot", Outcome.FOUND, ["depart Parade 48 m"]),
        (
            "N",
            "M",
            "wheelchair-manual",
            Outcome.LIMITS_EXCEEDED,
            [
                "depart Parade 6 m (smoothness) (surface)",
                "cross Parade 7 m (kerb down 0..3) (crossing) (kerb up 0..3) (unknown)",
                "turn_left Parade 60 m",
                "cross Parade 7 m (kerb down None) (crossing) (kerb up None) (unknown)",
                "turn_left Parade 6 m (smoothness) (surface)",
            ],
        ),
        (
            "N",
            "T",
            "wheelchair-manual",
            Outcome.LIMITS_EXCEEDED,
            [
                "depart Parade 6 m (smoothness) (surface)",
                "cross Parade 7 m (kerb down 0..3) (crossing) (kerb up 0..3) (unknown)",
                "turn_left Parade 54 m",
            ],
        ),
    ],
)
def test_the_good_side_does_not_mend_the_bad_one_and_between_them_the_crossing_is_named(
    start: str, goal: str, profile: str, outcome: Outcome, told: list[str]
) -> None:
    graph = draw_graph(PARADE, [f"AB {ONE_GOOD_SIDE}"], CROSSING, grid_m=6)
    plan = plan_on(graph, PARADE, start, goal, profile, grid_m=6)
    assert (plan.outcome, tell(plan)) == (outcome, told)


def test_nobody_sets_out_from_the_carriageway_between_two_pavements() -> None:
    """P lies in the middle of the street, at a crossing with kerbs on both sides."""
    picture = """
        A---P---B
    """
    ways = ["APB highway=residential sidewalk=both sidewalk:both:kerb=raised sidewalk:both:surface=asphalt"]
    graph = draw_graph(picture, ways, {"P": "highway=crossing"})
    plan = plan_on(graph, picture, "P", "B", "wheelchair-manual")
    assert (plan.outcome, tell(plan)) == (Outcome.FOUND, ["depart 40 m (unknown)"])
    assert plan.start.offset_m == pytest.approx(4.0, abs=0.02)


def test_a_street_with_one_pavement_is_not_walked_on_its_carriageway() -> None:
    ways = ["AB highway=residential name=Gasse sidewalk=left surface=asphalt sidewalk:left:width=0.6"]
    graph = draw_graph(PARADE, ways, grid_m=6)
    plan = plan_on(graph, PARADE, "S", "T", "wheelchair-manual", grid_m=6)
    assert plan.outcome is Outcome.LIMITS_EXCEEDED
    assert [obstacle.value for obstacle in plan.routes[0].limits_exceeded] == [60.0]


@pytest.mark.parametrize("preset", sorted(load_tables().presets))
def test_everybody_pays_for_crossing_unmarked_and_more_the_larger_the_road(preset: str) -> None:
    roads = ("residential", "unclassified", "tertiary", "secondary", "primary")
    edges = [f"kind=road_crossing crossed_road={road}" for road in roads]
    edges.append("kind=road_crossing crossing=marked crossed_road=primary")
    prices = build_judge(*edges).get_costs(load_tables().presets[preset]).classes
    _, fixed_us = prices.weigh(Verdict.OVER_LIMIT)
    seconds = (fixed_us / 1e6).tolist()
    assert 5 <= seconds[0] == seconds[1] < seconds[2] < seconds[3] == seconds[4] > seconds[5]


# -------------------------------------------------------------------- the table


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (["residential,0,2.5,crossed,yes,30,,x"], "line 2: carriageway_m is not above 0 m"),
        (["residential,5,2.5,crossed,yes,-1,,x"], "line 2: every_m is not above 0 m"),
        (
            ["residential,5,2.5,jumped,yes,,,x"],
            "line 2: mouth is 'jumped', not one of crossed, level, driveway",
        ),
        (["residential,5,2.5,crossed,yes,,,x"] * 2, "line 3: repeats line 2: residential"),
        (["residential,5,2.5,crossed,yes,,,x"], "no row for living_street"),
    ],
)
def test_a_table_that_is_wrong_is_an_error(tmp_path: Path, rows: list[str], problem: str) -> None:
    path = tmp_path / "pavements.csv"
    path.write_text("\n".join([f"road,{HEAD}", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=problem):
        load_pavement_rules(path)
