"""Which doors are entrances for visitors, and what they are called: ``entrances.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from wayfinder.tables import TABLES_FOLDER, read_table

ENTRANCES_TABLE: Final = TABLES_FOLDER / "entrances.csv"
KINDS: Final = ("main", "secondary", "any", "home")
"""What an entrance is called, worded by the catalogues; ``any`` is an entrance nobody says more of."""
_COLUMNS: Final = ("key", "value", "place", "home", "kind", "source")
_YES_NO: Final = ("yes", "no")


class EntranceReading(NamedTuple):
    """Whether a door lets in visitors to a place, or to a home, and what it is called."""

    to_place: bool
    to_home: bool
    kind: str


@dataclass(frozen=True, slots=True)
class EntranceRules:
    """The rows of the table, by key and value (``*`` any other), in their order."""

    rows: Mapping[tuple[str, str], EntranceReading]
    keys: tuple[str, ...]

    def read(self, tags: Mapping[str, str]) -> EntranceReading | None:
        """What a door is; None where the tags do not call it an entrance, or in words nobody understands."""
        to_place = to_home = True
        kind = ""
        for key in self.keys:
            if key not in tags:
                continue
            row = self.rows.get((key, tags[key])) or self.rows.get((key, "*"))
            if row is None:
                return None
            to_place, to_home = to_place and row.to_place, to_home and row.to_home
            kind = kind or row.kind
        return EntranceReading(to_place, to_home, kind) if kind else None


@cache
def load_entrance_rules(path: Path = ENTRANCES_TABLE) -> EntranceRules:
    """Read the table.

    Raises
    ------
    TableError
        With file and line: an unknown word, or a value that stands twice.
    """
    rows: dict[tuple[str, str], EntranceReading] = {}
    for row in read_table(path, _COLUMNS, filled=("key", "value", "place", "home", "source")):
        reading = EntranceReading(
            row.choice("place", _YES_NO) == "yes",
            row.choice("home", _YES_NO) == "yes",
            row.choice("kind", ("", *KINDS)),
        )
        for value in row["value"].split("|"):
            if (row["key"], value) in rows:
                row.fail(f"{row['key']}={value} stands in an earlier row")
            rows[row["key"], value] = reading
    return EntranceRules(rows, tuple(dict.fromkeys(key for key, _ in rows)))
