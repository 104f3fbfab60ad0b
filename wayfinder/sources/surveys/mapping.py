"""The TOML that says what a survey's columns mean; checked when read, an error names file and line.

See ``data/accessibility/surveys/musterstadt.toml`` for one with a remark on every key.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from pyproj import CRS
from pyproj.exceptions import CRSError

from wayfinder.errors import SurveyError
from wayfinder.routing.attributes import KERB_KINDS, WAY_KINDS, Kind
from wayfinder.routing.surveyed import SURVEYED, takes
from wayfinder.sources.surveys.values import UNITS, Nothing, ValueReader, fold, get_unit, is_yes_or_no
from wayfinder.tables import TABLES_FOLDER

MAPPINGS_FOLDER: Final = TABLES_FOLDER / "surveys"
PLACE: Final = "place"
TARGETS: Final[Mapping[str, frozenset[Kind]]] = {
    "kerb": KERB_KINDS,
    "way": WAY_KINDS,
    "steps": frozenset({Kind.STEPS}),
    "lift": frozenset({Kind.LIFT}),
    "crossing": frozenset({Kind.ROAD_CROSSING}) | KERB_KINDS,
    "barrier": frozenset({Kind.BARRIER, Kind.GATE, Kind.TURNSTILE}),
    "door": frozenset({Kind.DOOR}),
    PLACE: frozenset(),
}
"""What a row may be about -> the kinds of edge that are it."""
PLACE_KEYS: Final = (
    "access",
    "capacity:disabled",
    "centralkey",
    "changing_table",
    "door:width",
    "fee",
    "opening_hours",
    "toilets:wheelchair",
    "wheelchair",
)
"""OSM keys a survey may say of a place; the words are kept as OSM spells them."""
_CLEAR_M: Final = 1.5
_LEAST_SHARE: Final = 0.7
_FARTHEST_M: Final = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One attribute and where its value stands.

    Attributes
    ----------
    names
        The column; or several of yes and no, of which the best holds (a handrail left, right or between);
        none where the value is the same for all rows.
    fixed
        That value.
    direction
        Incline: ``line`` is uphill along the row's line, ``way`` uphill along the OSM way, "" says nothing.
    only_worse
        It holds only where it is worse than what is known already: a narrow spot makes a way narrow, but
        never wide.
    """

    attribute: str
    names: tuple[str, ...]
    fixed: str
    reader: ValueReader
    direction: str = ""
    only_worse: bool = False


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """What one class of rows is about.

    Attributes
    ----------
    target
        A key of `TARGETS`.
    when
        Column -> folded words; the rows that have one of them in each of these columns. The first rule that
        takes a row has it.
    within_m
        So far from the row its object may lie.
    clear_m
        So much farther the next one must be, or the row is ambiguous.
    least_share
        So much of an edge a line or an area must cover, 0 to 1.
    begins, ends
        Columns of the first and the last day of a closure, "" where the rows are none.
    places
        OSM key -> words one of which a place must have there; for places.
    """

    target: str
    when: Mapping[str, frozenset[str]]
    within_m: float
    clear_m: float
    least_share: float
    columns: tuple[Column, ...]
    begins: str = ""
    ends: str = ""
    places: Mapping[str, frozenset[str]] | None = None

    @property
    def is_closure(self) -> bool:
        """The rows are closures or building sites between two days."""
        return bool(self.begins or self.ends)


