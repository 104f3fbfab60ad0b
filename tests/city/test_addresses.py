"""Address search: forgiving, bounded, and honest about house numbers it does not know."""

import time

import pytest

from wayfinder.city.address_search import AddressIndex, Found, get_sound, normalise
from wayfinder.city.addresses import (
    Addresses,
    build_addresses,
    list_categories,
    pack_addresses,
    split_numbers,
    unpack_addresses,
)
from wayfinder.geo import LonLat
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmPlace, OsmWay

STREETS = {
    100: ("Königsstraße", 51.310, 9.490),
    101: ("Königsplatz", 51.314, 9.494),
    102: ("Friedrich-Ebert-Straße", 51.316, 9.480),
    103: ("Wilhelmshöher Allee", 51.312, 9.460),
    104: ("Straße des 17. Juni", 51.318, 9.470),
    105: ("Hauptstraße", 51.300, 9.400),
    106: ("Hauptstraße", 51.350, 9.550),
    107: ("Meyerweg", 51.305, 9.450),
}


def make_town() -> OsmData:
    nodes: dict[int, OsmNode] = {}
    ways: list[OsmWay] = []
    for way, (name, lat, lon) in STREETS.items():
        refs = (way * 10, way * 10 + 1, way * 10 + 2)
        for step, ref in enumerate(refs):
            nodes[ref] = OsmNode(ref, round(lon + step * 0.001, 7), lat, {})
        ways.append(OsmWay(way, refs, {"highway": "residential", "name": name}))
    places = [
        OsmPlace("node", 1, 9.4901, 51.3101, {"addr:street": "Königsstraße", "addr:housenumber": "10"}),
        OsmPlace("node", 2, 9.4902, 51.3101, {"addr:street": "Königsstraße", "addr:housenumber": "12a"}),
        OsmPlace("way", 3, 9.4903, 51.3101, {"addr:street": "Königsstraße", "addr:housenumber": "14-18"}),
        OsmPlace("node", 4, 9.5501, 51.3501, {"addr:street": "Hauptstraße", "addr:housenumber": "7"}),
        OsmPlace("node", 5, 9.4000, 51.3010, {"place": "village", "name": "Altdorf"}),
        OsmPlace("node", 6, 9.5500, 51.3510, {"place": "suburb", "name": "Neustadt"}),
        OsmPlace("node", 7, 9.4941, 51.3141, {"amenity": "townhall", "name": "Rathaus"}),
        OsmPlace("node", 8, 9.4942, 51.3142, {"highway": "bus_stop", "name": "Königsplatz"}),
        OsmPlace("node", 9, 9.4943, 51.3142, {"highway": "bus_stop", "name": "Königsplatz"}),
        OsmPlace("way", 10, 9.47, 51.32, {"addr:street": "Am Hof", "addr:housenumber": "1"}),
        OsmPlace(
            "node",
            11,
            9.4851,
            51.3151,
            {"amenity": "pharmacy", "name": "Löwen-Apotheke", "alt_name": "Ratsapotheke"},
        ),
    ]
    return OsmData(nodes, tuple(ways), places=tuple(places))


TOWN = build_addresses(make_town())
INDEX = AddressIndex(TOWN)


def first(text: str) -> str:
    found = INDEX.search(text, 1)
    return found[0].label if found else ""


def test_the_whole_answer_for_a_house_number() -> None:
    assert INDEX.search("Königsstraße 12a", 1) == [
        Found("Königsstraße 12a", "address", "address", 9.4902, 51.3101, "osm:node/2")
    ]


def test_a_street_is_found_at_a_point_on_it() -> None:
    assert INDEX.search("Wilhelmshöher Allee", 1) == [
        Found("Wilhelmshöher Allee", "street", "street", 9.461, 51.312, "osm:way/103")
    ]


def test_a_number_nobody_mapped_gives_the_nearest_one_and_says_so() -> None:
    assert INDEX.search("Königsstr. 11", 1) == [
        Found("Königsstraße 10", "address", "nearest_number", 9.4901, 51.3101, "osm:node/1", "11")
    ]
    assert INDEX.search("Meyerweg 5", 1) == [
        Found("Meyerweg", "street", "number_unknown", 9.451, 51.305, "osm:way/107", "5")
    ]


