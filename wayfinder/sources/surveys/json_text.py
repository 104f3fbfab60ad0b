"""GeoJSON (also with the old ``crs``), Esri JSON, and plain lists of objects."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.table import Cell, Table, TableRow

_ESRI_TYPES: Final = ("x", "points", "paths", "rings")


def read_json(content: bytes | str) -> Table:
    """Read a JSON survey; its form is told by its members.

    Raises
    ------
    SurveyError
        It is no JSON, or none of the forms above.
    """
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise SurveyError("{file} cannot be read as JSON: {problem}.", problem=error) from error
    if isinstance(document, list):
        return build_table("JSON", [(row, None) for row in document], None, has_shapes=False)
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        said = _find_refusal(document)
        raise SurveyError("{file} is JSON, but neither GeoJSON nor Esri JSON{said}.", said=said)
    features = document["features"]
    is_esri = "spatialReference" in document or "geometryType" in document
    if is_esri or any(isinstance(one, dict) and "attributes" in one for one in features[:1]):
        reference = document.get("spatialReference")
        pairs = [_split(feature, "attributes") for feature in features]
        return build_table("Esri JSON", pairs, _find_esri_crs(reference), is_esri=True)
    pairs = [_split(feature, "properties") for feature in features]
    return build_table("GeoJSON", pairs, _find_crs(document.get("crs")))


def build_table(
    form: str,
    pairs: Iterable[tuple[object, object]],
    crs: str | None,
    *,
    is_esri: bool = False,
    has_shapes: bool = True,
) -> Table:
    """Properties and geometries as a table."""
    rows: list[TableRow] = []
    columns: dict[str, None] = {}
    for number, (properties, geometry) in enumerate(pairs, 1):
        if not isinstance(properties, Mapping):
            rows.append(TableRow(number, {}, None, "no_properties"))
            continue
        cells = _flatten(properties)
        columns.update(dict.fromkeys(cells))
        shape, problem = (_read_esri if is_esri else _read_geometry)(geometry)
        rows.append(TableRow(number, cells, shape, problem))
    return Table(form, list(columns), tuple(rows), crs, has_shapes)


def _split(feature: object, member: str) -> tuple[object, object]:
    if not isinstance(feature, Mapping):
        return None, None
    properties = feature.get(member)
    if isinstance(properties, Mapping) and "id" in feature:
        properties = {"@id": feature["id"], **properties}
    return properties if properties is not None else {}, feature.get("geometry")


def _flatten(properties: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """Properties as cells; an object within becomes columns ``outer.inner``."""
    cells: dict[str, Cell] = {}
    for name, value in properties.items():
        if isinstance(value, Mapping):
            if not prefix:
                cells |= _flatten(value, f"{name}.")
        elif isinstance(value, list):
            cells[prefix + name] = ", ".join(str(one) for one in value)
        else:
            cells[prefix + name] = value.strip() if isinstance(value, str) else value
    return cells


def _read_geometry(geometry: object) -> tuple[BaseGeometry | None, str]:
    if geometry is None:
        return None, ""
    try:
        shape = shapely.from_geojson(orjson.dumps(geometry))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        return None, "geometry_unreadable"
    return (None, "") if shape is None or shape.is_empty else (shapely.force_2d(shape), "")


def _read_esri(geometry: object) -> tuple[BaseGeometry | None, str]:
    if not isinstance(geometry, Mapping) or not any(name in geometry for name in _ESRI_TYPES):
        return None, "" if geometry is None or geometry == {} else "geometry_unreadable"
    try:
        if "x" in geometry:
            x, y = _number(geometry["x"]), _number(geometry["y"])
            return shapely.Point(x, y), ""
        if "points" in geometry:
            return shapely.MultiPoint(_spots(geometry["points"])), ""
        if "paths" in geometry:
            return shapely.MultiLineString([_spots(path) for path in geometry["paths"]]), ""
        rings = [shapely.Polygon(_spots(ring)) for ring in geometry["rings"]]
        # Inner rings lie within outer ones: what is covered an odd number of times is inside.
        shape: BaseGeometry = rings[0]
        for ring in rings[1:]:
            shape = shape.symmetric_difference(ring)
        return shape, ""
    except (shapely.errors.GEOSException, TypeError, ValueError, KeyError, IndexError):
        return None, "geometry_unreadable"


def _spots(spots: Sequence[Sequence[object]]) -> list[tuple[float, float]]:
    return [(_number(spot[0]), _number(spot[1])) for spot in spots]


def _number(value: object) -> float:
    """A coordinate; Esri writes "NaN" for the shape of an empty row."""
    return float(value) if isinstance(value, int | float | str) else math.nan


def _find_crs(crs: object) -> str | None:
    """The coordinate system of the old ``crs`` member; None for WGS84 as GeoJSON has it."""
    if not isinstance(crs, Mapping):
        return None
    properties = crs.get("properties")
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if not isinstance(name, str):
        raise SurveyError("{file} names its coordinate system in a way that is not understood.")
    return name


def _find_esri_crs(reference: object) -> str | None:
    if not isinstance(reference, Mapping):
        return None
    number = reference.get("latestWkid") or reference.get("wkid")
    if isinstance(number, int):
        return f"EPSG:{number}" if number < 100_000 else f"ESRI:{number}"
    return reference["wkt"] if isinstance(reference.get("wkt"), str) else None


def _find_refusal(document: object) -> str:
    """What a service says instead of data, shortened."""
    error = document.get("error") if isinstance(document, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else error
    return f" ({message[:100]})" if isinstance(message, str) else ""
