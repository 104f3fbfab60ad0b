"""Routes at a time: what is closed then, what closes on the way, what nobody knows, and which lifts run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, locate
from tests.support.graphs import build_graph, build_oracle, make_random_town, seed_at
from wayfinder.opening import Region
from wayfinder.routing.attributes import Kind
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import load_tables
from wayfinder.routing.lift_states import LiftState, LiveLifts
from wayfinder.routing.osm_records import OsmData, OsmNode
from wayfinder.routing.overlay import Change, Overlay, apply_changes, build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlan, RoutePlanner, RouteRequest
from wayfinder.routing.profiles import Unknowns
from wayfinder.routing.search import build_weights, find_path
from wayfinder.routing.timetable import Timetable
from wayfinder.speech.phrases import format_plan_text, word_plan

BERLIN = ZoneInfo("Europe/Berlin")
GOOD = "highway=footway surface=asphalt smoothness=good width=2 incline=0%"
PARK = """
    A----G----B
    |         |
    |         |
    |         |
    |         |
    C---------D
"""
"""Through the park by its gate G: 100 m; around it: 200 m."""
AROUND = [f"AC {GOOD}", f"CD {GOOD}", f"DB {GOOD}"]
NOW = datetime(2026, 11, 24, 12, tzinfo=BERLIN)


def at(text: str) -> datetime:
    """A time of Tuesday, 24 November 2026."""
    return datetime.fromisoformat(f"2026-11-24T{text}").replace(tzinfo=BERLIN)


def draw_park(
    gate: str = "barrier=gate width=1.2 opening_hours=06:00-20:00", *, around: bool = True
) -> CityGraph:
    ways = [f"AGB {GOOD}", *(AROUND if around else [])]
    return build_graph(draw_town(PARK, ways, {"G": gate}))


def plan(
    graph: CityGraph,
    depart_at: datetime | None,
    *,
    ends: str = "AB",
    picture: str = PARK,
    profile: str = "wheelchair-electric",
    overlay: Overlay | None = None,
    lifts: LiveLifts | None = None,
    unknowns: Unknowns | None = None,
    limits: Mapping[str, object] | None = None,
    now: datetime = NOW,
) -> RoutePlan:
    current = overlay or build_empty_overlay(graph)
    timetable = Timetable(graph, Region(), (lambda: lifts) if lifts else None, lambda: now)
    planner = RoutePlanner(graph, lambda: current, timetable=timetable)
    start, goal = (locate(picture, end) for end in ends)
    return planner.plan(RouteRequest(start, goal, profile, limits or {}, unknowns, depart_at=depart_at))


def measure(result: RoutePlan) -> tuple[Outcome, int]:
    return result.outcome, round(result.routes[0].distance_m)


def test_a_gate_is_passed_by_day_and_gone_around_by_night() -> None:
    graph = draw_park()
    assert measure(plan(graph, at("12:00"))) == (Outcome.FOUND, 100)
    assert measure(plan(graph, at("20:00"))) == (Outcome.FOUND, 200)
    assert measure(plan(graph, at("05:59"))) == (Outcome.FOUND, 200)


def test_who_names_no_time_leaves_now() -> None:
    graph = draw_park()
    assert measure(plan(graph, None, now=at("12:00"))) == (Outcome.FOUND, 100)
    assert measure(plan(graph, None, now=at("23:00"))) == (Outcome.FOUND, 200)


def test_an_open_gate_costs_no_more_than_one_without_hours() -> None:
    timed, free = draw_park(), draw_park("barrier=gate width=1.2")
    assert plan(timed, at("12:00")).routes[0].duration_s == plan(free, at("12:00")).routes[0].duration_s
    assert plan(timed, at("12:00")).routes[0].unknowns == ()


def test_where_only_the_closed_gate_leads_there_is_no_way_then() -> None:
    graph = draw_park(around=False)
    assert plan(graph, at("12:00")).outcome is Outcome.FOUND
    assert plan(graph, at("23:00")).outcome is Outcome.UNREACHABLE


def test_a_closed_gate_is_closed_to_everybody() -> None:
    graph = draw_park()
    for profile in load_tables().presets:
        assert measure(plan(graph, at("23:00"), profile=profile)) == (Outcome.FOUND, 200), profile


def test_a_gate_that_closes_before_one_has_passed_it_is_named_with_both_times() -> None:
    result = plan(draw_park(), at("19:55"))
    assert measure(result) == (Outcome.FOUND, 100)
    (warning,) = word_plan(result, "de")["routes"][0]["warnings"]
    assert warning["text"] == "Tor: schließt um 20:00 Uhr; Sie kommen etwa um 19:55 Uhr dort an"
    assert "An 1 Stelle kann der Weg geschlossen sein, bevor Sie durch sind" in format_plan_text(result, "de")
    assert (round(warning["lon"], 4), round(warning["lat"], 4)) == (9.5007, 51.3129)


def test_a_gate_that_closes_long_after_is_not_named() -> None:
    assert plan(draw_park(), at("19:40")).routes[0].warnings == ()


def test_a_way_of_an_hour_is_warned_of_what_closes_within_it() -> None:
    far = "A" + "-" * 480 + "G--B"
    graph = build_graph(draw_town(far, [f"AGB {GOOD}"], {"G": "barrier=gate opening_hours=06:00-20:00"}))
    result = plan(graph, at("18:20"), picture=far, profile="walker")
    (warning,) = result.routes[0].warnings
    arrives = warning.parameters["arrive_at"]
    assert isinstance(arrives, datetime)
    assert at("20:00") < arrives < at("22:00")
    assert warning.key == "closes"


def test_what_is_unknown_from_a_time_on_is_named_as_such() -> None:
    gate = 'barrier=gate width=1.2 opening_hours=Mo-Su 06:00-20:00, Mo-Su 20:00-22:00 "auf Klingeln"'
    (warning,) = plan(draw_park(gate), at("19:55")).routes[0].warnings
    assert warning.key == "may_close"


@pytest.mark.parametrize("hours", ['06:00-20:00 "nach Vereinbarung"', "by appointment", "SH 06:00-20:00"])
def test_an_unknown_schedule_is_no_open_gate_and_is_said(hours: str) -> None:
    graph = draw_park(f"barrier=gate width=1.2 opening_hours={hours}", around=False)
    result = plan(graph, at("12:00"))
    assert result.outcome is Outcome.FOUND
    assert [unknown.attribute for unknown in result.routes[0].unknowns] == ["opening"]
    assert result.routes[0].known_share < 1.0
    assert "Öffnungszeiten unbekannt" in format_plan_text(result, "de")

    strict = plan(graph, at("12:00"), unknowns=Unknowns.REJECT)
    assert strict.outcome is Outcome.LIMITS_EXCEEDED
    assert [(o.attribute, o.value, o.exceeds) for o in strict.routes[0].limits_exceeded] == [
        ("opening", None, None)
    ]


def test_a_sure_way_a_little_longer_is_better_than_a_gate_nobody_knows_of() -> None:
    near = PARK.replace("    |         |\n" * 4, "    |         |\n")
    ways = [f"AGB {GOOD}", *AROUND]
    graphs = [
        build_graph(draw_town(near, ways, {"G": f"barrier=gate width=1.2 opening_hours={hours}"}))
        for hours in ("06:00-20:00", "by appointment")
    ]
    results = [
        plan(graph, at("12:00"), picture=near, profile="foot", unknowns=Unknowns.AVOID) for graph in graphs
    ]
    assert [measure(result)[1] for result in results] == [100, 140]


def test_a_way_that_only_a_condition_opens_is_there_at_its_time() -> None:
    way = f"AGB {GOOD} access=no access:conditional=yes @ (07:00-24:00)"
    graph = build_graph(draw_town(PARK, [way, *AROUND]))
    assert measure(plan(graph, at("12:00"))) == (Outcome.FOUND, 100)
    assert measure(plan(graph, at("03:00"))) == (Outcome.FOUND, 200)
    assert plan(graph, at("23:55")).routes[0].warnings[0].key == "closes"


def test_an_accepted_report_goes_before_hours() -> None:
    graph = draw_park()
    gate = arcs_of(graph, Kind.GATE)
    built = build_empty_overlay(graph)
    blocked = apply_changes(graph, built, 1, [Change(gate, None, "report")])
    assert measure(plan(graph, at("12:00"), overlay=blocked)) == (Outcome.FOUND, 200)

    edge = graph.classes[graph.network.arc_class[gate[0]]]
    freed = apply_changes(graph, built, 2, [Change(gate, replace(edge, opening="always"), "report")])
    assert measure(plan(graph, at("23:00"), overlay=freed)) == (Outcome.FOUND, 100)


def test_a_report_about_something_else_leaves_the_hours() -> None:
    graph = draw_park()
    gate = arcs_of(graph, Kind.GATE)
    edge = replace(graph.classes[graph.network.arc_class[gate[0]]], passage_cm=95.0)
    wider = apply_changes(graph, build_empty_overlay(graph), 1, [Change(gate, edge, "survey")])
    assert measure(plan(graph, at("12:00"), overlay=wider)) == (Outcome.FOUND, 100)
    assert measure(plan(graph, at("23:00"), overlay=wider)) == (Outcome.FOUND, 200)


def arcs_of(graph: CityGraph, kind: Kind) -> tuple[int, ...]:
    is_kind = np.array([edge.kind is kind for edge in graph.classes])
    return tuple(np.flatnonzero(is_kind[graph.network.arc_class]).tolist())


STATION = "\n".join(["A----L----B", *["|         |"] * 24, "C---------D"])
"""Over the lift L: 100 m; around it: 600 m."""


def draw_station(lift: str = "highway=elevator level=0;1 width=1.4 length=1.6 door:width=1") -> CityGraph:
    return build_graph(draw_town(STATION, [f"AL {GOOD} level=0", f"LB {GOOD} level=1", *AROUND], {"L": lift}))


def tell(
    graph: CityGraph,
    state: str | None,
    measured_at: datetime | None = NOW,
    *outages: tuple[datetime, datetime],
) -> LiveLifts:
    return LiveLifts(1, (arcs_of(graph, Kind.LIFT),), (LiftState(state, measured_at, outages),))


def ride(graph: CityGraph, lifts: LiveLifts | None, **options: object) -> tuple[int, str]:
    """Metres, and what is said of the lift."""
    result = plan(graph, picture=STATION, lifts=lifts, **({"depart_at": None} | options))  # type: ignore[arg-type]
    texts = [
        obstacle["text"]
        for step in word_plan(result, "de")["routes"][0]["steps"]
        for obstacle in step["obstacles"]
        if obstacle["kind"] == "lift"
    ]
    return round(result.routes[0].distance_m), "".join(texts)


def test_a_lift_that_runs_is_known_and_dated() -> None:
    graph = draw_station()
    assert ride(graph, tell(graph, "working", NOW - timedelta(minutes=8))) == (
        100,
        "Aufzug von Ebene 0 nach Ebene 1, Aufzug in Betrieb, Stand 11:52 Uhr",
    )


def test_a_lift_out_of_order_is_closed_to_everybody() -> None:
    graph = draw_station()
    for profile in ("wheelchair-manual", "foot"):
        assert ride(graph, tell(graph, "out_of_order"), profile=profile) == (600, "")


@pytest.mark.parametrize(
    ("state", "minutes_ago"),
    [
        ("working", 31),
        ("out_of_order", 31),
        ("working", -3),
        ("out_of_order", -60),
        (None, 0),
        ("working", None),
    ],
    ids=["stale", "stale fault", "clock ahead", "fault from the future", "unknown", "undated"],
)
def test_a_state_that_cannot_be_believed_is_unknown_and_said(
    state: str | None, minutes_ago: int | None
) -> None:
    graph = draw_station()
    measured_at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    assert ride(graph, tell(graph, state, measured_at)) == (
        100,
        "Aufzug von Ebene 0 nach Ebene 1, Betrieb des Aufzugs unbekannt",
    )


def test_a_lift_nobody_speaks_of_is_unknown_too() -> None:
    assert ride(draw_station(), None)[1].endswith("Betrieb des Aufzugs unbekannt")


def test_a_trip_tomorrow_is_not_planned_on_what_a_lift_does_today() -> None:
    graph = draw_station()
    assert ride(graph, tell(graph, "out_of_order"), depart_at=NOW + timedelta(days=1))[0] == 100
    assert ride(graph, tell(graph, "out_of_order"), depart_at=NOW + timedelta(minutes=20))[0] == 600


def test_an_announced_outage_holds_at_its_time_whatever_runs_now() -> None:
    graph = draw_station()
    tomorrow = NOW + timedelta(days=1)
    lifts = tell(graph, "working", NOW, (tomorrow, tomorrow + timedelta(hours=2)))
    assert ride(graph, lifts)[0] == 100
    assert ride(graph, lifts, depart_at=tomorrow + timedelta(hours=1))[0] == 600
    assert ride(graph, lifts, depart_at=tomorrow + timedelta(hours=2))[0] == 100
    soon = plan(graph, tomorrow - timedelta(minutes=3), picture=STATION, lifts=lifts)
    assert [warning.key for warning in soon.routes[0].warnings] == ["closes"]


def test_a_lift_that_runs_opens_no_station_that_is_closed() -> None:
    graph = draw_station("highway=elevator level=0;1 opening_hours=05:00-23:00")
    night = at("23:30")
    assert ride(graph, tell(graph, "working", night), now=night)[0] == 600
    day = ride(graph, tell(graph, "working"))
    assert day[0] == 100
    assert "Aufzug in Betrieb, Stand 12:00 Uhr, zu dieser Zeit offen" in day[1]


def test_a_live_state_goes_before_an_old_tag() -> None:
    graph = draw_station("highway=elevator level=0;1 operational_status=broken")
    assert ride(graph, None)[0] == 600
    assert ride(graph, tell(graph, "working"))[0] == 100


def make_timed_town(seed: int) -> OsmData:
    """A random town whose nodes are gates with hours here and there."""
    data, random = make_random_town(seed), np.random.default_rng(seed)
    hours = ("06:00-20:00", "Mo-Fr 08:00-18:00", "by appointment", '10:00-12:00 "vielleicht"', "20:00-06:00")
    nodes = {
        key: OsmNode(
            key, node.lon, node.lat, {"barrier": "gate", "opening_hours": hours[random.integers(len(hours))]}
        )
        if random.random() < 0.3
        else node
        for key, node in data.nodes.items()
    }
    return OsmData(nodes, data.ways, ())


@pytest.mark.parametrize("moment", ["03:00", "12:00", "19:00", "21:30"])
def test_at_any_time_the_search_costs_what_networkx_says(moment: str) -> None:
    graph = build_graph(make_timed_town(3))
    empty = build_empty_overlay(graph)
    overlay = Timetable(graph, Region()).apply(empty, at(moment))
    assert (overlay.arc_class != empty.arc_class).any()
    random, wrong, found = np.random.default_rng(5), [], 0
    for preset in load_tables().presets.values():
        weights = build_weights(overlay.judge.get_costs(preset), priced=False)
        oracle = build_oracle(graph.network, overlay.arc_class, weights)
        for start, goal in random.integers(graph.network.node_count, size=(25, 2)).tolist():
            path = find_path(graph, overlay, weights, seed_at(start), seed_at(goal))
            found += path is not None
            if (path.cost_us if path else None) != oracle.get_cost(start, goal):
                wrong.append((preset.name, start, goal))
    assert wrong == []
    assert found > 60


def test_hours_never_loosen_the_bounds_of_the_search() -> None:
    graph = build_graph(make_timed_town(3))
    overlay = Timetable(graph, Region()).apply(build_empty_overlay(graph), at("12:00"))
    for name, preset in load_tables().presets.items():
        weights = build_weights(overlay.judge.get_costs(preset), priced=False)
        scale = graph.bounds[name].get_scale(
            weights.class_rate, weights.class_fixed, weights.slope_rate, overlay.replaced
        )
        assert scale == 1000, name


def test_minutes_alike_share_their_classes_and_no_table_is_judged_anew() -> None:
    graph = draw_park()
    timetable, empty = Timetable(graph, Region()), build_empty_overlay(graph)
    noon, later, night = (timetable.apply(empty, at(text)) for text in ("12:00", "12:01", "23:00"))
    assert noon is timetable.apply(empty, at("12:00"))
    assert noon.arc_class is later.arc_class
    assert noon.judge is later.judge is night.judge
    blocked = apply_changes(graph, empty, 1, [Change(arcs_of(graph, Kind.GATE), None, "report")])
    assert timetable.apply(blocked, at("12:00")).judge is noon.judge
    assert not noon.arc_class.flags.writeable


def test_a_city_without_hours_pays_nothing_for_them() -> None:
    graph = draw_park("barrier=gate")
    empty = build_empty_overlay(graph)
    assert Timetable(graph, Region()).apply(empty, at("12:00")) is empty


def test_the_clock_of_the_city_counts_and_not_that_of_the_machine() -> None:
    graph = draw_park()
    assert measure(plan(graph, datetime(2026, 11, 24, 19, 30, tzinfo=UTC)))[1] == 200
    assert measure(plan(graph, datetime(2026, 7, 24, 18, 30, tzinfo=UTC)))[1] == 200
    assert measure(plan(graph, datetime(2026, 7, 24, 17, 30, tzinfo=UTC)))[1] == 100
