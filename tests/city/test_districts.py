"""Boundary files -> districts: what is read, what is refused, where a point lies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wayfinder.city.districts import OUTSIDE, find_districts, load_districts, pack_districts, unpack_districts
from wayfinder.errors import CityError


def square(west: float, south: float, size: float = 0.01) -> list[list[list[float]]]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(name: object, coordinates: object, kind: str = "Polygon") -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def write(path: Path, *features: object) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_districts_of_several_files_are_read_in_order_and_found_by_point(tmp_path: Path) -> None:
    one = write(tmp_path / "one.geojson", feature("Mitte", square(9.0, 51.0)))
    hole = [*square(9.02, 51.0), *square(9.024, 51.004, 0.002)]
    two = tmp_path / "Süd.geojson"
    two.write_text(json.dumps(feature(None, hole)), encoding="utf-8")
    districts = unpack_districts(pack_districts(load_districts([one, two])))
    assert [district.name for district in districts] == ["Mitte", "Süd"]
    lon = np.array([9.005, 9.021, 9.025, 9.5])
    lat = np.array([51.005, 51.001, 51.005, 51.0])
    assert find_districts(districts, lon, lat).tolist() == [0, 1, OUTSIDE, OUTSIDE]


def test_where_districts_overlap_the_first_one_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "d.json", feature("A", square(9, 51)), feature("B", square(9, 51, 0.02)))
    districts = load_districts([path])
    assert find_districts(districts, np.array([9.005, 9.015]), np.array([51.005, 51.005])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "d.json is not JSON."),
        ("[]", "d.json holds no boundary: a GeoJSON of polygons is needed."),
        ('{"type": "FeatureCollection", "features": []}', "holds no boundary"),
        (json.dumps(feature("A", [9, 51], "Point")), "holds no boundary"),
        (json.dumps(feature("A", [[[9, 51]]])), "holds no boundary"),
        (json.dumps({"type": "Feature", "geometry": None}), "holds no boundary"),
        (json.dumps(feature("A", square(533_000, 5_683_000, 900))), "is not in degrees"),
    ],
)
def test_what_is_no_boundary_is_said_in_one_sentence(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "d.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CityError, match=problem):
        load_districts([path])


def test_a_missing_file_and_a_name_given_twice_are_said(tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"nothing\.json cannot be read"):
        load_districts([tmp_path / "nothing.json"])
    path = write(tmp_path / "d.json", feature("A", square(9, 51)), feature("A", square(9.1, 51)))
    with pytest.raises(CityError, match="The district A is given twice"):
        load_districts([path])