def test_a_number_within_a_mapped_range_is_known() -> None:
    assert INDEX.search("Königsstraße 16", 1) == [
        Found("Königsstraße 14-18", "address", "address", 9.4903, 51.3101, "osm:way/3")
    ]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("KÖNIGSSTRASSE", "Königsstraße"),
        ("koenigsstr", "Königsstraße"),
        ("Konigsstrasse", "Königsstraße"),
        ("Königs Straße", "Königsstraße"),
        ("Kö­nigsstr.", "Königsstraße"),
        ("Königstraße 10", "Königsstraße 10"),
        ("Kuenigsstr 10", "Königsstraße 10"),
        ("  königsstraße,  10 , 34117 Kassel ", "Königsstraße 10"),
        ("Königsstraße 12 A", "Königsstraße 12a"),
        ("Fridrich Ebert Str", "Friedrich-Ebert-Straße"),
        ("Friedrich-Eb", "Friedrich-Ebert-Straße"),
        ("Wilhelmshoehr Alee", "Wilhelmshöher Allee"),
        ("Straße des 17. Juni", "Straße des 17. Juni"),
        ("rat", "Rathaus"),
        ("apotheke", "Löwen-Apotheke"),
        ("ratsapotheke", "Löwen-Apotheke"),
        ("Maierweg", "Meyerweg"),
        ("Am Hof 1", "Am Hof 1"),
        ("Hauptstraße 7", "Hauptstraße 7, Neustadt"),
        ("Hauptstraße Altdorf", "Hauptstraße, Altdorf"),
        ("Hauptstr, Neustadt", "Hauptstraße, Neustadt"),
        ("Hauptstr 3, Altdorf", "Hauptstraße, Altdorf"),
    ],
)
def test_what_people_type_is_understood(text: str, label: str) -> None:
    assert first(text) == label


def test_streets_of_one_name_are_told_apart_and_the_near_one_comes_first() -> None:
    far_east = INDEX.search("Hauptstraße", near=LonLat(9.55, 51.35))
    far_west = INDEX.search("Hauptstraße", near=LonLat(9.40, 51.30))

    assert [found.label for found in far_east] == ["Hauptstraße, Neustadt", "Hauptstraße, Altdorf"]
    assert [found.label for found in far_west] == ["Hauptstraße, Altdorf", "Hauptstraße, Neustadt"]


def test_the_platforms_of_a_stop_are_one_place_after_the_square_of_that_name() -> None:
    found = [(hit.label, hit.detail) for hit in INDEX.search("Königsplatz")]

    assert found[:2] == [("Königsplatz", "street"), ("Königsplatz", "bus_stop")]
    assert found.count(("Königsplatz", "bus_stop")) == 1


def test_every_category_in_an_answer_is_on_the_list_for_the_catalogues() -> None:
    assert {place.category for place in TOWN.places} <= set(list_categories())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ",",
        "\x00\x1f",
        "\u202e\u2066",
        "\ud800",
        "ﷺ" * 500,
        "a" * 100_000,
        "1 " * 5_000,
        "-" * 300,
        "12a",
        "9" * 400,
    ],
)
def test_hostile_text_is_answered_quickly_and_without_harm(text: str) -> None:
    began_s = time.perf_counter()
    found = INDEX.search(text, 10**9)

    assert len(found) <= 50
    assert time.perf_counter() - began_s < 0.5


def test_nothing_alike_finds_nothing() -> None:
    assert INDEX.search("Xylophonquartett") == []
    assert AddressIndex(Addresses((), (), ())).search("Königsplatz") == []


def test_addresses_survive_being_packed() -> None:
    assert unpack_addresses(pack_addresses(TOWN)) == TOWN


@pytest.mark.parametrize(
    ("number", "singles"),
    [
        ("12", ("12",)),
        ("12 A", ("12a",)),
        ("12-16", ("12", "14", "16")),
        ("3;5", ("3", "5")),
        ("1,2", ("1", "2")),
        ("7-10", ("7", "8", "9", "10")),
        ("1-999", ("1-999",)),
        ("10-2", ("10-2",)),
        (";", ()),
    ],
)
def test_mapped_house_numbers_are_read(number: str, singles: tuple[str, ...]) -> None:
    assert split_numbers(number) == singles


def test_names_that_sound_alike_have_one_code() -> None:
    assert get_sound(normalise("Müller-Lüdenscheidt")) == "65752682"
    assert get_sound("meyerweg") == get_sound("maierweg")
    assert get_sound(normalise("Hauptstraße")) == get_sound(normalise("Haubtschtrase"))
