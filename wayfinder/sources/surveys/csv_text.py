"""CSV as cities publish it: any encoding, semicolons or tabs, a byte-order mark."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.table import Table, TableRow

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = ";\t,|"
_LONGEST_CELL: Final = 2_000_000
"""Letters; the outline of a district is far shorter."""


def decode(content: bytes, encoding: str = "") -> str:
    """Bytes as text: by its byte-order mark, as UTF-16 where every other byte is 0, UTF-8, else Windows-1252.

    Raises
    ------
    SurveyError
        The text is not in the encoding the mapping names.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, errors="replace")
    if encoding:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise SurveyError("{file} is not written in {encoding}.", encoding=encoding) from error
    head = content[:4096]
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[offset::2].count(0)
        if len(head) > 8 and zeros > 0.4 * len(head[offset::2]):
            return content.decode(name, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_csv(text: str, delimiter: str = "") -> Table:
    """Read CSV with a header; a row with too few or too many cells comes with a problem.

    Raises
    ------
    SurveyError
        No header, a column twice, or a cell of absurd length.
    """
    csv.field_size_limit(_LONGEST_CELL)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter or _find_delimiter(text))
    try:
        rows = list(_list_rows(reader))
    except csv.Error as error:
        raise SurveyError(
            "{file}, line {line}, cannot be read as CSV: {problem}.", line=reader.line_num, problem=error
        ) from error
    if not rows:
        raise SurveyError("{file} is empty.")
    (_, header), *rows = rows
    header = [name.strip() for name in header]
    columns = [name for name in header if name]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice or not columns:
        raise SurveyError(
            "The header of {file} must name every column once; not so: {columns}.",
            columns=", ".join(twice) or "-",
        )
    return Table("CSV", columns, tuple(_build_row(number, header, cells) for number, cells in rows))


def _list_rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with the line each begins on."""
    line = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1  # type: ignore[attr-defined]  # csv.reader has no type of its own


def _build_row(number: int, header: list[str], cells: list[str]) -> TableRow:
    surplus = any(cell.strip() for cell in cells[len(header) :])
    named = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
    return TableRow(number, named, None, "cells" if surplus or len(cells) < len(header) else "")


def _find_delimiter(text: str) -> str:
    """The delimiter that gives the header the most columns; of equal ones the first of `_DELIMITERS`."""
    header = text.lstrip().partition("\n")[0]
    cells = {mark: len(next(csv.reader([header], delimiter=mark))) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: cells[mark])
