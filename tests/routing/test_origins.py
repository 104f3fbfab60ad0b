"""The table of where facts come from, and what an answer says of it."""

import numpy as np
import pytest

from tests.support.routes import draw_graph, plan_on
from wayfinder.routing.attributes import Interval
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.obstacles import Obstacle
from wayfinder.routing.origins import (
    NO_ORIGINS,
    FactRow,
    build_origins,
    list_rows,
    pack_origins,
    unpack_origins,
)
from wayfinder.routing.overlay import Change, apply_changes, build_empty_overlay
from wayfinder.routing.surveyed import EdgeFact, apply_facts, change_attributes

PICTURE = "a----k----b"
DRAWN_ON_DAY, SURVEYED_ON_DAY = 20_000, 20_731


def draw(kerb: str = "kerb=raised") -> CityGraph:
    ways = (
        "ak highway=footway footway=crossing",
        "kb highway=footway footway=sidewalk surface=asphalt width=2 smoothness=good incline=0%",
    )
    return draw_graph(PICTURE, ways, {"k": kerb})


def survey(graph: CityGraph, *facts: tuple[str, str, object]) -> CityGraph:
    """A graph with facts (kind of edge, attribute, value) of a survey in it."""
    from dataclasses import replace

    kinds = [str(graph.classes[number].kind) for number in graph.network.arc_class[0::2].tolist()]
    found = [
        EdgeFact(edge, attribute, value, SURVEYED_ON_DAY, "Erhebung")  # type: ignore[arg-type]
        for kind, attribute, value in facts
        for edge in range(graph.network.edge_count)
        if kinds[edge].startswith(kind)
    ]
    network, classes, rows = apply_facts(graph.network, graph.classes, found, graph.rests)
    return replace(graph, network=network, classes=classes, origins=build_origins(rows))


def list_obstacles(graph: CityGraph, profile: str = "wheelchair-manual", **options: object) -> list[Obstacle]:
    plan = plan_on(graph, PICTURE, "a", "b", profile, **options)  # type: ignore[arg-type]
    return [obstacle for route in plan.routes for step in route.steps for obstacle in step.obstacles]


def tell(obstacles: list[Obstacle]) -> list[tuple[str, object, str, int]]:
    return [
        (one.attribute, one.value, str(one.source), one.as_of_day)
        for one in obstacles
        if str(one.kind) in ("kerb", "width", "surface", "smoothness")
    ]


def test_a_surveyed_kerb_is_said_with_its_survey_and_its_day() -> None:
    graph = draw()
    surveyed = survey(graph, ("kerb", "kerb_cm", Interval(2, 2)))

    assert tell(list_obstacles(graph)) == [("kerb_up_cm", "3.1..", "osm", DRAWN_ON_DAY)]
    assert tell(list_obstacles(surveyed)) == [("kerb_up_cm", 2, "survey", SURVEYED_ON_DAY)]
    assert plan_on(graph, PICTURE, "a", "b", "wheelchair-manual").outcome == "limits_exceeded"
    assert plan_on(surveyed, PICTURE, "a", "b", "wheelchair-manual").outcome == "found"


def test_a_survey_speaks_for_its_own_attribute_only() -> None:
    surveyed = survey(draw(), ("sidewalk", "smoothness", "very_bad"))
    said = tell(list_obstacles(surveyed))

    assert ("kerb_up_cm", "3.1..", "osm", DRAWN_ON_DAY) in said
    assert ("smoothness", "very_bad", "survey", SURVEYED_ON_DAY) in said


def test_a_report_goes_before_a_survey_and_a_survey_before_osm() -> None:
    graph = survey(draw(), ("kerb", "kerb_cm", Interval(2, 2)))
    (edge,) = set(graph.origins.fact_edge.tolist())
    empty = build_empty_overlay(graph)
    changes = []
    for arc in (2 * edge, 2 * edge + 1):
        attributes = graph.classes[graph.network.arc_class[arc]]
        changed = change_attributes(attributes, {"kerb_cm": Interval(5, 5)})
        changes.append(Change((arc,), changed, "report", 20_800, frozenset({"kerb_up_cm"})))
    overlay = apply_changes(graph, empty, 1, changes)

    assert tell(list_obstacles(graph, overlay=overlay)) == [("kerb_up_cm", 5, "report", 20_800)]


def test_a_change_about_one_attribute_leaves_the_origin_of_the_others() -> None:
    graph = draw()
    kinds = [str(graph.classes[number].kind) for number in graph.network.arc_class.tolist()]
    arcs = tuple(arc for arc, kind in enumerate(kinds) if kind == "sidewalk")
    (class_,) = {int(graph.network.arc_class[arc]) for arc in arcs}
    narrow = change_attributes(graph.classes[class_], {"width_cm": 70.0, "smoothness": "very_bad"})
    change = Change(arcs, narrow, "survey", 20_700, frozenset({"width_cm"}))
    overlay = apply_changes(graph, build_empty_overlay(graph), 1, [change])
    said = tell(list_obstacles(graph, overlay=overlay))

    assert ("width_cm", 70, "survey", 20_700) in said
    assert ("smoothness", "very_bad", "osm", DRAWN_ON_DAY) in said


def test_of_two_origins_of_one_fact_the_better_one_stays() -> None:
    rows = [
        FactRow(7, "incline_percent", "estimate", 100, "DEM"),
        FactRow(3, "width_cm", "survey", 200, "B"),
        FactRow(7, "incline_percent", "survey", 50, "A"),
    ]
    table = build_origins(rows)

    assert list_rows(table) == [rows[1], rows[2]]
    assert list_rows(build_origins(rows[::-1])) == [rows[1], rows[2]]
    assert table.find(7, "incline_up_percent") == table.find(7, "incline_down_percent") == ("survey", 50, "A")
    assert table.find(7, "width_cm") is None
    assert table.find(8, "width_cm") is None


def test_the_table_comes_back_from_its_arrays_and_a_damaged_one_does_not() -> None:
    table = build_origins([FactRow(3, "width_cm", "survey", 200, "B"), FactRow(1, "lit", "survey", -1, "A")])
    arrays = pack_origins(table)

    assert list_rows(unpack_origins(arrays, ["A", "B"])) == list_rows(table)
    assert unpack_origins({}, ()) is NO_ORIGINS
    assert NO_ORIGINS.find(0, "lit") is None
    for name, array in (
        ("fact_source", np.array([0, 2], dtype=np.int32)),
        ("fact_attribute", np.array([0, 250], dtype=np.uint8)),
        ("fact_day", np.array([0], dtype=np.int32)),
        ("fact_edge", np.array([0, 1], dtype=np.int64)),
    ):
        with pytest.raises(ValueError, match=r"fact_"):
            unpack_origins({**arrays, name: array}, ["A", "B"])


def test_classes_are_numbered_by_their_first_use_and_none_is_left_over() -> None:
    graph = survey(draw(), ("kerb", "kerb_cm", Interval(2, 2)), ("sidewalk", "surface", "sett"))
    used = list(dict.fromkeys(graph.network.arc_class.tolist()))

    assert used == list(range(len(graph.classes)))
    assert len(set(graph.classes)) == len(graph.classes)
