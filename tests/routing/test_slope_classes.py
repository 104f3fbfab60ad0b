"""How long it has been steep and how far the last seat lies behind, arc by arc; and what both cost."""

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, find_arcs
from wayfinder.routing.classes import build_class_columns, build_slope_columns
from wayfinder.routing.costs import Judge, Verdict, load_tables
from wayfinder.routing.network import SLOPE_NONE, SLOPE_UNKNOWN
from wayfinder.routing.network_arrays import get_slope_bin, number_slopes
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.routing.profiles import Unknowns, personalise

STREET = "A----B----C----D----E"


def build(ways, picture: str = STREET, nodes=None, places=None) -> BuiltNetwork:
    return build_network(draw_town(picture, ways, nodes, places=places))


def run_of(built: BuiltNetwork, ends: str) -> int:
    (arc,) = find_arcs(built, *ends)
    return int(built.network.slope_run_m[built.network.arc_slope[arc]])


def rest_of(built: BuiltNetwork, ends: str) -> int:
    (arc,) = find_arcs(built, *ends)
    return int(built.network.slope_rest_m[built.network.arc_slope[arc]])


def test_a_run_grows_uphill_and_from_the_other_end_downhill():
    built = build([f"{a}{b} highway=footway incline=5%" for a, b in ("AB", "BC", "CD")])
    assert [run_of(built, ends) for ends in ("AB", "BC", "CD")] == [100, 100, 1000]
    assert [run_of(built, ends) for ends in ("DC", "CB", "BA")] == [100, 100, 1000]


def test_a_level_stretch_and_a_level_side_street_are_places_to_rest():
    steep = "highway=footway incline=5%"
    level = build([f"AB {steep}", "BC highway=footway incline=2%", f"CD {steep}"])
    assert [run_of(level, ends) for ends in ("AB", "BC", "CD")] == [100, 0, 100]
    picture = "A----B----C----D\n          E"
    side = build([f"AB {steep}", f"BC {steep}", f"CD {steep}", "CE highway=footway incline=0%"], picture)
    assert [run_of(side, ends) for ends in ("AB", "BC", "CD")] == [100, 100, 100]


def test_a_level_place_is_at_least_as_long_as_a_wheelchair():
    picture = "A--------BC--------D"
    ways = ["AB highway=footway incline=5%", "BC highway=footway incline=0%", "CD highway=footway incline=5%"]
    built = build_network(draw_town(picture, ways, grid_m=1.0))
    assert [run_of(built, ends) for ends in ("AB", "CD")] == [10, 30]


def test_a_kerb_on_the_slope_is_no_rest_and_an_unknown_slope_is_none_that_is_known():
    steep = "highway=footway incline=5%"
    kerb = build([f"AB {steep}", f"BC {steep}"], nodes={"B": "kerb=lowered"})
    arcs = [arc for tail, head in ("AB", "BC") for arc in find_arcs(kerb, tail, head)]
    assert kerb.network.slope_run_m[kerb.network.arc_slope[arcs]].tolist() == [100, 100]
    unknown = build([f"AB {steep}", "BC highway=footway", f"CD {steep}"])
    assert [run_of(unknown, ends) for ends in ("AB", "BC", "CD")] == [100, 0, 100]


def test_up_and_down_are_runs_of_their_own():
    built = build(["AB highway=footway incline=5%", "BC highway=footway incline=-5%"])
    assert [run_of(built, ends) for ends in ("AB", "BC")] == [100, 100]


def test_the_last_seat_lies_behind_by_the_way_walked():
    built = build(
        ["AB highway=footway", "BC highway=footway", "CD highway=footway", "DE highway=footway"],
        "A----B----C----D----E\nX",
        places={"X": "amenity=bench backrest=yes"},
    )
    assert [rest_of(built, ends) for ends in ("AB", "BC", "CD", "DE")] == [50, 100, 150, 200]
    assert [rest_of(built, ends) for ends in ("ED", "BA")] == [300, 50]


@pytest.mark.parametrize(
    ("tags", "backrest"),
    [
        ("amenity=bench", -1),
        ("amenity=bench backrest=yes armrest=yes", 1),
        ("amenity=bench backrest=no", 0),
        ("amenity=bench access=private", None),
        ("amenity=shelter bench=yes", -1),
        ("amenity=shelter", None),
        ("amenity=shelter bench=no", None),
        ("highway=bus_stop bench=yes", -1),
        ("highway=bus_stop bench=no", None),
        ("public_transport=platform bench=yes", -1),
        ("leisure=picnic_table", 0),
        ("amenity=waste_basket", None),
    ],
)
def test_what_counts_as_a_seat_stands_in_a_table(tags: str, backrest: int | None):
    built = build(["AB highway=footway"], "A----B\nX", places={"X": tags})
    assert built.rests.backrest.tolist() == ([] if backrest is None else [backrest])


