"""What a barrier and an unknown do to trips: on drawn towns, and held against searching everything."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, locate
from tests.support.graphs import build_graph, make_random_town
from tests.support.trips import (
    Journey,
    keep_ledger,
    list_barriers,
    list_unknowns,
    make_network,
    snap,
)
from wayfinder.geo import LonLat
from wayfinder.routing.attributes import EdgeAttributes, Interval
from wayfinder.routing.costs import Verdict
from wayfinder.routing.ledger import LEAST_LOSS_MM, TripOutcome
from wayfinder.routing.measurements import judge_survey, load_measurements, prepare_survey
from wayfinder.routing.network import OSM_TYPES
from wayfinder.routing.overlay import Change, apply_changes, build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlanner, RouteRequest
from wayfinder.routing.what_if import TripNetwork

GOOD = "highway=footway surface=asphalt smoothness=good width=2 incline=0% lit=yes"
SPACE = 20.0


def journeys(picture: str, *pairs: str) -> list[Journey]:
    return [
        (locate(picture, pair[0], grid_m=SPACE), locate(picture, pair[1], grid_m=SPACE)) for pair in pairs
    ]


ONE_KERB = """
A---B---K---C---D
    |       |
    E       F
"""


def draw_one_kerb(tags: str = "barrier=kerb kerb=raised kerb:height=0.12"):
    return draw_town(ONE_KERB, [f"ABKCD {GOOD}", f"BE {GOOD}", f"CF {GOOD}"], {"K": tags}, grid_m=SPACE)


def test_a_kerb_breaks_just_the_trips_that_must_cross_it() -> None:
    ledger = keep_ledger(draw_one_kerb(), journeys(ONE_KERB, "AD", "AE", "EF", "FD", "FA"))
    assert [str(outcome) for outcome in ledger.outcomes] == ["broken", "found", "broken", "found", "broken"]
    assert list_barriers(ledger) == [f"node/{ord('K')} breaks [0, 2, 4]"]
    assert ledger.mended_by_one == {0, 2, 4}


def test_what_the_ledger_calls_mended_the_planner_finds_once_the_kerb_is_lowered() -> None:
    town = draw_one_kerb()
    graph = build_graph(town)
    trips = journeys(ONE_KERB, "AD", "AE", "EF", "FD", "FA")
    ledger = keep_ledger(graph, trips)
    (kerb,) = ledger.barriers
    overlay = build_empty_overlay(graph)

    def list_outcomes(current) -> list[Outcome]:
        planner = RoutePlanner(graph, lambda: current)
        return [planner.plan(RouteRequest(*trip, "wheelchair-manual")).outcome for trip in trips]

    broken = [Outcome.LIMITS_EXCEEDED if trip in (0, 2, 4) else Outcome.FOUND for trip in range(5)]
    assert list_outcomes(overlay) == broken
    edge = graph.classes[graph.network.arc_class[kerb.arcs[0]]]
    lowered = EdgeAttributes(edge.kind, kerb_up_cm=Interval(0, 1), kerb_down_cm=Interval(0, 1))
    arcs = tuple(int(arc) ^ flip for arc in kerb.arcs for flip in (0, 1))
    mended = apply_changes(graph, overlay, 1, [Change(arcs, lowered, "survey")])
    assert list_outcomes(mended) == [Outcome.FOUND] * 5


DETOUR = """
A---S---B
|       |
|       |
|       |
C-------D
"""


def test_steps_lengthen_a_trip_by_the_metres_of_the_way_around_them() -> None:
    town = draw_town(
        DETOUR,
        [f"AS {GOOD}", "SB highway=steps step_count=5", f"ACDB {GOOD}"],
        grid_m=SPACE,
    )
    ledger = keep_ledger(town, journeys(DETOUR, "AB", "SC", "BA"))
    # 8 columns straight on; around them 4 rows down, 8 columns, 4 rows up: 320 m instead of 160 m
    assert list_barriers(ledger) == ["way/2 lengthens {0: 160, 2: 160}"]
    assert ledger.length_mm.round(-4).tolist() == [320_000, 160_000, 320_000]
    assert list_barriers(keep_ledger(town, journeys(DETOUR, "AB"), "foot")) == []


def test_two_barriers_in_a_row_break_a_trip_only_together() -> None:
    picture = "A---K---L---B"
    town = draw_town(
        picture,
        [f"AKLB {GOOD}"],
        {"K": "barrier=kerb kerb:height=0.12", "L": "barrier=kerb kerb:height=0.10"},
        grid_m=SPACE,
    )
    ledger = keep_ledger(town, journeys(picture, "AB", "AL"))
    assert list_barriers(ledger) == [
        f"node/{ord('K')} breaks [1] with others [0]",
        f"node/{ord('L')} with others [0]",
    ]
    assert ledger.mended_by_one == {1}


def test_a_way_of_two_pieces_with_steps_is_one_barrier() -> None:
    picture = "A---S---T---U---B"
    town = draw_town(picture, [f"AS {GOOD}", "STU highway=steps", f"UB {GOOD}", f"TX {GOOD}"], grid_m=SPACE)
    assert list_barriers(keep_ledger(town, journeys(picture, "AB"))) == ["way/2 breaks [0]"]


def test_a_home_on_steps_is_mended_when_the_steps_are() -> None:
    picture = "A---S---B"
    town = draw_town(picture, ["AS highway=steps", f"SB {GOOD}"], grid_m=SPACE)
    start, goal = locate(picture, "A", grid_m=SPACE), locate(picture, "B", grid_m=SPACE)
    assert list_barriers(keep_ledger(town, [(start, goal)])) == ["way/1 breaks [0]"]


def test_a_closed_way_is_no_barrier_and_a_trip_behind_it_unreachable() -> None:
    picture = "A---S---B"
    town = draw_town(picture, [f"AS {GOOD}", f"SB {GOOD} access=private"], grid_m=SPACE)
    far = locate(picture, "B", grid_m=SPACE)
    ledger = keep_ledger(town, [(locate(picture, "A", grid_m=SPACE), LonLat(far.lon + 0.0012, far.lat))])
    assert ledger.outcomes == (TripOutcome.UNREACHABLE,)
    assert ledger.barriers == ()


def test_a_passage_no_wheelchair_fits_through_is_a_barrier_although_no_route_ever_offers_it() -> None:
    picture = "A---K---B"
    town = draw_town(picture, [f"AKB {GOOD}"], {"K": "barrier=bollard maxwidth:physical=0.5"}, grid_m=SPACE)
    ledger = keep_ledger(town, journeys(picture, "AB"))
    assert list_barriers(ledger) == [f"node/{ord('K')} breaks [0]"]
    assert list_barriers(keep_ledger(town, journeys(picture, "AB"), "foot")) == []


UNKNOWN = """
A---K---B---C
|       |
|       |
D-------E
"""


def test_an_unknown_kerb_counts_what_it_breaks_and_lengthens_if_it_is_high() -> None:
    ways = [f"AKBC {GOOD}"]
    town = draw_town(UNKNOWN, ways, {"K": "barrier=kerb"}, grid_m=SPACE)
    assert list_unknowns(keep_ledger(town, journeys(UNKNOWN, "AC", "BC"))) == [
        f"kerb node/{ord('K')} used [0]: bad breaks [0]"
    ]
    around = draw_town(UNKNOWN, [*ways, f"ADEB {GOOD}"], {"K": "barrier=kerb"}, grid_m=SPACE)
    (line,) = list_unknowns(keep_ledger(around, journeys(UNKNOWN, "AC", "BC")))
    assert line == f"kerb node/{ord('K')} used [0]: bad lengthens {{0: 120}}"


def test_an_unknown_passage_counts_what_it_opens_if_it_is_wide() -> None:
    picture = "A---K---B"
    town = draw_town(picture, [f"AKB {GOOD}"], {"K": "barrier=cycle_barrier"}, grid_m=SPACE)
    ledger = keep_ledger(town, journeys(picture, "AB"))
    assert list_unknowns(ledger) == [f"passage node/{ord('K')} used []: good mends [0]"]
    assert list_barriers(ledger) == [f"node/{ord('K')} breaks [0]"]


def test_an_unknown_slope_matters_to_who_cannot_climb() -> None:
    picture = "A-------B"
    flat = "highway=footway surface=asphalt smoothness=good width=2 lit=yes"
    town = draw_town(picture, [f"AB {flat}"], grid_m=SPACE)
    assert list_unknowns(keep_ledger(town, journeys(picture, "AB"))) == [
        "incline way/1 used [0]: bad breaks [0]"
    ]
    assert list_unknowns(keep_ledger(town, journeys(picture, "AB"), "foot")) == []


def test_a_measured_city_has_nothing_to_measure() -> None:
    town = draw_one_kerb("barrier=kerb kerb:height=0.02")
    assert list_unknowns(keep_ledger(town, journeys(ONE_KERB, "AD", "EF"))) == []


def make_random_trips(graph, seed: int, count: int) -> list[Journey]:
    random = np.random.default_rng(seed)
    nodes = random.integers(graph.network.node_count, size=(count, 2)).tolist()
    lon, lat = graph.network.node_lon, graph.network.node_lat
    return [
        (LonLat(float(lon[a]) + 2e-5, float(lat[a])), LonLat(float(lon[b]), float(lat[b]) + 2e-5))
        for a, b in nodes
    ]


@pytest.mark.parametrize("profile", ["wheelchair-manual", "walker", "blind"])
@pytest.mark.parametrize("seed", [1, 2])
def test_trips_end_as_the_planner_says(seed: int, profile: str) -> None:
    graph = build_graph(make_random_town(seed))
    overlay = build_empty_overlay(graph)
    network = make_network(graph, overlay, profile)
    planner = RoutePlanner(graph, lambda: overlay)
    trips = make_random_trips(graph, seed, 120)
    wrong, seen = [], set()
    for journey, trip in zip(trips, snap(network, trips), strict=True):
        plan = planner.plan(RouteRequest(*journey, profile))
        best = network.measure(trip) if trip is not None else None
        seen.add(plan.outcome)
        if (best is not None) != (plan.outcome is Outcome.FOUND):
            wrong.append((journey, plan.outcome))
        elif best is not None and abs(best.length_mm / 1000 - plan.routes[0].distance_m) > 0.01:
            wrong.append((journey, best.length_mm, plan.routes[0].distance_m))
    assert wrong == []
    assert Outcome.FOUND in seen


@pytest.mark.parametrize("profile", ["wheelchair-manual", "pushchair"])
@pytest.mark.parametrize("seed", [3, 4])
def test_no_barrier_is_missed_that_searching_every_trip_without_it_would_show(
    seed: int, profile: str
) -> None:
    graph = build_graph(make_random_town(seed))
    trips = make_random_trips(graph, seed, 60)
    ledger = keep_ledger(graph, trips, profile)
    counted = {
        f"{OSM_TYPES[one.osm_type]}/{one.osm_id}": (set(one.removed.mended), dict(one.removed.shorter_mm))
        for one in ledger.barriers
        if one.removed.mended or one.removed.shorter_mm
    }
    network = make_network(graph, build_empty_overlay(graph), profile)
    expected = search_everything(graph, network, snap(network, trips))
    assert counted == expected
    assert len(expected) > 5


def search_everything(graph, network: TripNetwork, trips):
    before = [None if trip is None else network.measure(trip) for trip in trips]
    objects: dict[str, list[int]] = {}
    for arc in np.flatnonzero(network.verdict == Verdict.OVER_LIMIT).tolist():
        edge = arc >> 1
        name = f"{OSM_TYPES[graph.network.edge_osm_type[edge]]}/{graph.network.edge_osm_id[edge]}"
        objects.setdefault(name, []).append(arc)
    found = {}
    for name, listed in objects.items():
        arcs = np.array(listed, dtype=np.int32)
        mended, shorter = set(), {}
        with network.changed(arcs, network.mend(arcs)):
            for number, (trip, best) in enumerate(zip(trips, before, strict=True)):
                after = None if trip is None else network.measure(trip)
                if after is not None and best is None:
                    mended.add(number)
                elif after is not None and best.length_mm - after.length_mm >= LEAST_LOSS_MM:
                    shorter[number] = best.length_mm - after.length_mm
        if mended or shorter:
            found[name] = (mended, shorter)
    return found


def test_no_unknown_left_out_would_change_more_trips_than_those_found() -> None:
    graph = build_graph(make_random_town(5))
    trips = make_random_trips(graph, 5, 60)
    everything = keep_ledger(graph, trips, most=10_000).unknowns
    few = keep_ledger(graph, trips, most=5).unknowns
    assert len(everything) > 10
    assert [len(one.trips) for one in few] == [len(one.trips) for one in everything[:5]]


def test_the_same_trips_give_the_same_ledger() -> None:
    graph = build_graph(make_random_town(6))
    trips = make_random_trips(graph, 6, 40)
    one, other = (keep_ledger(graph, trips) for _ in range(2))
    assert list_barriers(one) == list_barriers(other)
    assert list_unknowns(one) == list_unknowns(other)


def test_each_profile_judges_for_itself_which_kerb_is_the_best() -> None:
    picture = "A---K---B"
    graph = build_graph(draw_town(picture, [f"AKB {GOOD}"], {"K": "barrier=kerb"}, grid_m=SPACE))
    overlay = build_empty_overlay(graph)

    def get_extremes(profile: str) -> tuple[int, int]:
        """What crossing the kerb costs at its best and its worst value, in seconds."""
        network = make_network(graph, overlay, profile)
        survey = prepare_survey(graph, overlay, load_measurements(), network.pairs)
        kerb = judge_survey(survey, network, network.costs.profile)[0]
        arcs = np.flatnonzero(kerb.good[network.arc_state] >= 0).astype(np.int32)[:1]
        states = network.arc_state[arcs]
        best, worst = (network.get_prices(arcs, of[states])[0] for of in (kerb.good, kerb.bad))
        return int(best) // 10**6, int(worst) // 10**6

    # wheels roll over a flush kerb and not at all over 15 cm; a cane finds 6 cm, and misses a flush one
    assert get_extremes("wheelchair-manual") == (0, -1)
    cane = get_extremes("blind")
    assert cane[0] == 0
    assert cane[1] > 60
