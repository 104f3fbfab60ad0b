"""Where sampled trips begin and lead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.drawn_town import draw_town
from wayfinder.city.addresses import Addresses, HouseNumber, Street
from wayfinder.city.trips import (
    Destination,
    HomeKind,
    Homes,
    draw_trips,
    find_homes,
    list_destinations,
    load_destination_kinds,
    pack_destinations,
    unpack_destinations,
)
from wayfinder.errors import TableError
from wayfinder.routing.network_build import build_network
from wayfinder.routing.osm_records import OsmPlace

HEADER = "destination,tags,share,within_m,source\n"


def make_homes(count: int) -> Homes:
    return Homes(HomeKind.ADDRESSES, 9.5 + np.arange(count) * 1e-4, np.full(count, 51.3))


def test_the_table_names_what_trips_lead_to() -> None:
    kinds = {kind.name: kind for kind in load_destination_kinds()}
    assert {"doctor", "pharmacy", "stop", "toilets", "town_hall"} <= kinds.keys()
    assert ("healthcare", "doctor") in kinds["doctor"].tags


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("doctor,amenity,1,3000,x", "tags are key=value words"),
        ("doctor,amenity=doctors,0,3000,x", "above 0"),
        ("doctor,amenity=doctors,1,,x", "within_m is empty"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=f"line 2: .*{problem}"):
        load_destination_kinds(path)


def test_a_place_without_a_name_is_a_destination_too() -> None:
    places = [
        OsmPlace("node", 1, 9.5, 51.3, {"amenity": "toilets"}),
        OsmPlace("way", 2, 9.6, 51.3, {"healthcare": "doctor", "name": "Dr. Groß"}),
        OsmPlace("node", 3, 9.7, 51.3, {"amenity": "bench"}),
    ]
    found = list_destinations(places, load_destination_kinds())
    assert found == (Destination("doctor", 9.6, 51.3), Destination("toilets", 9.5, 51.3))
    assert unpack_destinations(pack_destinations(found)) == found


def test_every_home_is_drawn_once_before_any_is_drawn_again() -> None:
    homes = make_homes(5)
    sample = draw_trips(homes, [Destination("stop", 9.5, 51.301)], load_destination_kinds(), 10, 1)
    starts = [round(trip.start.lon, 6) for trip in sample.trips]
    assert sorted(starts[:5]) == sorted(starts[5:]) == [round(lon, 6) for lon in homes.lon.tolist()]


def test_a_trip_leads_to_the_nearest_destination_of_its_kind_within_reach() -> None:
    near, far = Destination("stop", 9.501, 51.3), Destination("stop", 9.51, 51.3)
    out_of_reach = Destination("doctor", 9.8, 51.3)
    sample = draw_trips(make_homes(4), [far, near, out_of_reach], load_destination_kinds(), 50, 1)
    assert {trip.goal.lon for trip in sample.trips} == {9.501}
    assert {trip.destination for trip in sample.trips} == {"stop"}
    assert sample.too_far > 0
    assert len(sample.trips) == 50


def test_the_seed_decides_and_nothing_else() -> None:
    destinations = [Destination("stop", 9.501, 51.3), Destination("doctor", 9.502, 51.3)]
    one, same, other = (
        draw_trips(make_homes(40), destinations, load_destination_kinds(), 30, seed) for seed in (7, 7, 8)
    )
    assert one.trips == same.trips
    assert one.trips != other.trips


def test_without_any_destination_trips_lead_from_home_to_home() -> None:
    sample = draw_trips(make_homes(20), [], load_destination_kinds(), 10, 1)
    assert {trip.destination for trip in sample.trips} == {"home"}


STREETS = """
A-------B
|
C
"""


def test_too_few_addresses_are_no_sample_and_residential_streets_stand_for_homes() -> None:
    built = build_network(draw_town(STREETS, ["AB highway=residential", "AC highway=footway"], grid_m=50.0))
    street = Street("Lange Gasse", "", 9.5, 51.3, "way", 1)
    numbers = tuple(HouseNumber(0, str(n), 9.5, 51.3, "node", n) for n in range(1, 12))
    few, enough = (Addresses((street,), numbers[:count], ()) for count in (1, 11))
    homes = find_homes(few, built.network, built.classes)
    # 400 m of residential street: one home every 25 m
    assert (homes.kind, len(homes.lon)) == (HomeKind.STREETS, 16)
    assert np.ptp(homes.lat) < 1e-6
    assert find_homes(enough, built.network, built.classes).kind is HomeKind.ADDRESSES


def test_without_streets_all_ways_stand_for_homes() -> None:
    built = build_network(draw_town(STREETS, ["AB highway=footway"], grid_m=50.0))
    homes = find_homes(Addresses((), (), ()), built.network, built.classes)
    assert (homes.kind, len(homes.lon)) == (HomeKind.WAYS, 16)
