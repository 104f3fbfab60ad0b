"""Rows of surveys on drawn towns: what they are matched to, what stays ambiguous, and why."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.drawn_town import draw_town, list_edges, locate
from tests.support.surveys import read_survey
from tests.support.terrain import rise_east
from wayfinder.city.survey_matching import Matched, Matcher
from wayfinder.city.survey_things import fold_name
from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.network import INCLINE_ORIGINS
from wayfinder.routing.network_build import BuiltNetwork, build_network
from wayfinder.routing.origins import build_origins
from wayfinder.routing.osm_records import OsmPlace
from wayfinder.routing.surveyed import apply_facts

STREET = """
a-----b-----c
d-----e-----f
g-----h-----i
"""
STREET_WAYS = (
    "abc highway=footway footway=sidewalk",
    "def highway=residential name=Lange Straße sidewalk=separate",
    "ghi highway=footway footway=sidewalk",
    "beh highway=footway footway=crossing",
)
HEAD = """name = "Erhebung"
licence = "CC0-1.0"
may_merge = true
date = 2026-10-05
geometry = { wkt = "wo" }
osm_id = { column = "osm" }
street = "straße"
key = "nr"
"""
KERB = """[[objects]]
target = "kerb"
within_m = 6
attributes.kerb_cm = { column = "wert", unit = "cm" }
"""
WAY = """[[objects]]
target = "way"
within_m = 6
attributes.width_cm = { column = "wert", unit = "cm" }
"""
CROSSING = """[[objects]]
target = "crossing"
within_m = 8
attributes.kerb_cm = { column = "wert", unit = "cm" }
attributes.signal_sound = { value = "yes" }
"""
STEPS = """[[objects]]
target = "steps"
within_m = 8
attributes.step_count = { column = "wert" }
"""

Row = tuple[str, str, str, str]


def at(picture: str, letter: str, east_m: float = 0.0, north_m: float = 0.0) -> str:
    spot = locate(picture, letter)
    east = east_m / (METRES_PER_DEGREE * 0.625)  # the cosine of 51.3 degrees
    return f"{spot.lon + east} {spot.lat + north_m / METRES_PER_DEGREE}"


def point(picture: str, letter: str, east_m: float = 0.0, north_m: float = 0.0) -> str:
    return f"POINT ({at(picture, letter, east_m, north_m)})"


def line(picture: str, *spots: tuple[str, float, float]) -> str:
    return f"LINESTRING ({', '.join(at(picture, *spot) for spot in spots)})"


def match(
    folder: Path,
    built: BuiltNetwork,
    rules: str,
    rows: Sequence[tuple[str, str] | tuple[str, str, str] | Row],
    places: Sequence[OsmPlace] = (),
) -> Matched:
    """Match rows of (where, value, street, OSM id)."""
    lines = [
        ";".join((f"R{number}", f'"{row[0]}"', row[1], *(*row[2:], "", "")[:2]))
        for number, row in enumerate(rows, 1)
    ]
    survey = read_survey(folder, HEAD + rules, "\n".join(["nr;wo;wert;straße;osm", *lines]))
    return Matcher(built.network, built.classes, built.names, places).match(survey)


def tell(matched: Matched) -> list[str]:
    return [" ".join((one.status, one.reason, *one.objects)) for one in matched.results]


def put_in(built: BuiltNetwork, matched: Matched) -> list[str]:
    """Edges that changed, in words."""
    network, classes, _ = apply_facts(built.network, built.classes, matched.facts, built.rests)
    changed = replace(built, network=network, classes=classes)
    before = list_edges(built)
    return [edge for edge in list_edges(changed) if edge not in before]


def test_a_kerb_goes_to_the_pavement_it_stands_at_and_not_to_the_other_side(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    matched = match(
        tmp_path, built, KERB, [(point(STREET, "b", 0, -1), "2"), (point(STREET, "h", 1, 1), "max. 6")]
    )

    assert tell(matched) == ["matched place node/98", "matched place node/104"]
    assert put_in(built, matched) == [
        "b/1-b/0 kerb_up<kerb_down kerb_up_cm=2<? kerb_down_cm=?<2",
        "h/1-h/0 kerb_up<kerb_down kerb_up_cm=0..6<? kerb_down_cm=?<0..6",
    ]


def test_between_two_kerbs_equally_near_nothing_is_guessed(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    wide = KERB.replace("within_m = 6", "within_m = 15")
    matched = match(tmp_path, built, wide, [(point(STREET, "e"), "2"), (point(STREET, "e", 0, 0.5), "2")])

    assert tell(matched) == ["ambiguous several_near node/104 node/98"] * 2
    assert matched.facts == ()


def test_kerbs_of_one_node_are_told_apart_by_the_way_behind_them(tmp_path: Path) -> None:
    """Two paths end at one point of a road: their kerbs stand at the same node."""
    picture = """
          b
          |
    d-----e-----f
          |
          h
    """
    ways = ("def highway=residential", "be highway=footway", "eh highway=footway")
    built = build_network(draw_town(picture, ways))
    rows = [
        (point(picture, "e", 0, 3), "2"),
        (point(picture, "e", 0, -3), "5"),
        (point(picture, "e", 0, 0), "9"),
    ]
    matched = match(tmp_path, built, KERB, rows)

    assert tell(matched)[:2] == ["matched place node/101"] * 2
    assert tell(matched)[2].startswith("ambiguous several_near")
    north, south = sorted(matched.facts, key=lambda fact: fact.value)
    lines = {fact.edge: fact.value for fact in matched.facts}
    assert len(lines) == 2 and (north.value, south.value) == ((2, 2), (5, 5))


def test_a_crossing_tells_of_its_kerbs_and_of_its_signals(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    matched = match(tmp_path, built, CROSSING, [(point(STREET, "e", 1, 1), "3")])

    assert tell(matched) == ["matched place node/101 way/4"]
    changed = put_in(built, matched)
    assert [edge for edge in changed if "kerb" in edge] == [
        "b/1-b/0 kerb_up<kerb_down kerb_up_cm=3<? kerb_down_cm=?<3",
        "h/1-h/0 kerb_up<kerb_down kerb_up_cm=3<? kerb_down_cm=?<3",
    ]
    assert {edge.split(" ")[1] for edge in changed if "signal_sound=yes" in edge} == {"road_crossing"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("b", 3, 0.5, "180", "", ""), "matched place way/1"),
        (("b", 12, -5, "180", "", ""), "ambiguous several_near way/1 way/2"),
        (("b", 12, 4, "180", "Andere Gasse", ""), "matched place way/1"),
        (("d", 3, 0.5, "180", "Lange Str.", ""), "unmatched says_nothing_here"),
        (("d", 3, 0.5, "180", "Kurze Gasse", ""), "unmatched name_differs"),
        (("i", 8, 9, "180", "", ""), "unmatched nothing_near"),
        (("i", 900, 0, "180", "", ""), "unmatched outside"),
        (("b", 3, 4, "180", "", "way/1"), "matched osm_id way/1"),
        (("b", 3, 0.5, "180", "", "way/999"), "matched place way/1"),
    ],
)
def test_a_spot_goes_to_the_way_it_lies_on(
    tmp_path: Path, row: tuple[str, float, float, str, str, str], told: str
) -> None:
    letter, east_m, north_m, width, street, osm = row
    built = build_network(draw_town(STREET, STREET_WAYS))
    matched = match(tmp_path, built, WAY, [(point(STREET, letter, east_m, north_m), width, street, osm)])

    assert tell(matched) == [told]


def test_an_object_far_from_its_row_is_another_one(tmp_path: Path) -> None:
    picture = "a" + "-" * 20 + "b"
    built = build_network(draw_town(picture, ("ab highway=footway",), grid_m=10))
    far = f"POINT ({at(picture, 'a', 50, 120)})"
    matched = match(tmp_path, built, WAY, [(far, "180", "", "way/1"), ("", "150", "", "way/1")])

    assert tell(matched) == ["unmatched nothing_near", "matched osm_id way/1"]
    assert put_in(built, matched) == ["a-b footway 210 m width_cm=150"]


def test_a_line_goes_to_the_ways_it_runs_along_and_not_to_those_it_crosses(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    along = line(STREET, ("a", 0, 1), ("c", 0, 1))
    half = line(STREET, ("a", 0, 1), ("b", -20, 1))
    between = line(STREET, ("d", 0, 5), ("f", 0, 5))
    wide = WAY.replace("within_m = 6", "within_m = 8")
    matched = match(tmp_path, built, wide, [(along, "180"), (half, "90"), (between, "70")])

    assert tell(matched) == [
        "matched place way/1",
        "unmatched partly_covered",
        "ambiguous several_parallel way/1 way/2",
    ]
    assert put_in(built, matched) == [
        "a-b/0 sidewalk 60 m width_cm=180",
        "b/0-c sidewalk 60 m width_cm=180",
    ]


def test_an_area_goes_to_the_ways_that_lie_in_it(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    corners = ", ".join(
        at(STREET, *spot) for spot in (("a", -2, 2), ("c", 2, 2), ("c", 2, -2), ("a", -2, -2), ("a", -2, 2))
    )
    matched = match(tmp_path, built, WAY, [(f"POLYGON (({corners}))", "300")])

    assert tell(matched) == ["matched place way/1"]


def test_of_what_several_rows_say_of_one_way_the_worst_holds(tmp_path: Path) -> None:
    built = build_network(draw_town("a----b", ("ab highway=footway width=3",)))
    rows = [(point("a----b", "a", x, 0.5), width) for x, width in ((5, "180"), (20, "95"), (40, "140"))]
    matched = match(tmp_path, built, WAY, rows)

    assert put_in(built, matched) == ["a-b footway 50 m width_cm=95"]
    assert matched.counts == {
        "facts": 1, "new": 0, "changed": 1, "closures": 0, "places": 0, "differing": 1,
    }  # fmt: skip


def test_a_narrow_spot_makes_a_way_narrow_but_never_wide(tmp_path: Path) -> None:
    spot = WAY.replace('unit = "cm" }', 'unit = "cm", only_worse = true }')
    for tag, width, edges in (
        (" width=1", "180", []),
        (" width=2", "90", ["a-b footway 50 m width_cm=90"]),
        ("", "90", ["a-b footway 50 m width_cm=90"]),
    ):
        built = build_network(draw_town("a----b", (f"ab highway=footway{tag}",)))
        matched = match(tmp_path, built, spot, [(point("a----b", "a", 20, 0), width)])
        assert tell(matched) == ["matched place way/1"]
        assert put_in(built, matched) == edges


@pytest.mark.parametrize(
    ("tags", "direction", "where", "value", "slope"),
    [
        ("incline=up", "", ("a", "b"), "4", "4%<-4%"),
        ("incline=-2%", "", ("a", "b"), "4", "-4%<4%"),
        ("", "", ("a", "b"), "4", None),
        ("", "", ("a", "b"), "0", "0%"),
        ("", "line", ("a", "b"), "4", "4%<-4%"),
        ("", "line", ("b", "a"), "4", "-4%<4%"),
        ("incline=up", "line", ("b", "a"), "4", "-4%<4%"),
        ("", "way", ("b", "a"), "4", "4%<-4%"),
    ],
)
def test_the_direction_of_an_incline_is_known_or_it_says_nothing(
    tmp_path: Path, tags: str, direction: str, where: tuple[str, str], value: str, slope: str | None
) -> None:
    picture = "a----b"
    rule = f"""[[objects]]
