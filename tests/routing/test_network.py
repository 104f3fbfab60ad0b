"""Drawn places and the whole network each becomes; tests/support/drawn_town.py says how to read them.

``K/0-K/1 kerb_up<kerb_down``: the kerb is met going up from port 0 to port 1, and going down on the way back.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.drawn_town import (
    DRAWN_ON_DAY,
    draw_town,
    find_arcs,
    list_edges,
    list_kinds,
    list_obstacles,
    list_simple_paths,
    node_id,
)
from wayfinder.errors import TableError
from wayfinder.geo import LonLat, get_distance_m
from wayfinder.routing.attributes import OTHER, Kind
from wayfinder.routing.junction_rules import load_junction_rules
from wayfinder.routing.network import NETWORK_ARRAYS, SLOPE_UNKNOWN, SLOPE_ZERO
from wayfinder.routing.network_arrays import get_morton_codes, get_slope_bin, hash_ties, reverse_slope
from wayfinder.routing.network_build import build_network
from wayfinder.routing.osm_records import OsmData, OsmWay
from wayfinder.routing.tags import NotUnderstood

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
CROSSING = """
        R
        |
    A-K-C-L-E
        |
        S
"""


def draw_crossing(nodes: dict[str, str], crossing: str = "", road: str = "residential") -> OsmData:
    """A pavement on each side of a road (R-S) and a crossing K-C-L between them, 2 m per column."""
    return draw_town(
        CROSSING,
        [
            "AK highway=footway footway=sidewalk",
            f"KCL highway=footway footway=crossing {crossing}",
            "LE highway=footway footway=sidewalk",
            f"RCS highway={road}",
        ],
        nodes,
        grid_m=2,
    )


# -------------------------------------------------------------------- ways


def test_ways_are_cut_where_they_meet_and_nowhere_else() -> None:
    town = draw_town(T_JUNCTION, ["ABC highway=footway surface=asphalt lit=yes", "BD highway=path width=1.2"])
    assert list_edges(build_network(town)) == [
        "A-B footway 20 m surface=asphalt lit=yes",
        "B-C footway 20 m surface=asphalt lit=yes",
        "B-D path 20 m width_cm=120",
    ]


def test_lines_that_cross_without_a_common_node_do_not_meet() -> None:
    town = draw_town(CROSSROADS, ["AC highway=footway", "ED highway=footway layer=1 bridge=yes"])
    built = build_network(town)
    assert list_edges(built) == ["A-C footway 40 m", "E-D footway 40 m"]
    assert sorted(built.network.edge_layer.tolist()) == [0, 1]


def test_parallel_ways_stay_two_edges() -> None:
    town = draw_town(
        """
        A-B-C
         XY
        """,
        ["ABC highway=footway", "AXYC highway=path surface=gravel", "AC highway=steps"],
    )
    assert list_edges(build_network(town)) == [
        "A-C footway 40 m",
        "A-C path 47 m surface=gravel",
        "A-C steps 40 m",
    ]


def test_a_loop_is_halved_so_that_no_edge_ends_where_it_begins() -> None:
    town = draw_town(
        """
        A-B-C
          E-D
        """,
        ["AB highway=footway", "BCDEB highway=footway"],
    )
    assert list_edges(build_network(town)) == [
        "A-B footway 20 m",
        "B-D footway 30 m",
        "D-B footway 30 m",
    ]


def test_a_way_may_pass_the_same_node_twice() -> None:
    town = draw_town(
        """
        A-B-C
          E-D
        """,
        ["ABCDEBA highway=footway"],
    )
    assert list_kinds(build_network(town)) == ["A-B footway", "B-A footway", "B-D footway", "D-B footway"]


def test_islands_are_kept() -> None:
    town = draw_town("A-B C-D", ["AB highway=footway", "CD highway=path"])
    assert list_kinds(build_network(town)) == ["A-B footway", "C-D path"]


def test_what_is_not_walked_is_counted_with_its_reason() -> None:
    town = draw_town(
        "A-B-C D-E",
        [
            "AB highway=footway",
            "BC highway=motorway",
            "DD highway=footway",
            "DX highway=path",
            "DE area=yes highway=pedestrian",
        ],
    )
    built = build_network(town)
    counts = built.counts.ways
    assert list_kinds(built) == ["A-B footway", "D-E pedestrian"]
    assert (counts.read, counts.walkable, counts.areas, counts.nodes_missing) == (5, 2, 1, 1)
    assert counts.skipped == {"not_for_people_on_foot": 1, "no_line": 2}


def test_no_line_is_drawn_over_a_missing_node() -> None:
    town = draw_town("A-B C-D", ["ABXCD highway=footway"])
    assert list_edges(build_network(town)) == ["A-B footway 20 m", "C-D footway 20 m"]


def test_the_rim_of_a_square_drawn_as_multipolygon_is_walked() -> None:
    town = draw_town(
        """
        A-B
        D-C
        """,
        ["ABC #7 note=rim", "CDA #8 note=rim"],
        relations=[((7, 8), "type=multipolygon highway=pedestrian name=Markt")],
    )
    built = build_network(town)
    assert list_kinds(built) == ["A-C pedestrian", "C-A pedestrian"]
    assert built.network.edge_osm_type.tolist() == [2, 2]
    assert built.names == ("", "Markt")


def test_length_follows_the_line_and_is_never_nothing() -> None:
    picture = """
        A--B
           C
    """
    town = draw_town(picture, ["ABC highway=footway", "CD highway=footway"], grid_m=3)
    near = replace(town.nodes[node_id("C")], id=node_id("D"))
    town = replace(town, nodes={**town.nodes, near.id: near})
    network = build_network(town).network
    spots = [LonLat(town.nodes[node_id(x)].lon, town.nodes[node_id(x)].lat) for x in "ABC"]
    length_mm = round(1000 * (get_distance_m(spots[0], spots[1]) + get_distance_m(spots[1], spots[2])))
    assert sorted(network.edge_length_mm.tolist()) == [1, length_mm]
    assert length_mm == pytest.approx(12_000, abs=3)


def test_edges_carry_name_date_and_line() -> None:
    town = draw_town(T_JUNCTION, ["ABC highway=footway name=Zum Tor", "BD highway=path name=Am Bach"])
    built = build_network(town)
    network = built.network
    assert built.names == ("", "Am Bach", "Zum Tor")
    assert sorted(built.names[name] for name in network.edge_name) == ["Am Bach", "Zum Tor", "Zum Tor"]
    assert set(network.edge_as_of_day.tolist()) == {DRAWN_ON_DAY}
    for edge in range(network.edge_count):
        first, last = network.edge_points[edge], network.edge_points[edge + 1] - 1
        for node, point in ((network.edge_tail[edge], first), (network.edge_head[edge], last)):
            assert network.point_lon_e7[point] == round(network.node_lon[node] * 1e7)
            assert network.point_lat_e7[point] == round(network.node_lat[node] * 1e7)


def test_values_not_understood_are_unclear_on_the_edge_and_counted() -> None:
    built = build_network(draw_town("A-B", ["AB highway=footway surface=liquorice"]))
    assert [attributes.surface for attributes in built.classes] == [OTHER]
    assert built.misreadings == {NotUnderstood("surface", "liquorice"): 1}


# -------------------------------------------------------------------- direction


def test_uphill_one_way_is_downhill_the_other() -> None:
    town = draw_town(
        "A-B-C-D-E-F",
        [
            "AB highway=footway incline=6%",
            "BC highway=footway incline=-2.55%",
            "CD highway=footway incline=up",
            "DE highway=footway incline=down",
            "EF highway=footway incline=0%",
        ],
    )
    assert list_edges(build_network(town)) == [
        "A-B footway 20 m slope=6%<-6%",
        "B-C footway 20 m slope=-2.6%<2.6%",
        "C-D footway 20 m slope=up<down",
        "D-E footway 20 m slope=down<up",
        "E-F footway 20 m slope=0%",
    ]


def test_steps_know_where_up_is_and_have_no_slope() -> None:
    town = draw_town(
        "A-B-C-D",
        [
            "AB highway=steps incline=up step_count=5",
            "BC highway=steps incline=down",
            "CD highway=steps incline=40%",
        ],
    )
    built = build_network(town)
    assert list_edges(built) == [
        "A-B steps 20 m step_count=5 rising",
        "B-C steps 20 m falling",
        "C-D steps 20 m",
    ]
    assert 40.0 in built.network.edge_incline_percent.tolist()


@pytest.mark.parametrize(
    ("percent", "tenths"),
    [
        (0.0, 0),
        (3.0, 30),
        (3.01, 31),
        (-3.01, -31),
        (0.3, 3),
        (6.1, 61),
        (69.99, 700),
        (250.0, 700),
        (-99.0, -700),
    ],
)
def test_slope_bins_round_away_from_level(percent: float, tenths: int) -> None:
    assert get_slope_bin(percent) == SLOPE_ZERO + tenths
    assert reverse_slope(get_slope_bin(percent)) == SLOPE_ZERO - tenths


def test_slopes_are_unknown_until_somebody_says_them() -> None:
    network = build_network(draw_town("A-B", ["AB highway=footway"])).network
    assert network.slope_incline[network.arc_slope].tolist() == [SLOPE_UNKNOWN, SLOPE_UNKNOWN]
    assert np.isnan(network.edge_incline_percent).all()


def test_a_way_for_one_direction_is_closed_in_the_other() -> None:
    town = draw_town("A-B-C", ["AB highway=footway oneway:foot=yes", "BC highway=steps conveying=backward"])
    assert list_edges(build_network(town)) == [
        "A-B footway 20 m access=?<no",
        "B-C escalator 20 m access=no<?",
    ]


# -------------------------------------------------------------------- barriers, doors


def test_a_bollard_is_an_edge_of_its_own() -> None:
    town = draw_town("A-B-C", ["ABC highway=footway"], {"B": "barrier=bollard maxwidth:physical=0.9"})
    built = build_network(town)
    assert list_edges(built) == [
        "A-B/0 footway 20 m",
        "B/0-B/1 barrier passage_cm=90 barrier=bollard",
        "B/1-C footway 20 m",
    ]
    edge = built.network.edge_length_mm.tolist().index(0)
    assert built.network.edge_osm_type[edge] == 0
    assert built.network.edge_osm_id[edge] == node_id("B")
    assert built.network.edge_as_of_day[edge] == DRAWN_ON_DAY


def test_a_gate_where_three_ways_meet_stands_between_each_two() -> None:
    town = draw_town(T_JUNCTION, ["ABC highway=footway", "BD highway=path"], {"B": "barrier=gate"})
    assert list_edges(build_network(town)) == [
        "A-B/0 footway 20 m",
        "B/0-B/1 gate barrier=gate",
        "B/0-B/2 gate barrier=gate",
        "B/1-B/2 gate barrier=gate",
        "B/1-C footway 20 m",
        "B/2-D path 20 m",
    ]


@pytest.mark.parametrize(
    "tags", ["barrier=gate", "barrier=bollard", "barrier=kerb kerb=raised", "highway=elevator"]
)
@pytest.mark.parametrize("degree", range(2, 9))
def test_no_way_leads_around_an_obstacle(tags: str, degree: int) -> None:
    town = draw_town(
        """
        A-B-C
        D-X-E
        F-G-H
        """,
        [f"{letter}X highway=footway" for letter in "ABCDEFGH"[:degree]],
        {"X": tags},
    )
    built = build_network(town)
    for start in "ABCDEFGH"[:degree]:
        for end in "ABCDEFGH"[:degree]:
            if start != end:
                paths = list_simple_paths(built, start, end)
                assert paths
                assert all(set(path) - {Kind.FOOTWAY} for path in paths)
    spokes = degree if degree > 6 else degree * (degree - 1) // 2
    assert len(list_obstacles(built)) == spokes


def test_an_obstacle_where_the_way_merely_ends_stops_nobody() -> None:
    town = draw_town("A-B", ["AB highway=footway"], {"B": "barrier=gate"})
    built = build_network(town)
    assert list_edges(built) == ["A-B footway 20 m"]
    assert built.counts.junctions.at_dead_ends == {"gate": 1}


def test_a_door_between_street_and_corridor_is_an_edge() -> None:
    town = draw_town(
        "A-B-C",
        ["AB highway=footway", "BC highway=corridor"],
        {"B": "entrance=main door=hinged automatic_door=no door:width=0.95"},
    )
    assert list_kinds(build_network(town)) == ["A-B/0 footway", "B/0-B/1 door", "B/1-C corridor"]


# -------------------------------------------------------------------- kerbs


def test_a_kerb_goes_up_from_crossing_to_pavement_and_down_back() -> None:
    built = build_network(draw_crossing({"K": "kerb:height=0.06 tactile_paving=yes", "L": "kerb=no"}))
    assert list_obstacles(built) == [
        "C/0-C/1 road_crossing crossed_road=residential",
        "C/0-C/2 road_crossing crossed_road=residential",
        "C/1-C/2 road_crossing crossing_length_m=8 crossed_road=residential",
        "K/0-K/1 kerb_up<kerb_down kerb_up_cm=6<? kerb_down_cm=?<6 tactile_paving=yes",
        "L/0-L/1 kerb_up<kerb_down kerb_up_cm=0<? kerb_down_cm=?<0",
    ]
    assert (
        Kind.SIDEWALK,
        Kind.KERB_DOWN,
        Kind.CROSSING,
        Kind.ROAD_CROSSING,
        Kind.CROSSING,
        Kind.KERB_UP,
        Kind.SIDEWALK,
    ) in list_simple_paths(built, "A", "E")


def test_kerb_nodes_inside_one_crossing_way_are_high_away_from_the_road() -> None:
    town = draw_town(
        CROSSING,
        ["AKCLE highway=footway footway=crossing", "RCS highway=primary"],
        {"K": "kerb=lowered", "L": "kerb=raised"},
        grid_m=2,
    )
    assert list_edges(build_network(town)) == [
        "A-K/1 crossing 4 m",
        "C/0-C/1 road_crossing crossed_road=primary",
        "C/0-C/2 road_crossing crossed_road=primary",
        "C/0-S road 4 m carriageway=primary",
        "C/1-C/2 road_crossing crossing_length_m=8 crossed_road=primary",
        "C/2-L/0 crossing 4 m",
        "K/0-C/1 crossing 4 m",
        "K/0-K/1 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3",
        "L/0-L/1 kerb_up<kerb_down kerb_up_cm=3.1..inf<? kerb_down_cm=?<3.1..inf",
        "L/1-E crossing 4 m",
        "R-C/0 road 4 m carriageway=primary",
    ]


def test_a_kerb_tag_on_the_crossing_stands_at_both_ends_unless_the_end_has_its_own() -> None:
    built = build_network(draw_crossing({"K": "kerb=raised"}, "kerb=lowered tactile_paving=no"))
    assert list_obstacles(built)[3:] == [
        "K/0-K/1 kerb_up<kerb_down kerb_up_cm=3.1..inf<? kerb_down_cm=?<3.1..inf",
        "L/1-L/0 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3 tactile_paving=no",
    ]
    assert built.counts.junctions.kerbs.on_nodes == 1
    assert built.counts.junctions.kerbs.on_ways == 1


def test_a_kerb_tag_on_the_crossing_stands_also_before_a_pavement_that_joins_it_on_its_way() -> None:
    town = draw_town(
        """
            P     R
            |     |
        A-K-J-----C-L-E
        """,
        [
            "AK highway=footway footway=sidewalk",
            "KJCL highway=footway footway=crossing kerb=lowered",
            "LE highway=footway footway=sidewalk",
            "RC highway=residential",
            "PJ highway=footway footway=sidewalk",
        ],
        grid_m=1,
    )
    assert [line for line in list_obstacles(build_network(town)) if "kerb" in line] == [
        "J/1-J/0 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3",
        "K/1-K/0 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3",
        "L/1-L/0 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3",
    ]


def test_a_kerb_whose_high_side_cannot_be_told_is_met_both_up_and_down() -> None:
    town = draw_town("A-B-C", ["ABC highway=footway"], {"B": "barrier=kerb kerb=rolled"})
    built = build_network(town)
    assert list_edges(built) == [
        "A-B/0 footway 20 m",
        "B/0-B/1 kerb kerb_up_cm=1..5 kerb_down_cm=1..5",
        "B/1-C footway 20 m",
    ]
    assert built.counts.junctions.kerbs.side_unclear == 1


def test_a_kerb_of_unknown_height_is_tagged_but_not_understood() -> None:
    town = draw_town("A-B-C", ["AB highway=residential", "BC highway=footway"], {"B": "kerb=yes"})
    assert list_obstacles(build_network(town)) == [
        "B/0-B/1 kerb_up<kerb_down kerb_up_cm=other<? kerb_down_cm=?<other"
    ]


def test_a_kerb_on_the_carriageway_node_stands_on_both_sides_of_the_road() -> None:
    town = draw_town(
        CROSSROADS, ["ABC highway=tertiary", "EBD highway=footway"], {"B": "highway=crossing kerb=flush"}
    )
    assert list_obstacles(build_network(town)) == [
        "B/0-B/1 road_crossing crossed_road=tertiary",
        "B/0-B/2 road_crossing crossed_road=tertiary",
        "B/1-B/2 road_crossing crossed_road=tertiary",
        "B/1-B/3 kerb_up<kerb_down kerb_up_cm=0..1<? kerb_down_cm=?<0..1",
        "B/2-B/4 kerb_up<kerb_down kerb_up_cm=0..1<? kerb_down_cm=?<0..1",
    ]


def test_who_walks_along_the_road_does_not_step_over_the_kerbs_of_its_crossings() -> None:
    town = draw_town("A-B-C", ["ABC highway=residential"], {"B": "highway=crossing kerb=raised"})
    built = build_network(town)
    assert list_edges(built) == [
        "A-B road 20 m carriageway=residential",
        "B-C road 20 m carriageway=residential",
    ]
    assert built.counts.junctions.kerbs.beside_road == 1


def test_a_bollard_on_a_kerb_is_met_together_with_the_kerb() -> None:
    town = draw_town(
        "A-B-C",
        ["AB highway=footway", "BC highway=residential"],
        {"B": "barrier=bollard kerb=lowered wheelchair=no tactile_paving=yes"},
    )
    assert list_edges(build_network(town)) == [
        "A-B/1 footway 20 m",
        "B/0-B/1 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3 tactile_paving=yes",
        "B/0-B/2 barrier barrier=bollard wheelchair=no",
        "B/2-C road 20 m carriageway=residential",
    ]


@pytest.mark.parametrize(
    "tags", ["barrier=gate", "barrier=bollard kerb=raised", "highway=crossing barrier=gate"]
)
def test_a_barrier_on_a_road_crossing_is_met_on_every_way_over_it(tags: str) -> None:
    town = draw_town(CROSSROADS, ["ABC highway=residential", "EBD highway=footway"], {"B": tags})
    built = build_network(town)
    for start, end in ["AC", "AD", "AE", "CD", "EC", "DE"]:
        met = [
            sum(kind in (Kind.GATE, Kind.BARRIER) for kind in path)
            for path in list_simple_paths(built, start, end)
        ]
        assert min(met) == 1 if start + end == "AC" else min(met) in (1, 2)


def test_a_kerb_node_on_a_footway_belongs_to_the_street_nearby() -> None:
    town = draw_town(
        """
        R-B-S
          K
          D
        """,
        ["RBS highway=residential", "BKD highway=footway"],
        {"K": "kerb=lowered"},
    )
    assert list_obstacles(build_network(town)) == [
        "K/0-K/1 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3"
    ]


def test_a_kerb_node_far_from_the_street_is_another_kerb() -> None:
    town = draw_town(
        """
        R-B-S
          |
          |
          |
          K
          D
        """,
        ["RBS highway=residential", "BKD highway=footway"],
        {"K": "kerb=lowered"},
    )
    assert list_obstacles(build_network(town)) == [
        "B/0-B/1 kerb_up<kerb_down",
        "K/0-K/1 kerb kerb_up_cm=0..3 kerb_down_cm=0..3",
    ]


def test_a_kerb_tag_on_crossings_that_meet_on_an_island_does_not_stand_between_them() -> None:
    town = draw_town(
        """
          R   S
          |   |
        A-C-I-D-E
        """,
        [
            "ACI highway=footway footway=crossing kerb=raised",
            "IDE highway=footway footway=crossing kerb=lowered",
            "RC highway=residential",
            "SD highway=residential",
        ],
        grid_m=2,
    )
    assert not [line for line in list_obstacles(build_network(town)) if line.startswith("I")]


# -------------------------------------------------------------------- unknown kerbs


def test_an_unknown_kerb_stands_where_a_crossing_meets_the_pavement_and_nothing_is_tagged() -> None:
    built = build_network(draw_crossing({"K": "kerb=lowered"}))
    assert list_obstacles(built)[3:] == [
        "K/0-K/1 kerb_up<kerb_down kerb_up_cm=0..3<? kerb_down_cm=?<0..3",
        "L/1-L/0 kerb_up<kerb_down",
    ]
    assert built.counts.junctions.kerbs.unknown == {"crossing residential": 1}
    unknown = next(
        arc
        for arc in find_arcs(built, "L", "L")
        if built.classes[built.network.arc_class[arc]].kerb_up_cm is None
    )
    assert built.network.edge_as_of_day[unknown >> 1] == -1


def test_no_unknown_kerb_where_the_same_half_of_the_crossing_has_one() -> None:
    town = draw_town(
        """
              R
              |
        A-J-K-C-L-M-E
        """,
        [
            "AJ highway=footway footway=sidewalk",
            "JKCLM highway=footway footway=crossing",
            "ME highway=footway footway=sidewalk",
            "CR highway=secondary",
        ],
        {"K": "kerb=flush"},
        grid_m=2,
    )
    assert [line for line in list_obstacles(build_network(town)) if "kerb" in line] == [
        "K/0-K/1 kerb_up<kerb_down kerb_up_cm=0..1<? kerb_down_cm=?<0..1",
        "M/1-M/0 kerb_up<kerb_down",
    ]


def test_no_unknown_kerb_where_crossings_meet_or_the_island_has_kerbs() -> None:
    """Two carriageways C and D with an island I-J between them; on the right side the island is not drawn."""
    picture = """
          R     S     T     U
          |     |     |     |
        A-C-I-M-J-D-E-F-G-H-P
                  X
    """
    town = draw_town(
        picture,
        [
            "AC highway=footway footway=crossing",
            "CI highway=footway footway=crossing",
            "IMJ highway=footway footway=traffic_island",
            "JD highway=footway footway=crossing",
            "DE highway=footway footway=crossing",
            "EF highway=footway footway=crossing",
            "RC highway=residential",
            "DX highway=residential",
            "TF highway=residential",
        ],
        {"M": "kerb=flush"},
        grid_m=1,
    )
    assert [line for line in list_obstacles(build_network(town)) if "kerb" in line] == [
        "M/0-M/1 kerb kerb_up_cm=0..1 kerb_down_cm=0..1"
    ]


def test_a_crossing_that_pavements_join_on_its_way_has_one_kerb_on_each_side() -> None:
    """A pavement joins the crossing at J; what lies beyond J, towards K, is pavement too."""
    picture = """
        P     R
        |     |
    A-K-J-----C-L-E
    """
    ways = [
        "AK highway=footway footway=sidewalk",
        "KJCL highway=footway footway=crossing",
        "LE highway=footway footway=sidewalk",
        "RC highway=residential",
        "PJ highway=footway footway=sidewalk",
    ]
    untagged = build_network(draw_town(picture, ways, grid_m=1))
    assert [line for line in list_obstacles(untagged) if "kerb" in line] == [
        "J/1-J/0 kerb_up<kerb_down",
        "L/1-L/0 kerb_up<kerb_down",
    ]
    ways[1] = "KXJCL highway=footway footway=crossing"
    tagged = build_network(draw_town(picture.replace("K-J", "KXJ"), ways, {"X": "kerb=flush"}, grid_m=1))
    assert [line for line in list_obstacles(tagged) if "kerb" in line] == [
        "L/1-L/0 kerb_up<kerb_down",
        "X/0-X/1 kerb kerb_up_cm=0..1 kerb_down_cm=0..1",
    ]


def test_who_walks_along_the_rim_of_a_square_does_not_cross_the_road_or_pass_the_gate_beside_it() -> None:
    town = draw_town(
        """
        R-B-C-S
          | |
        X-A-D
        """,
        ["RBCS highway=residential", "ABCDA highway=pedestrian area=yes", "XA highway=footway"],
        {"A": "barrier=gate"},
    )
    assert [line for line in list_edges(build_network(town)) if "*" not in line] == [
        "A/0-A/1 gate barrier=gate",
        "A/1-C/1 pedestrian 28 m",
        "B/0-B/1 kerb_up<kerb_down",
        "B/0-C/0 road 20 m carriageway=residential",
        "B/1-A/1 pedestrian 20 m",
        "C/0-C/1 kerb_up<kerb_down",
        "C/0-S road 20 m carriageway=residential",
        "C/1-B/1 pedestrian 20 m",
        "R-B/0 road 20 m carriageway=residential",
        "X-A/0 footway 20 m",
    ]


@pytest.mark.parametrize("road", ["primary", "secondary", "tertiary", "unclassified", "residential"])
def test_a_footway_that_crosses_a_street_meets_an_unknown_kerb_on_each_side(road: str) -> None:
    town = draw_town(CROSSROADS, [f"ABC highway={road}", "EBD highway=footway"])
    assert list_edges(build_network(town)) == [
        f"A-B/0 road 20 m carriageway={road}",
        f"B/0-B/1 road_crossing crossed_road={road}",
        f"B/0-B/2 road_crossing crossed_road={road}",
        f"B/0-C road 20 m carriageway={road}",
        f"B/1-B/2 road_crossing crossed_road={road}",
        "B/1-B/3 kerb_up<kerb_down",
        "B/2-B/4 kerb_up<kerb_down",
        "B/4-D footway 20 m",
        "E-B/3 footway 20 m",
    ]


def test_a_footway_that_ends_on_a_street_meets_a_kerb_and_no_crossing() -> None:
    town = draw_town(T_JUNCTION, ["ABC highway=residential", "BD highway=footway"])
    assert list_edges(build_network(town)) == [
        "A-B/0 road 20 m carriageway=residential",
        "B/0-B/1 kerb_up<kerb_down",
        "B/0-C road 20 m carriageway=residential",
        "B/1-D footway 20 m",
    ]


@pytest.mark.parametrize(
    ("road", "path", "expected"),
    [
        ("service", "footway", ["B/0-B/1 road_crossing", "B/0-B/2 road_crossing", "B/1-B/2 road_crossing"]),
        ("residential", "steps", ["B/0-B/1 road_crossing", "B/0-B/2 road_crossing", "B/1-B/2 road_crossing"]),
        ("primary", "track", ["B/0-B/1 road_crossing", "B/0-B/2 road_crossing", "B/1-B/2 road_crossing"]),
        ("service", "track", []),
        ("living_street", "footway", []),
        ("track", "footway", []),
        ("pedestrian", "footway", []),
        ("residential", "residential", []),
    ],
)
def test_where_no_kerb_is_assumed(road: str, path: str, expected: list[str]) -> None:
    town = draw_town(CROSSROADS, [f"ABC highway={road}", f"EBD highway={path}"])
    built = build_network(town)
    assert [line for line in list_kinds(built) if "B/" in line.split("-")[0] and "-B/" in line] == expected


# -------------------------------------------------------------------- crossings


def test_a_crossing_says_the_worse_where_node_and_way_differ() -> None:
    town = draw_crossing(
        {"C": "highway=crossing crossing=traffic_signals traffic_signals:sound=yes tactile_paving=no"},
        "crossing=marked traffic_signals:sound=no traffic_signals:vibration=yes crossing:island=yes",
    )
    assert list_obstacles(build_network(town))[2] == (
        "C/1-C/2 road_crossing tactile_paving=no crossing=marked crossing_island=yes crossing_length_m=8"
        " crossed_road=residential signal_sound=no signal_vibration=yes"
    )


def test_the_length_of_a_crossing_is_rounded_up() -> None:
    town = draw_town(
        CROSSING,
        ["KCL highway=footway footway=crossing", "RCS highway=primary", "AK highway=path", "LE highway=path"],
        grid_m=2.13,
    )
    built = build_network(town)
    assert {built.classes[i].crossing_length_m for i in built.network.arc_class} >= {9.0}


def test_stepping_onto_the_road_is_never_a_way_around_the_crossing() -> None:
    built = build_network(draw_crossing({"K": "kerb=lowered", "L": "kerb=lowered"}))
    for path in list_simple_paths(built, "A", "E"):
        assert Kind.ROAD_CROSSING in path
        assert {Kind.KERB_UP, Kind.KERB_DOWN} <= set(path)


def test_a_road_nobody_may_walk_along_is_crossed_all_the_same() -> None:
    town = draw_town(CROSSROADS, ["ABC highway=trunk", "EBD highway=footway"])
    assert list_edges(build_network(town)) == [
        "B/0-B/1 road_crossing crossed_road=primary",
        "B/0-B/2 kerb_up<kerb_down",
        "B/1-B/3 kerb_up<kerb_down",
        "B/3-D footway 20 m",
        "E-B/2 footway 20 m",
    ]


def test_rails_are_crossed_between_the_ways_that_meet_there() -> None:
    for way in ("footway", "residential"):
        town = draw_town("A-B-C", [f"ABC highway={way}"], {"B": "railway=level_crossing"})
        assert list_obstacles(build_network(town)) == ["B/0-B/1 road_crossing crossed_road=railway"]


def test_rails_in_a_street_do_not_stop_who_walks_along_it() -> None:
    town = draw_town(
        CROSSROADS,
        ["ABC highway=tertiary", "EBD highway=footway"],
        {"B": "railway=tram_crossing"},
    )
    built = build_network(town)
    assert list_obstacles(built)[:3] == [
        "B/0-B/1 road_crossing crossed_road=tertiary",
        "B/0-B/2 road_crossing crossed_road=tertiary",
        "B/1-B/2 road_crossing crossed_road=tertiary",
    ]
    assert list_simple_paths(built, "A", "C") == {
        (Kind.ROAD, Kind.ROAD),
    }


def test_a_tagged_crossing_of_a_shared_street_is_one() -> None:
    town = draw_town(
        CROSSROADS,
        ["ABC highway=living_street", "EBD highway=footway"],
        {"B": "highway=crossing crossing=marked"},
    )
    assert list_obstacles(build_network(town))[2] == (
        "B/1-B/2 road_crossing crossing=marked crossed_road=living_street"
    )


def test_a_track_over_a_road_nobody_walks_along_crosses_it() -> None:
    town = draw_town(CROSSROADS, ["ABC highway=trunk", "EBD highway=track"])
    assert list_obstacles(build_network(town)) == ["B/0-B/1 road_crossing crossed_road=primary"]


def test_a_crossing_of_a_cycleway_is_no_road_crossing() -> None:
    town = draw_town(CROSSROADS, ["ABC highway=footway footway=crossing", "EBD highway=cycleway foot=yes"])
    assert list_obstacles(build_network(town)) == []


def test_a_crossing_is_explained_by_the_node_or_else_by_the_way() -> None:
    for nodes, expected in [({}, (1, 2)), ({"C": "highway=crossing"}, (0, node_id("C")))]:
        built = build_network(draw_crossing(nodes))
        network = built.network
        explained = {
            (int(network.edge_osm_type[arc >> 1]), int(network.edge_osm_id[arc >> 1]))
            for arc in find_arcs(built, "C", "C")
        }
        assert explained == {expected}


def test_what_is_said_of_the_crossing_is_said_once() -> None:
    built = build_network(draw_crossing({}, "crossing=marked tactile_paving=yes surface=asphalt"))
    assert [line for line in list_edges(built) if " crossing " in line and " 4 m" in line] == [
        "C/2-L/1 crossing 4 m surface=asphalt",
        "K/1-C/1 crossing 4 m surface=asphalt",
    ]


def test_the_kerb_of_one_side_does_not_stand_for_the_other_where_the_road_is_not_mapped() -> None:
    town = draw_town(
        "A-BK----C-D",
        ["AB highway=footway", "BKC highway=footway footway=crossing", "CD highway=footway"],
        {"K": "kerb=flush"},
        grid_m=1,
    )
    assert [line for line in list_obstacles(build_network(town)) if "kerb" in line] == [
        "C/1-C/0 kerb_up<kerb_down",
        "K/0-K/1 kerb kerb_up_cm=0..1 kerb_down_cm=0..1",
    ]


def test_a_crossing_of_an_unmapped_road_is_one_with_unknown_kerbs() -> None:
    town = draw_town(
        "A-B-C-D",
        ["AB highway=footway", "BC highway=footway footway=crossing crossing=unmarked", "CD highway=footway"],
    )
    built = build_network(town)
    assert list_obstacles(built) == [
        "B/1-B/0 kerb_up<kerb_down",
        "B/1-B/2 road_crossing crossing=unmarked",
        "C/1-C/0 kerb_up<kerb_down",
    ]
    assert built.counts.junctions.crossings_without_road == 1


# -------------------------------------------------------------------- lifts


def test_a_lift_joins_the_levels_of_the_ways_that_meet_in_it() -> None:
    town = draw_town(
        T_JUNCTION,
        ["AB highway=footway level=0", "BC highway=corridor level=1", "BD highway=footway level=-1"],
        {"B": "highway=elevator"},
    )
    assert list_edges(build_network(town)) == [
        "A-B/0 footway 20 m level=0..0",
        "B/0-B/1 lift level=0..1",
        "B/0-B/2 lift level=0..-1",
        "B/1-B/2 lift level=1..-1",
        "B/1-C corridor 20 m level=1..1",
        "B/2-D footway 20 m level=-1..-1",
    ]


def test_a_lift_drawn_as_a_line_is_one_edge() -> None:
    town = draw_town(
        "A-B-C-D",
        ["AB highway=footway level=0", "BC highway=elevator", "CD highway=corridor level=1"],
    )
    built = build_network(town)
    assert list_edges(built) == [
        "A-B footway 20 m level=0..0",
        "B-C lift level=0..1",
        "C-D corridor 20 m level=1..1",
    ]
    assert built.counts.edges[Kind.LIFT] == 1


def test_a_lift_drawn_as_an_outline_joins_what_meets_it_and_is_not_walked_around() -> None:
    town = draw_town(
        """
        A-B-C-D
          E-F G
        """,
        [
            "AB highway=footway level=0",
            "BCFEB highway=elevator area=yes",
            "CD highway=corridor level=1",
            "FG highway=footway level=2",
        ],
    )
    assert list_edges(build_network(town)) == [
        "A-B footway 20 m level=0..0",
        "B-C lift level=0..1",
        "B-F lift level=0..2",
        "C-D corridor 20 m level=1..1",
        "C-F lift level=1..2",
        "F-G footway 20 m level=2..2",
    ]


# -------------------------------------------------------------------- order, hash, table

SMALL_TOWN = draw_crossing({"K": "kerb=lowered", "C": "highway=crossing crossing=marked"}, road="primary")


STAR = draw_town(
    """
        A-B-C
        D-X-E
        """,
    [
        f"{letter}X highway=footway surface={surface}"
        for letter, surface in zip("ABCDE", ["sett", "mud"] * 3, strict=False)
    ],
    {"X": "barrier=gate"},
)


@pytest.mark.parametrize("town", [SMALL_TOWN, STAR])
def test_the_same_town_gives_the_same_bytes_in_whatever_order_it_comes(town: OsmData) -> None:
    expected = build_network(town)
    for seed in range(5):
        shuffle = random.Random(seed).sample
        nodes = dict(shuffle(list(town.nodes.items()), len(town.nodes)))
        ways = tuple(shuffle(town.ways, len(town.ways)))
        built = build_network(replace(town, nodes=nodes, ways=ways))
        assert (built.classes, built.names) == (expected.classes, expected.names)
        for name in NETWORK_ARRAYS:
            ours, theirs = getattr(built.network, name), getattr(expected.network, name)
            assert (ours.dtype, ours.tobytes()) == (theirs.dtype, theirs.tobytes()), name


def test_edges_are_sorted_and_every_arc_leaves_its_node() -> None:
    network = build_network(SMALL_TOWN).network
    ends = list(zip(network.edge_tail.tolist(), network.edge_head.tolist(), strict=True))
    assert ends == sorted(ends)
    assert sorted(network.out_arc.tolist()) == list(range(2 * network.edge_count))
    for node in range(network.node_count):
        for arc in network.out_arc[network.out_first[node] : network.out_first[node + 1]]:
            assert (network.edge_head if arc & 1 else network.edge_tail)[arc >> 1] == node
    assert set(network.node_landmark.tolist()) == {-1}


def test_nodes_are_ordered_along_a_space_filling_curve() -> None:
    step = 1e-7
    places = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0), (2, 1), (0, 2), (3, 3), (4, 0)]
    lon = np.array([-180 + x * step for x, _ in places])
    lat = np.array([-90 + y * step for _, y in places])
    assert get_morton_codes(lon, lat).tolist() == [0, 1, 2, 3, 4, 5, 6, 8, 15, 16]
    picture = """
        h b g
        c f a
        i d e
    """
    network = build_network(draw_town(picture, ["abcdefghi highway=path", "eafdbhcgi highway=path"])).network
    codes = get_morton_codes(network.node_lon, network.node_lat)
    assert codes.tolist() == sorted(codes.tolist())


def test_tie_breakers_are_the_documented_hash() -> None:
    """Word for word what ``hash_ties`` promises to other implementations, in plain integers."""

    def imul(a: int, b: int) -> int:
        return a * b & 0xFFFFFFFF

    def mix(h: int) -> int:
        h ^= h >> 16
        h = imul(h, 0x85EBCA6B)
        h ^= h >> 13
        h = imul(h, 0xC2B2AE35)
        return h ^ h >> 16

    def tie(osm_type: int, osm_id: int, ordinal: int, direction: int) -> int:
        h = mix(osm_type + 1)
        h = mix(h ^ osm_id % 2**32)
        h = mix(h ^ osm_id // 2**32)
        return mix(mix(h ^ ordinal) ^ direction) & 1023

    edges = [(0, 65, 0), (1, 13_012_345_678, 3), (1, 13_012_345_678, 4), (2, 1, 0)]
    types, ids, ordinals = (np.array(column) for column in zip(*edges, strict=True))
    ties = hash_ties(types.astype(np.uint8), ids.astype(np.int64), ordinals.astype(np.int64))
    assert ties.tolist() == [tie(*edge, direction) for edge in edges for direction in (0, 1)]
    assert ties.tolist() == [526, 300, 547, 161, 539, 856, 176, 890]


def test_an_empty_town_is_an_empty_network() -> None:
    built = build_network(OsmData(nodes={}, ways=(OsmWay(1, (), {"highway": "footway"}),)))
    assert (built.network.node_count, built.network.edge_count, built.classes, built.names) == (
        0,
        0,
        (),
        ("",),
    )
    assert built.network.out_first.tolist() == [0]


def test_progress_is_told_step_by_step() -> None:
    told: list[tuple[str, int, int]] = []
    build_network(SMALL_TOWN, progress=lambda step, done, total: told.append((step, done, total)))
    assert [step for step, _, _ in told] == ["ways", "ways", "junctions", "junctions", "arrays", "arrays"]
    assert all(done <= total for _, done, total in told)


def test_the_table_of_junctions_is_read_strictly(tmp_path: Path) -> None:
    header = "low,high,crossed_road,kerb,crossing,note,source\n"
    table = tmp_path / "junctions.csv"
    for row, problem in [
        ("road,footpath,primary,unknown,yes,n,s", "line 2: high has 'footpath'"),
        ("road,footway,primary,perhaps,yes,n,s", "line 2: kerb is 'perhaps'"),
        (
            "road,footway footway,primary,none,yes,n,s",
            "line 2: road, footway, primary stands in an earlier row",
        ),
        ("road,footway,primary,none,yes,n,s", "no row for"),
        ("road,footway,primary,none,yes,n,", "line 2: source is empty"),
    ]:
        table.write_text(header + row + "\n", encoding="utf-8")
        with pytest.raises(TableError, match=problem):
            load_junction_rules(table)
