"""Cells as people write them -> values of attributes: "max. 3 cm", "6 - 10 %", "ja", "0,90", "4 Stellplätze".

Nothing is guessed: what leaves room for two readings is not understood, and counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wayfinder.routing.attributes import ATTRIBUTE_INDEX, ATTRIBUTES, AttributeType, Interval
from wayfinder.routing.origins import INCLINE
from wayfinder.routing.surveyed import KERB, FactValue
from wayfinder.routing.tag_rules import get_worst
from wayfinder.sources.surveys.table import Cell


class Nothing(Enum):
    """The two ways in which a cell gives no value."""

    EMPTY = "empty"
    """It says nothing, or says that nobody knows."""
    UNCLEAR = "unclear"
    """It says something that is not understood."""


EMPTY: Final = Nothing.EMPTY
UNCLEAR: Final = Nothing.UNCLEAR

UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "cm": ("cm", "m", "mm"),
    "m": ("m", "cm", "mm"),
    "percent": ("percent", "degrees"),
    "count": ("count",),
}
"""Unit of an attribute -> units a mapping may give for it."""
_FACTORS: Final = {
    ("cm", "cm"): 1.0,
    ("m", "cm"): 100.0,
    ("mm", "cm"): 0.1,
    ("m", "m"): 1.0,
    ("cm", "m"): 0.01,
    ("mm", "m"): 0.001,
    ("percent", "percent"): 1.0,
    ("count", "count"): 1.0,
}
_WRITTEN_UNITS: Final = {
    "cm": "cm",
    "m": "m",
    "mm": "mm",
    "meter": "m",
    "zentimeter": "cm",
    "millimeter": "mm",
    "%": "percent",
    "prozent": "percent",
    "percent": "percent",
    "°": "degrees",
    "grad": "degrees",
}
_MOST: Final = {"cm": 20_000.0, "m": 1_000.0, "percent": 100.0, "count": 2_000.0}
"""More than this is a slip of the pen or of the unit."""
_LEAST_STEP: Final = {"cm": 0.1, "m": 0.01, "percent": 0.01, "count": 1.0}
"""Nobody measures finer: 0.03 in a column of centimetres was written in metres."""
_MOST_KERB_CM: Final = 100.0
_ABOVE_CM: Final = 0.1
"""What "more than 3 cm" is above 3 cm, as in tags.csv (``3.1..``)."""
_DIGITS: Final = 9

_AT_MOST: Final = ("max", "max.", "maximal", "höchstens", "hoechstens", "bis", "bis zu", "<=", "≤")
_BELOW: Final = ("unter", "weniger als", "<")
_AT_LEAST: Final = ("min", "min.", "mind", "mind.", "mindestens", "minimal", "ab", ">=", "≥")
_ABOVE: Final = ("über", "ueber", "mehr als", ">")
_NOTHING_SAID: Final = frozenset(
    {"", "-", "--", "–", "k.a.", "k. a.", "keine angabe", "unbekannt", "n/a", "null", "none", "nan", "?"}
)
_YES: Final = ("ja", "j", "yes", "y", "true", "wahr", "1", "x", "vorhanden")
_NO: Final = ("nein", "n", "no", "false", "falsch", "0", "nicht vorhanden")

_PREFIXES: Final = "|".join(
    re.escape(word) for word in sorted((*_AT_MOST, *_BELOW, *_AT_LEAST, *_ABOVE), key=len, reverse=True)
)
_NUMBER: Final = r"[+\-−]?(?:\d[\d.,]*|[.,]\d+)"
_SINGLE: Final = re.compile(rf"(?P<bound>{_PREFIXES})?\s*(?P<number>{_NUMBER})\s*(?P<unit>[^\d]*)")
_RANGE: Final = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?P<low_unit>cm|mm|m|%|°)?\s*(?:-|–|bis)\s*(?P<high>{_NUMBER})\s*(?P<unit>[^\d]*)"
)
_RATIO: Final = re.compile(rf"(?P<sign>[+\-−]?)\s*(?P<rise>{_NUMBER})\s*:\s*(?P<run>{_NUMBER})")


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads the cells of one column as values of one attribute.

    Attributes
    ----------
    attribute
        One of `surveyed.SURVEYED`.
    unit
        Unit of a number that is written without one; "" for choices.
    words
        Words of the survey, folded by `fold` -> value of the attribute (an OSM-spelled word, or a number with
        unit, or ``""`` for: says nothing).
    empty
        Folded words that say nothing, beside the usual ones.
    decimal
        ``,`` or ``.`` where the survey uses only one of them for decimals; "" where that is not known.
    """

    attribute: str
    unit: str = ""
    words: Mapping[str, str] | None = None
    empty: frozenset[str] = frozenset()
    decimal: str = ""

    def read(self, cell: Cell) -> FactValue | Nothing:
        """The value of a cell; `EMPTY` or `UNCLEAR` where it gives none."""
        text = fold(cell)
        if text in self.empty:
            return EMPTY
        if self.words is not None and text in self.words:
            said = self.words[text]
            return EMPTY if not said else self._read_value(said, said)
        if text in _NOTHING_SAID:
            return EMPTY
        if isinstance(cell, float) and not math.isfinite(cell):
            return UNCLEAR
        return self._read_value(text, cell)

    def _read_value(self, text: str, cell: Cell) -> FactValue | Nothing:
        known = None if self.attribute in (KERB, INCLINE) else ATTRIBUTES[ATTRIBUTE_INDEX[self.attribute]]
        if known is not None and known.type is AttributeType.CHOICE:
            return _read_choice(text, known.values, self.words is not None)
        size = self._read_size(text, cell)
        if size is None:
            return UNCLEAR
        return _limit(self.attribute, size, get_unit(self.attribute))

    def _read_size(self, text: str, cell: Cell) -> Interval | None:
        target = get_unit(self.attribute)
        if isinstance(cell, bool):
            return None
        if isinstance(cell, int | float):
            number = _convert(float(cell), self.unit, target)
            return None if number is None else Interval(number, number)
        if target == "percent" and (match := _RATIO.fullmatch(text)):
            rise, run = (_parse_number(match[name], self.decimal) for name in ("rise", "run"))
            if rise is None or not run:
                return None
            percent = round(100.0 * rise / run, _DIGITS) * (-1.0 if match["sign"] in ("-", "−") else 1.0)
            return Interval(percent, percent)
        if match := _RANGE.fullmatch(text):
            unit = (
                self._get_unit(match["unit"], target)
                if match["unit"].strip() or not match["low_unit"]
                else None
            )
            if match["low_unit"] and self._get_unit(match["low_unit"], target) != unit:
                return None
            ends = [self._parse_end(match[name], unit, target) for name in ("low", "high")]
            low, high = ends
            return Interval(low, high) if low is not None and high is not None and low <= high else None
        match = _SINGLE.fullmatch(text)
        if match is None:
            return None
        unit = self._get_unit(match["unit"], target)
        number = self._parse_end(match["number"], unit, target)
        return None if number is None else _bound(match["bound"] or "", number)

    def _parse_end(self, text: str, unit: str | None, target: str) -> float | None:
        number = _parse_number(text, self.decimal)
        return None if number is None or unit is None else _convert(number, unit, target)

    def _get_unit(self, written: str, target: str) -> str | None:
        """The unit of a number; what follows a count may be any word ("4 Stufen")."""
        word = written.strip().rstrip(".")
        if target == "count":
            return "count" if not re.search(r"[^\w\s().äöüß-]", word) else None
        return self.unit if not word else _WRITTEN_UNITS.get(word)


