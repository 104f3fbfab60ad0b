"""Districts of a city: read from boundary files, kept in the city folder, asked where a point lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import shapely
from shapely.errors import GEOSException
from shapely.geometry import MultiPolygon, Polygon, mapping, shape

from wayfinder.errors import CityError
from wayfinder.routing.network import Float64, Int32

DISTRICTS_FILE: Final = "districts.json"
OUTSIDE: Final = -1
"""Number of the district of a point that lies in none."""
_MOST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class District:
    """A part of the city with a name, and its boundary in WGS84 degrees."""

    name: str
    boundary: Polygon | MultiPolygon


def load_districts(paths: Sequence[Path]) -> tuple[District, ...]:
    """Read boundary files (GeoJSON in WGS84): a Feature or a FeatureCollection of polygons with a ``name``.

    A feature without a name takes that of its file. Districts are ordered as they are given.

    Raises
    ------
    CityError
        With the file and what is wrong: not GeoJSON, no polygon, coordinates that are no degrees, a name
        given twice.
    """
    districts: list[District] = []
    for path in paths:
        try:
            document = orjson.loads(Path(path).read_bytes())
        except OSError as error:
            raise CityError(
                "{file} cannot be read: {problem}", file=Path(path).name, problem=str(error.strerror)
            ) from error
        except orjson.JSONDecodeError as error:
            raise CityError("{file} is not JSON.", file=Path(path).name) from error
        districts += _list_districts(document, Path(path))
    names = [district.name for district in districts]
    for name in names:
        if names.count(name) > 1:
            raise CityError("The district {name} is given twice.", name=name)
    return tuple(districts)


def _list_districts(document: Any, path: Path) -> list[District]:
    kind = document.get("type") if isinstance(document, dict) else None
    found = document.get("features") if kind == "FeatureCollection" else [document]
    if kind not in ("FeatureCollection", "Feature"):
        found = None
    if not isinstance(found, list) or not found:
        raise CityError("{file} holds no boundary: a GeoJSON of polygons is needed.", file=path.name)
    return [_read_district(feature, path) for feature in found]


def _read_district(feature: Any, path: Path) -> District:
    problem = CityError("{file} holds no boundary: a GeoJSON of polygons is needed.", file=path.name)
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        raise problem
    try:
        boundary = shape(feature["geometry"])
    except (GEOSException, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise problem from error
    if not isinstance(boundary, Polygon | MultiPolygon) or boundary.is_empty:
        raise problem
    west, south, east, north = boundary.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise CityError(
            "{file} is not in degrees of longitude and latitude (WGS84, EPSG:4326).", file=path.name
        )
    if not boundary.is_valid:
        boundary = shapely.make_valid(boundary, method="structure")
        if not isinstance(boundary, Polygon | MultiPolygon):
            raise problem
    properties = feature.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    text = " ".join(str(name or path.stem).split())[:_MOST_NAME]
    return District("".join(letter for letter in text if letter.isprintable()), boundary)


def pack_districts(districts: Sequence[District]) -> bytes:
    """Districts as ``districts.json``, a GeoJSON with names and boundaries alone."""
    return orjson.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"name": district.name},
                    "geometry": mapping(district.boundary),
                }
                for district in districts
            ],
        }
    )


def unpack_districts(content: bytes) -> tuple[District, ...]:
    """Undo `pack_districts`."""
    features: list[Mapping[str, Any]] = orjson.loads(content)["features"]
    found = []
    for row in features:
        boundary = shape(row["geometry"])
        assert isinstance(boundary, Polygon | MultiPolygon)
        found.append(District(row["properties"]["name"], boundary))
    return tuple(found)


def find_districts(districts: Sequence[District], lon: Float64, lat: Float64) -> Int32:
    """Number of the first district each point lies in, else `OUTSIDE`. int32[k]."""
    found = np.full(len(lon), OUTSIDE, dtype=np.int32)
    for number, district in reversed(list(enumerate(districts))):
        shapely.prepare(district.boundary)
        found[shapely.contains_xy(district.boundary, lon, lat)] = number
    return found
