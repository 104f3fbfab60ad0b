"""Read the CSV tables under ``data/accessibility`` strictly: a typing error is found when it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from wayfinder.errors import TableError

TABLES_FOLDER: Final = Path(__file__).resolve().parent.parent / "data" / "accessibility"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, knowing where it stands.

    Attributes
    ----------
    path, line
        The file and the line its row begins on (the header is line 1).
    cells
        Column -> text without surrounding blanks.
    """

    path: Path
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def fail(self, problem: str) -> NoReturn:
        """Raise a `TableError` that names file, line and problem."""
        raise TableError(
            "{file}, line {line}: {problem}", file=self.path.name, line=self.line, problem=problem
        )

    def number(self, column: str) -> float | None:
        """The cell as a number; None where it is empty."""
        text = self.cells[column]
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            self.fail(f"{column} is not a number: {text!r}")
        if value != value or value in (float("inf"), float("-inf")):
            self.fail(f"{column} is not a finite number: {text!r}")
        return value

    def choice(self, column: str, allowed: Sequence[str]) -> str:
        """The cell, which must be one of `allowed`."""
        text = self.cells[column]
        if text not in allowed:
            self.fail(f"{column} is {text!r}, not one of {', '.join(allowed)}")
        return text

    def words(self, column: str) -> tuple[str, ...]:
        """The cell's blank-separated words."""
        return tuple(self.cells[column].split())


def read_table(
    path: Path, columns: Sequence[str], *, key: Sequence[str] = (), filled: Sequence[str] = ("source",)
) -> list[Row]:
    """Read a CSV table whose header must be exactly `columns`.

    Parameters
    ----------
    path
        UTF-8, comma-separated. Lines that begin with ``#`` and blank lines are passed over.
    columns
        The header, in order.
    key
        Columns that together must not repeat.
    filled
        Columns that must not be empty.

    Raises
    ------
    TableError
        With file and line: wrong header, wrong number of cells, an empty cell that must be filled, a repeated
        key.
    """
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in _lines(path):
        if not rows and not seen and tuple(cells) == tuple(columns):
            seen[()] = line
            continue
        if not seen:
            raise TableError(
                "{file}, line {line}: the header must be {columns}",
                file=path.name,
                line=line,
                columns=",".join(columns),
            )
        row = Row(path, line, dict(zip(columns, (cell.strip() for cell in cells), strict=False)))
        if len(cells) != len(columns):
            row.fail(f"{len(cells)} cells instead of {len(columns)}")
        for column in filled:
            if not row[column]:
                row.fail(f"{column} is empty")
        if key:
            identity = tuple(row[column] for column in key)
            if identity in seen:
                row.fail(f"repeats line {seen[identity]}: {', '.join(identity)}")
            seen[identity] = line
        rows.append(row)
    if not seen:
        raise TableError("{file}: the table is empty", file=path.name)
    return rows


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError("{file} cannot be read: {problem}", file=path.name, problem=error) from error
    lines = enumerate(text.splitlines(), start=1)
    for number, line in lines:
        if line.strip() and not line.startswith("#"):
            yield number, next(csv.reader([line], skipinitialspace=True))