def test_a_seat_stands_at_the_ways_beside_it_else_at_the_nearest_but_not_at_private_ones_or_below():
    picture = "A----B\n   X\nC----D\n\nE----F\n\n\nY"
    ways = ["AB highway=footway", "CD highway=footway", "EF highway=footway"]
    where = {"X": "amenity=bench", "Y": "amenity=bench"}
    built = build_network(draw_town(picture, ways, places=where, grid_m=5.0))
    network = built.network
    tails = [chr(network.node_osm_id[network.edge_tail[edge]]) for edge in built.rests.edge]
    heads = [chr(network.node_osm_id[network.edge_head[edge]]) for edge in built.rests.edge]
    assert sorted({*tails, *heads}) == ["A", "B", "C", "D", "E", "F"]
    assert built.rests.place.tolist().count(0) == 2
    for barred in ("access=private", "tunnel=yes layer=-1"):
        closed = [f"{way} {barred}" for way in ways]
        assert len(build_network(draw_town(picture, closed, places=where, grid_m=5.0)).rests.edge) == 0


def test_where_the_city_has_no_seat_the_distance_is_unknown_and_costs_nothing():
    built = build(["AB highway=footway incline=0%"])
    assert rest_of(built, "AB") == -1
    judge = Judge(build_class_columns(built.classes), build_slope_columns(built.network))
    preset = load_tables().presets["walker"]
    assert (judge.get_costs(preset).slopes.rate == 0).all()


def make_judge(*slopes: tuple[float | None, float, int, int]) -> Judge:
    """A judge of slopes: incline in percent (None unknown), error, run and rest in m; class 0 is no slope."""
    facts = [
        (SLOPE_UNKNOWN if percent is None else get_slope_bin(percent), round(error * 10), run, rest)
        for percent, error, run, rest in slopes
    ]
    return Judge(build_class_columns(()), build_slope_columns(number_slopes(np.array(facts, dtype=np.int16))))


def judge_one(slope: tuple[float | None, float, int, int], profile: str, limits=None, unknowns=None):
    tables = load_tables()
    wanted = personalise(tables.presets[profile], limits or {}, unknowns, tables.limits)
    costs = make_judge(slope).get_costs(wanted)
    prices = costs.slopes
    over, unsure, _ = prices.whole.masks
    named = [
        row.id + ("?" if int(unsure[1]) >> bit & 1 else "")
        for bit, row in enumerate(costs.rows)
        if int(over[1]) >> bit & 1
    ]
    return Verdict(int(prices.verdict[1])).name, named, int(prices.rate[1])


@pytest.mark.parametrize("profile", ["wheelchair-manual", "wheelchair-pushed", "walker", "walking-stick"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_slopes_cost_as_din_18040_3_has_it(profile: str, sign: float):
    slopes = [(0.0, 0), (2.9, 0), (4.0, 10), (4.0, 30), (4.0, 100), (5.9, 100), (6.1, 100)]
    rates = [judge_one((sign * percent, 0.0, run, 50), profile)[2] for percent, run in slopes]
    assert rates == sorted(rates)
    assert rates[2] < rates[3] < rates[4] < rates[5] < rates[6]
    assert judge_one((sign * 8.0, 0.0, 10, 50), profile)[2] < judge_one((sign * 8.0, 0.0, 30, 50), profile)[2]
    comfortable = judge_one((sign * 3.0, 0.0, 0, 50), profile)
    assert comfortable[:2] == ("PASSABLE", [])


@pytest.mark.parametrize(
    ("percent", "error", "verdict", "reasons"),
    [
        (6.0, 0.0, "PASSABLE", []),
        (6.1, 0.0, "OVER_LIMIT", ["incline_up"]),
        (4.5, 1.5, "PASSABLE", []),
        (5.0, 1.5, "OVER_LIMIT", ["incline_up?"]),
        (7.0, 1.5, "OVER_LIMIT", ["incline_up?"]),
        (8.0, 1.5, "OVER_LIMIT", ["incline_up"]),
        (-7.0, 1.5, "OVER_LIMIT", ["incline_down?"]),
    ],
)
def test_an_estimate_is_held_against_a_limit_as_a_range(percent, error, verdict, reasons):
    assert judge_one((percent, error, 30, -1), "wheelchair-manual")[:2] == (verdict, reasons)


def test_effort_goes_by_the_middle_of_an_estimate():
    tagged, estimated = (judge_one((4.0, error, 30, -1), "walker")[2] for error in (0.0, 1.5))
    assert tagged == estimated


def test_only_an_unknown_slope_is_unknown_and_a_rejected_one_is_over():
    assert judge_one((None, 0.0, 0, -1), "wheelchair-manual", unknowns=Unknowns.REJECT)[0] == "OVER_LIMIT"
    assert judge_one((3.0, 1.5, 0, -1), "wheelchair-manual", unknowns=Unknowns.REJECT)[0] == "PASSABLE"


@pytest.mark.parametrize("profile", ["walker", "walking-stick"])
def test_far_from_a_seat_it_costs_more_but_never_blocks(profile: str):
    near, far, farther = (
        judge_one((0.0, 0.0, 0, rest), profile, {"rest_every_m": 150}) for rest in (150, 200, 500)
    )
    assert near[2] < far[2] < farther[2]
    assert [one[:2] for one in (near, far, farther)] == [("PASSABLE", []), ("AVOID", []), ("AVOID", [])]
    assert judge_one((0.0, 0.0, 0, 500), "foot")[2] == judge_one((0.0, 0.0, 0, 50), "foot")[2]


def test_class_0_is_what_has_no_slope_even_where_nothing_is_without_one():
    classes = number_slopes(np.array([[get_slope_bin(5.0), 0, 10, 50]], dtype=np.int16))
    assert classes.arc_slope.tolist() == [1]
    assert classes.slope_incline.tolist()[0] == SLOPE_NONE
