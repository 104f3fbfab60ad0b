"""Where pavements mapped on a road run, and where one crosses between them unmarked: ``pavements.csv``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from wayfinder.errors import TableError
from wayfinder.routing.attributes import ATTRIBUTES
from wayfinder.tables import TABLES_FOLDER, Row, read_table

PAVEMENTS_TABLE: Final = TABLES_FOLDER / "pavements.csv"
_COLUMNS: Final = (
    "road",
    "carriageway_m",
    "pavement_m",
    "mouth",
    "at_junction",
    "every_m",
    "note",
    "source",
)
_ROADS: Final = next(a.values for a in ATTRIBUTES if a.name == "carriageway")


@dataclass(frozen=True, slots=True)
class PavementRule:
    """What holds for the roads of a class.

    Attributes
    ----------
    carriageway_m, pavement_m
        Widths where none is tagged.
    is_level
        A pavement goes on over the mouth of such a road at one level, without kerbs and without crossing.
    is_driveway
        Where only such roads open into a street is no junction.
    at_junction
        The road may be crossed between its pavements where streets meet and where it ends.
    every_m
        It may be crossed between junctions too, at least so far apart; infinite where not at all.
    """

    carriageway_m: float
    pavement_m: float
    is_level: bool
    is_driveway: bool
    at_junction: bool
    every_m: float


PavementRules = Mapping[str, PavementRule]
"""By class of the carriageway; every class has its row."""


@cache
def load_pavement_rules(path: Path = PAVEMENTS_TABLE) -> PavementRules:
    """Read the table.

    Raises
    ------
    TableError
        With file and line: an unknown word, no width, a class that stands twice, or one that stands nowhere.
    """
    rules: dict[str, PavementRule] = {}
    filled = ("road", "carriageway_m", "pavement_m", "mouth", "at_junction", "source")
    for row in read_table(path, _COLUMNS, key=("road",), filled=filled):
        mouth = row.choice("mouth", ("crossed", "level", "driveway"))
        rules[row.choice("road", _ROADS)] = PavementRule(
            _read_metres(row, "carriageway_m"),
            _read_metres(row, "pavement_m"),
            mouth != "crossed",
            mouth == "driveway",
            row.choice("at_junction", ("yes", "no")) == "yes",
            _read_metres(row, "every_m"),
        )
    for road in _ROADS:
        if road not in rules:
            raise TableError("{file}: no row for {what}", file=path.name, what=road)
    return rules


def _read_metres(row: Row, column: str) -> float:
    metres = row.number(column)
    if metres is not None and metres <= 0:
        row.fail(f"{column} is not above 0 m")
    return math.inf if metres is None else metres
