"""Real ways whose answer depends on the time of day, and real lifts with their live states."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import find_shared_data
from tests.support.graphs import build_graph
from wayfinder.geo import LonLat
from wayfinder.opening import Region
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.lift_states import LiveLifts
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.timetable import Timetable
from wayfinder.sources.lifts import match_lifts, parse_lifts
from wayfinder.sources.osm import load_osm
from wayfinder.speech.phrases import word_plan

DAY = datetime.fromisoformat("2026-11-24T12:00:00+01:00")
NIGHT = datetime.fromisoformat("2026-11-25T03:00:00+01:00")
BADEN = Region("Europe/Berlin", "DE-BW", 8.69, 49.41)


def get_folder() -> Path:
    folder = find_shared_data()
    assert folder is not None
    return folder


def load(name: str) -> CityGraph:
    return build_graph(load_osm(get_folder() / "osm" / f"{name}.osm.pbf"))


@pytest.fixture(scope="module")
def heidelberg() -> CityGraph:
    return load("heidelberg")


def plan(
    graph: CityGraph,
    ends: tuple[tuple[float, float], tuple[float, float]],
    profile: str,
    depart_at: datetime | None,
    *,
    lifts: LiveLifts | None = None,
    timed: bool = True,
    now: datetime = DAY,
) -> RoutePlan:
    overlay = build_empty_overlay(graph)
    current = None if lifts is None else lambda: lifts
    timetable = Timetable(graph, BADEN, current, lambda: now) if timed else None
    planner = RoutePlanner(graph, lambda: overlay, timetable=timetable)
    return planner.plan(RouteRequest(LonLat(*ends[0]), LonLat(*ends[1]), profile, depart_at=depart_at))


def measure(result: RoutePlan) -> tuple[str, int]:
    return str(result.outcome), round(result.routes[0].distance_m)


CORRIDOR = ((8.6750521, 49.4191534), (8.6757, 49.41916))
"""Along a corridor with ``access=no`` and ``access:conditional=yes @ (07:00 - 24:00)``."""
LIFT = ((8.68855, 49.40805), (8.68865, 49.40785))
"""Up by the lift node/4039798018 (``opening_hours=07:00-24:00``), or by steps."""


@pytest.mark.parametrize("profile", ["foot", "wheelchair-manual"])
def test_a_corridor_that_a_condition_opens_is_walked_by_day_only(heidelberg: CityGraph, profile: str) -> None:
    assert measure(plan(heidelberg, CORRIDOR, profile, DAY)) == ("found", 47)
    assert measure(plan(heidelberg, CORRIDOR, profile, NIGHT)) == ("found", 123)
    # before: closed for good
    assert measure(plan(heidelberg, CORRIDOR, profile, DAY, timed=False)) == ("found", 123)


def test_a_lift_that_is_locked_at_night_is_no_clean_way_for_a_wheelchair(heidelberg: CityGraph) -> None:
    assert measure(plan(heidelberg, LIFT, "wheelchair-manual", DAY)) == ("found", 23)
    night = plan(heidelberg, LIFT, "wheelchair-manual", NIGHT)
    assert str(night.outcome) == "limits_exceeded"
    assert "steps" in {str(obstacle.kind) for obstacle in night.routes[0].limits_exceeded}
    # before: called clean in the middle of the night
    assert measure(plan(heidelberg, LIFT, "wheelchair-manual", NIGHT, timed=False)) == ("found", 23)


def test_who_starts_shortly_before_midnight_is_told_that_the_lift_closes(heidelberg: CityGraph) -> None:
    late = datetime.fromisoformat("2026-11-24T23:52:00+01:00")
    (route,) = word_plan(plan(heidelberg, LIFT, "wheelchair-manual", late), "de")["routes"]
    assert [warning["text"] for warning in route["warnings"]] == [
        "Aufzug: schließt um 00:00 Uhr; Sie kommen etwa um 23:52 Uhr dort an"
    ]


def test_a_fresh_minute_costs_less_than_a_search(heidelberg: CityGraph) -> None:
    import time

    timetable, overlay = Timetable(heidelberg, BADEN), build_empty_overlay(heidelberg)
    timetable.apply(overlay, DAY)
    took_s = []
    for minute in range(1, 200):
        began = time.perf_counter()
        timetable.apply(overlay, DAY + timedelta(minutes=minute))
        took_s.append(time.perf_counter() - began)
    assert sorted(took_s)[len(took_s) // 2] < 0.001


SCHEDULES = {"heidelberg": 4, "garmisch": 1, "darmstadt-frankfurt": 0, "badwildbad": 0, "miraustr": 0}
"""Distinct schedules on ways, gates and lifts of the extracts; the hours of shops are none of them."""


@pytest.mark.parametrize(("name", "count"), SCHEDULES.items())
def test_the_schedules_of_a_city_are_few(name: str, count: int, request: pytest.FixtureRequest) -> None:
    graph = request.getfixturevalue("heidelberg") if name == "heidelberg" else load(name)
    assert len(graph.scheduled.schedules) == count


def test_an_outage_that_fasta_announced_closes_the_way_down_to_the_trains_in_frankfurt() -> None:
    path = get_folder() / "lifts" / "db_fasta_elevators_sample.json"
    document = parse_lifts(path.read_bytes(), DAY)
    assert document.unusable == 0
    # the second lift stands in the sample twice, once working and once not: nobody knows
    assert [(one.id, one.state.state, len(one.state.outages)) for one in document.readings] == [
        ("10561326", "working", 1),
        ("10561327", None, 2),
    ]
    graph = load("darmstadt-frankfurt")
    matches = match_lifts(document.readings, graph.network, graph.classes)
    found = [{int(graph.network.edge_osm_id[arc >> 1]) for arc in arcs} for arcs in matches.arcs]
    assert (found, matches.ambiguous, matches.unmatched) == ([{3945358489}, {3945358541}], (), ())

    # the first lift was announced to stand still from 12 to 12 o'clock UTC the day after
    lifts = LiveLifts(1, matches.arcs, tuple(one.state for one in document.readings))
    before, during = (datetime.fromisoformat(f"2024-07-18T{time}:00+00:00") for time in ("11:30", "12:30"))
    ends = ((8.6628975, 50.1071433), (8.6632665, 50.1074579))
    told = [
        measure(plan(graph, ends, "wheelchair-manual", at, lifts=lifts, now=at)) for at in (before, during)
    ]
    assert told == [("found", 75), ("limits_exceeded", 240)]
