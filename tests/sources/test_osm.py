"""OSM files: what is kept of them, and what is said of files that are no use."""

import bz2
import gzip
from datetime import date
from pathlib import Path

import osmium
import pytest

from wayfinder.errors import CityError
from wayfinder.routing.osm_records import OsmNode, OsmPlace, OsmRelation, OsmWall, OsmWay
from wayfinder.sources.osm import find_day, load_osm

TOWN = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
  <node id="1" lat="51.3000" lon="9.4000" timestamp="2026-03-01T12:00:00Z"/>
  <node id="2" lat="51.3010" lon="9.4000" timestamp="2026-03-02T12:00:00Z"><tag k="kerb" v="lowered"/></node>
  <node id="3" lat="51.3020" lon="9.4000"><tag k="barrier" v="bollard"/></node>
  <node id="4" lat="51.3000" lon="9.4010"/>
  <node id="5" lat="51.3010" lon="9.4010"/>
  <node id="6" lat="51.3010" lon="9.4020"/>
  <node id="7" lat="51.3005" lon="9.4005" timestamp="2026-04-01T12:00:00Z">
    <tag k="amenity" v="pharmacy"/><tag k="name" v="Löwen-Apotheke"/>
    <tag k="check_date" v="2026-06-15"/></node>
  <node id="8" lat="51.3005" lon="9.4006"><tag k="natural" v="tree"/></node>
  <way id="10" timestamp="2026-05-01T00:00:00Z">
    <nd ref="1"/><nd ref="2"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way>
  <way id="11"><nd ref="4"/><nd ref="5"/><nd ref="6"/><nd ref="4"/></way>
  <way id="12"><nd ref="4"/><nd ref="5"/><nd ref="6"/><nd ref="4"/>
    <tag k="building" v="yes"/><tag k="addr:street" v="Am Markt"/><tag k="addr:housenumber" v="3"/></way>
  <way id="13"><nd ref="1"/><nd ref="4"/><tag k="power" v="line"/></way>
  <relation id="20"><member type="way" ref="11" role="outer"/>
    <tag k="type" v="multipolygon"/><tag k="highway" v="pedestrian"/></relation>
