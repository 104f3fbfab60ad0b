"""What is assumed where ways meet a carriageway and nothing is tagged: ``junctions.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wayfinder.errors import TableError
from wayfinder.routing.attributes import ATTRIBUTES, WAY_KINDS, Kind
from wayfinder.tables import TABLES_FOLDER, read_table

JUNCTIONS_TABLE: Final = TABLES_FOLDER / "junctions.csv"
UNKNOWN_ROAD: Final = "unknown"
"""Class of a carriageway that is crossed but not mapped as a way."""
_COLUMNS: Final = ("low", "high", "crossed_road", "kerb", "crossing", "note", "source")
_LOW: Final = (Kind.CROSSING, Kind.ROAD, Kind.LIVING_STREET, Kind.TRACK)
_HIGH: Final = tuple(sorted((WAY_KINDS | {Kind.STEPS, Kind.ESCALATOR, Kind.LIFT}) - {Kind.ROAD}))
_ROADS: Final = (*next(a.values for a in ATTRIBUTES if a.name == "carriageway"), UNKNOWN_ROAD)


@dataclass(frozen=True, slots=True)
class JunctionRule:
    """What is assumed where two kinds meet.

    Attributes
    ----------
    unknown_kerb
        A kerb of unknown height stands there where none is tagged.
    crossing
        Going over the carriageway there is a road crossing.
    """

    unknown_kerb: bool
    crossing: bool


@dataclass(frozen=True, slots=True)
class JunctionRules:
    """The rows of the table by (low, high, crossed_road); every combination has exactly one."""

    rules: dict[tuple[str, str, str], JunctionRule]

    def get(self, low: str, high: str, crossed_road: str) -> JunctionRule:
        """Return the rule where `high` meets `low`: a carriageway of this class, or a crossing of one."""
        return self.rules[low, high, crossed_road]


def load_junction_rules(path: Path = JUNCTIONS_TABLE) -> JunctionRules:
    """Read the table.

    Raises
    ------
    TableError
        With file and line: an unknown word, a combination that stands twice, or one that stands nowhere.
    """
    rules: dict[tuple[str, str, str], JunctionRule] = {}
    for row in read_table(
        path, _COLUMNS, filled=("low", "high", "crossed_road", "kerb", "crossing", "note", "source")
    ):
        rule = JunctionRule(
            row.choice("kerb", ("unknown", "none")) == "unknown",
            row.choice("crossing", ("yes", "no")) == "yes",
        )
        words = {column: row.words(column) for column in ("low", "high", "crossed_road")}
        for column, allowed in (("low", _LOW), ("high", _HIGH), ("crossed_road", _ROADS)):
            for word in words[column]:
                if word not in allowed:
                    row.fail(f"{column} has {word!r}, not one of {', '.join(allowed)}")
        for low in words["low"]:
            for high in words["high"]:
                for road in words["crossed_road"]:
                    if (low, high, road) in rules:
                        row.fail(f"{low}, {high}, {road} stands in an earlier row")
                    rules[low, high, road] = rule
    for low in _LOW:
        for high in _HIGH:
            for road in _ROADS:
                if (low, high, road) not in rules:
                    raise TableError(
                        "{file}: no row for {what}", file=path.name, what=f"{low}, {high}, {road}"
                    )
    return JunctionRules(rules)
