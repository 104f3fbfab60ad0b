"""A file -> a table; the form is told by the content, never by the name."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.csv_text import decode, read_csv
from wayfinder.sources.surveys.json_text import read_json
from wayfinder.sources.surveys.ogr_files import read_geopackage, read_shapefile, unpack
from wayfinder.sources.surveys.table import Table

_MOST_BYTES: Final = 500_000_000
_ZIP: Final = b"PK\x03\x04"
_TEXTS: Final = frozenset({".csv", ".txt", ".json", ".geojson"})
_SQLITE: Final = b"SQLite format 3\x00"


def read_table(path: Path, *, encoding: str = "", delimiter: str = "", layer: str = "") -> Table:
    """Read a survey.

    Raises
    ------
    SurveyError
        One clear sentence: missing, too large, a web page, a spreadsheet, damaged ...
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise SurveyError(
            "{file} cannot be read: {problem}.", file=path.name, problem=error.strerror or error
        ) from error
    if size > _MOST_BYTES:
        raise SurveyError("{file} is larger than {most} MB.", file=path.name, most=_MOST_BYTES // 1_000_000)
    try:
        if head.startswith(_SQLITE):
            return read_geopackage(path, layer)
        if head.startswith(_ZIP):
            return _read_zip(path, encoding, delimiter, layer)
        return read_text(path.read_bytes(), encoding=encoding, delimiter=delimiter)
    except SurveyError as error:
        raise error.name_file(path.name) from error


def read_text(content: bytes, *, encoding: str = "", delimiter: str = "") -> Table:
    """Read CSV, GeoJSON, Esri JSON or plain JSON."""
    text = decode(content, encoding)
    start = text.lstrip("\ufeff \t\r\n")[:15].lower()
    if start.startswith("<"):
        if start.startswith(("<!doctype", "<html")):
            raise SurveyError("{file} is a web page and no survey.")
        raise SurveyError("{file} is XML and no survey that is understood; please ask for GeoJSON.")
    if start.startswith("%pdf"):
        raise SurveyError("{file} is a PDF document and no survey.")
    if start.startswith(("{", "[")):
        return read_json(text.lstrip("\ufeff"))
    return read_csv(text, delimiter)


def _read_zip(path: Path, encoding: str, delimiter: str, layer: str) -> Table:
    """Read the Shapefile in a zip, or the one text file in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" in names or "content.xml" in names:
                raise SurveyError("{file} is a spreadsheet; please save it as CSV.")
            texts = [name for name in names if PurePosixPath(name).suffix.lower() in _TEXTS]
            chosen = [name for name in texts if not layer or PurePosixPath(name).stem == layer]
            if len(chosen) == 1 and not any(name.lower().endswith(".shp") for name in names):
                content = unpack(archive, archive.getinfo(chosen[0]))
                return read_text(content, encoding=encoding, delimiter=delimiter)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise SurveyError("{file} is a zip that cannot be read: {problem}.", problem=error) from error
    return read_shapefile(path, layer, encoding)
