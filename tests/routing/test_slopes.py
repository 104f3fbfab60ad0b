"""Inclines from the ground: where they are estimated, where not, and that nothing steep is averaged away."""

import math

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, list_edges
from tests.support.terrain import DrawnTerrain, rise_east
from wayfinder.routing.network_build import BuiltNetwork, build_network

LINE = "A----B----C----D----E"
"""A letter every 50 m."""


def build(ways: list[str], terrain: DrawnTerrain, picture: str = LINE, **more) -> BuiltNetwork:
    return build_network(draw_town(picture, ways, **more), terrain=terrain)


def list_inclines(built: BuiltNetwork) -> list[tuple[int, float, str]]:
    """Length (m), incline and origin of each edge with a length, along its own way, by where it lies."""
    network = built.network
    rows = []
    middle = network.node_lon[network.edge_tail] + network.node_lon[network.edge_head]
    for edge in np.argsort(middle, kind="stable").tolist():
        if network.edge_length_mm[edge]:
            origin = ("", "osm", "estimate")[network.edge_incline_origin[edge]]
            rows.append(
                (
                    round(network.edge_length_mm[edge] / 1000),
                    round(float(network.edge_incline_percent[edge]), 1),
                    origin,
                )
            )
    return rows


def counts(built: BuiltNetwork) -> dict[str, int]:
    slopes = built.slopes
    assert slopes is not None
    return {name: round(getattr(slopes, name)) for name in slopes.__slots__ if round(getattr(slopes, name))}


def test_a_plane_at_five_percent_is_five_percent_everywhere_and_both_ways():
    built = build(["ABCDE highway=footway"], rise_east(5.0))
    assert list_inclines(built) == [(200, 5.0, "estimate")]
    assert list_edges(built) == ["A-E footway 200 m slope=5%<-5%"]
    assert counts(built) == {"estimated": 200}


def test_across_the_slope_it_is_level():
    built = build(["AB highway=footway"], rise_east(12.0), "A\n\n\n\n\nB")
    assert list_inclines(built) == [(50, 0.0, "estimate")]


def test_a_tag_wins_also_one_that_says_level():
    built = build(
        ["AB highway=footway incline=0%", "BC highway=footway incline=-3%", "CD highway=footway"],
        rise_east(5.0),
    )
    assert list_inclines(built) == [(50, 0.0, "osm"), (50, -3.0, "osm"), (50, 5.0, "estimate")]
    assert counts(built) == {"tagged": 100, "estimated": 50}


def test_a_steep_stretch_is_cut_out_of_a_long_way_and_not_averaged_away():
    hill = DrawnTerrain(lambda east, north: 12.0 / 100 * np.clip(east - 80.0, 0.0, 40.0))
    found = list_inclines(build(["AE highway=footway"], hill))
    assert sum(length for length, _, _ in found) == 200
    steep = [(length, percent) for length, percent, _ in found if percent > 3]
    assert steep == [(40, 11.7)]
    assert max(abs(percent) for _, percent, _ in found if percent <= 3) <= 1.0


def test_up_and_down_again_is_not_level():
    roof = DrawnTerrain(lambda east, north: -np.abs(east - 100.0) * 0.08)
    assert list_inclines(build(["AE highway=footway"], roof)) == [
        (100, 7.9, "estimate"),
        (100, -8.0, "estimate"),
    ]


@pytest.mark.parametrize(
    "tag",
    ["bridge=yes", "tunnel=yes", "covered=yes", "indoor=yes", "layer=1", "level=1", "location=underground"],
)
def test_off_the_ground_nothing_is_estimated(tag: str):
    built = build(["AB highway=footway", f"BCD highway=footway {tag}", "DE highway=footway"], rise_east(9.0))
    # of the 50 m at each end the half that touches what is off the ground is left out, too
    assert [(length, p) for length, p, _ in list_inclines(built) if not math.isnan(p)] == [
        (25, 9.0),
        (25, 9.0),
    ]
    assert counts(built) == {"estimated": 50, "off_ground": 150}


def test_a_bridge_over_a_valley_stays_unknown_and_its_ends_do_not_fall_into_it():
    valley = DrawnTerrain(lambda east, north: np.where(np.abs(east - 100.0) < 51.0, -20.0, 0.0))
    built = build(
        ["AB highway=residential", "BCD highway=residential bridge=yes layer=1", "DE highway=residential"],
        valley,
    )
    assert [p for _, p, _ in list_inclines(built) if not math.isnan(p)] == [0.0, 0.0]
    assert built.heights is not None
    network = built.network
    (bridge,) = np.flatnonzero(network.edge_layer == 1).tolist()
    assert np.isnan(built.heights[network.edge_points[bridge] : network.edge_points[bridge + 1]]).all()