</osm>
"""


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_town_keeps_ways_for_people_their_nodes_squares_walls_and_places(tmp_path: Path) -> None:
    data = load_osm(write(tmp_path, "town.osm", TOWN))

    assert list(data.nodes) == [1, 2, 3, 4, 5, 6]
    assert data.nodes[2] == OsmNode(2, 9.4, 51.301, {"kerb": "lowered"}, day("2026-03-02"))
    assert data.nodes[3] == OsmNode(3, 9.4, 51.302, {"barrier": "bollard"}, -1)
    assert data.ways == (
        OsmWay(10, (1, 2, 3), {"highway": "footway"}, day("2026-05-01")),
        OsmWay(11, (4, 5, 6, 4), {}, -1),
    )
    square = {"type": "multipolygon", "highway": "pedestrian"}
    assert data.relations == (OsmRelation(20, (("w", 11, "outer"),), square, -1),)
    assert [wall.id for wall in data.walls] == [12]
    pharmacy = {"amenity": "pharmacy", "name": "Löwen-Apotheke", "check_date": "2026-06-15"}
    house = {"building": "yes", "addr:street": "Am Markt", "addr:housenumber": "3"}
    assert data.places == (
        OsmPlace("node", 7, 9.4005, 51.3005, pharmacy, day("2026-06-15")),
        OsmPlace("way", 12, 9.4015, 51.3005, house, -1),
    )
    assert data.places[1].place_id == "osm:way/12"
    assert data.osm_at == "2026-05-01T00:00:00Z"
    assert data.skipped == {}


def test_walls_near_squares_are_read_with_their_courtyards_and_gates(tmp_path: Path) -> None:
    content = """<osm version="0.6">
      <node id="1" lat="51.300" lon="9.400"/><node id="2" lat="51.300" lon="9.401"/>
      <node id="3" lat="51.301" lon="9.401"/><node id="4" lat="51.301" lon="9.400"/>
      <node id="5" lat="51.3005" lon="9.4005"><tag k="barrier" v="gate"/></node>
      <node id="6" lat="51.3" lon="9.5"/><node id="7" lat="51.3" lon="9.51"/>
      <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
        <tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></way>
      <way id="11"><nd ref="1"/><nd ref="5"/><nd ref="3"/><tag k="barrier" v="fence"/></way>
      <way id="12"><nd ref="6"/><nd ref="7"/><tag k="barrier" v="fence"/></way>
      <way id="13"><nd ref="1"/><nd ref="3"/><tag k="building" v="roof"/></way>
      <way id="14"><nd ref="1"/><nd ref="2"/><nd ref="4"/></way>
      <way id="15"><nd ref="4"/><nd ref="1"/></way>
      <way id="16"><nd ref="5"/><nd ref="3"/><nd ref="2"/><nd ref="5"/></way>
      <relation id="20"><member type="way" ref="14" role="outer"/><member type="way" ref="15" role=""/>
        <member type="way" ref="16" role="inner"/>
        <tag k="type" v="multipolygon"/><tag k="building" v="yes"/></relation></osm>"""
    data = load_osm(write(tmp_path, "walls.osm", content))

    building = {"type": "multipolygon", "building": "yes"}
    assert data.walls == (
        OsmWall("way", 11, ((1, 5, 3),), (), {"barrier": "fence"}),
        OsmWall("relation", 20, ((1, 2, 4), (4, 1)), ((5, 3, 2, 5),), building),
    )
    assert data.nodes[5].tags == {"barrier": "gate"}
    assert 6 not in data.nodes


def test_the_form_of_a_file_is_told_by_its_content(tmp_path: Path) -> None:
    plain = load_osm(write(tmp_path, "town.osm", TOWN))
    pbf = tmp_path / "town.osm.pbf"
    with osmium.SimpleWriter(str(pbf)) as writer:
        for thing in osmium.FileProcessor(str(tmp_path / "town.osm")):
            writer.add(thing)

    assert load_osm(write(tmp_path, "town.osm.gz", gzip.compress(TOWN.encode()))) == plain
    assert load_osm(write(tmp_path, "town.osm.bz2", bz2.compress(TOWN.encode()))) == plain
    assert load_osm(write(tmp_path, "wrongly-named.pbf", TOWN)) == plain
    assert load_osm(pbf) == plain


def test_a_way_that_leaves_the_extract_and_comes_back_has_no_line_across_the_gap(tmp_path: Path) -> None:
    nodes = "".join(f'<node id="{i}" lat="51.{i}" lon="9.4"/>' for i in (1, 2, 4, 5))
    refs = "".join(f'<nd ref="{i}"/>' for i in (1, 2, 3, 4, 5, 6))
    text = f'<osm version="0.6">{nodes}<way id="7">{refs}<tag k="highway" v="path"/></way></osm>'

    data = load_osm(write(tmp_path, "cut.osm", text))

    assert [way.nodes for way in data.ways] == [(1, 2), (4, 5)]
    assert data.skipped == {"nodes_missing": 2}


def test_positions_outside_the_world_or_swapped_are_left_out_and_counted(tmp_path: Path) -> None:
    text = """<osm version="0.6">
      <node id="1" lat="51.30" lon="9.40"/><node id="2" lat="51.31" lon="9.40"/>
      <node id="3" lat="9.40" lon="51.32"/>
      <node id="4" lat="95" lon="9.4"/><node id="5" lat="51.32" lon="9.40"/>
      <way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><tag k="highway" v="path"/></way>
      <way id="8"><nd ref="4"/><nd ref="5"/><tag k="highway" v="path"/></way></osm>"""

    data = load_osm(write(tmp_path, "swapped.osm", text))

    assert [(way.id, way.nodes) for way in data.ways] == [(7, (1, 2))]
    assert data.skipped == {"nodes_far_away": 1, "nodes_out_of_range": 1, "ways_without_line": 1}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.pbf", b"", "empty.pbf is empty."),
        (
            "photo.pbf",
            b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(50),
            "not an OSM file (pbf, osm, osm.gz or osm.bz2).",
        ),
        ("page.osm.pbf", "<!DOCTYPE html><html></html>", "page.osm.pbf is a web page, not an OSM file."),
        ("track.osm", '<?xml version="1.0"?><gpx></gpx>', "track.osm cannot be read: it is not an OSM file."),
        ("half.osm", TOWN[:900], "half.osm cannot be read: it is damaged or not an OSM file."),
        ("end.osm", TOWN[:-8], "end.osm cannot be read: it is cut off, please download it again."),
        ("half.osm.gz", gzip.compress(TOWN.encode())[:200], "it is cut off, please download it again."),
        ("half.osm.bz2", bz2.compress(TOWN.encode())[:200], "half.osm.bz2 cannot be read: "),
        ("odd.osm", '<osm version="0.6"><node id="1" lat="x" lon="1"/></osm>', "odd.osm cannot be read: "),
    ],
)
def test_a_file_that_is_no_use_is_named_in_one_sentence(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    path = write(tmp_path, name, content)

    with pytest.raises(CityError) as caught:
        load_osm(path)

    assert sentence in str(caught.value)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


def test_a_cut_off_pbf_is_said_to_be_cut_off(tmp_path: Path) -> None:
    pbf = tmp_path / "town.osm.pbf"
    source = write(tmp_path, "town.osm", TOWN)
    with osmium.SimpleWriter(str(pbf)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    pbf.write_bytes(pbf.read_bytes()[:-40])

    with pytest.raises(CityError, match=r"town\.osm\.pbf cannot be read: it is cut off"):
        load_osm(pbf)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"^nowhere\.pbf does not exist\.$"):
        load_osm(tmp_path / "nowhere.pbf")
    with pytest.raises(CityError, match=r"is a folder, not an OSM file\.$"):
        load_osm(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01", day("2026-07-01")),
        ("2026-07", day("2026-07-01")),
        ("2026", day("2026-01-01")),
        ("01.07.2026", None),
        ("2026-13-01", None),
        ("1970-01-01", None),
        ("٢٠٢٦-٠١-٠١", None),
        ("", None),
    ],
)
def test_dates_of_surveys(text: str, expected: int | None) -> None:
    assert find_day(text) == expected


ENTRANCES = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
  <node id="1" lat="51.3000" lon="9.4000"/><node id="2" lat="51.3000" lon="9.4010">
    <tag k="entrance" v="main"/></node>
  <node id="3" lat="51.3010" lon="9.4010"/>
  <node id="4" lat="51.3010" lon="9.4000"><tag k="door" v="hinged"/></node>
  <node id="5" lat="51.3020" lon="9.4000"><tag k="highway" v="street_lamp"/></node>
  <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/></way>
  <way id="11"><nd ref="1"/><nd ref="4"/><nd ref="3"/></way>
  <way id="12"><nd ref="1"/><nd ref="5"/><tag k="barrier" v="fence"/></way>
  <way id="13"><nd ref="1"/><nd ref="5"/><tag k="barrier" v="kerb"/></way>
  <relation id="20"><member type="way" ref="11" role="outer"/><member type="way" ref="10" role="outer"/>
    <tag k="type" v="multipolygon"/><tag k="building" v="yes"/></relation>
</osm>
"""


def test_entrances_are_kept_with_the_outlines_of_buildings_and_barriers(tmp_path: Path) -> None:
    data = load_osm(write(tmp_path, "entrances.osm", ENTRANCES))

    assert [(node.id, dict(node.tags)) for node in data.entrances] == [
        (2, {"entrance": "main"}),
        (4, {"door": "hinged"}),
    ]
    assert [(one.place_id, one.nodes, one.is_building, one.is_wall) for one in data.outlines] == [
        ("osm:relation/20", (1, 2, 3, 4, 1), True, True),
        ("osm:way/12", (1, 5), False, True),
        ("osm:way/13", (1, 5), False, False),
    ]
    assert data.outlines[0].line.tolist() == [
        [9.4, 51.3],
        [9.401, 51.3],
        [9.401, 51.301],
        [9.4, 51.301],
        [9.4, 51.3],
    ]


def test_without_an_entrance_no_outlines_are_kept(tmp_path: Path) -> None:
    assert load_osm(write(tmp_path, "town.osm", TOWN)).outlines == ()
