"""GeoPackage and zipped Shapefile, by GDAL (pyogrio). The only import of pyogrio."""

from __future__ import annotations

import math
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.table import Cell, Table, TableRow

_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MOST_BYTES: Final = 1_000_000_000
_MOST_RATIO: Final = 200
"""A Shapefile packs to a tenth or so; a bomb to less than a thousandth."""
_BLOCK: Final = 1 << 20


def read_geopackage(path: Path, layer: str = "") -> Table:
    """Read one layer of a GeoPackage."""
    with tempfile.TemporaryDirectory() as folder:
        # GDAL goes by the ending of the name, we go by the content.
        link = Path(folder) / "survey.gpkg"
        link.symlink_to(path.resolve())
        return _read(link, "GeoPackage", layer, "")


def read_shapefile(path: Path, layer: str = "", encoding: str = "") -> Table:
    """Read a Shapefile in a zip; `layer` is its name where the zip holds several.

    Raises
    ------
    SurveyError
        It holds none, or several; or it is damaged, or would fill the disk.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist()]
            shapes = [name for name in names if PurePosixPath(name).suffix.lower() == ".shp"]
            chosen = [name for name in shapes if not layer or PurePosixPath(name).stem == layer]
            if len(chosen) != 1:
                raise SurveyError(
                    "{file} must hold one Shapefile, or the mapping name one as layer; it holds: {names}.",
                    names=", ".join(PurePosixPath(name).stem for name in shapes) or "-",
                )
            stem = chosen[0][: -len(".shp")].lower()
            with tempfile.TemporaryDirectory() as folder:
                for entry in archive.infolist():
                    suffix = PurePosixPath(entry.filename).suffix.lower()
                    if suffix in _PARTS and entry.filename.lower() == stem + suffix:
                        # Written under a name of ours: a path in the zip leads nowhere.
                        (Path(folder) / f"survey{suffix}").write_bytes(unpack(archive, entry))
                return _read(Path(folder) / "survey.shp", "Shapefile", "", encoding)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise SurveyError("{file} is a zip that cannot be read: {problem}.", problem=error) from error


def unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack one file of a zip, which may not grow by more than a survey does.

    Raises
    ------
    SurveyError
        It is a bomb.
    """
    most = min(_MOST_BYTES, max(entry.compress_size * _MOST_RATIO, _BLOCK))
    blocks: list[bytes] = []
    size = 0
    with archive.open(entry) as packed:
        while block := packed.read(_BLOCK):
            blocks.append(block)
            size += len(block)
            if size > most:
                raise SurveyError("{file} is a zip that unpacks to far more than it may.")
    return b"".join(blocks)


def _read(path: Path, form: str, layer: str, encoding: str) -> Table:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [str(name) for name, _ in pyogrio.list_layers(path)]
            if layer and layer not in names:
                raise SurveyError(
                    "{file} has no layer {layer}; it has: {names}.", layer=layer, names=", ".join(names)
                )
            if not layer and len(names) > 1:
                raise SurveyError(
                    "{file} has several layers; the mapping must name one of: {names}.",
                    names=", ".join(sorted(names)),
                )
            meta, ids, shapes, fields = pyogrio.raw.read(
                path, layer=layer or names[0], encoding=encoding or None, force_2d=True, return_fids=True
            )
    except (DataSourceError, DataLayerError, IndexError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, SurveyError):
            raise
        raise SurveyError("{file} is a {form} that cannot be read.", form=form) from error
    columns = [str(name) for name in meta["fields"]]
    cells = [[_convert(value) for value in values] for values in fields]
    rows = []
    for number in range(len(ids)):
        named = {name: values[number] for name, values in zip(columns, cells, strict=True)}
        shape, problem = _read_shape(None if shapes is None else shapes[number])
        rows.append(TableRow(number + 1, named, shape, problem))
    crs = meta.get("crs")
    return Table(form, columns, tuple(rows), str(crs) if crs else None, has_shapes=shapes is not None)


def _read_shape(wkb: bytes | None) -> tuple[BaseGeometry | None, str]:
    if wkb is None:
        return None, ""
    try:
        shape = shapely.from_wkb(wkb)
    except (shapely.errors.GEOSException, TypeError):
        return None, "geometry_unreadable"
    return (None, "") if shape.is_empty else (shape, "")


def _convert(value: Any) -> Cell:
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)[:10]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    return (
        value.strip() if isinstance(value, str) else value if isinstance(value, int | float) else str(value)
    )
