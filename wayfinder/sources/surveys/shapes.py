"""The shapes of a table in WGS84: from its own shapes, a WKT column, or two columns of coordinates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.mapping import SurveyMapping
from wayfinder.sources.surveys.table import Cell, Table, TableRow

WGS84: Final = CRS.from_epsg(4326)
_SRID: Final = re.compile(r"SRID\s*=\s*(\d+)\s*;\s*(.*)", re.IGNORECASE | re.DOTALL)
_COORDINATE: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")

Shape = tuple[BaseGeometry | None, str]
"""A shape, or None with the reason why there is none ("" where the row simply has no shape)."""


def locate_rows(table: Table, mapping: SurveyMapping) -> list[Shape]:
    """The shape of each row in WGS84, longitude first.

    Raises
    ------
    SurveyError
        The coordinate system is not known, or file and mapping name different ones.
    """
    srids: set[str] = set()
    read = [_read_shape(row, mapping, srids) for row in table.rows]
    if len(srids) > 1:
        raise SurveyError("{file} names several coordinate systems: {names}.", names=", ".join(sorted(srids)))
    crs = _choose_crs(srids.pop() if srids else table.crs, mapping)
    at = [index for index, (shape, _) in enumerate(read) if shape is not None]
    shapes = _project([shape for shape, _ in read if shape is not None], crs)
    for index, shape in zip(at, shapes, strict=True):
        problem = _find_problem(shape)
        read[index] = (None, problem) if problem else (shape, "")
    return read


def _read_shape(row: TableRow, mapping: SurveyMapping, srids: set[str]) -> Shape:
    if row.problem:
        return None, row.problem
    if mapping.wkt:
        text = str(row.cells.get(mapping.wkt) or "").strip()
        if match := _SRID.fullmatch(text):
            srids.add(f"EPSG:{match[1]}")
            text = match[2]
        if not text:
            return None, ""
        try:
            shape = shapely.from_wkt(text)
        except (shapely.errors.GEOSException, TypeError, ValueError):
            return None, "geometry_unreadable"
        return (None, "") if shape.is_empty else (shapely.force_2d(shape), "")
    if mapping.x:
        cells = row.cells.get(mapping.x), row.cells.get(mapping.y)
        if all(cell is None or cell == "" for cell in cells):
            return None, ""
        x, y = (_parse_coordinate(cell) for cell in cells)
        return (None, "geometry_unreadable") if x is None or y is None else (shapely.Point(x, y), "")
    return row.shape, ""


def _parse_coordinate(cell: Cell) -> float | None:
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = cell.strip()
    return float(text.replace(",", ".")) if _COORDINATE.fullmatch(text) else None


def _choose_crs(said: str | None, mapping: SurveyMapping) -> CRS:
    try:
        of_file = CRS.from_user_input(said) if said else None
    except CRSError as error:
        raise SurveyError(
            "{file}: the coordinate system {name} is not known.", name=str(said)[:80]
        ) from error
    of_mapping = CRS.from_user_input(mapping.crs) if mapping.crs else None
    if (
        of_file is not None
        and of_mapping is not None
        and not of_file.equals(of_mapping, ignore_axis_order=True)
    ):
        raise SurveyError(
            "{file} says its coordinates are {one}, the mapping {mapping} says {other}.",
            one=of_file.name,
            mapping=mapping.file,
            other=of_mapping.name,
        )
    return of_file or of_mapping or WGS84


def _project(shapes: Sequence[BaseGeometry], crs: CRS) -> list[BaseGeometry]:
    """The shapes in WGS84; coordinates the system does not reach become infinite."""
    if not shapes or crs.equals(WGS84, ignore_axis_order=True) or crs.name == "WGS 84 (CRS84)":
        return list(shapes)
    transformer = Transformer.from_crs(crs, WGS84, always_xy=True)

    def turn(spots: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = transformer.transform(spots[:, 0], spots[:, 1])
        return np.column_stack([lon, lat])

    return list(shapely.transform(np.array(shapes, dtype=object), turn))


def _find_problem(shape: BaseGeometry) -> str:
    spots = shapely.get_coordinates(shape)
    if not np.all(np.isfinite(spots)):
        return "not_finite"
    lon, lat = np.abs(spots).max(axis=0)
    return "outside_world" if lon > 180 or lat > 90 else ""
