"""The declarative judgement table and the assumptions, read strictly; `costs` interprets them, nobody else.

The language is closed. A condition (column ``when``) is a list of terms joined by `` & ``:

``attribute=a|b``, ``attribute!=a|b``
    The value is (is not) one of these. What is unknown equals nothing and differs from everything.
``attribute<number``, ``attribute>number``
    The value may be smaller: its low end is (may be larger: its high end is). False for unknowns.
``attribute unknown``, ``attribute known``
    Whether the attribute has a meaning here and nobody knows it; whether it is known.

Values that are unknown are first filled in from ``assumptions.csv``; ``unknown`` and ``known`` speak of the
time before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from wayfinder.routing.attributes import ATTRIBUTE_INDEX, ATTRIBUTES, Attribute
from wayfinder.routing.classes import KNOWN, NOT_UNDERSTOOD, SLOPE_ATTRIBUTES, UNMAPPED, Columns
from wayfinder.routing.network import Mask
from wayfinder.routing.profiles import LimitDefinition, LimitType
from wayfinder.tables import TABLES_FOLDER, Row, read_table


class Effect(StrEnum):
    """What a row does to an edge on which its condition holds (and whose limit, if any, is exceeded)."""

    DURATION_PERCENT = "duration_percent"
    DURATION_S = "duration_s"
    PENALTY_PERCENT = "penalty_percent"
    PENALTY_S = "penalty_s"
    EXCESS_PERCENT = "excess_percent"
    EXCESS_S = "excess_s"
    CLOSE = "close"


_LIMIT_EFFECTS: Final = (Effect.EXCESS_PERCENT, Effect.EXCESS_S)
_TERM: Final = re.compile(
    r"(?P<name>[a-z_]+)\s*(?:(?P<operator>!=|=|<|>)\s*(?P<operand>\S+)|\s(?P<state>known|unknown))"
)
_PRICE: Final = re.compile(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>%|s)")


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a condition: ``operator`` is ``=``, ``!=``, ``<``, ``>``, ``known`` or ``unknown``."""

    attribute: str
    operator: str
    values: tuple[str, ...]

    def match(self, columns: Columns, filled: Columns) -> Mask:
        """Which of `columns` the term holds for; `filled` are the same with assumptions filled in."""
        return np.asarray(self._match(columns, filled), dtype=np.bool_)

    def _match(self, columns: Columns, filled: Columns) -> object:
        row = _find_attribute(columns.attributes, self.attribute)
        assert row is not None
        status = columns.status[row]
        if self.operator == "known":
            return status == KNOWN
        if self.operator == "unknown":
            return (status == UNMAPPED) | (status == NOT_UNDERSTOOD)
        if self.operator == "<":
            return filled.low[row] < float(self.values[0])
        if self.operator == ">":
            return filled.high[row] > float(self.values[0])
        allowed = columns.attributes[row].values
        codes = [allowed.index(value) if allowed else float(value) for value in self.values]
        found = np.isin(filled.low[row], codes)
        return found if self.operator == "=" else np.logical_not(found)


@dataclass(frozen=True, slots=True, eq=False)
class JudgementRow:
    """One row of ``judgement.csv``.

    Attributes
    ----------
    id
        Stable name of the row.
    groups
        Profiles or groups of profiles it holds for.
    attribute
        What it judges: the attribute held against the limit, scaled by ``per_unit``, or needed.
    when
        All terms must hold.
    limit, limit_value
        Name of the personal limit it holds against, and for a level the value the row is about; "" for
        neither.
    beyond
        Overrides what the profile says is beyond the limit, or "".
    unknown_percent, unknown_s
        Price of not knowing the attribute under the policy ``avoid``; needed only if either is above 0.
    effect, value, per_unit, start
        Amount is ``value + per_unit * over``: over the limit where there is one, else over ``start``.
    """

    id: str
    groups: frozenset[str]
    attribute: str
    when: tuple[Term, ...]
    limit: str
    limit_value: str
    beyond: str
    unknown_percent: float
    unknown_s: float
    effect: Effect
    value: float
    per_unit: float
    start: float
    unit: str
    source: str

    @property
    def is_needed(self) -> bool:
        """Whether not knowing the attribute counts."""
        return self.unknown_percent > 0 or self.unknown_s > 0

    @property
    def is_explained(self) -> bool:
        """Whether an answer names it: it can be exceeded or be unknown."""
        return bool(self.limit) or self.is_needed or self.effect is Effect.CLOSE


@dataclass(frozen=True, slots=True)
class Assumption:
    """One row of ``assumptions.csv``: what an unknown is taken to be."""

    attribute: str
    when: tuple[Term, ...]
    low: float
    high: float
    text: str
    source: str


def load_judgement(
    limits: Mapping[str, LimitDefinition],
    path: Path = TABLES_FOLDER / "judgement.csv",
    groups: frozenset[str] | None = None,
) -> tuple[JudgementRow, ...]:
    """Read the judgement table.

    Raises
    ------
    TableError
        With file and line, for anything outside the closed language.
    """
    columns = (
        "id",
        "profiles",
        "attribute",
        "when",
        "limit",
        "beyond",
        "unknown",
        "effect",
        "value",
        "per_unit",
        "from",
        "unit",
        "source",
    )
    rows = read_table(path, columns, key=("id",), filled=("id", "profiles", "attribute", "effect", "source"))
    return tuple(_parse_row(row, limits, groups) for row in rows)


