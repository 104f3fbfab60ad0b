"""A survey and its mapping -> rows that say something, with their shapes, dates and facts."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from wayfinder.errors import SurveyError
from wayfinder.routing.surveyed import FactValue
from wayfinder.sources.closures import ClosureTimes, read_times
from wayfinder.sources.surveys.mapping import PLACE, Column, ObjectRule, SurveyMapping
from wayfinder.sources.surveys.shapes import locate_rows
from wayfinder.sources.surveys.table import Cell, Table, TableRow
from wayfinder.sources.surveys.values import UNCLEAR, Nothing, ValueReader, fold

_OSM_ID: Final = re.compile(r"(?:.*?[/:])??(?:(node|way|relation|n|w|r)[/ :]?)?(\d{1,18})")
_COUNT: Final = ValueReader("step_count", "count")
_TYPES: Final = {"n": "node", "w": "way", "r": "relation"}


class OsmRef(NamedTuple):
    """An OSM object; `type` is "" where the survey has a bare number."""

    type: str
    id: int


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """A row that says something.

    Attributes
    ----------
    number, key
        Line or feature number; and the row's own name, which stays the same in the next edition.
    shape
        WGS84; None where the row has an OSM id alone.
    facts
        Column of the rule -> value; an incline is as written, its direction is the column's.
    place_facts
        OSM key -> words, for places.
    day
        Days since 1970-01-01, -1 unknown.
    times
        Of a closure.
    """

    number: int
    key: str
    shape: BaseGeometry | None
    osm: OsmRef | None
    street: str
    rule: ObjectRule
    facts: Mapping[Column, FactValue]
    place_facts: Mapping[str, str]
    day: int
    times: ClosureTimes | None


class RejectedRow(NamedTuple):
    """A row that is of no use: ``broken`` or ``unmatched``, and why."""

    number: int
    key: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey as read.

    Attributes
    ----------
    file
        Its name, without folders.
    read
        Number of rows of the file: those of `rows` and `rejected` together.
    unclear
        (column, what stands there) -> how often it was not understood.
    day
        The newest day of its rows, -1 unknown.
    """

    mapping: SurveyMapping
    file: str
    form: str
    read: int
    rows: tuple[SurveyRow, ...]
    rejected: tuple[RejectedRow, ...]
    unclear: Mapping[tuple[str, str], int]
    day: int


def build_survey(table: Table, mapping: SurveyMapping, file: str, time_zone: str) -> Survey:
    """Read every row of a table by a mapping.

    Raises
    ------
    SurveyError
        A column is missing, there is nothing to locate rows by, or the coordinates cannot be understood.
    """
    _check_columns(table, mapping, file)
    reader = _RowReader(mapping, time_zone)
    rows: list[SurveyRow] = []
    rejected: list[RejectedRow] = []
    for row, (shape, problem) in zip(table.rows, locate_rows(table, mapping), strict=True):
        found = reader.read(row, shape, problem)
        if isinstance(found, SurveyRow):
            rows.append(found)
        else:
            rejected.append(found)
    days = [row.day for row in rows] or [mapping.day]
    return Survey(
        mapping=mapping,
        file=file,
        form=table.form,
        read=len(table.rows),
        rows=tuple(rows),
        rejected=tuple(rejected),
        unclear=dict(sorted(reader.unclear.items(), key=lambda item: (-item[1], item[0]))),
        day=max(days),
    )


def _check_columns(table: Table, mapping: SurveyMapping, file: str) -> None:
    missing = [name for name in mapping.list_columns() if name not in table.columns]
    if missing and table.rows:
        raise SurveyError(
            "{file} has no column {columns}, which {mapping} asks for; it has: {known}.",
            file=file,
            columns=", ".join(missing),
            mapping=mapping.file,
            known=", ".join(table.columns),
        )
    if not (table.has_shapes or mapping.wkt or mapping.x or mapping.osm_id):
        raise SurveyError(
            "{mapping} must say where the rows of {file} lie: geometry or osm_id is missing.",
            mapping=mapping.file,
            file=file,
        )