@dataclass(frozen=True, slots=True)
class SurveyMapping:
    """A whole mapping.

    Attributes
    ----------
    name, licence, attribution, url
        Of the survey.
    may_merge
        Its licence lets its facts stand in a database under the ODbL; otherwise they stay a layer apart.
    crs
        Coordinate system of files that do not say theirs.
    wkt, x, y
        Columns of the shape, "" where the file has shapes of its own.
    osm_id, osm_type
        Column of the OSM id, and what a bare number there is (``node``, ``way`` or "" for either).
    key, street
        Columns of the row's own name in the survey, and of the street's.
    date, date_format, day
        Column of the date and its form (``%d.%m.%Y``; "" for ISO 8601); or one day for all.
    """

    file: str
    name: str
    licence: str
    attribution: str
    url: str
    may_merge: bool
    crs: str
    encoding: str
    delimiter: str
    layer: str
    wkt: str
    x: str
    y: str
    osm_id: str
    osm_type: str
    key: str
    street: str
    date: str
    date_format: str
    day: int
    objects: tuple[ObjectRule, ...]

    def list_columns(self) -> list[str]:
        """Every column the mapping names, each once."""
        names = [self.wkt, self.x, self.y, self.osm_id, self.key, self.street, self.date]
        for rule in self.objects:
            names += [*rule.when, rule.begins, rule.ends]
            names += [name for column in rule.columns for name in column.names]
        return [name for name in dict.fromkeys(names) if name]


def find_mapping(name: str | Path) -> Path:
    """The file of a mapping: a path, or the bare name of a shipped one (``bfrk-weg``)."""
    path = Path(name)
    shipped = MAPPINGS_FOLDER / f"{name}.toml"
    return shipped if not path.exists() and path.name == str(name) and shipped.exists() else path


