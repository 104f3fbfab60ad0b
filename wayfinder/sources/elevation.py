"""Terrain models (GeoTIFF in any coordinate system, SRTM ``.hgt``, either in a zip) -> heights of the ground.

The only import of rasterio. What lies outside, in a hole, or beside one has no height: a position needs all
four cells around it.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from wayfinder.errors import CityError
from wayfinder.geo import METRES_PER_DEGREE

Float64 = NDArray[np.float64]

_ENDINGS: Final = (".tif", ".tiff", ".hgt")
_TILE: Final = 2048
"""Cells read at a time along each side: a model of a whole state needs no more memory than one of a city."""
_LOWEST_M: Final = -450.0
_HIGHEST_M: Final = 8_900.0
"""What is beyond is no ground (the shore of the Dead Sea, the top of Mount Everest)."""
_METRES: Final = {
    "": 1.0,
    "m": 1.0,
    "metre": 1.0,
    "meter": 1.0,
    "metres": 1.0,
    "meters": 1.0,
    "ft": 0.3048,
    "foot": 0.3048,
}


class ElevationModel:
    """One opened terrain model.

    Attributes
    ----------
    cell_m
        The larger side of a cell in metres, at the middle of the model.
    step_m
        Smallest difference in height it can say: 0 where heights are no whole numbers.
    """

    cell_m: float
    step_m: float

    def __init__(self, dataset: rasterio.DatasetReader, name: str) -> None:
        if dataset.crs is None:
            raise CityError("{file} does not say where its heights lie (no coordinate system).", file=name)
        if dataset.count != 1 or np.dtype(dataset.dtypes[0]).kind not in "iuf":
            raise CityError(
                "{file} is a picture and no terrain model: it needs one band of heights.", file=name
            )
        unit = (dataset.units[0] or "").lower()
        if unit not in _METRES:
            raise CityError("The heights of {file} are in {unit}, not in metres.", file=name, unit=unit)
        self._dataset = dataset
        self._from_cell = dataset.transform
        self._to_cell = ~dataset.transform
        self._scale = dataset.scales[0] * _METRES[unit]
        self._offset = dataset.offsets[0] * _METRES[unit]
        try:
            target = CRS.from_wkt(dataset.crs.to_wkt())
            self._project = Transformer.from_crs("EPSG:4326", target, always_xy=True)
            self._unproject = Transformer.from_crs(target, "EPSG:4326", always_xy=True)
        except ProjError as error:
            raise CityError("The coordinate system of {file} is not known here.", file=name) from error
        self.step_m = abs(self._scale) if np.dtype(dataset.dtypes[0]).kind in "iu" else 0.0
        self.cell_m = self._measure_cell()

    def _measure_cell(self) -> float:
        column, row = self._dataset.width / 2, self._dataset.height / 2
        spots = [self._from_cell @ spot for spot in ((column, row), (column + 1, row), (column, row + 1))]
        lon, lat = (
            np.asarray(axis)
            for axis in self._unproject.transform([spot[0] for spot in spots], [spot[1] for spot in spots])
        )
        east = (lon[1:] - lon[0]) * METRES_PER_DEGREE * math.cos(math.radians(lat[0]))
        return float(np.hypot(east, (lat[1:] - lat[0]) * METRES_PER_DEGREE).max())

    def _locate(self, lon: Float64, lat: Float64) -> tuple[Float64, Float64]:
        """Column and row of positions, counted from the middle of the first cell."""
        x, y = self._project.transform(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
        column, row = self._to_cell @ (x, y)
        return np.asarray(column, dtype=np.float64) - 0.5, np.asarray(row, dtype=np.float64) - 0.5

    def covers(self, lon: Float64, lat: Float64) -> NDArray[np.bool_]:
        """Which positions (WGS84 degrees) lie inside the model, with or without data."""
        column, row = self._locate(lon, lat)
        inside = (column >= -0.5) & (column <= self._dataset.width - 0.5)
        return np.asarray(inside & (row >= -0.5) & (row <= self._dataset.height - 0.5))

    def get_heights(self, lon: Float64, lat: Float64) -> Float64:
        """Heights in metres at WGS84 degrees, from the four cells around; NaN where one of them has none."""
        column, row = self._locate(lon, lat)
        heights = np.full(column.shape, np.nan)
        width, height = self._dataset.width, self._dataset.height
        with np.errstate(invalid="ignore"):
            inside = (column >= 0) & (row >= 0) & (column <= width - 1) & (row <= height - 1)
        places = np.flatnonzero(inside)
        if not len(places):
            return heights
        left = np.minimum(column[places].astype(np.int64), max(width - 2, 0))
        top = np.minimum(row[places].astype(np.int64), max(height - 2, 0))
        tile = (top // _TILE) * (width // _TILE + 1) + left // _TILE
        for number in np.unique(tile):
            here = np.flatnonzero(tile == number)
            first_column, first_row = int(left[here].min()), int(top[here].min())
            cells = self._read(first_column, first_row, int(left[here].max()) + 2, int(top[here].max()) + 2)
            across = column[places[here]] - left[here]
            down = row[places[here]] - top[here]
            i, j = top[here] - first_row, left[here] - first_column
            upper = cells[i, j] * (1 - across) + cells[i, j + 1] * across
            lower = cells[i + 1, j] * (1 - across) + cells[i + 1, j + 1] * across
            heights[places[here]] = upper * (1 - down) + lower * down
        return heights

    def _read(self, left: int, top: int, right: int, bottom: int) -> Float64:
        window = Window(left, top, right - left, bottom - top)
        cells = self._dataset.read(1, window=window, masked=True, boundless=False)
        found = np.ma.filled(cells.astype(np.float64), np.nan) * self._scale + self._offset
        with np.errstate(invalid="ignore"):
            found[~((found > _LOWEST_M) & (found < _HIGHEST_M))] = np.nan
        return np.asarray(found, dtype=np.float64)


@contextmanager
def open_elevation(path: Path) -> Iterator[ElevationModel]:
    """Open a terrain model.

    Raises
    ------
    CityError
        The file is missing, empty, no terrain model, or does not say where it lies.
    """
    path = Path(path)
    if path.is_dir():
        raise CityError("{file} is a folder, not a terrain model.", file=path.name)
    if not path.is_file():
        raise CityError("{file} does not exist.", file=path.name)
    name = _find_raster(path)
    try:
        with rasterio.Env(GDAL_PAM_ENABLED="NO"), rasterio.open(name) as dataset:
            yield ElevationModel(dataset, path.name)
    except RasterioError as error:
        raise CityError(
            "{file} is not a terrain model (GeoTIFF or .hgt), or it is damaged.", file=path.name
        ) from error


def _find_raster(path: Path) -> str:
    """What rasterio opens: the file, or the one model inside a zip."""
    if not zipfile.is_zipfile(path):
        return str(path)
    with zipfile.ZipFile(path) as archive:
        found = [name for name in archive.namelist() if name.lower().endswith(_ENDINGS)]
    found = [name for name in found if not name.startswith("__MACOSX/")]
    if len(found) != 1:
        raise CityError(
            "{file} holds {count} terrain models (GeoTIFF or .hgt) instead of one.",
            file=path.name,
            count=len(found),
        )
    return f"/vsizip/{{{path.resolve()}}}/{found[0]}"
