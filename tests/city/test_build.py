"""From an OSM file to a city folder: what is found, what is said of it, and what stays when it fails."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from wayfinder.city import build
from wayfinder.city.artifact import open_city
from wayfinder.city.build import Dem, build_city, format_summary
from wayfinder.city.info import Coverage, Source
from wayfinder.city.landmarks import (
    Landmark,
    count_ways_out,
    label_connected,
    load_landmark_kinds,
)
from wayfinder.errors import CityError, TableError

NODES = {
    1: (51.3000, 9.4000, {}),
    2: (51.3010, 9.4000, {}),
    3: (51.3020, 9.4000, {}),
    4: (51.3010, 9.4020, {}),
    5: (51.3015, 9.4000, {"barrier": "bollard", "maxwidth:physical": "1.2"}),
    6: (51.3500, 9.5000, {}),
    7: (51.3510, 9.5000, {}),
    20: (51.30105, 9.40005, {"amenity": "pharmacy", "name": "Löwen-Apotheke"}),
    21: (51.30103, 9.40003, {"amenity": "post_box", "name": "Kasten"}),
    22: (51.3020, 9.4001, {"amenity": "townhall", "name": "Rathaus"}),
}
WAYS: dict[int, tuple[Sequence[int], dict[str, str]]] = {
    10: ((1, 2, 5, 3), {"highway": "footway", "surface": "asphalt", "name": "Königsstraße", "width": "nice"}),
    11: ((2, 4), {"highway": "footway", "surface": "crazy", "name": "Am Markt"}),
    12: ((6, 7), {"highway": "footway"}),
}


def write_osm(path: Path, ways: dict[int, tuple[Sequence[int], dict[str, str]]] = WAYS) -> Path:
    def tags(of: dict[str, str]) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in of.items())

    nodes = (f'<node id="{i}" lat="{lat}" lon="{lon}">{tags(t)}</node>' for i, (lat, lon, t) in NODES.items())
    lines = (
        f'<way id="{i}">{"".join(f"<nd ref={chr(34)}{ref}{chr(34)}/>" for ref in refs)}{tags(t)}</way>'
        for i, (refs, t) in ways.items()
    )
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(lines)}</osm>', encoding="utf-8")
    return path


def test_a_built_city_opens_with_everything_in_it(tmp_path: Path) -> None:
    told: list[str] = []
    summary = build_city(
        write_osm(tmp_path / "town.osm"),
        "Kassel",
        tmp_path / "kassel",
        built_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        progress=lambda step, done, total: told.append(step),
    )
    city = open_city(tmp_path / "kassel", verify=True)

    assert city.info == summary.info
    assert (city.info.name, city.info.built_at) == ("Kassel", "2026-11-23T09:00:00Z")
    assert city.info.bounds == (9.4, 51.3, 9.5, 51.351)
    assert set(city.names) == {"", "Königsstraße", "Am Markt"}
    assert city.info.counts["nodes"] == city.network.node_count
    assert city.info.counts["parts"] == 2
    assert summary.kinds["barrier"] == (1, 0.0)
    assert city.arrays["bound.foot.distance_ms"].shape[0] == city.network.node_count
    assert city.read("judgement.json").startswith(b"{")
    assert city.addresses.search("koenigsstr")[0].place_id == "osm:way/10"
    assert list(dict.fromkeys(told)) == ["read", "ways", "junctions", "arrays", "places", "bounds", "write"]


def test_only_decisions_get_a_landmark_and_of_several_the_one_that_is_best_seen(tmp_path: Path) -> None:
    build_city(write_osm(tmp_path / "town.osm"), "Kassel", tmp_path / "kassel")
    city = open_city(tmp_path / "kassel")

    seen = {
        int(osm_id): city.landmarks[landmark]
        for osm_id, landmark in zip(city.network.node_osm_id, city.network.node_landmark, strict=True)
        if landmark >= 0
    }
    assert seen == {2: Landmark("pharmacy", "Löwen-Apotheke")}
    assert city.landmarks == (Landmark("pharmacy", "Löwen-Apotheke"),)
    ways_out = dict(
        zip(city.network.node_osm_id.tolist(), count_ways_out(city.network).tolist(), strict=False)
    )
    assert (ways_out[1], ways_out[2], ways_out[5]) == (1, 3, 2)


def test_the_summary_says_what_is_known_unmapped_and_not_understood(tmp_path: Path) -> None:
    summary = build_city(write_osm(tmp_path / "town.osm"), "Kassel", tmp_path / "kassel")
    coverage = {(row.attribute, row.unit): row for row in summary.info.coverage}
    text = format_summary(summary)

    assert coverage["surface", "m"] == Coverage("surface", "m", 222.4, 111.2, 139.0)
    assert coverage["passage_cm", "count"] == Coverage("passage_cm", "count", 1.0, 0.0, 0.0)
    assert [(one.key, one.value, one.count) for one in summary.misreadings] == [
        ("surface", "crazy", 1),
        ("width", "nice", 1),
    ]
    assert "surface                         0.5 km     47.1%     23.5%           29.4%" in text
    assert "       1  surface=crazy" in text
    assert "not understood: 2 values, 2 times" in text
    assert "... 1 more" in format_summary(summary, most_misreadings=1)


def test_the_same_file_gives_the_same_city(tmp_path: Path) -> None:
    osm = write_osm(tmp_path / "town.osm")
    backwards = write_osm(tmp_path / "town2.osm", dict(reversed(WAYS.items())))

    first = build_city(osm, "Kassel", tmp_path / "a").info
    again = build_city(osm, "Kassel", tmp_path / "b").info
    turned = build_city(backwards, "Kassel", tmp_path / "c").info

    assert first.id == again.id == turned.id
    assert first.files == again.files == turned.files


def test_a_city_without_ways_for_people_is_no_city(tmp_path: Path) -> None:
    for name, ways in {
        "empty.osm": {},
        "motorway.osm": {10: ((1, 2), {"highway": "motorway"})},
        "lonely.osm": {10: ((1, 99), {"highway": "footway"})},
    }.items():
        with pytest.raises(CityError, match=rf"^{name} has no ways for people on foot\.$"):
            build_city(write_osm(tmp_path / name, ways), "Kassel", tmp_path / "kassel")
    assert not (tmp_path / "kassel").exists()


def test_a_failed_build_keeps_the_old_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    osm = write_osm(tmp_path / "town.osm")
    old = build_city(osm, "Kassel", tmp_path / "kassel").info
    (tmp_path / "broken.pbf").write_bytes(b"not a map")

    with pytest.raises(CityError, match=r"broken\.pbf is not an OSM file"):
        build_city(tmp_path / "broken.pbf", "Kassel", tmp_path / "kassel")
    monkeypatch.setattr(
        build, "export_judgement", lambda: (_ for _ in ()).throw(TableError("judgement.csv: bad"))
    )
    with pytest.raises(TableError):
        build_city(osm, "Anders", tmp_path / "kassel")

    assert open_city(tmp_path / "kassel", verify=True).info == old


@pytest.mark.parametrize(
    ("name", "time_zone", "sentence"),
    [
        ("  ", "Europe/Berlin", "needs a name"),
        ("Kas\x00sel", "Europe/Berlin", "needs a name"),
        ("Kassel", "Europe/Kassel", "There is no time zone Europe/Kassel."),
        ("Kassel", "../../etc/passwd", "There is no time zone"),
    ],
)
def test_a_name_or_time_zone_that_is_no_use_is_said_before_anything_is_read(
    tmp_path: Path, name: str, time_zone: str, sentence: str
) -> None:
    with pytest.raises(CityError, match=sentence):
        build_city(tmp_path / "nowhere.pbf", name, tmp_path / "out", time_zone=time_zone)


@pytest.mark.parametrize("region", ["DE-XX", "Hessen", ""])
def test_a_region_without_holidays_is_said_before_anything_is_read(tmp_path: Path, region: str) -> None:
    with pytest.raises(CityError, match="No holidays are known"):
        build_city(tmp_path / "nowhere.pbf", "Kassel", tmp_path / "out", region=region)


def test_a_folder_that_is_no_city_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")

    with pytest.raises(CityError, match="holds other files and no city"):
        build_city(tmp_path / "nowhere.pbf", "Kassel", tmp_path)


def test_parts_of_a_network_are_told_apart() -> None:
    tail, head = np.array([0, 4, 2], dtype=np.int32), np.array([3, 3, 5], dtype=np.int32)

    assert label_connected(7, tail, head).tolist() == [0, 1, 2, 0, 0, 2, 6]


def test_a_wrong_row_in_the_table_of_landmarks_names_its_line(tmp_path: Path) -> None:
    table = tmp_path / "landmarks.csv"
    table.write_text("key,value,landmark,rank,source\namenity,bench,bench,often,seen\n")

    with pytest.raises(TableError, match=r"landmarks\.csv, line 2: rank is not a number: 'often'"):
        load_landmark_kinds(table)


def write_terrain(path: Path, west: float = 9.39, north: float = 51.36, crs: str = "EPSG:4326") -> Path:
    """Heights that rise by half a metre from cell to cell to the north, about 11 m each."""
    cells = np.repeat(np.arange(900, dtype=np.float32)[::-1, None] * 0.5, 1200, axis=1)
    profile = {"driver": "GTiff", "height": 900, "width": 1200, "count": 1, "dtype": "float32", "crs": crs}
    with rasterio.open(path, "w", transform=from_origin(west, north, 1e-4, 1e-4), **profile) as file:
        file.write(cells[np.newaxis])
    return path


def test_a_city_with_terrain_counts_estimates_names_their_source_and_is_the_same_twice(
    tmp_path: Path,
) -> None:
    osm, dem = write_osm(tmp_path / "town.osm"), write_terrain(tmp_path / "dgm1.tif")
    told = [
        build_city(osm, "Kassel", tmp_path / name, dem=Dem(dem, "HVBG", "dl-de/zero-2-0"))
        for name in ("a", "b")
    ]
    assert told[0].info.files == told[1].info.files
    info = told[0].info
    assert info.sources[1:] == (Source("HVBG", "dl-de/zero-2-0"),)
    assert info.attribution == "© OpenStreetMap-Mitwirkende, ODbL 1.0; HVBG"
    rows = {row.attribute: row for row in info.coverage}
    assert (rows["incline_percent"].known, rows["incline_percent"].unmapped) == (0.0, 472.6)
    assert (rows["incline_estimated"].known, rows["incline_estimated"].unmapped) == (472.6, 0.0)
    assert "terrain: tagged 0.0 km, estimated 0.5 km, outside 0.0 km, no_data 0.0 km" in format_summary(
        told[0]
    )
    network = open_city(tmp_path / "a", verify=True).network
    assert sorted(set(network.edge_incline_percent[network.edge_length_mm > 0].round().tolist())) == [
        0.0,
        4.0,
    ]


def test_terrain_that_lies_elsewhere_is_refused_and_the_old_city_stays(tmp_path: Path) -> None:
    osm = write_osm(tmp_path / "town.osm")
    before = build_city(osm, "Kassel", tmp_path / "kassel").info.id
    with pytest.raises(CityError, match=r"^far\.tif does not cover this city\.$"):
        build_city(
            osm, "Kassel", tmp_path / "kassel", dem=Dem(write_terrain(tmp_path / "far.tif", west=20.0))
        )
    assert open_city(tmp_path / "kassel").info.id == before


def test_terrain_that_covers_a_part_estimates_that_part(tmp_path: Path) -> None:
    osm, dem = write_osm(tmp_path / "town.osm"), write_terrain(tmp_path / "part.tif", north=51.32)
    slopes = build_city(osm, "Kassel", tmp_path / "kassel", dem=Dem(dem)).slopes
    assert slopes is not None
    assert (round(slopes.estimated), round(slopes.outside)) == (361, 111)
