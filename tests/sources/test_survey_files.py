"""Every form a survey comes in gives the same rows; what is no survey gives one clear error."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from tests.support.surveys import MAPPING, TIME_ZONE, read_survey, write_mapping
from wayfinder.errors import SurveyError
from wayfinder.routing.attributes import Interval
from wayfinder.sources.surveys.formats import read_table
from wayfinder.sources.surveys.mapping import load_mapping
from wayfinder.sources.surveys.survey import Survey, build_survey

SPOTS = [(9.5, 51.3125), (9.501, 51.313)]
HEIGHTS = [3, 6]
UTM32 = Transformer.from_crs(4326, 25832, always_xy=True)
PROJECTED = [UTM32.transform(lon, lat) for lon, lat in SPOTS]
WITHOUT_COLUMNS = MAPPING.replace('geometry = { x = "x", y = "y" }\n', "")
IN_UTM = MAPPING.replace("[[objects]]", 'crs = "EPSG:25832"\n[[objects]]')


def rows_of(survey: Survey) -> list[tuple[float, float, object]]:
    found = []
    for row in survey.rows:
        assert row.shape is not None
        lon, lat = shapely.get_coordinates(row.shape)[0]
        found.append((round(float(lon), 6), round(float(lat), 6), *row.facts.values()))
    return found


EXPECTED = [(9.5, 51.3125, Interval(3, 3)), (9.501, 51.313, Interval(6, 6))]


def csv_text(mark: str = ";", decimal: str = ",") -> str:
    lines = [mark.join(("straße", "x", "y", "hoehe"))]
    for (lon, lat), height in zip(SPOTS, HEIGHTS, strict=True):
        x, y = (str(number).replace(".", decimal) for number in (lon, lat))
        lines.append(mark.join(("Königstor", x, y, str(height))))
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    "content",
    [
        csv_text().encode(),
        csv_text().encode("utf-8-sig"),
        csv_text().encode("cp1252"),
        csv_text().encode("utf-16"),
        csv_text().encode("utf-16-le"),
        csv_text().encode("utf-16-be"),
        csv_text("\t").encode("utf-8"),
        csv_text(",", ".").encode("utf-8"),
        csv_text("|", ".").encode("utf-8"),
        b"\n" + csv_text().replace("\r\n", "\n").encode(),
    ],
    ids=[
        "utf-8",
        "mark",
        "cp1252",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "tabs",
        "commas",
        "bars",
        "blank line",
    ],
)
def test_csv_of_any_encoding_and_mark(tmp_path: Path, content: bytes) -> None:
    survey = read_survey(tmp_path, MAPPING + 'attributes.wheelchair = { value = "yes" }\n', content)

    assert [row[:3] for row in rows_of(survey)] == EXPECTED
    assert [row.number for row in survey.rows] == ([3, 4] if content.startswith(b"\n") else [2, 3])


def test_the_street_survives_every_encoding(tmp_path: Path) -> None:
    mapping = MAPPING.replace("[[objects]]", 'street = "straße"\n[[objects]]')
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        survey = read_survey(tmp_path, mapping, csv_text().encode(encoding))
        assert {row.street for row in survey.rows} == {"königstor"}


@pytest.mark.parametrize("srid", ["", "SRID=25832;"])
def test_csv_with_a_wkt_column_in_any_system(tmp_path: Path, srid: str) -> None:
    mapping = IN_UTM.replace('{ x = "x", y = "y" }', '{ wkt = "geom" }')
    rows = [f'"{srid}POINT Z ({x} {y} 160)";{h}' for (x, y), h in zip(PROJECTED, HEIGHTS, strict=True)]
    survey = read_survey(tmp_path, mapping, "\n".join(["geom;hoehe", *rows]))

    assert rows_of(survey) == EXPECTED


def geojson(spots: list[tuple[float, float]] = SPOTS, **members: object) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"hoehe": height},
            "geometry": {"type": "Point", "coordinates": spot},
        }
        for spot, height in zip(spots, HEIGHTS, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **members})


def crs_member(name: str) -> dict[str, object]:
    return {"type": "name", "properties": {"name": name}}


def esri(spots: list[tuple[float, float]], **reference: object) -> str:
    features = [
        {"attributes": {"hoehe": height}, "geometry": {"x": x, "y": y}}
        for (x, y), height in zip(spots, HEIGHTS, strict=True)
    ]
    return json.dumps(
        {"geometryType": "esriGeometryPoint", "spatialReference": reference, "features": features}
    )


@pytest.mark.parametrize(
    "content",
    [
        geojson(),
        geojson(crs=crs_member("urn:ogc:def:crs:OGC:1.3:CRS84")),
        geojson(PROJECTED, crs=crs_member("urn:ogc:def:crs:EPSG::25832")),
        esri(SPOTS, wkid=4326, latestWkid=4326),
        esri(PROJECTED, wkid=25832),
        "\ufeff" + geojson(),
    ],
    ids=["GeoJSON", "CRS84", "old crs", "Esri", "Esri projected", "byte-order mark"],
)
def test_json_of_either_kind(tmp_path: Path, content: str) -> None:
    assert rows_of(read_survey(tmp_path, WITHOUT_COLUMNS, content)) == EXPECTED


def test_a_plain_list_of_objects_has_its_position_in_columns(tmp_path: Path) -> None:
    content = json.dumps(
        [{"ort": {"lng": lon, "lat": lat}, "hoehe": h} for (lon, lat), h in zip(SPOTS, HEIGHTS, strict=True)]
    )
    mapping = MAPPING.replace('{ x = "x", y = "y" }', '{ x = "ort.lng", y = "ort.lat" }')

    assert rows_of(read_survey(tmp_path, mapping, content)) == EXPECTED


def write_ogr(path: Path, driver: str, crs: str = "EPSG:25832", **options: object) -> Path:
    points = shapely.to_wkb(shapely.points(PROJECTED))
    fields = [np.array(HEIGHTS, dtype=np.int32), np.array(["Königstor", None], dtype=object)]
    pyogrio.raw.write(
        path, points, fields, np.array(["hoehe", "strasse"]), geometry_type="Point", crs=crs, driver=driver,
        **options,
    )  # fmt: skip
    return path


def zip_folder(folder: Path, target: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, inside + path.name)
    return target


def read_file(path: Path, mapping: str, folder: Path) -> Survey:
    loaded = load_mapping(write_mapping(folder / "mapping.toml", mapping))
    table = read_table(path, encoding=loaded.encoding, delimiter=loaded.delimiter, layer=loaded.layer)
    return build_survey(table, loaded, path.name, TIME_ZONE)


def test_a_geopackage_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    path = write_ogr(tmp_path / "kataster.gpkg", "GPKG").rename(tmp_path / "kataster.dat")

    assert rows_of(read_file(path, WITHOUT_COLUMNS, tmp_path)) == EXPECTED


def test_of_several_layers_the_mapping_names_one(tmp_path: Path) -> None:
    path = write_ogr(tmp_path / "k.gpkg", "GPKG", layer="bordsteine")
    write_ogr(path, "GPKG", layer="alt", append=True)
    named = WITHOUT_COLUMNS.replace("[[objects]]", 'layer = "bordsteine"\n[[objects]]')

    assert rows_of(read_file(path, named, tmp_path)) == EXPECTED
    with pytest.raises(SurveyError, match=r"^k\.gpkg has several layers; .* one of: alt, bordsteine\.$"):
        read_file(path, WITHOUT_COLUMNS, tmp_path)
    with pytest.raises(SurveyError, match=r"^k\.gpkg has no layer neu; it has: "):
        read_file(path, named.replace("bordsteine", "neu"), tmp_path)


@pytest.mark.parametrize("inside", ["", "daten/2026/", "../../"])
def test_a_shapefile_in_a_zip_wherever_it_lies_in_it(tmp_path: Path, inside: str) -> None:
    (tmp_path / "shp").mkdir()
    write_ogr(tmp_path / "shp" / "Bord.shp", "ESRI Shapefile")
    path = zip_folder(tmp_path / "shp", tmp_path / "bord.zip", inside)
    before = {p for p in tmp_path.parent.rglob("*") if "mapping" not in p.name}

    assert rows_of(read_file(path, WITHOUT_COLUMNS, tmp_path)) == EXPECTED
    # a path in the zip writes nothing anywhere
    assert {p for p in tmp_path.parent.rglob("*") if "mapping" not in p.name} == before


def test_a_csv_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "csv.zip", "w") as archive:
        archive.writestr("lies mich.pdf", "%PDF")
        archive.writestr("bord.csv", csv_text())

    assert rows_of(read_file(tmp_path / "csv.zip", MAPPING, tmp_path)) == EXPECTED


def make_bomb(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\0" * 50_000_000)
    return packed.getvalue()


def make_office() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"is empty"),
        (b" \n\n", r"is empty"),
        (b"<!DOCTYPE html><html>Please log in</html>", r"is a web page and no survey"),
        (b"\xef\xbb\xbf<html>", r"is a web page and no survey"),
        (b"<?xml version='1.0'?><ExceptionReport/>", r"is XML and no survey .*ask for GeoJSON"),
        (b"%PDF-1.7", r"is a PDF document and no survey"),
        (b'{"type": "FeatureCollection", "features": [', r"cannot be read as JSON"),
        (b'{"error": {"message": "Token required"}}', r"neither GeoJSON nor Esri JSON \(Token required\)"),
        (b'{"type": "Topology"}', r"neither GeoJSON nor Esri JSON"),
        (b"SQLite format 3\x00" + b"\x07" * 3000, r"is a GeoPackage that cannot be read"),
        (b"PK\x03\x04 broken", r"is a zip that cannot be read"),
        (make_bomb("bord.shp"), r"is a zip that unpacks to far more than it may"),
        (make_bomb("bord.csv"), r"is a zip that unpacks to far more than it may"),
        (make_office(), r"is a spreadsheet; please save it as CSV"),
        (b"x;y;hoehe\n1;2;" + b"9" * 3_000_000, r"line 2, cannot be read as CSV: field larger than"),
        (b"x;y;x\n1;2;3", r"must name every column once; not so: x"),
        (b"x;hoehe\n1;2", r"has no column y, which mapping.toml asks for; it has: x, hoehe"),
    ],
)
def test_what_is_no_survey_is_one_clear_error(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "survey.dat"
    path.write_bytes(content)
    with pytest.raises(SurveyError, match=said) as caught:
        read_file(path, MAPPING, tmp_path)
    assert "survey.dat" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_missing_position_are_named(tmp_path: Path) -> None:
    with pytest.raises(SurveyError, match=r"^nothing\.csv cannot be read: No such file"):
        read_file(tmp_path / "nothing.csv", MAPPING, tmp_path)
    (tmp_path / "b.csv").write_text("x;y;hoehe\n1;2;3\n", encoding="utf-8")
    with pytest.raises(SurveyError, match=r"must say where the rows of b\.csv lie"):
        read_file(tmp_path / "b.csv", WITHOUT_COLUMNS, tmp_path)


def test_file_and_mapping_must_not_name_different_systems(tmp_path: Path) -> None:
    mapping = WITHOUT_COLUMNS.replace("[[objects]]", 'crs = "EPSG:25833"\n[[objects]]')
    with pytest.raises(SurveyError, match=r"says its coordinates are ETRS89 / UTM zone 32N.* zone 33N"):
        read_survey(tmp_path, mapping, geojson(PROJECTED, crs=crs_member("EPSG:25832")))


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        ("9,5;51,3;3\n9,5;;3", ["geometry_unreadable"]),
        (";;3", ["no_position"]),
        ("9,5;51,3", ["cells"]),
        ("9,5;51,3;3;zu viel", ["cells"]),
        ("NaN;51,3;3", ["geometry_unreadable"]),
        ("395696;5814436;3", ["outside_world"]),
        ("9,5;51,3;", ["says_nothing"]),
        ("9,5;51,3;hoch", ["not_understood"]),
    ],
)
def test_a_row_that_is_of_no_use_says_why(tmp_path: Path, rows: str, rejected: list[str]) -> None:
    survey = read_survey(tmp_path, MAPPING, "x;y;hoehe\n" + rows)

    assert [row.reason for row in survey.rejected] == rejected
    assert len(survey.rows) + len(survey.rejected) == survey.read == rows.count("\n") + 1


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "no_position"),
        ({"type": "Point", "coordinates": []}, "no_position"),
        ({"type": "Point"}, "geometry_unreadable"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "geometry_unreadable"),
        ({"type": "Polygon", "coordinates": [[[0, 0]]]}, "geometry_unreadable"),
        ({"type": "Point", "coordinates": [1e6, 5e6]}, "outside_world"),
    ],
)
def test_a_shape_that_is_none_is_a_broken_row(tmp_path: Path, geometry: object, reason: str) -> None:
    feature = {"type": "Feature", "properties": {"hoehe": 3}, "geometry": geometry}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    survey = read_survey(tmp_path, WITHOUT_COLUMNS, content)

    assert [(row.status, row.reason) for row in survey.rejected] == [("broken", reason)]


def test_coordinates_without_number_are_broken_in_esri_json_and_in_projected_files(tmp_path: Path) -> None:
    nowhere = esri([("NaN", "NaN"), SPOTS[1]], wkid=4326)  # type: ignore[list-item]
    far = geojson([(1e12, 1e12), PROJECTED[1]], crs=crs_member("EPSG:25832"))
    for content in (nowhere, far):
        survey = read_survey(tmp_path, WITHOUT_COLUMNS, content)
        assert [row.reason for row in survey.rejected] == ["not_finite"]
        assert rows_of(survey) == EXPECTED[1:]


def test_a_tenth_of_broken_rows_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = [f"9,5;51,3;{'' if i % 10 else 'x'}3" if i % 10 else "kaputt;51,3;3" for i in range(100)]
    survey = read_survey(tmp_path, MAPPING, "\n".join(["x;y;hoehe", *lines]))

    assert (survey.read, len(survey.rows), len(survey.rejected)) == (100, 90, 10)
    assert {row.reason for row in survey.rejected} == {"geometry_unreadable"}


def test_what_is_not_understood_is_counted_with_its_column(tmp_path: Path) -> None:
    rows = ["9,5;51,3;hoch", "9,5;51,3;hoch", "9,5;51,3;\x1b[31mrot", "9,5;51,3;2"]
    survey = read_survey(tmp_path, MAPPING, "\n".join(["x;y;hoehe", *rows]))

    assert survey.unclear == {("hoehe", "hoch"): 2, ("hoehe", " [31mrot"): 1}


@pytest.mark.parametrize(
    ("cell", "osm"),
    [
        ("node/123", ("node", 123)),
        ("n123", ("node", 123)),
        ("https://www.openstreetmap.org/way/77", ("way", 77)),
        ("osm:way/7", ("way", 7)),
        ("123", ("way", 123)),
        ("", None),
        ("0", None),
    ],
)
def test_an_osm_id_as_people_write_it(tmp_path: Path, cell: str, osm: tuple[str, int] | None) -> None:
    mapping = MAPPING.replace("[[objects]]", 'osm_id = { column = "osm", type = "way" }\n[[objects]]')
    survey = read_survey(tmp_path, mapping, f"x;y;hoehe;osm\n9,5;51,3;3;{cell}")

    assert survey.rows[0].osm == osm


@pytest.mark.parametrize(
    ("date", "cell", "day"),
    [
        ('{ column = "am" }', "2026-10-05", 20731),
        ('{ column = "am" }', "2026-10-05T08:00:00Z", 20731),
        ('{ column = "am" }', "05.10.2026", 20731),
        ('{ column = "am", format = "%d.%m.%y" }', "05.10.26", 20731),
        ('{ column = "am" }', "gestern", -1),
        ('{ column = "am" }', "", -1),
        ("2026-10-05", "", 20731),
    ],
)
def test_the_date_of_a_row(tmp_path: Path, date: str, cell: str, day: int) -> None:
    survey = read_survey(tmp_path, MAPPING.replace("2026-10-05", date), f"x;y;hoehe;am\n9,5;51,3;3;{cell}")

    assert survey.rows[0].day == day
    assert survey.unclear == ({("am", "gestern"): 1} if cell == "gestern" else {})


def test_bfrk_columns_are_those_the_mappings_ask_for(tmp_path: Path) -> None:
    """The header and one invented row, as the state publishes them."""
    header = (
        "ID;HST_DHID;HST_Name;Datenquelle;Datenstatus;Longitude;Latitude;Koordinatenqualität;OSM_ID;AnzahlStufen;"
        "Stufenhoehe_cm;Handlauf_links;Handlauf_rechts;Handlauf_mittig;Fahrradrille;Erfassungsdatum"
    )
    rows = [
        "1;de:1;Hbf;x;y;8.5;48.7;gut;way/5;12;16;ja;nein;nein;nein;2024-05-01",
        "2;de:1;Hbf;x;y;8.5;48.7;gut;;5;16;nein;nein;nein;nein;2024-05-01",
        "3;de:1;Hbf;x;y;8.5;48.7;gut;;5;16;nein;;nein;nein;2024-05-01",
    ]
    mapping = load_mapping(Path("data/accessibility/surveys/bfrk-treppe.toml"))
    path = tmp_path / "Treppe.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    survey = build_survey(read_table(path), mapping, path.name, TIME_ZONE)
    said = [{column.attribute: value for column, value in row.facts.items()} for row in survey.rows]

    assert said == [
        {"handrail": "yes", "step_count": 12.0},
        {"handrail": "no", "step_count": 5.0},
        {"step_count": 5.0},
    ]
