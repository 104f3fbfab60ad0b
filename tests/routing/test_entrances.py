"""The last metres: a way to a place ends at an entrance its profile can use, and says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tests.support.drawn_town import Tags, draw_town, locate, node_id
from tests.support.graphs import build_graph, build_oracle, seed_at
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import load_tables
from wayfinder.routing.ends import build_entrance_ends
from wayfinder.routing.entrances import pack_entrances
from wayfinder.routing.network import NETWORK_ARRAYS
from wayfinder.routing.network_build import build_network
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.search import build_weights, find_path
from wayfinder.speech.phrases import word_plan

GOOD = "highway=footway surface=asphalt smoothness=good width=2 incline=0%"
PICTURE = """
    A--------------B------C
                          |
         K----E----L      |
         |         |      |
         |    S    |      |
         |         F      J
         |         |      |
         N----G----M      |
                          |
    T--------------U------D
"""
GRID_M = 4
WAYS = [f"ABC {GOOD}", f"CJD {GOOD}", f"TUD {GOOD}"]
SHOP = ["KELFMGNK building=yes shop=bakery"]
SHOP_ID = "osm:way/1001"
STEPS = "entrance=main step_count=2 door:width=1 kerb:height=0 door:bell=no"
FLUSH = "entrance=secondary step_count=0 door:width=0.95 kerb:height=0.01 automatic_door=yes door:bell=yes"


def draw(
    entrances: Mapping[str, Tags],
    buildings: list[str] | None = None,
    ways: list[str] | None = None,
    places: Mapping[str, Tags] | None = None,
) -> CityGraph:
    """The town above, with these entrances."""
    return build_graph(
        draw_town(PICTURE, ways or WAYS, entrances, buildings=buildings or SHOP, places=places, grid_m=GRID_M)
    )


def plan(
    graph: CityGraph,
    profile: str,
    *,
    to: str = SHOP_ID,
    at: str = "S",
    limits: Mapping[str, object] | None = None,
    unknowns: Unknowns | None = None,
    back: bool = False,
) -> RoutePlan:
    """From A to a place (or `back`)."""
    overlay = build_empty_overlay(graph)
    ends: list[tuple[LonLat, str]] = [
        (locate(PICTURE, "A", grid_m=GRID_M), ""),
        (locate(PICTURE, at, grid_m=GRID_M), to),
    ]
    (start, start_place), (goal, goal_place) = reversed(ends) if back else ends
    return RoutePlanner(graph, lambda: overlay).plan(
        RouteRequest(
            start, goal, profile, limits or {}, unknowns, start_place=start_place, goal_place=goal_place
        )
    )


def tell(result: RoutePlan) -> tuple[str, str | None, list[str]]:
    """Outcome, letter of the entrance, and what is said at it."""
    used = result.goal_entrance
    letter = chr(used.entrance.osm_id) if used and used.entrance else None
    route = word_plan(result, "de")["routes"][0]
    last = route["steps"][-1]
    said = [last["instruction"], *(one["text"] for one in last["obstacles"])]
    return result.outcome.value, letter, [text.replace("\u00a0", " ") for text in said]


def test_wheels_go_round_to_the_flush_entrance_and_feet_take_the_near_one_with_steps() -> None:
    graph = draw({"E": STEPS, "F": FLUSH})
    assert tell(plan(graph, "foot")) == (
        "found",
        "E",
        [
            "Sie sind am Ziel: Haupteingang im Norden des Gebäudes.",
            "Eingang: 2 Stufen, Schwelle 0 cm, Tür 100 cm breit, ohne Klingel",
        ],
    )
    assert tell(plan(graph, "wheelchair-manual")) == (
        "found",
        "F",
        [
            "Sie sind am Ziel: Nebeneingang im Osten des Gebäudes.",
            "Eingang: ohne Stufen, Schwelle 1 cm, automatische Tür, Tür 95 cm breit, mit Klingel",
        ],
    )


def test_a_way_from_a_place_begins_at_the_entrance_that_can_be_used() -> None:
    result = plan(draw({"E": STEPS, "F": FLUSH}), "wheelchair-manual", back=True)
    route = word_plan(result, "de")["routes"][0]
    assert result.start_entrance is not None
    assert result.start_entrance.entrance is not None
    assert result.start_entrance.entrance.osm_id == node_id("F")
    assert [step["instruction"] for step in route["steps"][:1]] == [
        "Sie beginnen hier: Nebeneingang im Osten des Gebäudes."
    ]
    assert [obstacle["osm"] for obstacle in route["steps"][0]["obstacles"]] == ["node/70"]
    assert route["steps"][-1]["instruction"] == "Sie sind am Ziel."


@pytest.mark.parametrize(
    ("entrance", "limits", "excesses"),
    [
        (STEPS, {}, [("step_count", 2.0, "block")]),
        (FLUSH, {"width_min_cm": 100}, [("passage_cm", 95.0, 100.0)]),
        (FLUSH.replace("0.01", "0.05"), {}, [("threshold_cm", 5.0, 3.0)]),
        (FLUSH + " wheelchair=no", {}, [("wheelchair", "no", "block")]),
    ],
    ids=["steps", "narrow door", "threshold", "tagged wheelchair=no"],
)
def test_where_no_entrance_keeps_the_limits_the_least_bad_one_is_named(
    entrance: str, limits: dict[str, object], excesses: list[tuple[str, object, object]]
) -> None:
    result = plan(draw({"E": entrance}), "wheelchair-manual", limits=limits)
    named = [(one.attribute, one.value, one.limit) for one in result.routes[0].limits_exceeded]
    assert (result.outcome, named) == (Outcome.LIMITS_EXCEEDED, excesses)
    assert {one.kind.value for one in result.routes[0].limits_exceeded} == {"entrance"}
    assert result.routes[0].steps[-1].obstacles[0].osm == "node/69"


def test_steps_with_a_ramp_for_wheelchairs_stop_nobody() -> None:
    ramp = "entrance=main step_count=2 ramp:wheelchair=yes door:width=1 kerb:height=0"
    outcome, letter, said = tell(plan(draw({"E": ramp}), "wheelchair-manual"))
    assert (outcome, letter) == ("found", "E")
    assert said[1].startswith("Eingang: 2 Stufen, Rampe für Rollstühle an der Treppe, Schwelle 0 cm")


def test_what_nobody_knows_of_an_entrance_is_said_and_refused_by_who_rejects_unknowns() -> None:
    graph = draw({"E": "entrance=yes"})
    assert tell(plan(graph, "wheelchair-manual")) == (
        "found",
        "E",
        [
            "Sie sind am Ziel: Eingang im Norden des Gebäudes.",
            "Eingang: Stufen unbekannt, Schwelle unbekannt, Türbreite unbekannt, Klingel unbekannt",
        ],
    )
    rejected = plan(graph, "wheelchair-manual", unknowns=Unknowns.REJECT)
    named = [(one.attribute, one.value, one.exceeds) for one in rejected.routes[0].limits_exceeded]
    assert rejected.outcome is Outcome.LIMITS_EXCEEDED
    assert named[-3:] == [
        ("step_count", None, None),
        ("threshold_cm", None, None),
        ("passage_cm", None, None),
    ]


def test_a_known_flush_entrance_round_the_corner_goes_before_an_unknown_one() -> None:
    graph = draw({"E": "entrance=main", "F": FLUSH}, ways=[*WAYS, f"JF {GOOD}"])
    letters = {profile: tell(plan(graph, profile))[1] for profile in ("foot", "wheelchair-manual")}
    assert letters == {"foot": "E", "wheelchair-manual": "F"}


@pytest.mark.parametrize(
    "tags",
    [
        "entrance=service",
        "entrance=emergency",
        "entrance=staircase",
        "entrance=yes access=private",
        "entrance=yes locked=yes",
        "entrance=garage",
        "entrance=nobody_knows_this",
        "door=overhead",
    ],
)
def test_a_door_that_is_not_for_visitors_is_no_entrance_of_a_shop(tags: str) -> None:
    graph = draw({"E": tags})
    assert graph.entrances.list_of(SHOP_ID) == []
    outcome, letter, said = tell(plan(graph, "wheelchair-manual"))
    assert (outcome, letter, said) == ("found", None, ["Sie sind am Ziel."])


def test_a_staircase_is_an_entrance_of_a_home() -> None:
    graph = draw({"E": "entrance=staircase"}, ["KELFMGNK building=yes addr:housenumber=3 addr:street=Gasse"])
    assert tell(plan(graph, "foot"))[1] == "E"


def test_without_a_mapped_entrance_the_way_ends_at_the_network_and_says_so() -> None:
    graph = draw({})
    result = plan(graph, "wheelchair-manual")
    answer = word_plan(result, "de")
    assert answer["to"]["entrance"] == {"osm": None, "kind": None, "text": "Eingang nicht erfasst"}
    said = "Ein Eingang des Ziels ist nicht erfasst; der Weg endet am nächsten Punkt des Wegenetzes."
    assert said in answer["summary"]["text"]
    assert answer["from"]["entrance"] is None


def test_a_mere_position_and_a_place_nobody_enters_have_no_entrance() -> None:
    graph = draw({"E": STEPS}, places={"U": "amenity=bench"})
    for to in ("", "osm:node/85"):
        assert word_plan(plan(graph, "foot", to=to, at="U"), "de")["to"]["entrance"] is None


def test_an_entrance_in_the_outline_is_joined_straight_to_the_nearest_way_in_sight() -> None:
    graph = draw({"G": FLUSH})
    result = plan(graph, "wheelchair-manual")
    answer = word_plan(result, "de")
    assert answer["to"]["entrance"] == {
        "osm": "node/71",
        "kind": "secondary",
        "text": "Nebeneingang im Süden des Gebäudes",
    }
    assert answer["to"]["offset_m"] == 8.0
    assert "Der Weg endet 8\u00a0m neben dem Ziel" in answer["summary"]["text"]
    south = locate(PICTURE, "G", grid_m=GRID_M)
    assert answer["routes"][0]["geometry"]["coordinates"][-1] == pytest.approx(
        [south.lon, south.lat], abs=2e-7
    )


def test_no_line_to_an_entrance_leads_through_the_building_or_its_neighbour() -> None:
    only_the_front = [f"ABC {GOOD}"]
    assert draw({"G": FLUSH}, ways=only_the_front).entrances.list_of(SHOP_ID) == []
    neighbour = ["KELFMGNK building=yes shop=bakery", "PQRXP"]
    assert draw({"E": FLUSH}, ways=only_the_front).entrances.list_of(SHOP_ID) != []
    picture = PICTURE.replace(
        "         K----E----L", "      P------------Q\n      X------------R\n\n         K----E----L"
    )
    town = draw_town(picture, only_the_front, {"E": FLUSH}, buildings=neighbour, grid_m=GRID_M)
    assert build_network(town).entrances.list_of(SHOP_ID) == []


def test_a_way_that_leads_to_the_entrance_is_taken_as_it_is_mapped() -> None:
    graph = draw({"E": FLUSH}, ways=[*WAYS, f"BE {GOOD.replace('width=2', 'width=0.7')}"])
    entrance = graph.entrances.list_of(SHOP_ID)[0]
    assert entrance.offsets_m == (0.0,)
    result = plan(graph, "wheelchair-manual")
    assert [(one.attribute, one.value) for one in result.routes[0].limits_exceeded] == [("width_cm", 70.0)]


def test_nobody_takes_a_short_cut_through_an_entrance() -> None:
    graph = draw({"E": FLUSH, "G": FLUSH})
    result = plan(graph, "foot", to="", at="T")
    assert round(result.routes[0].distance_m) == 212


def test_a_place_inside_a_building_is_entered_by_the_entrances_of_the_building() -> None:
    graph = draw({"E": STEPS, "F": FLUSH}, ["KELFMGNK"], places={"S": "shop=bakery"})
    assert tell(plan(graph, "wheelchair-manual", to="osm:node/83"))[1] == "F"


def test_in_a_shared_building_a_side_door_leads_to_the_nearest_place_and_the_main_one_to_all() -> None:
    places = {"S": "shop=bakery", "M": "amenity=doctors"}
    graph = draw({"E": STEPS, "F": FLUSH}, ["KELFMGNK"], places=places)
    owned = {
        place: [chr(entrance.osm_id) for entrance in graph.entrances.list_of(place)]
        for place in ("osm:node/83", "osm:node/77")
    }
    assert owned == {"osm:node/83": ["E"], "osm:node/77": ["E", "F"]}


def test_a_house_number_at_a_door_keeps_others_out() -> None:
    tags = "entrance=yes addr:housenumber=5 addr:street=Gasse"
    graph = draw({"E": tags, "F": FLUSH}, ["KELFMGNK building=yes addr:housenumber=3 addr:street=Gasse"])
    assert [chr(one.osm_id) for one in graph.entrances.list_of(SHOP_ID)] == ["F"]


def test_a_place_that_is_a_door_itself_is_entered_there() -> None:
    graph = draw({"E": STEPS + " shop=kiosk"}, ["KELFMGNK"], places={"E": STEPS + " shop=kiosk"})
    assert tell(plan(graph, "foot", to="osm:node/69", at="E"))[1] == "E"


def test_an_entrance_on_another_level_is_joined_to_ways_of_that_level_only() -> None:
    above = FLUSH + " level=1"
    assert draw({"E": above}).entrances.list_of(SHOP_ID) == []
    bridge = [f"ABC {GOOD} level=1 layer=1", f"CJD {GOOD}", f"TUD {GOOD}"]
    assert len(draw({"E": above}, ways=bridge).entrances.list_of(SHOP_ID)) == 1
    assert draw({"E": FLUSH}, ways=bridge).entrances.list_of(SHOP_ID) == []


def test_a_revolving_door_alone_lets_no_wheels_in() -> None:
    graph = draw({"E": "entrance=main door=revolving step_count=0"})
    assert plan(graph, "wheelchair-manual").outcome is Outcome.UNREACHABLE
    assert plan(graph, "foot").outcome is Outcome.FOUND


@pytest.mark.parametrize("profile", sorted(load_tables().presets))
def test_the_cheapest_entrance_costs_what_networkx_says(profile: str) -> None:
    graph = draw({"E": STEPS, "F": FLUSH, "G": "entrance=yes"})
    overlay = build_empty_overlay(graph)
    weights = build_weights(overlay.judge.get_costs(load_tables().presets[profile]), priced=True)
    oracle = build_oracle(graph.network, overlay.arc_class, weights)
    goals = build_entrance_ends(
        graph.network, weights, graph.entrances.list_of(SHOP_ID), is_start=False
    ).seeds
    beyond = dict(zip(goals.node.tolist(), goals.cost_us.tolist(), strict=True))
    for start in range(graph.network.node_count):
        costs = oracle.list_costs(start)
        expected = min(costs[node] + beyond[node] for node in beyond if node in costs)
        path = find_path(graph, overlay, weights, seed_at(start), goals)
        assert path is not None
        assert path.cost_us == expected


def test_the_same_town_has_the_same_entrances_whatever_the_order_of_its_data() -> None:
    town = draw_town(PICTURE, WAYS, {"E": STEPS, "F": FLUSH, "G": "entrance=yes"}, buildings=SHOP)
    turned = replace(
        town,
        nodes=dict(reversed(list(town.nodes.items()))),
        ways=tuple(reversed(town.ways)),
        entrances=tuple(reversed(town.entrances)),
    )
    one, other = build_network(town), build_network(turned)
    assert pack_entrances(one.entrances) == pack_entrances(other.entrances)
    for name in NETWORK_ARRAYS:
        assert np.array_equal(
            getattr(one.network, name),
            getattr(other.network, name),
            equal_nan="level" in name or "inc" in name,
        )
