"""Surveys as cities publish them, and an invented one over a real quarter, where it changes an answer."""

from collections import Counter
from pathlib import Path

import pytest
import shapely
from pyproj import Transformer

from tests.support.surveys import MAPPING, TIME_ZONE, write_mapping
from wayfinder.assembly import Trip, open_services
from wayfinder.city.artifact import open_city
from wayfinder.city.build import BuildSummary, build_city, format_summary
from wayfinder.city.surveys import SurveyInput
from wayfinder.geo import LonLat
from wayfinder.routing.planner import RoutePlan
from wayfinder.sources.surveys.formats import read_table
from wayfinder.sources.surveys.mapping import load_mapping
from wayfinder.sources.surveys.survey import Survey, build_survey

HEAD = """name = "Probe"
licence = "as published"
may_merge = false
date = 2023-01-01
"""
CROSSINGS = """key = "id"
osm_id = { column = "id" }
[[objects]]
target = "crossing"
within_m = 10
attributes.signal_sound = { column = "traffic_signals:sound" }
attributes.tactile_paving = { column = "tactile_paving" }
attributes.kerb_cm.column = "kerb"
attributes.kerb_cm.unit = "cm"
attributes.kerb_cm.words = { "flush" = "0 - 1", "lowered" = "0 - 3", "raised" = "über 3" }
"""
PARKING = """street = "{street}"
{where}
[[objects]]
target = "place"
within_m = 30
places = {{ amenity = ["parking"] }}
attributes."capacity:disabled" = {{ {capacity} }}
"""
KERB_NODE = 8855799003
"""A lowered kerb (0 to 3 cm) in the Miraustraße."""
KERB_AT = (13.297756, 52.5782052)
START, GOAL = LonLat(13.297156, 52.5778052), LonLat(13.298356, 52.5786052)


def read(path: Path, mapping: str, folder: Path) -> Survey:
    loaded = load_mapping(write_mapping(folder / "mapping.toml", HEAD + mapping))
    table = read_table(path, encoding=loaded.encoding, delimiter=loaded.delimiter)
    return build_survey(table, loaded, path.name, TIME_ZONE)


@pytest.fixture(scope="module")
def crossings_in_the_wrong_city(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, BuildSummary]:
    folder = tmp_path_factory.mktemp("neukoelln")
    mapping = write_mapping(folder / "mapping.toml", HEAD + CROSSINGS)
    survey = shared_data / "surveys" / "neukoelln" / "crossing.geojson"
    osm = shared_data / "osm" / "miraustr.osm.pbf"
    inputs = [SurveyInput(str(survey), str(mapping))]
    return folder / "city", build_city(osm, "Miraustraße", folder / "city", surveys=inputs)


def test_projected_crossings_land_in_neukoelln(shared_data: Path, tmp_path: Path) -> None:
    survey = read(shared_data / "surveys" / "neukoelln" / "crossing.geojson", CROSSINGS, tmp_path)
    west, south, east, north = shapely.total_bounds([row.shape for row in survey.rows])
    said = Counter(column.attribute for row in survey.rows for column in row.facts)

    # the district: 13.39 to 13.52 east, 52.39 to 52.50 north
    assert 13.3 < west < east < 13.6 and 52.3 < south < north < 52.6
    assert (survey.read, len(survey.rows), len(survey.rejected)) == (1055, 911, 144)
    assert {row.reason for row in survey.rejected} == {"says_nothing"}
    assert said["signal_sound"] == 603
    assert all(row.osm is not None and row.osm.type in ("node", "way") for row in survey.rows)


def test_against_the_wrong_city_every_row_is_counted_as_outside(
    crossings_in_the_wrong_city: tuple[Path, BuildSummary],
) -> None:
    folder, summary = crossings_in_the_wrong_city
    (outcome,) = summary.surveys

    assert outcome.counts == {"matched": 0, "ambiguous": 0, "unmatched": 1055, "broken": 0}
    assert outcome.reasons == {"unmatched": {"outside": 911, "says_nothing": 144}}
    assert "another city, or another coordinate system (crs)?" in format_summary(summary)
    assert len(open_city(folder, verify=True).arrays["fact_edge"]) == 0


COUNT, YES = 'column = "anzahl", unit = "count"', 'value = "yes"'