def load_mapping(path: Path) -> SurveyMapping:
    """Read and check a mapping.

    Raises
    ------
    SurveyError
        With file, and line where it can be told: unreadable, an unknown key, target, attribute, unit or word.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SurveyError("{file} cannot be read: {problem}", file=path.name, problem=error) from error
    return _Reader(path.name, text.splitlines()).read(document)


_TOP: Final = frozenset(
    {"name", "licence", "attribution", "url", "may_merge", "crs", "encoding", "delimiter", "decimal", "layer"}
    | {"geometry", "osm_id", "key", "street", "date", "empty", "objects"}
)
_OBJECT: Final = frozenset(
    {"target", "when", "within_m", "clear_m", "least_share", "attributes", "closed", "places"}
)
_COLUMN: Final = frozenset({"column", "columns", "value", "unit", "words", "direction", "only_worse"})


class _Reader:
    """Reads one document; knows its lines, so that an error can say where."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        self._file, self._lines = file, lines
        self._empty: frozenset[str] = frozenset()
        self._decimal = ""

    def read(self, top: Mapping[str, Any]) -> SurveyMapping:
        self._check_keys(top, _TOP, "")
        for name in ("name", "licence", "may_merge", "date", "objects"):
            if name not in top:
                self._fail(f"{name} is missing")
        self._empty = frozenset(fold(word) for word in self._get(top, "empty", list, []))
        self._decimal = self._get_word(top, "decimal", ("", ",", "."))
        crs = self._get(top, "crs", str, "")
        if crs:
            try:
                CRS.from_user_input(crs)
            except CRSError:
                self._fail(f"crs {crs!r} is not known", "crs")
        wkt, x, y = self._read_geometry(self._get(top, "geometry", dict, {}))
        osm_id = self._get(top, "osm_id", dict, {})
        self._check_keys(osm_id, frozenset({"column", "type"}), "osm_id")
        date, date_format, day = self._read_date(top["date"])
        objects = self._get(top, "objects", list, [])
        if not objects or not all(isinstance(one, dict) for one in objects):
            self._fail("objects must be [[objects]], one at least", "objects")
        return SurveyMapping(
            file=self._file,
            name=self._get_text(top, "name"),
            licence=self._get_text(top, "licence"),
            attribution=self._get(top, "attribution", str, ""),
            url=self._get(top, "url", str, ""),
            may_merge=self._get(top, "may_merge", bool, False),
            crs=crs,
            encoding=self._get(top, "encoding", str, ""),
            delimiter=self._get(top, "delimiter", str, ""),
            layer=self._get(top, "layer", str, ""),
            wkt=wkt,
            x=x,
            y=y,
            osm_id=self._get(osm_id, "column", str, ""),
            osm_type=self._get_word(osm_id, "type", ("", "node", "way")),
            key=self._get(top, "key", str, ""),
            street=self._get(top, "street", str, ""),
            date=date,
            date_format=date_format,
            day=day,
            objects=tuple(self._read_object(one) for one in objects),
        )

    def _read_geometry(self, table: Mapping[str, Any]) -> tuple[str, str, str]:
        self._check_keys(table, frozenset({"wkt", "x", "y"}), "geometry")
        wkt, x, y = (self._get(table, name, str, "") for name in ("wkt", "x", "y"))
        if bool(x) != bool(y) or (wkt and x):
            self._fail("geometry takes either wkt, or x and y", "geometry")
        return wkt, x, y

    def _read_date(self, date: object) -> tuple[str, str, int]:
        if isinstance(date, datetime.date):
            return "", "", (datetime.date(date.year, date.month, date.day) - datetime.date(1970, 1, 1)).days
        if isinstance(date, dict):
            self._check_keys(date, frozenset({"column", "format"}), "date")
            return self._get_text(date, "column"), self._get(date, "format", str, ""), -1
        self._fail('date is a day (2026-11-01) or { column = "...", format = "%d.%m.%Y" }', "date")

    def _read_object(self, table: Mapping[str, Any]) -> ObjectRule:
        self._check_keys(table, _OBJECT, "objects")
        target = self._get_word(table, "target", tuple(TARGETS))
        if "within_m" not in table:
            self._fail(f"within_m of the {target} is missing", "objects")
        closed = self._get(table, "closed", dict, {})
        self._check_keys(closed, frozenset({"from", "to"}), "closed")
        attributes = self._get(table, "attributes", dict, {})
        if not attributes and not closed:
            self._fail(f"the {target} says nothing: attributes are missing", "objects")
        if closed and target == PLACE:
            self._fail("a place cannot be closed between days", "closed")
        when = {
            column: frozenset(fold(word) for word in (words if isinstance(words, list) else [words]))
            for column, words in self._get(table, "when", dict, {}).items()
        }
        places = self._get(table, "places", dict, {})
        if bool(places) != (target == PLACE):
            self._fail("places belongs to target place, and target place needs it", "places")
        return ObjectRule(
            target=target,
            when=when,
            within_m=self._get_metres(table, "within_m", 0.0),
            clear_m=self._get_metres(table, "clear_m", _CLEAR_M),
            least_share=self._get_share(table),
            columns=tuple(self._read_column(target, name, said) for name, said in sorted(attributes.items())),
            begins=self._get(closed, "from", str, ""),
            ends=self._get(closed, "to", str, ""),
            places={
                key: frozenset(words if isinstance(words, list) else [words]) for key, words in places.items()
            }
            or None,
        )

    def _read_column(self, target: str, attribute: str, said: object) -> Column:
        known = PLACE_KEYS if target == PLACE else SURVEYED
        if attribute not in known:
            self._fail(f"attribute {attribute} is not one of {', '.join(sorted(known))}", attribute)
        if target != PLACE and not any(takes(kind, attribute) for kind in TARGETS[target]):
            self._fail(f"{attribute} says nothing of a {target}", attribute)
        if not isinstance(said, dict):
            self._fail(f"{attribute} must be a table with a column", attribute)
        self._check_keys(said, _COLUMN, attribute)
        names, fixed = self._read_names(said, target, attribute), self._get(said, "value", str, "")
        if bool(names) == bool(fixed):
            self._fail(f"{attribute} takes either column or value", attribute)
        words = self._read_words(said, attribute)
        reader = ValueReader(
            attribute, self._read_unit(said, target, attribute), words, self._empty, self._decimal
        )
        if target != PLACE:
            for word in (*(words or {}).values(), *([fixed] if fixed else ())):
                plain = ValueReader(attribute, reader.unit, None, frozenset(), ".")
                if word and isinstance(plain.read(word), Nothing):
                    self._fail(f"{word!r} is no value of {attribute}", attribute)
        return Column(
            attribute=attribute,
            names=names,
            fixed=fixed,
            reader=reader,
            direction=self._get_word(said, "direction", ("", "line", "way")),
            only_worse=self._get(said, "only_worse", bool, False),
        )

    def _read_names(self, said: Mapping[str, Any], target: str, attribute: str) -> tuple[str, ...]:
        one, several = self._get(said, "column", str, ""), self._get(said, "columns", list, [])
        if several and (target == PLACE or not is_yes_or_no(attribute) or not all(several)):
            self._fail(f"columns are for attributes of yes and no, and {attribute} is none", "columns")
        return tuple(map(str, several)) or ((one,) if one else ())

    def _read_words(self, said: Mapping[str, Any], attribute: str) -> Mapping[str, str] | None:
        if "words" not in said:
            return None
        words = self._get(said, "words", dict, {})
        if not all(isinstance(word, str) for word in words.values()):
            self._fail(f"words of {attribute} must be texts", attribute)
        folded = {fold(word): value for word, value in words.items()}
        if len(folded) < len(words):
            self._fail(f"words of {attribute} name the same word twice", attribute)
        return folded

    def _read_unit(self, said: Mapping[str, Any], target: str, attribute: str) -> str:
        unit: str = self._get(said, "unit", str, "")
        own = "" if target == PLACE else get_unit(attribute)
        if target == PLACE and unit == "count":
            return unit  # "4 Stellplätze" is 4
        if not own:
            if unit:
                self._fail(f"{attribute} has no unit", attribute)
            return ""
        if own == "count":
            unit = unit or own
        if unit not in UNITS[own]:
            self._fail(f"unit of {attribute} must be one of {', '.join(UNITS[own])}", attribute)
        return unit

    # ---------------------------------------------------------------- plain entries

    def _check_keys(self, table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
        for key in table:
            if key not in known:
                inside = f" in {where}" if where else ""
                self._fail(f"unknown key {key!r}{inside}; known are {', '.join(sorted(known))}", key)

    def _get(self, table: Mapping[str, Any], key: str, type_: Callable[..., Any], default: Any) -> Any:
        value = table.get(key, default)
        if not isinstance(value, type_):  # type: ignore[arg-type]  # a class
            self._fail(f"{key} is of another type", key)
        return value

    def _get_text(self, table: Mapping[str, Any], key: str) -> str:
        text = " ".join(self._get(table, key, str, "").split())
        if not text:
            self._fail(f"{key} is empty", key)
        return str(text)

    def _get_word(self, table: Mapping[str, Any], key: str, known: Sequence[str]) -> str:
        word: str = self._get(table, key, str, "")
        if word not in known:
            self._fail(f"{key} {word!r} is not one of {', '.join(filter(None, known))}", key)
        return str(word)

    def _get_metres(self, table: Mapping[str, Any], key: str, default: float) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _FARTHEST_M:
            self._fail(f"{key} must be a number of metres, at most {_FARTHEST_M:g}", key)
        return float(value)

    def _get_share(self, table: Mapping[str, Any]) -> float:
        value = table.get("least_share", _LEAST_SHARE)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 1:
            self._fail("least_share must be a number from 0.5 to 1", "least_share")
        return float(value)

    def _fail(self, problem: str, key: str = "") -> NoReturn:
        line = self._find_line(key) if key else None
        if line is None:
            raise SurveyError("{file}: {problem}", file=self._file, problem=problem)
        raise SurveyError("{file}, line {line}: {problem}", file=self._file, line=line, problem=problem)

    def _find_line(self, key: str) -> int | None:
        """The first line that sets a key or opens its table (TOML parsers keep no lines)."""
        name = re.escape(key)
        sets = re.compile(rf"""(?:^|[.{{,\[\s])["']?{name}["']?\s*(?:=|\.|\])""")
        return next((number for number, line in enumerate(self._lines, 1) if sets.search(line)), None)