target = "way"
within_m = 5
attributes.incline_percent = {{ column = "wert", unit = "percent", direction = "{direction}" }}
"""
    built = build_network(draw_town(picture, (f"ab highway=footway {tags}",)))
    first, last = where
    matched = match(tmp_path, built, rule, [(line(picture, (first, 0, 1), (last, 0, 1)), value)])

    if slope is None:
        assert tell(matched) == ["unmatched direction_unknown"]
        assert matched.counts["direction_unknown"] == 1
    else:
        assert put_in(built, matched) == [f"a-b footway 50 m slope={slope}"]


@pytest.mark.parametrize(("rise", "slope"), [(6.0, "slope=4%<-4%"), (-6.0, "slope=-4%<4%"), (0.5, None)])
def test_an_estimate_gives_a_surveyed_incline_its_direction_where_it_is_sure_of_it(
    tmp_path: Path, rise: float, slope: str | None
) -> None:
    picture = "a----b"
    rule = """[[objects]]
target = "way"
within_m = 5
attributes.incline_percent = { column = "wert", unit = "percent" }
"""
    built = build_network(draw_town(picture, ("ab highway=footway",)), terrain=rise_east(rise))
    matched = match(tmp_path, built, rule, [(point(picture, "a", 20, 1), "4")])
    network, _, _ = apply_facts(built.network, built.classes, matched.facts, built.rests)
    surveyed = [edge for edge in put_in(built, matched) if "slope=" in edge]

    if slope is None:
        assert tell(matched) == ["unmatched direction_unknown"]
    else:
        assert [edge.split(" m ")[1] for edge in surveyed] == [slope]
        # what is measured is no estimate, and has no error
        (edge,) = [fact.edge for fact in matched.facts]
        assert INCLINE_ORIGINS[network.edge_incline_origin[edge]] != "estimate"
        assert network.slope_error[network.arc_slope[2 * edge]] == 0


def test_steps_are_found_and_a_way_beside_them_is_not_taken_for_them(tmp_path: Path) -> None:
    picture = """
    a----b----c
    d----e----f
    """
    built = build_network(
        draw_town(picture, ("ab highway=footway", "bc highway=steps", "def highway=footway"))
    )
    matched = match(
        tmp_path, built, STEPS, [(point(picture, "c", -10, 1), "12 Stufen"), (point(picture, "d"), "3")]
    )

    assert tell(matched) == ["matched place way/2", "unmatched nothing_near"]
    assert put_in(built, matched) == ["b-c steps 50 m step_count=12"]


def test_the_first_rule_that_takes_a_row_has_it_and_a_row_without_rule_is_told(tmp_path: Path) -> None:
    rules = KERB.replace("within_m", 'when = { "straße" = ["Bord"] }\nwithin_m') + WAY.replace(
        "within_m", 'when = { "straße" = ["Weg", "Pfad"] }\nwithin_m'
    )
    built = build_network(draw_town("a----b", ("ab highway=footway",)))
    rows = [(point("a----b", "a", 20, 0), "150", kind) for kind in ("PFAD", "Bord", "Baum")]
    matched = match(tmp_path, built, rules, rows)

    assert tell(matched) == ["matched place way/1", "unmatched not_understood", "unmatched no_rule"]


def test_swapped_axes_are_noticed(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    swapped = [("POINT ({1} {0})".format(*at(STREET, letter).split()), "180") for letter in "abcdef"]
    matched = match(tmp_path, built, WAY, swapped)

    assert matched.is_swapped
    assert tell(matched) == ["unmatched outside"] * 6


def make_place(number: int, letter: str, **tags: str) -> OsmPlace:
    spot = locate(STREET, letter)
    return OsmPlace("node", number, spot.lon, spot.lat, {"amenity": "toilets", **tags})


@pytest.mark.parametrize(
    ("letter", "street", "osm", "told"),
    [
        ("a", "", "", "matched place node/1"),
        ("a", "Rathaus", "", "matched place node/1"),
        ("a", "Bahnhof", "", "unmatched name_differs"),
        ("c", "", "node/2", "matched osm_id node/2"),
        ("c", "", "", "ambiguous several_near node/2 node/3"),
        ("h", "", "", "unmatched nothing_near"),
    ],
)
def test_places_are_found_by_id_by_kind_and_by_name(
    tmp_path: Path, letter: str, street: str, osm: str, told: str
) -> None:
    rule = """[[objects]]
