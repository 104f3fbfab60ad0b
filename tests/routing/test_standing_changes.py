"""Layers and closures: what holds at a moment, as a pure function of it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.routes import draw_graph, plan_on
from wayfinder.assembly import StandingOverlay
from wayfinder.routing.attributes import Interval
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.standing_changes import Closure, list_changes_at, list_turns
from wayfinder.routing.surveyed import EdgeFact
from wayfinder.sources.closures import read_times

PICTURE = """
a----b
c----d
"""
BEGINS, ENDS = 1_800_000_000, 1_800_086_400
NOON = datetime.fromtimestamp(BEGINS, UTC)


@pytest.fixture(scope="module")
def graph() -> CityGraph:
    common = "highway=footway surface=asphalt width=2 smoothness=good incline=0%"
    return draw_graph(PICTURE, (f"ab {common}", f"acdb {common}"))


def find_edge(graph: CityGraph, way: int) -> int:
    return graph.network.edge_osm_id.tolist().index(way)


def walk(graph: CityGraph, overlay: StandingOverlay, moment: datetime) -> float:
    return (
        plan_on(graph, PICTURE, "a", "b", "wheelchair-manual", overlay=overlay.get_at(moment))
        .routes[0]
        .distance_m
    )


def test_a_closure_holds_from_its_first_to_its_last_second(graph: CityGraph) -> None:
    closure = Closure((find_edge(graph, 1),), BEGINS, ENDS, {}, 20_700, "Baustellen")
    overlay = StandingOverlay(graph, build_empty_overlay(graph), [], [closure])
    moments = [BEGINS - 1, BEGINS, ENDS - 1, ENDS]

    walked = [round(walk(graph, overlay, datetime.fromtimestamp(moment, UTC))) for moment in moments]
    assert walked == [50, 70, 70, 50]


@pytest.mark.parametrize(
    ("begins", "ends", "holds"), [(None, ENDS, True), (BEGINS, None, True), (ENDS, None, False)]
)
def test_an_end_nobody_has_named_is_open(begins: int | None, ends: int | None, holds: bool) -> None:
    assert Closure((0,), begins, ends).holds_at(BEGINS + 10) == holds


def test_a_building_site_that_leaves_a_narrow_way_is_no_closure(graph: CityGraph) -> None:
    site = Closure((find_edge(graph, 1),), BEGINS, ENDS, {"width_cm": 80.0}, 20_700, "Baustellen")
    changes = list_changes_at(graph, [], [site], NOON)

    (change,) = changes
    assert change.attributes is not None
    assert (change.attributes.width_cm, change.attributes.surface) == (80.0, "asphalt")
    assert (change.source, change.as_of_day, change.about) == ("closure", 20_700, {"width_cm"})


def test_a_layer_holds_always_and_a_closure_on_it_closes_it(graph: CityGraph) -> None:
    edge = find_edge(graph, 1)
    facts = [
        EdgeFact(edge, "width_cm", 150.0, 20_600, "Erhebung"),
        EdgeFact(edge, "smoothness", "bad", 20_500, "Erhebung"),
        EdgeFact(edge, "kerb_cm", Interval(2, 2), 20_500, "Erhebung"),
        EdgeFact(edge, "incline_percent", 4.0, 20_500, "Erhebung"),
    ]
    (change,) = list_changes_at(graph, facts, [], NOON)
    closed = list_changes_at(graph, facts, [Closure((edge,), BEGINS, ENDS)], NOON)

    assert change.arcs == (2 * edge, 2 * edge + 1)
    assert change.attributes is not None
    assert (change.attributes.width_cm, change.attributes.smoothness) == (150.0, "bad")
    # one date for all: the oldest, so that nothing looks newer than it is
    assert (change.source, change.as_of_day) == ("survey", 20_500)
    assert [(one.arcs, one.attributes) for one in closed] == [(change.arcs, None)]


def test_the_overlay_is_built_anew_only_when_something_begins_or_ends(graph: CityGraph) -> None:
    now = [float(BEGINS - 5)]
    closure = Closure((find_edge(graph, 1),), BEGINS, ENDS)
    empty = build_empty_overlay(graph)
    overlay = StandingOverlay(graph, empty, [], [closure], lambda: datetime.fromtimestamp(now[0], UTC))
    seen = []
    for moment in (BEGINS - 5, BEGINS - 1, BEGINS, ENDS - 1, ENDS, ENDS + 9):
        now[0] = float(moment)
        seen.append(overlay())

    assert [one.version for one in seen] == [1, 1, 2, 2, 3, 3]
    assert seen[0] is seen[1] and seen[2] is seen[3] and seen[4] is seen[5]
    assert list_turns([closure, Closure((0,), ENDS, None)]) == [BEGINS, ENDS]


def test_a_city_without_layers_and_closures_has_the_empty_overlay(graph: CityGraph) -> None:
    empty = build_empty_overlay(graph)

    assert StandingOverlay(graph, empty, [], [])() is empty


@pytest.mark.parametrize(
    ("begins", "ends", "times"),
    [
        ("2026-10-05", "2026-10-06", ("2026-10-04T22:00Z", "2026-10-06T22:00Z")),
        ("05.10.2026", "06.10.2026", ("2026-10-04T22:00Z", "2026-10-06T22:00Z")),
        ("2026-10-24", "2026-10-25", ("2026-10-23T22:00Z", "2026-10-25T23:00Z")),
        ("2026-10-05T07:00:00", "2026-10-05T16:00:00+02:00", ("2026-10-05T05:00Z", "2026-10-05T14:00Z")),
        ("05.10.2026 07:00", "", ("2026-10-05T05:00Z", None)),
        ("", "2026-10-06", (None, "2026-10-06T22:00Z")),
        ("2026-10-06", "2026-10-05", None),
        ("Anfang Oktober", "2026-10-05", None),
        ("", None, None),
    ],
)
def test_days_of_a_closure_are_days_of_the_city(
    begins: object, ends: object, times: tuple[str | None, str | None] | None
) -> None:
    read = read_times(begins, ends, "Europe/Berlin")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    shown = read and tuple(
        None if moment is None else (epoch + timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%MZ")
        for moment in read
    )

    assert shown == times