def get_unit(attribute: str) -> str:
    """Unit of an attribute a survey may speak of; "" for choices."""
    if attribute in (KERB, INCLINE):
        return "cm" if attribute == KERB else "percent"
    return ATTRIBUTES[ATTRIBUTE_INDEX[attribute]].unit


def is_yes_or_no(attribute: str) -> bool:
    """Whether an attribute has the values yes and no and no others."""
    index = ATTRIBUTE_INDEX.get(attribute)
    return index is not None and ATTRIBUTES[index].values == ("yes", "no")


def fold(cell: Cell) -> str:
    """A cell as it is compared: lower case, single blanks."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split()).casefold()


def get_worst_value(attribute: str, values: Iterable[FactValue]) -> FactValue:
    """The value to expect where several are measured: the highest kerb, the narrowest, the steepest."""
    worst = get_worst("kerb_up_cm" if attribute == KERB else attribute, list(values))
    assert isinstance(worst, str | float | Interval)
    return worst


def _read_choice(text: str, values: tuple[str, ...], has_words: bool) -> FactValue | Nothing:
    if text in values:
        return text
    if not has_words and {"yes", "no"} <= set(values):
        if text in _YES:
            return "yes"
        if text in _NO:
            return "no"
    return UNCLEAR


def _parse_number(text: str, decimal: str) -> float | None:
    """A number with decimal comma or point; None where it can be read in two ways (``1.200``)."""
    sign = -1.0 if text[0] in "-−" else 1.0
    digits = text.lstrip("+-−")
    marks = [mark for mark in ".," if mark in digits]
    if not decimal and len(marks) == 2:
        decimal = "," if digits.rindex(",") > digits.rindex(".") else "."
    if not decimal and len(marks) == 1:
        whole, _, rest = digits.partition(marks[0])
        if len(rest) == 3 and rest.isdigit() and whole.strip("0"):
            return None
        decimal = marks[0]
    group = "." if decimal == "," else ","
    if group in digits:
        whole = digits.split(decimal or "\0")[0]
        if not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+", whole):
            return None
        digits = digits.replace(group, "")
    try:
        number = float(digits.replace(decimal, ".") if decimal else digits)
    except ValueError:
        return None
    return sign * number if math.isfinite(number) else None


def _convert(number: float, unit: str, target: str) -> float | None:
    if (unit, target) == ("degrees", "percent"):
        return round(100.0 * math.tan(math.radians(number)), _DIGITS) if abs(number) < 45 else None
    factor = _FACTORS.get((unit, target))
    return None if factor is None else round(number * factor, _DIGITS)


def _bound(word: str, number: float) -> Interval:
    if word in _AT_MOST or word in _BELOW:
        return Interval(-math.inf, number)
    if word in _AT_LEAST:
        return Interval(number, math.inf)
    if word in _ABOVE:
        return Interval(number + _ABOVE_CM, math.inf)
    return Interval(number, number)


def _limit(attribute: str, size: Interval, unit: str) -> FactValue | Nothing:
    """A size as the attribute holds it: a kerb as an interval, all others as the end a person must expect."""
    ends = [end for end in size if math.isfinite(end)]
    if any(abs(end) > _MOST[unit] or 0 < abs(end) < _LEAST_STEP[unit] for end in ends):
        return UNCLEAR
    if unit == "percent" and math.isinf(size.low) and size.high >= 0:
        size = Interval(0.0, size.high)  # "max. 6 %"
    if attribute == INCLINE:
        worst = max(size, key=abs)
        return float(worst) if math.isfinite(worst) and not size.low < 0 < size.high else UNCLEAR
    if unit == "percent" and size.high < 0:
        size = Interval(-size.high, -size.low)  # to which side a way leans does not matter
    if any(end < 0 for end in size if math.isfinite(end)):
        return UNCLEAR
    if attribute == KERB:
        if any(end > _MOST_KERB_CM for end in ends):
            return UNCLEAR
        return Interval(max(size.low, 0.0), size.high)
    is_narrow_worse = get_worst_value(attribute, (1.0, 2.0)) == 1.0
    worst = size.low if is_narrow_worse else size.high
    if not math.isfinite(worst) or (worst == 0 and unit in ("cm", "m")):
        return UNCLEAR
    if unit == "count" and not worst.is_integer():
        return UNCLEAR
    return worst
