"""Sizes, slopes, counts and levels as OSM mappers write them -> numbers with a known unit.

Every parser takes the text of a tag (or None where the tag is missing) and gives a number, None for a
missing tag, or ``UNREADABLE``. Nothing is guessed: a value is never cut off or freed of its sign, and what
leaves room for two readings ("~1.5", "1-2", "<1.2") is unreadable.
"""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import Final, Literal


class Unreadable(Enum):
    """The one value that means: something is written there, but we do not understand it."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Unreadable.UNREADABLE

_NUMBER: Final = r"\d+(?:[.,]\d+)?|[.,]\d+"
_LENGTH: Final = re.compile(rf"({_NUMBER})\s*([a-z]*)", re.IGNORECASE)
_FEET_AND_INCHES: Final = re.compile(rf"(?:({_NUMBER})\s*')?\s*(?:({_NUMBER})\s*\")?")
_INCLINE: Final = re.compile(rf"([+\-\u2212]?)\s*({_NUMBER})\s*(%|\u00b0|deg|degrees?)?", re.IGNORECASE)
_RATIO: Final = re.compile(rf"([+\-\u2212]?)\s*({_NUMBER})\s*:\s*({_NUMBER})")
_LEVEL: Final = re.compile(r"-?\d{1,3}(?:\.\d+)?")
_LEVEL_RANGE: Final = re.compile(r"(-?\d{1,3})\s*-\s*(-?\d{1,3})")
_COUNT: Final = re.compile(r"\d{1,6}", re.ASCII)

_CM_PER_UNIT: Final = {
    "": 100.0,
    "m": 100.0,
    "meter": 100.0,
    "metre": 100.0,
    "meters": 100.0,
    "metres": 100.0,
    "cm": 1.0,
    "mm": 0.1,
    "km": 100_000.0,
    "ft": 30.48,
    "feet": 30.48,
    "in": 2.54,
    "inch": 2.54,
    "inches": 2.54,
}
_CM_PER_FOOT: Final = 30.48
_CM_PER_INCH: Final = 2.54
_DIGITS: Final = 9
"""Decimals kept of a product like 0.07 * 100, which in binary is 7.000000000000001."""


def parse_length_cm(text: str | None) -> float | Unreadable | None:
    """A length in centimetres; metres where no unit is written (OSM wiki, Map Features/Units).

    Examples
    --------
    >>> parse_length_cm("0.06"), parse_length_cm("6 cm"), parse_length_cm("0,2"), parse_length_cm("2.5 in")
    (6.0, 6.0, 20.0, 6.35)
    >>> parse_length_cm("~1.5")
    <Unreadable.UNREADABLE: 'unreadable'>
    """
    if text is None:
        return None
    text = text.strip()
    if match := _LENGTH.fullmatch(text):
        factor = _CM_PER_UNIT.get(match[2].lower())
        return UNREADABLE if factor is None else _finite(_number(match[1]) * factor)
    match = _FEET_AND_INCHES.fullmatch(text)
    if match and (match[1] or match[2]):
        feet, inches = (_number(part) if part else 0.0 for part in match.groups())
        return _finite(feet * _CM_PER_FOOT + inches * _CM_PER_INCH)
    return UNREADABLE


def parse_width_cm(text: str | None) -> float | Unreadable | None:
    """A clear width in centimetres, as `parse_length_cm`; 0 is nobody's measurement and unreadable."""
    width = parse_length_cm(text)
    return UNREADABLE if width == 0 else width


def parse_kerb_height_cm(text: str | None) -> float | Unreadable | None:
    """The height of a kerb in centimetres.

    As `parse_length_cm`, but a number without unit above 1 is taken as centimetres: no kerb is higher than
    1 m, and mappers who write ``12`` mean 12 cm. `is_kerb_height_in_cm_assumed` tells the caller, who must
    log it.
    """
    height = parse_length_cm(text)
    if isinstance(height, float) and is_kerb_height_in_cm_assumed(text):
        return round(height / _CM_PER_UNIT[""], _DIGITS)
    return height


def is_kerb_height_in_cm_assumed(text: str | None) -> bool:
    """Whether `parse_kerb_height_cm` reads this text as centimetres although no unit is written."""
    match = _LENGTH.fullmatch(text.strip()) if text else None
    return match is not None and not match[2] and _number(match[1]) > 1


def parse_incline_percent(text: str | None) -> float | Literal["up", "down"] | Unreadable | None:
    """A slope in percent with its sign, or only its direction.

    Percent where no unit is written; degrees and ratios ("1:12") are converted. A bare number below 1
    ("0.06") may be a ratio or a percentage, which is the difference between a ramp and a floor, and is
    unreadable; so is ``steep``.

    Examples
    --------
    >>> parse_incline_percent("-3.5 %"), parse_incline_percent("1:20"), parse_incline_percent("up")
    (-3.5, 5.0, 'up')
    """
    if text is None:
        return None
    text = text.strip()
    if text == "up":
        return "up"
    if text == "down":
        return "down"
    if match := _RATIO.fullmatch(text):
        run = _number(match[3])
        return UNREADABLE if run == 0 else _signed(match[1], 100.0 * _number(match[2]) / run)
    match = _INCLINE.fullmatch(text)
    if not match:
        return UNREADABLE
    size, unit = _number(match[2]), match[3] or ""
    if unit == "%":
        return _signed(match[1], size)
    if unit:
        return _signed(match[1], 100.0 * math.tan(math.radians(size))) if size < 90 else UNREADABLE
    return UNREADABLE if 0 < size < 1 else _signed(match[1], size)


def parse_count(text: str | None) -> int | Unreadable | None:
    """A whole number of things, 0 or more."""
    if text is None:
        return None
    text = text.strip()
    return int(text) if _COUNT.fullmatch(text) else UNREADABLE


def parse_level(text: str | None) -> float | Unreadable | None:
    """One level (storey) of a building, e.g. -0.5."""
    levels = parse_levels(text)
    if isinstance(levels, tuple):
        return levels[0] if len(levels) == 1 else UNREADABLE
    return levels


def parse_levels(text: str | None) -> tuple[float, ...] | Unreadable | None:
    """One or several levels in the order written: ``0;1``, ``-2;-1.5;-1``, or a range ``0-3``."""
    if text is None:
        return None
    levels: list[float] = []
    for part in map(str.strip, text.split(";")):
        if _LEVEL.fullmatch(part):
            levels.append(float(part))
        elif (match := _LEVEL_RANGE.fullmatch(part)) and int(match[1]) < int(match[2]):
            levels.extend(float(level) for level in range(int(match[1]), int(match[2]) + 1))
        else:
            return UNREADABLE
    return tuple(levels)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _finite(value: float) -> float | Unreadable:
    return round(value, _DIGITS) if math.isfinite(value) else UNREADABLE


def _signed(sign: str, size: float) -> float | Unreadable:
    return _finite(-size if sign in ("-", "\u2212") else size)