def test_layer_and_level_zero_and_a_bridge_that_is_none_lie_on_the_ground():
    built = build(["AC highway=footway layer=0 level=0 bridge=no tunnel=no"], rise_east(4.0))
    assert counts(built) == {"estimated": 100}


def test_steps_platforms_and_lifts_get_no_estimate():
    built = build(["AB highway=steps", "BC railway=platform", "CD highway=elevator"], rise_east(10.0))
    assert [p for _, p, _ in list_inclines(built) if not math.isnan(p)] == []


def test_a_short_edge_takes_the_window_of_the_way_it_is_part_of():
    nodes = {"B": "barrier=bollard", "C": "barrier=bollard"}
    built = build(
        ["ABCD highway=footway"],
        rise_east(6.0),
        "A--B-C--D",
        nodes=nodes,
    )
    assert list_inclines(built) == [(30, 6.0, "estimate"), (20, 6.0, "estimate"), (30, 6.0, "estimate")]
    picture = "A-------BC-------D"
    built = build(["ABCD highway=footway"], rise_east(6.0), picture, nodes=nodes)
    assert [row[1:] for row in list_inclines(built)] == [(6.0, "estimate")] * 3


def test_a_short_way_looks_on_into_the_straightest_way_and_alone_it_has_no_window():
    picture = "A-----BC-----D\n      E"
    ways = ["AB highway=footway", "BC highway=footway surface=sett", "CD highway=footway"]
    assert list_inclines(build(ways, rise_east(6.0), picture))[1] == (10, 6.0, "estimate")
    alone = build(ways[1:2], rise_east(6.0), picture)
    assert math.isnan(list_inclines(alone)[0][1])
    assert counts(alone) == {"too_short": 10}


def test_beside_a_hole_and_outside_nothing_is_estimated_and_both_are_counted():
    hole = DrawnTerrain(
        lambda east, north: np.where((east > 60.0) & (east < 90.0), np.nan, east * 0.05), extent_m=150.0
    )
    built = build(
        ["AB highway=footway", "BC highway=footway", "CD highway=footway", "DE highway=footway"], hole
    )
    known = [p for _, p, _ in list_inclines(built) if not math.isnan(p)]
    assert set(known) == {5.0}
    told = counts(built)
    assert told == {"estimated": 75, "outside": 75, "no_data": 50}


def test_a_cliff_in_the_model_is_no_way():
    cliff = DrawnTerrain(lambda east, north: np.where(east > 100.0, 0.0, 400.0))
    built = build(["AE highway=footway"], cliff)
    assert all(math.isnan(p) or abs(p) <= 40 for _, p, _ in list_inclines(built))
    assert counts(built)["implausible"] > 0


def test_a_tagged_direction_is_given_its_number_or_left_alone():
    built = build(["AB highway=footway incline=up", "BC highway=footway incline=down"], rise_east(7.0))
    assert list_edges(built) == ["A-B footway 50 m slope=7%<-7%", "B-C footway 50 m slope=down<up"]
    assert counts(built) == {"estimated": 50, "implausible": 50}


@pytest.mark.parametrize(
    ("cell_m", "step_m", "error"),
    [(1.0, 0.0, 1.0), (10.0, 0.0, 1.5), (12.0, 0.0, 1.5), (30.0, 0.0, 1.5), (30.0, 1.0, 2.5)],
)
def test_a_coarse_model_looks_farther_and_owns_to_a_larger_error(cell_m: float, step_m: float, error: float):
    plane = rise_east(5.0)
    plane.cell_m, plane.step_m = cell_m, step_m
    network = build(["AE highway=footway"], plane).network
    assert (network.slope_error / 10).max() == error


def test_the_same_town_gives_the_same_network_whatever_the_order_of_its_ways():
    hill = DrawnTerrain(lambda east, north: 8.0 * np.sin(east / 30.0) + 5.0 * np.cos(north / 25.0))
    ways = ["ABC #1 highway=footway", "CDE #2 highway=residential", "BF #3 highway=path"]
    picture = LINE + "\n\n\n\n     F"
    one, other = (build(order, hill, picture) for order in (ways, ways[::-1]))
    for name in (
        "edge_tail",
        "edge_length_mm",
        "edge_incline_percent",
        "arc_slope",
        "slope_incline",
        "arc_tie",
    ):
        np.testing.assert_array_equal(getattr(one.network, name), getattr(other.network, name))
    np.testing.assert_array_equal(one.heights, other.heights)
    assert one.network.edge_count > 4
