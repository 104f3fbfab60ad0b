"""Profiles: the presets (``data/accessibility/profiles/*.toml``) and what a person changes in one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from wayfinder.errors import RequestError, TableError
from wayfinder.routing.attributes import ATTRIBUTE_INDEX, ATTRIBUTES
from wayfinder.tables import TABLES_FOLDER, Row, read_table

LimitValue = float | str | bool | tuple[str, ...]


class Unknowns(StrEnum):
    """What a needed fact that nobody knows does to a way."""

    ACCEPT = "accept"
    AVOID = "avoid"
    REJECT = "reject"


class Beyond(StrEnum):
    """What a way beyond a limit is: priced, or not offered as long as there is another."""

    AVOID = "avoid"
    BLOCK = "block"


class LimitType(StrEnum):
    """How a limit is held against an attribute (column ``type`` of ``limits.csv``)."""

    MAX = "max"
    MIN = "min"
    WORST = "worst"
    LIST = "list"
    STANCE = "stance"
    """``block``, ``avoid`` or ``ok``: the value itself says what is beyond."""
    LEVEL = "level"
    """One of the listed values; rows of the judgement table name the value they hold for."""
    FLAG = "flag"
    ROUTE = "route"
    """Held against the whole way, not against an edge."""
    PACE = "pace"
    """Not judged: how fast a person is."""


STANCES: Final = ("block", "avoid", "ok")


@dataclass(frozen=True, slots=True)
class LimitDefinition:
    """One row of ``limits.csv``: a limit a person may set.

    Attributes
    ----------
    attribute
        The attribute it is held against, "" where the judgement rows say.
    minimum, maximum
        Range of a number, in `unit`.
    values
        Closed list of what a choice may be.
    small_change
        By how much (in `unit`, or in places of the list) a person may be asked whether they could bend it;
        None: never.
    """

    name: str
    type: LimitType
    attribute: str
    unit: str
    minimum: float | None
    maximum: float | None
    values: tuple[str, ...]
    small_change: float | None
    source: str

    @property
    def is_number(self) -> bool:
        """Whether the value is a number in `unit`."""
        return self.type in (LimitType.MAX, LimitType.MIN, LimitType.ROUTE, LimitType.PACE)


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that is set, what is beyond it, and where the number comes from."""

    value: LimitValue
    beyond: Beyond
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A preset with a person's own changes applied.

    Attributes
    ----------
    groups
        Words by which rows of the judgement table address it (its name and ``all`` included).
    limits
        Limit name -> value; a limit that is not set is missing.
    """

    name: str
    groups: frozenset[str]
    unknowns: Unknowns
    limits: Mapping[str, Limit]

    @property
    def speed_mps(self) -> float:
        """Pace on the level, metres per second."""
        value = self.limits["speed_mps"].value
        assert isinstance(value, float)
        return value


def load_limits(path: Path = TABLES_FOLDER / "limits.csv") -> dict[str, LimitDefinition]:
    """Read the limits a person may set.

    Raises
    ------
    TableError
        Naming file and line.
    """
    columns = ("limit", "type", "attribute", "unit", "minimum", "maximum", "values", "small_change", "source")
    rows = read_table(path, columns, key=("limit",), filled=("limit", "type", "source"))
    return {row["limit"]: _define_limit(row) for row in rows}


def _define_limit(row: Row) -> LimitDefinition:
    kind = LimitType(row.choice("type", tuple(LimitType)))
    attribute, values = row["attribute"], row.words("values")
    if kind is LimitType.STANCE:
        values = STANCES
    if kind in (LimitType.WORST, LimitType.LIST):
        if attribute not in ATTRIBUTE_INDEX:
            row.fail(f"unknown attribute {attribute!r}")
        values = ATTRIBUTES[ATTRIBUTE_INDEX[attribute]].values
    minimum, maximum = row.number("minimum"), row.number("maximum")
    definition = LimitDefinition(
        row["limit"],
        kind,
        attribute,
        row["unit"],
        minimum,
        maximum,
        values,
        row.number("small_change"),
        row["source"],
    )
    if definition.small_change is not None and not (definition.is_number or kind is LimitType.WORST):
        row.fail("only a number or a list from best to worst can change a little")
    if definition.is_number and (minimum is None or maximum is None or minimum >= maximum):
        row.fail("a number needs minimum and maximum")
    if kind is LimitType.LEVEL and not values:
        row.fail("a level needs its values")
    return definition


def load_presets(
    definitions: Mapping[str, LimitDefinition], folder: Path = TABLES_FOLDER / "profiles"
) -> dict[str, Profile]:
    """Read the presets, in the order of their files' ``order``.

    Raises
    ------
    TableError
        Naming the file: unknown key, missing source, a value out of its range.
    """
    found = [_load_preset(path, definitions) for path in sorted(folder.glob("*.toml"))]
    if not found:
        raise TableError("{folder}: no profile found", folder=folder.name)
    return {profile.name: profile for _, profile in sorted(found, key=lambda pair: pair[0])}


def _load_preset(path: Path, definitions: Mapping[str, LimitDefinition]) -> tuple[int, Profile]:
    def fail(problem: object) -> TableError:
        return TableError("{file}: {problem}", file=path.name, problem=problem)

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise fail(error) from error
    if set(table) != {"name", "order", "groups", "unknowns", "limits"}:
        raise fail("needs exactly the keys name, order, groups, unknowns, limits")
    limits: dict[str, Limit] = {}
    for name, row in table["limits"].items():
        if not isinstance(row, dict) or set(row) - {"value", "beyond", "source"} or not row.get("source"):
            raise fail(f"limit {name}: needs value, source and perhaps beyond")
        if name not in definitions:
            raise fail(f"unknown limit {name}")
        try:
            value = parse_limit_value(definitions[name], row.get("value"))
            limits[name] = Limit(value, Beyond(row.get("beyond", "block")), row["source"])
        except (RequestError, ValueError) as error:
            raise fail(f"limit {name}: {error}") from error
    if "speed_mps" not in limits:
        raise fail("speed_mps is missing")
    if table["name"] != path.stem:
        raise fail(f"is named {table['name']}")
    try:
        unknowns = Unknowns(table["unknowns"])
    except ValueError as error:
        raise fail(error) from error
    groups = frozenset({"all", table["name"], *table["groups"]})
    return table["order"], Profile(table["name"], groups, unknowns, limits)


def parse_limit_value(definition: LimitDefinition, value: object) -> LimitValue:
    """Check a value against its limit's definition.

    Raises
    ------
    RequestError
        Wrong type, not finite, out of range, or not one of the values.
    """
    name = definition.name
    if definition.type is LimitType.FLAG:
        if isinstance(value, bool):
            return value
        raise _refuse(name, "must be true or false")
    if definition.is_number:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refuse(name, "must be a number")
        low, high = definition.minimum, definition.maximum
        assert low is not None and high is not None
        if not low <= value <= high:
            raise RequestError(
                "The limit {limit} must lie between {minimum} and {maximum} {unit}.",
                code="limit_out_of_range",
                limit=name,
                minimum=f"{low:g}",
                maximum=f"{high:g}",
                unit=definition.unit,
            )
        return float(value)
    if definition.type is LimitType.LIST:
        words = value if isinstance(value, list | tuple) else [value]
        if all(isinstance(word, str) and word in definition.values for word in words):
            return tuple(sorted(set(words)))
    elif isinstance(value, str) and value in definition.values:
        return value
    raise RequestError(
        "The limit {limit} must be one of: {values}.",
        code="limit_unknown_value",
        limit=name,
        values=", ".join(definition.values),
    )


def _refuse(name: str, problem: str) -> RequestError:
    key = {
        "must be a number": "The limit {limit} must be a number.",
        "must be true or false": "The limit {limit} must be true or false.",
    }[problem]
    return RequestError(key, code="limit_wrong_type", limit=name)


def personalise(
    preset: Profile,
    changes: Mapping[str, object],
    unknowns: Unknowns | None,
    definitions: Mapping[str, LimitDefinition],
) -> Profile:
    """Apply a person's own limits to a preset.

    Parameters
    ----------
    changes
        Limit name -> value, ``{"value": ..., "beyond": "block" | "avoid"}``, or None to clear. A person's own
        value blocks unless it says otherwise.

    Raises
    ------
    RequestError
        With a pointer into ``/limits``.
    """
    if not changes and (unknowns is None or unknowns is preset.unknowns):
        return preset
    limits = dict(preset.limits)
    for name, change in changes.items():
        definition = definitions.get(name)
        try:
            if definition is None:
                raise RequestError("There is no limit called {limit}.", code="limit_unknown", limit=name[:60])
            if change is None:
                if definition.type is LimitType.PACE:
                    raise RequestError(
                        "The limit {limit} cannot be cleared.", code="limit_wrong_type", limit=name
                    )
                limits.pop(name, None)
            else:
                limits[name] = _parse_change(definition, change)
        except RequestError as error:
            error.pointer = "/limits/" + name[:60].replace("~", "~0").replace("/", "~1")
            raise
    return Profile(preset.name, preset.groups, unknowns or preset.unknowns, limits)


def _parse_change(definition: LimitDefinition, change: object) -> Limit:
    beyond = Beyond.BLOCK
    if isinstance(change, dict):
        if set(change) - {"value", "beyond"} or change.get("beyond", "block") not in tuple(Beyond):
            raise RequestError(
                "The limit {limit} must be a value, or have a value and beyond (block or avoid).",
                code="limit_wrong_type",
                limit=definition.name,
            )
        beyond = Beyond(change.get("beyond", "block"))
        change = change.get("value")
    return Limit(parse_limit_value(definition, change), beyond, "person")