def _parse_row(
    row: Row, limits: Mapping[str, LimitDefinition], groups: frozenset[str] | None
) -> JudgementRow:
    attributes = _attributes_of(row)
    effect = Effect(row.choice("effect", tuple(Effect)))
    limit, _, limit_value = row["limit"].partition("=")
    if limit and limit not in limits:
        row.fail(f"unknown limit {limit!r}")
    if bool(limit) != (effect in _LIMIT_EFFECTS):
        row.fail("a limit goes with excess_percent or excess_s, and the other way round")
    if limit and (limits[limit].type is LimitType.LEVEL) != bool(limit_value):
        row.fail("a level, and nothing else, names the value the row is about")
    if limit_value and limit_value not in limits[limit].values:
        row.fail(f"{limit} is never {limit_value!r}")
    row.choice("beyond", ("", "avoid"))
    if groups is not None and (strange := set(row.words("profiles")) - groups):
        row.fail(f"unknown profiles or groups: {', '.join(sorted(strange))}")
    of_slope = attributes is SLOPE_ATTRIBUTES
    if of_slope and effect not in (Effect.DURATION_PERCENT, Effect.PENALTY_PERCENT, Effect.EXCESS_PERCENT):
        row.fail("a slope has no beginning and no end: only effects in percent")
    percent, seconds = _parse_price(row)
    if of_slope and seconds:
        row.fail("an unknown slope has its price in percent")
    return JudgementRow(
        id=row["id"],
        groups=frozenset(row.words("profiles")),
        attribute=row["attribute"],
        when=_parse_when(row, attributes),
        limit=limit,
        limit_value=limit_value,
        beyond=row["beyond"],
        unknown_percent=percent,
        unknown_s=seconds,
        effect=effect,
        value=row.number("value") or 0.0,
        per_unit=row.number("per_unit") or 0.0,
        start=row.number("from") or 0.0,
        unit=row["unit"],
        source=row["source"],
    )


def _attributes_of(row: Row) -> Sequence[Attribute]:
    if row["attribute"] in ATTRIBUTE_INDEX:
        return ATTRIBUTES
    if _find_attribute(SLOPE_ATTRIBUTES, row["attribute"]) is not None:
        return SLOPE_ATTRIBUTES
    row.fail(f"unknown attribute {row['attribute']!r}")


def _find_attribute(attributes: Sequence[Attribute], name: str) -> int | None:
    return next((index for index, attribute in enumerate(attributes) if attribute.name == name), None)


def _parse_price(row: Row) -> tuple[float, float]:
    if not row["unknown"]:
        return 0.0, 0.0
    match = _PRICE.fullmatch(row["unknown"])
    if match is None:
        row.fail(f"unknown must be a price such as 30% or 60s, not {row['unknown']!r}")
    amount = float(match["amount"])
    return (amount, 0.0) if match["unit"] == "%" else (0.0, amount)


def _parse_when(row: Row, attributes: Sequence[Attribute]) -> tuple[Term, ...]:
    return tuple(
        _parse_term(row, text.strip(), attributes) for text in row["when"].split("&") if text.strip()
    )


def _parse_term(row: Row, text: str, attributes: Sequence[Attribute]) -> Term:
    match = _TERM.fullmatch(text)
    if match is None:
        row.fail(f"not a condition: {text!r}")
    index = _find_attribute(attributes, match["name"])
    if index is None:
        row.fail(f"unknown attribute {match['name']!r} in {text!r}")
    if match["state"]:
        return Term(match["name"], match["state"], ())
    values = tuple(match["operand"].split("|"))
    allowed = attributes[index].values
    for value in values:
        is_number = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
        if (value not in allowed) if allowed else not is_number:
            row.fail(f"{match['name']} is never {value!r}")
    if match["operator"] in "<>" and (allowed or len(values) != 1):
        row.fail(f"only one number can be compared with {match['operator']}")
    return Term(match["name"], match["operator"], values)


def load_assumptions(path: Path = TABLES_FOLDER / "assumptions.csv") -> tuple[Assumption, ...]:
    """Read what unknowns are taken to be; the first row that fits holds.

    Raises
    ------
    TableError
        With file and line.
    """
    rows = read_table(path, ("attribute", "when", "value", "source"), filled=("attribute", "value", "source"))
    return tuple(_parse_assumption(row) for row in rows)


def _parse_assumption(row: Row) -> Assumption:
    attributes = _attributes_of(row)
    index = _find_attribute(attributes, row["attribute"])
    assert index is not None
    allowed, text = attributes[index].values, row["value"]
    if allowed:
        low = high = float(allowed.index(row.choice("value", allowed)))
    else:
        try:
            ends = [float(end) for end in text.split("..")]
        except ValueError:
            row.fail(f"value is neither a number nor a range: {text!r}")
        low, high = ends[0], ends[-1]
    return Assumption(row["attribute"], _parse_when(row, attributes), low, high, text, row["source"])


def match_all(terms: Sequence[Term], columns: Columns, filled: Columns) -> Mask:
    """Which of `columns` all terms hold for."""
    result = np.ones(columns.count, dtype=np.bool_)
    for term in terms:
        result &= term.match(columns, filled)
    return result


def fill_in(columns: Columns, assumptions: Sequence[Assumption]) -> Columns:
    """The columns with unknown values replaced by what is assumed of them; their status stays."""
    low, high = columns.low.copy(), columns.high.copy()
    filled = Columns(columns.attributes, low, high, columns.status)
    for assumption in assumptions:
        row = _find_attribute(columns.attributes, assumption.attribute)
        if row is None:
            continue
        status = columns.status[row]
        open_ = np.isnan(low[row]) & ((status == UNMAPPED) | (status == NOT_UNDERSTOOD))
        open_ &= match_all(assumption.when, columns, filled)
        low[row, open_], high[row, open_] = assumption.low, assumption.high
    return filled