class _RowReader:
    """Reads one row after the other and counts what it does not understand."""

    def __init__(self, mapping: SurveyMapping, time_zone: str) -> None:
        self._mapping, self._time_zone = mapping, time_zone
        self.unclear: Counter[tuple[str, str]] = Counter()

    def read(self, row: TableRow, shape: BaseGeometry | None, problem: str) -> SurveyRow | RejectedRow:
        mapping = self._mapping
        key = _get_key(row, shape, mapping)
        if problem:
            return RejectedRow(row.number, key, "broken", problem)
        osm = self._read_osm_id(row.cells.get(mapping.osm_id)) if mapping.osm_id else None
        if shape is None and osm is None:
            return RejectedRow(row.number, key, "broken", "no_position")
        rule = next((rule for rule in mapping.objects if _fits(rule, row.cells)), None)
        if rule is None:
            return RejectedRow(row.number, key, "unmatched", "no_rule")
        unclear_before = self.unclear.total()
        facts: dict[Column, FactValue] = {}
        place_facts: dict[str, str] = {}
        for column in rule.columns:
            if rule.target == PLACE:
                word = self._read_word(column, row.cells)
                if word:
                    place_facts[column.attribute] = word
                continue
            value = self._read_value(column, row.cells)
            if value is not None:
                facts[column] = value
        times = None
        if rule.is_closure:
            times = read_times(row.cells.get(rule.begins), row.cells.get(rule.ends), self._time_zone)
            if times is None:
                return RejectedRow(row.number, key, "broken", "dates")
        elif not facts and not place_facts:
            understood = self.unclear.total() == unclear_before
            return RejectedRow(
                row.number, key, "unmatched", "says_nothing" if understood else "not_understood"
            )
        street = fold(row.cells.get(mapping.street)) if mapping.street else ""
        day = self._read_day(row.cells.get(mapping.date)) if mapping.date else mapping.day
        return SurveyRow(row.number, key, shape, osm, street, rule, facts, place_facts, day, times)

    def _read_value(self, column: Column, cells: Mapping[str, Cell]) -> FactValue | None:
        if column.fixed:
            value = column.reader.read(column.fixed)
            return None if isinstance(value, Nothing) else value
        read = [column.reader.read(cells.get(name)) for name in column.names]
        for name, value in zip(column.names, read, strict=True):
            if value is UNCLEAR:
                self._count(name, cells.get(name))
        if len(read) == 1:
            return None if isinstance(read[0], Nothing) else read[0]
        # of several columns one yes will do; for no all must say so
        return "yes" if "yes" in read else "no" if set(read) == {"no"} else None

    def _read_word(self, column: Column, cells: Mapping[str, Cell]) -> str:
        if column.fixed:
            return column.fixed
        (name,) = column.names
        cell = cells.get(name)
        if column.reader.unit:
            count = _COUNT.read(cell)
            if count is UNCLEAR:
                self._count(name, cell)
            return f"{count:g}" if isinstance(count, float) else ""
        text = "" if cell is None else " ".join(str(cell).split())
        if column.reader.words is None:
            return text[:200]
        word = column.reader.words.get(fold(cell))
        if word is None and text:
            self._count(name, cell)
        return word or ""

    def _read_osm_id(self, cell: Cell) -> OsmRef | None:
        text = fold(cell)
        if not text or text == "0":
            return None
        match = _OSM_ID.fullmatch(text)
        if match is None:
            self._count(self._mapping.osm_id, cell)
            return None
        kind = match[1] or self._mapping.osm_type
        return OsmRef(_TYPES.get(kind, kind), int(match[2]))

    def _read_day(self, cell: Cell) -> int:
        day = parse_day(cell, self._mapping.date_format)
        if day is None:
            if fold(cell):
                self._count(self._mapping.date, cell)
            return -1
        return day

    def _count(self, column: str, cell: Cell) -> None:
        text = "".join(letter if letter.isprintable() else " " for letter in str(cell))
        self.unclear[column, text[:80]] += 1


def parse_day(cell: Cell, form: str = "") -> int | None:
    """Days since 1970-01-01 of a date as `form` (``%d.%m.%Y``) says; None if it is none.

    Without a form ISO 8601, or day, month and year with points.
    """
    text = str(cell or "").strip()
    forms = (form,) if form else ("%Y-%m-%d", "%d.%m.%Y")
    for one in forms:
        try:
            days = (datetime.strptime(text if form else text[:10], one).date() - date(1970, 1, 1)).days
        except ValueError:
            continue
        return days if 0 <= days < 50_000 else None
    return None


def _fits(rule: ObjectRule, cells: Mapping[str, Cell]) -> bool:
    return all(fold(cells.get(column)) in words for column, words in rule.when.items())


def _get_key(row: TableRow, shape: BaseGeometry | None, mapping: SurveyMapping) -> str:
    """The row's own name, else a hash of what it says and where."""
    if mapping.key and fold(row.cells.get(mapping.key)):
        return " ".join(str(row.cells[mapping.key]).split())[:80]
    place = "" if shape is None else shapely.to_wkt(shape, rounding_precision=7)
    said: Sequence[object] = sorted((name, str(cell)) for name, cell in row.cells.items())
    return "#" + hashlib.sha256(f"{said}{place}".encode()).hexdigest()[:12]
