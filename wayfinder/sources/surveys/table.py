"""A survey as a table, whatever file it came in: cells by column, and a shape for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

Cell = str | float | int | bool | None
"""Text as it stands in the file, or a number or truth value where the file has a type for it."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes
    ----------
    number
        Line of the file (header is line 1), or number of the feature, from 1.
    shape
        In the coordinates of the file, x (longitude) first; None where the file has none for this row.
    problem
        Why the row cannot be read, or "".
    """

    number: int
    cells: Mapping[str, Cell]
    shape: BaseGeometry | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """All rows of a file.

    Attributes
    ----------
    columns
        Every column that occurs.
    crs
        What the file says of its coordinates (``EPSG:25832``, WKT ...), None where it says nothing.
    has_shapes
        The form of the file carries shapes of its own (all but CSV and plain JSON).
    """

    form: str
    columns: Sequence[str]
    rows: Sequence[TableRow] = field(default_factory=tuple)
    crs: str | None = None
    has_shapes: bool = False
