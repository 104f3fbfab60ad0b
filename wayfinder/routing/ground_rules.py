"""What stands beside and under a way: ``terrain.csv`` (off the ground) and ``rests.csv`` (seats)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from wayfinder.tables import TABLES_FOLDER, Row, read_table

TERRAIN_TABLE: Final = TABLES_FOLDER / "terrain.csv"
RESTS_TABLE: Final = TABLES_FOLDER / "rests.csv"
ANY: Final = "*"
_NOT: Final = frozenset({"no", "0", ""})
_BACKRESTS: Final = {"yes": 1, "no": 0}
UNKNOWN_BACKREST: Final = -1

Tags = Mapping[str, str]


@lru_cache(maxsize=4)
def load_off_ground(path: Path = TERRAIN_TABLE) -> Mapping[str, frozenset[str]]:
    """Read the keys, and their values, of ways that do not lie on the ground.

    Raises
    ------
    TableError
        With file and line.
    """
    rows = read_table(path, ("key", "values", "source"), key=("key",), filled=("key", "values", "source"))
    return {row["key"]: frozenset(row["values"].split("|")) for row in rows}


def is_off_ground(tags: Tags) -> bool:
    """Say whether the height of the ground says nothing about a way with these tags."""
    for key, values in load_off_ground().items():
        value = tags.get(key)
        if value is not None and value not in _NOT and (ANY in values or value in values):
            return True
    return False


@dataclass(frozen=True, slots=True)
class RestRule:
    """One row of ``rests.csv``.

    Attributes
    ----------
    terms
        Key and values; all must hold.
    is_rest
        A person can sit down there.
    backrest
        1 yes, 0 no, -1 unknown; None where the place's own tag says it.
    """

    terms: tuple[tuple[str, frozenset[str]], ...]
    is_rest: bool
    backrest: int | None


@lru_cache(maxsize=4)
def load_rest_rules(path: Path = RESTS_TABLE) -> tuple[RestRule, ...]:
    """Read what counts as a place to sit down.

    Raises
    ------
    TableError
        With file and line.
    """
    columns = ("tags", "rest", "backrest", "source")
    return tuple(_parse_rest(row) for row in read_table(path, columns, key=("tags",), filled=columns))


def _parse_rest(row: Row) -> RestRule:
    terms = []
    for text in row["tags"].split("&"):
        key, equals, values = text.strip().partition("=")
        if not (key and equals and values):
            row.fail(f"not a tag: {text.strip()!r}")
        terms.append((key, frozenset(values.split("|"))))
    backrest = row.choice("backrest", ("tag", "yes", "no", "unknown"))
    return RestRule(
        tuple(terms),
        row.choice("rest", ("yes", "no")) == "yes",
        None if backrest == "tag" else _BACKRESTS.get(backrest, UNKNOWN_BACKREST),
    )


def find_backrest(tags: Tags) -> int | None:
    """Backrest of a place to sit down: 1 yes, 0 no, -1 unknown; None where nobody can sit down there."""
    for rule in load_rest_rules():
        if all(tags.get(key) in values for key, values in rule.terms):
            if not rule.is_rest:
                return None
            if rule.backrest is not None:
                return rule.backrest
            return _BACKRESTS.get(tags.get("backrest", ""), UNKNOWN_BACKREST)
    return None