target = "place"
within_m = 10
places = { amenity = ["toilets"] }
attributes."toilets:wheelchair" = { column = "wert", words = { "ja" = "yes", "nein" = "no" } }
"""
    places = [
        make_place(1, "a", name="Rathaus"),
        make_place(2, "c"),
        make_place(3, "c"),
        OsmPlace("node", 4, *locate(STREET, "a"), {"amenity": "cafe"}),
    ]
    built = build_network(draw_town(STREET, STREET_WAYS))
    matched = match(tmp_path, built, rule, [(point(STREET, letter), "ja", street, osm)], places)

    assert tell(matched) == [told]
    said = [(fact.place_id.rsplit("/", 1)[1], fact.attribute, fact.value) for fact in matched.places]
    number = told.rsplit("/", 1)[-1]
    assert said == ([(number, "toilets:wheelchair", "yes")] if told.startswith("matched") else [])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Lange Straße", "LANGE STR.", True),
        ("Königs-Platz", "Königsplatz", True),
        ("Lange Straße", "Lange Gasse", False),
        ("Weserstraße", "Weserstr", True),
        ("Straße", "Str.", True),
    ],
)
def test_names_are_compared_as_people_write_them(one: str, other: str, is_same: bool) -> None:
    assert (fold_name(one) == fold_name(other)) == is_same


def test_every_row_of_the_file_is_counted_once(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    rows: list[tuple[str, str]] = [
        (point(STREET, "b", 3, 0.5), "180"),
        (point(STREET, "b", 12, -5), "180"),
        ("POINT (kaputt)", "180"),
        ("", "180"),
        (point(STREET, "b", 3, 0.5), "breit"),
        ("POINT (13.4 52.5)", "180"),
    ]
    matched = match(tmp_path, built, WAY, rows)

    assert [result.number for result in matched.results] == [2, 3, 4, 5, 6, 7]
    assert [result.status for result in matched.results] == [
        "matched", "ambiguous", "broken", "broken", "unmatched", "unmatched",
    ]  # fmt: skip


def test_origins_name_the_survey_and_the_day(tmp_path: Path) -> None:
    built = build_network(draw_town(STREET, STREET_WAYS))
    matched = match(tmp_path, built, KERB, [(point(STREET, "b", 0, -1), "2")])
    _, _, rows = apply_facts(built.network, built.classes, matched.facts, built.rests)
    origins = build_origins(rows)
    (fact,) = matched.facts

    assert origins.find(fact.edge, "kerb_up_cm") == ("survey", 20731, "Erhebung")
    assert origins.find(fact.edge, "kerb_down_cm") == ("survey", 20731, "Erhebung")
    assert origins.find(fact.edge, "tactile_paving") is None
    assert origins.find(fact.edge + 1, "kerb_up_cm") is None