@pytest.mark.parametrize(
    ("file", "street", "where", "capacity", "form", "rows", "first"),
    [
        ("hamburg_disabled_parking.geojson", "nahe_adresse", "", COUNT, "GeoJSON", 10, "steenwisch 105: 1"),
        # "4 Stellplätze", and a blank behind the house number
        (
            "duesseldorf_disabled_parkings.json",
            "adresse",
            "",
            COUNT,
            "GeoJSON",
            10,
            "paul-thomas-strasse 35: 4",
        ),
        (
            "koeln_disabled_parkings.json",
            "bezeichnung",
            "",
            COUNT,
            "Esri JSON",
            14,
            "am schwanebitzer hof: 1",
        ),
        ("zuerich_disabled_parkings.json", "adresse", "", YES, "GeoJSON", 11, "ueberlandstrasse 460: yes"),
        (
            "koeln_toiletten_2016.json",
            "street",
            'x = "lng", y = "lat"',
            YES,
            "JSON",
            85,
            "rathenauplatz: yes",
        ),
        (
            "../parking/parkapi/reutlingen_disabled.csv",
            *("ort", 'wkt = "GEOM"', YES, "CSV", 44, "burgstrasse 27-29: yes"),
        ),
    ],
)
def test_municipal_files_are_read_with_their_quirks(
    shared_data: Path,
    tmp_path: Path,
    file: str,
    street: str,
    where: str,
    capacity: str,
    form: str,
    rows: int,
    first: str,
) -> None:
    geometry = f"geometry = {{ {where} }}" if where else ""
    mapping = PARKING.format(street=street, where=geometry, capacity=capacity)
    survey = read(shared_data / "surveys" / file, mapping, tmp_path)
    told = [f"{row.street}: {row.place_facts['capacity:disabled']}" for row in survey.rows]

    assert (survey.form, survey.read, len(survey.rejected), told[0]) == (form, rows, 0, first)


def test_tactile_lines_of_neukoelln_are_lines(shared_data: Path, tmp_path: Path) -> None:
    mapping = """[[objects]]
target = "kerb"
when = { barrier = "kerb" }
within_m = 3
attributes.tactile_paving = { value = "yes" }
"""
    survey = read(shared_data / "surveys" / "neukoelln" / "tactile_paving.geojson", mapping, tmp_path)

    assert survey.read == 891
    assert {row.shape.geom_type for row in survey.rows if row.shape is not None} == {"LineString"}
    assert {row.reason for row in survey.rejected} == {"no_rule"}


def test_a_surveyed_kerb_of_9_cm_turns_a_wheelchair_away_from_it(shared_data: Path, tmp_path: Path) -> None:
    """Before: over the lowered kerb. After: the survey, in metres of zone 33 and cp1252, says 9 cm."""
    osm = shared_data / "osm" / "miraustr.osm.pbf"
    x, y = Transformer.from_crs(4326, 25833, always_xy=True).transform(*KERB_AT)
    survey = tmp_path / "bord.csv"
    rows = f"x;y;hoehe;straße\n{x:.2f};{y:.2f};9;Königstor\n".replace(".", ",")
    survey.write_bytes(rows.encode("cp1252"))
    mapping = write_mapping(
        tmp_path / "m.toml", MAPPING.replace("[[objects]]", 'crs = "EPSG:25833"\ndecimal = ","\n[[objects]]')
    )
    build_city(osm, "Miraustraße", tmp_path / "before")
    summary = build_city(
        osm, "Miraustraße", tmp_path / "after", surveys=[SurveyInput(str(survey), str(mapping))]
    )
    before, after = (plan(tmp_path / name) for name in ("before", "after"))
    direct = plan(tmp_path / "after", {"kerb_up_max_cm": 10, "kerb_down_max_cm": 10})

    assert summary.surveys[0].matched.results[0][2:4] == ("matched", "place")
    assert (str(before.outcome), str(after.outcome)) == ("found", "found")
    assert (KERB_NODE, "0..3", "osm", 19864) in list_kerbs(before)
    assert KERB_NODE not in [kerb[0] for kerb in list_kerbs(after)]
    assert [round(one.routes[0].distance_m) for one in (before, after, direct)] == [120, 206, 120]
    # who can manage 10 cm still goes there, and is told
    assert (KERB_NODE, 9.0, "survey", 20731) in list_kerbs(direct)


def plan(folder: Path, limits: dict[str, object] | None = None) -> RoutePlan:
    return open_services(folder).plan(Trip(START, GOAL, "wheelchair-manual", limits or {}))


def list_kerbs(plan: RoutePlan) -> list[tuple[int, object, str, int]]:
    obstacles = [one for step in plan.routes[0].steps for one in step.obstacles if str(one.kind) == "kerb"]
    return [(int(str(one.osm).split("/")[1]), one.value, str(one.source), one.as_of_day) for one in obstacles]
