"""The city report of a small town: figures, words, page, districts; the same city gives the same bytes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.support.drawn_town import draw_town, locate
from tests.support.osm_file import write_osm_file
from wayfinder.assembly import build_graph
from wayfinder.city.artifact import City, open_city
from wayfinder.city.build import build_city
from wayfinder.city.districts import load_districts
from wayfinder.city.quality import measure_quality
from wayfinder.city.report import BarrierCounts, Report, build_report, pack_report, read_districts
from wayfinder.city.report_document import Table, build_document
from wayfinder.city.report_html import build_html
from wayfinder.city.report_text import format_document
from wayfinder.errors import RequestError
from wayfinder.i18n import LANGUAGES
from wayfinder.routing.origins import FactRow, build_origins
from wayfinder.routing.overlay import build_empty_overlay

GRID_M = 30.0
TOWN = """
A-------B---K---C-------D
"""
"""Houses in the west, a pharmacy in the east, between them a kerb of 12 cm."""
NAME = 'Gasse <script>alert(1)</script> & "Söhne"'
SURVEYED = ("survey", 18_500, "Vermessungsamt")
"""Origin, day (in August 2020) and source of a fact."""
GOOD = {"highway": "living_street", "surface": "asphalt", "smoothness": "good", "incline": "0%", "lit": "yes"}


def spot(letter: str):
    return locate(TOWN, letter, grid_m=GRID_M)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("report")
    town = draw_town(
        TOWN, [("ABKCD", {**GOOD, "name": NAME})], {"K": "barrier=kerb kerb:height=0.12"}, grid_m=GRID_M
    )
    houses = [
        (spot(letter), {"addr:street": NAME, "addr:housenumber": str(number)})
        for number, letter in enumerate("AABBBBBD", start=1)
    ]
    places = [*houses, (spot("D"), {"amenity": "pharmacy"})]
    west, east = spot("A").lon - 0.001, spot("D").lon + 0.001
    middle, south, north = spot("K").lon, spot("A").lat - 0.001, spot("A").lat + 0.001
    districts = [
        write_district(base / "west.geojson", "West", west, south, middle, north),
        write_district(base / "east.geojson", "Ost", middle, south, east, north),
        write_district(base / "sea.geojson", "See", east, south, east + 0.1, north),
    ]
    build_city(
        write_osm_file(base / "town.osm", town, places),
        "Klein <b>Stadt</b>",
        base / "city",
        boundaries=districts,
        built_at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    return base / "city"


def write_district(path: Path, name: str, west: float, south: float, east: float, north: float) -> Path:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
    path.write_text(json.dumps(feature), encoding="utf-8")
    return path


def make_report(city: City, **options: object) -> Report:
    graph = build_graph(city)
    options = {"profiles": ["wheelchair-manual", "foot"], "trips": 16, **options}
    return build_report(city, graph, build_empty_overlay(graph), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def city(folder: Path) -> City:
    return open_city(folder)


@pytest.fixture(scope="module")
def report(city: City) -> Report:
    return make_report(city)


def test_the_kerb_breaks_every_trip_from_the_west_to_the_pharmacy(report: Report) -> None:
    wheels, foot = report.profiles
    # eight addresses, each drawn twice; the one in the east is on the pharmacy's side
    whole = wheels.trips[""]
    assert (whole.trips, whole.found, whole.broken, whole.mended_by_one) == (16, 2, 14, 14)
    (kerb,) = wheels.barriers
    assert kerb.osm == f"node/{ord('K')}"
    assert kerb.place.street == NAME
    assert kerb.counts[""] == BarrierCounts(broken=14, with_others=0, lengthened=0, metres_lost=0)
    (up, down) = sorted(kerb.findings, key=lambda finding: finding.attribute, reverse=True)
    assert (up.attribute, up.value, up.limit, up.certain, up.source, up.as_of) == (
        "kerb_up_cm", 12.0, 3.0, True, "osm", "2024-10-04",
    )  # fmt: skip
    assert (down.attribute, down.limit) == ("kerb_down_cm", 4.0)
    assert (foot.trips[""].found, foot.barriers) == (16, ())


def test_every_figure_is_also_given_by_district(report: Report) -> None:
    wheels = report.profiles[0]
    assert report.districts == ("West", "Ost", "See")
    assert {name: (one.trips, one.broken) for name, one in wheels.trips.items()} == {
        "": (16, 14), "West": (14, 14), "Ost": (2, 0), "See": (0, 0),
    }  # fmt: skip
    assert {name: one.broken for name, one in wheels.barriers[0].counts.items()} == {"": 14, "West": 14}
    surface = {
        name: next(row.known for row in rows if row.attribute == "surface")
        for name, rows in report.coverage.items()
        if rows
    }
    assert report.coverage["See"] == ()
    assert surface[""] == pytest.approx(720, abs=3)
    assert surface["West"] + surface["Ost"] == pytest.approx(surface[""], abs=1)


def test_the_pharmacys_side_is_an_island_or_the_main_part_and_homes_on_it_are_counted(report: Report) -> None:
    wheels = report.profiles[0]
    (island,) = wheels.islands
    assert island.length_m + wheels.main_m == pytest.approx(wheels.usable_m, abs=0.2)
    assert (island.way_in, island.way_out) == (False, False)
    assert island.homes in (1, 7)


def test_age_and_origin_of_what_is_known_are_given(report: Report) -> None:
    row = next(one for one in report.coverage[""] if one.attribute == "surface")
    assert row.origins == {"osm": row.known}
    # drawn in October 2024, and that is the newest edit in the file
    assert row.ages == {"under_2_years": row.known}


def test_facts_of_a_survey_and_estimates_are_told_apart_from_osm(city: City) -> None:
    graph = build_graph(city)
    network = city.network
    longest = int(network.edge_length_mm.argmax())
    estimated = np.where(network.edge_incline_origin == 1, 2, 0).astype(np.uint8)
    changed = replace(network, edge_incline_origin=estimated)
    graph = replace(graph, network=changed, origins=build_origins([FactRow(longest, "surface", *SURVEYED)]))
    edges = np.arange(network.edge_count)
    found = measure_quality(changed, city.classes, graph.origins, edges, city.info.osm_at)
    rows = {row.attribute: row for row in found}
    length_m = round(network.edge_length_mm[longest] / 1000, 1)
    rest_m = round(rows["surface"].known - length_m, 1)
    assert rows["surface"].origins == {"survey": length_m, "osm": rest_m}
    # the survey is of 2020, more than two years older than the data
    assert rows["surface"].ages == {"under_2_years": rest_m, "under_5_years": length_m}
    assert rows["smoothness"].origins == {"osm": rows["smoothness"].known}
    incline = rows["incline_percent"]
    assert incline.origins == {"estimate": incline.known}
    assert incline.ages == {"undated": incline.known}
    assert "incline_estimated" not in rows


def test_the_same_city_and_seed_give_the_same_bytes(city: City, report: Report) -> None:
    again = make_report(open_city(city.folder))
    districts = read_districts(city)
    assert pack_report(again) == pack_report(report)
    for language in LANGUAGES:
        assert build_html(again, city, districts, language) == build_html(report, city, districts, language)


def test_the_json_is_what_its_description_names(report: Report, root: Path) -> None:
    document = json.loads(pack_report(report))
    described = set(re.findall(r"`([a-z0-9_]+)`", (root / "docs" / "city-report.md").read_text("utf-8")))

    def list_names(value: object, is_mapping: bool = False):
        if isinstance(value, list):
            for item in value:
                yield from list_names(item)
        elif isinstance(value, dict):
            for name, item in value.items():
                if not is_mapping:
                    yield name
                keyed = name in ("trips", "counts", "coverage", "destinations", "trips_to", "changed")
                yield from list_names(item, is_mapping=keyed and isinstance(item, dict))

    assert set(list_names(document)) - described == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_report_is_in_the_catalogues(report: Report, language: str) -> None:
    text = format_document(build_document(report, language, 10))
    assert re.findall(r"\b(?:report|destination|measurement|attribute|value|source)\.[a-z_.]+", text) == []
    assert "{" not in text


def test_the_text_tells_the_barrier_with_its_place_value_limit_source_and_date(report: Report) -> None:
    text = " ".join(format_document(build_document(report, "de", 10)).split()).replace("\u00a0", " ")
    assert "Bordhöhe aufwärts: 12 cm (Grenze 3 cm)" in text
    assert "OpenStreetMap, 4. Oktober 2024" in text
    assert f"node/{ord('K')}" in text
    assert "Ohne Alltagswege in dieser Stichprobe: See." in text
    assert max(map(len, format_document(build_document(report, "de", 10)).splitlines())) <= 120


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("src", "href", "action", "data", "xlink:href"):
                assert value.startswith("#"), value

    def handle_data(self, data):
        self.text += data


def test_the_page_escapes_names_and_asks_for_nothing(report: Report, city: City) -> None:
    page = build_html(report, city, read_districts(city), "de")
    found = _Collector()
    found.feed(page)
    assert "script" not in found.tags
    assert "b" not in found.tags
    assert NAME in found.text
    assert "Klein <b>Stadt</b>" in found.text
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_has_every_table_and_list_of_the_text(report: Report, city: City) -> None:
    page = _Collector()
    page.feed(build_html(report, city, read_districts(city), "de"))
    blocks = build_document(report, "de", 50)
    assert page.tags.count("table") == sum(isinstance(block, Table) for block in blocks)
    assert page.tags.count("svg") == 5  # the map, and four lines of its legend
    for block in blocks:
        if isinstance(block, Table):
            assert all(cell in page.text for row in block.rows for cell in row)


def test_districts_of_a_file_replace_those_of_the_city(city: City, tmp_path: Path) -> None:
    path = write_district(tmp_path / "all.geojson", "Alles", 9.0, 51.0, 10.0, 52.0)
    report = make_report(city, districts=load_districts([path]))
    assert report.districts == ("Alles",)
    assert report.profiles[0].trips["Alles"] == report.profiles[0].trips[""]


def test_an_unknown_profile_is_refused(city: City) -> None:
    with pytest.raises(RequestError, match="There is no profile called nobody"):
        make_report(city, profiles=["nobody"])
