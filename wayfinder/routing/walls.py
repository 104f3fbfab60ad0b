"""What stands in the way on a square, by the rows of ``data/accessibility/walls.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from wayfinder.tables import TABLES_FOLDER, read_table

WALLS_TABLE: Final = TABLES_FOLDER / "walls.csv"
_COLUMNS: Final = ("key", "value", "wall", "source")


class Wall(StrEnum):
    """What nobody walks through."""

    FILLED = "filled"
    """The line and, where it is closed, all that it encloses."""
    LINE = "line"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WallRules:
    """The rows of the table by key and value, in their order."""

    rules: Mapping[str, Mapping[str, Wall]]

    def read(self, tags: Mapping[str, str]) -> Wall:
        """What an object is to a person who crosses a square; NONE below ground."""
        if tags.get("tunnel", "no") != "no" or tags.get("location") == "underground":
            return Wall.NONE
        for key, values in self.rules.items():
            value = tags.get(key)
            wall = None if value is None else values.get(value, values.get("*"))
            if wall is not None and wall is not Wall.NONE:
                return wall
        return Wall.NONE


@lru_cache(maxsize=4)
def load_wall_rules(path: Path = WALLS_TABLE) -> WallRules:
    """Read the table.

    Raises
    ------
    TableError
        With file and line: an unknown word, or a key and value given twice.
    """
    rules: dict[str, dict[str, Wall]] = {}
    for row in read_table(path, _COLUMNS, key=("key", "value"), filled=_COLUMNS):
        rules.setdefault(row["key"], {})[row["value"]] = Wall(
            row.choice("wall", [str(wall) for wall in Wall])
        )
    return WallRules(rules)
