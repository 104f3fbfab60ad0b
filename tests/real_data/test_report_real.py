"""The city report on real cities: its trips end as the planner says, and its top rows are these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wayfinder.assembly import build_graph
from wayfinder.city.addresses import unpack_addresses
from wayfinder.city.artifact import City, open_city
from wayfinder.city.build import Dem, build_city
from wayfinder.city.report import build_report, pack_report
from wayfinder.city.trips import (
    DESTINATIONS_FILE,
    draw_trips,
    find_homes,
    load_destination_kinds,
    unpack_destinations,
)
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import load_tables
from wayfinder.routing.overlay import build_empty_overlay
from wayfinder.routing.planner import Outcome, RoutePlanner, RouteRequest
from wayfinder.routing.what_if import TripNetwork

PROFILES = ("wheelchair-manual", "wheelchair-electric", "walker")


@pytest.fixture(scope="module", params=["badwildbad", "heidelberg"])
def city(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, City, CityGraph]]:
    folder = tmp_path_factory.mktemp("cities") / request.param
    osm = shared_data / "osm" / f"{request.param}.osm.pbf"
    build_city(osm, request.param, folder, built_at=datetime(2026, 11, 24, tzinfo=UTC))
    opened = open_city(folder)
    yield request.param, opened, build_graph(opened)


@pytest.mark.parametrize("profile", PROFILES)
def test_sampled_trips_end_as_the_planner_says(city: tuple[str, City, CityGraph], profile: str) -> None:
    _, opened, graph = city
    homes = find_homes(unpack_addresses(opened.read("addresses.json")), opened.network, opened.classes)
    destinations = unpack_destinations(opened.read(DESTINATIONS_FILE))
    sample = draw_trips(homes, destinations, load_destination_kinds(), 150, 5)
    overlay = build_empty_overlay(graph)
    network = TripNetwork(graph, overlay, overlay.judge.get_costs(load_tables().presets[profile]))
    planner = RoutePlanner(graph, lambda: overlay)
    wrong = []
    for one in sample.trips:
        plan = planner.plan(RouteRequest(one.start, one.goal, profile))
        trip = network.find_trip(one.start, one.goal)
        best = None if trip is None else network.measure(trip)
        length_m = plan.routes[0].distance_m if plan.outcome is Outcome.FOUND else None
        same = (best is None) == (length_m is None)
        if not same or (best is not None and abs(best.length_mm / 1000 - length_m) > 0.01):
            wrong.append((one, plan.outcome, length_m, best))
    assert wrong == []


@dataclass(frozen=True)
class Expected:
    """What is looked for in a city.

    Attributes
    ----------
    barriers
        Profile -> a barrier among its first five: OSM object, street, and how many trips it breaks and
        lengthens at least.
    unknown
        How many trips hang at least on the one thing most worth measuring for a wheelchair.
    """

    homes: str
    trips_to: frozenset[str]
    barriers: Mapping[str, tuple[str, str, int, int]]
    unknown: int


# Before there was a report, nobody could say which of Bad Wildbad's 90 flights of steps matters most. Seen in
# November 2026 over 1,000 trips (found, broken, of these by one barrier; the first rows as breaks/lengthens):
# Bad Wildbad  wheelchair-manual 921, 77, 63: doors at Uhlandplatz 28/0 and 28/0, Reichertsklinge 6/0,
#              Lehengäßle 6/0, Himmelsleiter 5/49 (17.9 km); walker 980, 18, 18: Himmelsleiter 8/52 (19.5 km)
# Heidelberg   wheelchair-manual 925, 62, 56: doors at Quinckestraße 14/0 and Keplerstraße 11/0, Zwinger 4/0,
#              Oberstadt 4/0, Am Mühlrain 3/0; walker 981, 6, 5
EXPECTED = {
    "badwildbad": Expected(
        "addresses",
        frozenset({"doctor", "pharmacy", "school", "stop", "supermarket", "toilets", "town_hall"}),
        {
            "wheelchair-manual": ("way/91624854", "Himmelsleiter", 2, 30),
            "walker": ("way/91624854", "Himmelsleiter", 4, 30),
        },
        100,
    ),
    "heidelberg": Expected(
        "streets",
        frozenset({"doctor", "school", "stop", "supermarket", "toilets"}),
        {"wheelchair-manual": ("node/4524889961", "Quinckestraße", 6, 0)},
        30,
    ),
}


def test_the_report_names_the_barriers_and_unknowns_that_decide(city: tuple[str, City, CityGraph]) -> None:
    name, opened, graph = city
    expected, overlay = EXPECTED[name], build_empty_overlay(graph)
    report = build_report(opened, graph, overlay, profiles=PROFILES)
    assert (report.sampling.homes, report.sampling.trips) == (expected.homes, 1000)
    assert set(report.sampling.trips_to) == expected.trips_to
    by_name = {one.profile: one for one in report.profiles}
    for one in report.profiles:
        whole = one.trips[""]
        assert whole.found + whole.broken + whole.unreachable == 1000
        assert whole.broken == whole.mended_by_one + whole.need_several
        assert whole.found > 800
    for profile, (osm, street, broken, lengthened) in expected.barriers.items():
        row = next(row for row in by_name[profile].barriers[:5] if row.osm == osm)
        assert row.place.street == street
        assert row.counts[""].broken >= broken
        assert row.counts[""].lengthened >= lengthened
    assert by_name["wheelchair-manual"].unknowns[0].counts[""].changed >= expected.unknown


def test_the_same_real_city_gives_the_same_bytes(city: tuple[str, City, CityGraph]) -> None:
    _, opened, graph = city
    overlay = build_empty_overlay(graph)
    one, other = (build_report(opened, graph, overlay, profiles=["walker"], trips=100) for _ in range(2))
    assert pack_report(one) == pack_report(other)


def test_with_terrain_the_report_calls_inclines_estimates(shared_data: Path, tmp_path: Path) -> None:
    dem = shared_data / "dem" / "badwildbad.tif"
    build_city(shared_data / "osm" / "badwildbad.osm.pbf", "Bad Wildbad", tmp_path / "city", dem=Dem(dem))
    opened = open_city(tmp_path / "city")
    graph = build_graph(opened)
    report = build_report(opened, graph, build_empty_overlay(graph), profiles=["walker"], trips=50)
    row = next(one for one in report.coverage[""] if one.attribute == "incline_percent")
    assert row.origins["estimate"] > 20 * row.origins["osm"]
    assert row.ages["undated"] == row.origins["estimate"]
