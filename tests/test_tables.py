"""The strict CSV reader: what is wrong is said with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from wayfinder.errors import TableError
from wayfinder.tables import TABLES_FOLDER, read_table

HEADER = "key,limit,source"
COLUMNS = ("key", "limit", "source")


def write(folder: Path, *lines: str) -> Path:
    path = folder / "limits.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_rows_carry_their_cells_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, "# limits", HEADER, "", "kerb, 3 ,DIN", "# later", 'incline,6,"DIN, part 3"')
    assert [(row.line, dict(row.cells)) for row in read_table(path, COLUMNS, key=("key",))] == [
        (4, {"key": "kerb", "limit": "3", "source": "DIN"}),
        (6, {"key": "incline", "limit": "6", "source": "DIN, part 3"}),
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["key,limits,source", "kerb,3,DIN"], "limits.csv, line 1: the header must be key,limit,source"),
        (["kerb,3,DIN"], "limits.csv, line 1: the header must be key,limit,source"),
        ([HEADER, "kerb,3"], "limits.csv, line 2: 2 cells instead of 3"),
        ([HEADER, "kerb,3,DIN,more"], "limits.csv, line 2: 4 cells instead of 3"),
        ([HEADER, "kerb,3, "], "limits.csv, line 2: source is empty"),
        ([HEADER, "kerb,3,DIN", "", "kerb,4,DIN"], "limits.csv, line 4: repeats line 2: kerb"),
        ([""], "limits.csv: the table is empty"),
        (["# only a remark"], "limits.csv: the table is empty"),
    ],
)
def test_wrong_table_is_named(tmp_path: Path, lines: list[str], problem: str) -> None:
    with pytest.raises(TableError) as caught:
        read_table(write(tmp_path, *lines), COLUMNS, key=("key",))
    assert str(caught.value) == problem


def test_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"^absent\.csv cannot be read: "):
        read_table(tmp_path / "absent.csv", COLUMNS)
    (tmp_path / "latin.csv").write_bytes("höhe".encode("latin-1"))
    with pytest.raises(TableError, match=r"^latin\.csv cannot be read: "):
        read_table(tmp_path / "latin.csv", COLUMNS)


def test_a_header_without_rows_is_a_table_without_rows(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, HEADER), COLUMNS) == []


@pytest.mark.parametrize(("text", "number"), [("3", 3.0), ("-2.5", -2.5), ("", None)])
def test_a_cell_is_a_number_or_empty(tmp_path: Path, text: str, number: float | None) -> None:
    (row,) = read_table(write(tmp_path, HEADER, f"kerb,{text},DIN"), COLUMNS)
    assert row.number("limit") == number


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("three", "limit is not a number: 'three'"),
        ("nan", "limit is not a finite number: 'nan'"),
        ("inf", "limit is not a finite number: 'inf'"),
    ],
)
def test_a_cell_that_is_no_number_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (row,) = read_table(write(tmp_path, HEADER, f"kerb,{text},DIN"), COLUMNS)
    with pytest.raises(TableError) as caught:
        row.number("limit")
    assert str(caught.value) == f"limits.csv, line 2: {problem}"


def test_a_cell_must_be_one_of_the_words_allowed(tmp_path: Path) -> None:
    (row,) = read_table(write(tmp_path, HEADER, "kerb,block avoid,DIN"), COLUMNS)
    assert row.words("limit") == ("block", "avoid")
    assert row.choice("key", ("kerb", "width")) == "kerb"
    with pytest.raises(TableError) as caught:
        row.choice("limit", ("block", "avoid"))
    assert str(caught.value) == "limits.csv, line 2: limit is 'block avoid', not one of block, avoid"


def test_every_table_of_the_product_stands_in_one_folder() -> None:
    assert (TABLES_FOLDER / "tags.csv").is_file()
