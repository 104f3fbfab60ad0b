"""``data/accessibility/tags.csv`` compiled into dictionaries: which tag says what, and which word wins.

A row says what a tag (``key`` and ``value``, each one word or several separated by ``|``; the value ``*`` is
any other) means for one attribute, on one or several blank-separated objects. Objects are ``way``, ``node``,
``side`` (one side of a road, or the part for feet of a shared path), a `Kind` (its rows of a key replace
those of ``way`` or ``node``) or a ``barrier=<value>`` (its rows replace those of the kind). Readings:

- a value of the attribute: a listed word, or an interval ``low..high`` in cm (``3.1..`` has no upper end);
- ``[parser]``, one of `PARSERS`;
- ``-``: understood, and says nothing of this attribute;
- ``OTHER``: understood, and leaves the attribute not understood (a kerb of unknown height);
- ``?``: not understood. So is every value without a row, for the attribute of the key's first row.

Where several tags speak of one attribute, the row that stands higher in the table wins; anything understood
wins over what is not. A list ``a;b`` is understood where all its parts are, and then the worst part holds.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from wayfinder.opening import Region, parse_hours
from wayfinder.routing.attributes import (
    ATTRIBUTE_INDEX,
    ATTRIBUTES,
    OTHER,
    AttributeType,
    Interval,
    Kind,
    Unclear,
)
from wayfinder.routing.schedule import parse_conditional
from wayfinder.tables import TABLES_FOLDER, Row, read_table
from wayfinder.units import (
    UNREADABLE,
    Unreadable,
    is_kerb_height_in_cm_assumed,
    parse_count,
    parse_incline_percent,
    parse_kerb_height_cm,
    parse_length_cm,
    parse_levels,
    parse_width_cm,
)

_log: Final = logging.getLogger(__name__)

TAGS_TABLE: Final = TABLES_FOLDER / "tags.csv"
COLUMNS: Final = ("object", "key", "value", "attribute", "reading", "source")

Read = str | int | float | Interval | tuple[float, ...] | Unclear

_YES: Final = ("yes",)
_SIDE_STATES: Final = ("yes", "separate", "no")
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "kind": tuple(Kind),
    "foot_kind": tuple(Kind),
    "conveyed": _YES,
    "on_foot": ("if_tagged",),
    "gone": _YES,
    "use_sidepath": _YES,
    "incline_direction": ("up", "down"),
    "is_area": ("yes", "no"),
    "left": _SIDE_STATES,
    "right": _SIDE_STATES,
    "obstacle": tuple(Kind),
    "is_crossing": ("yes", "no"),
    "kerb_cm": (),
    "incline_percent": (),
    "oneway": (),
    "levels": (),
    "layer": (),
    "hours": (),
    "foot_condition": (),
    "access_condition": (),
}
"""What a row may speak of beside the attributes of an edge: fields of the readings, words for `tags` alone.

``hours``, ``foot_condition`` and ``access_condition`` are texts, read by `wayfinder.routing.schedule`.
``foot_kind`` narrows the kind of a footway, path or cycleway; ``on_foot=if_tagged`` is a way that is only
walked where a tag for pedestrians says so; ``use_sidepath`` sends people to a way beside this one.
"""

_NARROW_IS_WORSE: Final = frozenset(
    {"width_cm", "passage_cm", "turning_cm", "lift_door_cm", "lift_width_cm", "lift_depth_cm"}
)
_UNDERSTOOD_FIRST: Final = 1_000_000
"""Added to the rank of facts that are not understood, so that any understood fact ranks before them."""


class Fact(NamedTuple):
    """What one tag says of one attribute; of two facts the one with the lower `rank` holds."""

    attribute: str
    value: Read
    rank: int


class TagReading(NamedTuple):
    """What one tag says, and whether it was understood."""

    facts: tuple[Fact, ...]
    understood: bool


def _not_negative(magnitude: float | str | Unreadable | None) -> Read | Unreadable:
    return abs(magnitude) if isinstance(magnitude, float) else UNREADABLE


def _incline(text: str) -> Read | Unreadable:
    percent = parse_incline_percent(text)
    return percent if isinstance(percent, float) else UNREADABLE


def _kerb_interval(text: str) -> Read | Unreadable:
    height = parse_kerb_height_cm(text)
    if is_kerb_height_in_cm_assumed(text):
        _log.warning("kerb height %r has no unit and is read as centimetres", text)
    return Interval(height, height) if isinstance(height, float) else UNREADABLE


def _count(text: str) -> Read | Unreadable:
    count = parse_count(text)
    return float(count) if isinstance(count, int) else UNREADABLE


def _count_above_0(text: str) -> Read | Unreadable:
    return UNREADABLE if _count(text) == 0 else _count(text)


def _layer(text: str) -> Read | Unreadable:
    try:
        layer = int(text)
    except ValueError:
        return UNREADABLE
    return layer if -20 <= layer <= 20 else UNREADABLE


def _conditional(text: str) -> Read | Unreadable | None:
    clauses = parse_conditional(text)
    return UNREADABLE if clauses is None else "limited" if clauses else None


def _opening_hours(text: str) -> Read | Unreadable:
    return UNREADABLE if parse_hours(text, Region()) is None else "limited"


def _known(value: Read | Unreadable | None) -> Read | Unreadable:
    return UNREADABLE if value is None else value


PARSERS: Final[dict[str, Callable[[str], Read | Unreadable | None]]] = {
    "length_cm": lambda text: _known(parse_length_cm(text)),
    "width_cm": lambda text: _known(parse_width_cm(text)),
    "kerb_height_cm": _kerb_interval,
    "incline_percent": _incline,
    "magnitude_percent": lambda text: _not_negative(parse_incline_percent(text)),
    "count": _count,
    "count_above_0": _count_above_0,
    "levels": lambda text: _known(parse_levels(text)),
    "layer": _layer,
    "conditional": _conditional,
    "opening_hours": _opening_hours,
    "text": lambda text: text,
}
"""Parser name in the table -> function; None says nothing of the attribute.

`magnitude_percent` is the size of a slope whose side does not matter.
"""


@dataclass(slots=True)
class _KeyRules:
    """All rows of one key on one object, and what has been read with them so far."""

    words: dict[str, list[Fact]] = field(default_factory=dict)
    others: list[tuple[str, str, int]] = field(default_factory=list)
    """Rows for any other value: attribute, parser name or ``?``, rank."""
    always: list[Fact] = field(default_factory=list)
    """Rows for any other value with a reading of their own."""
    first_attribute: str = ""
    understands_any: bool = False
    seen: dict[str, TagReading] = field(default_factory=dict)

    def read(self, value: str) -> TagReading:
        reading = self.seen.get(value)
        if reading is None:
            reading = self.seen[value] = self._read(value)
        return reading

    def _read(self, value: str) -> TagReading:
        text = value.strip()
        words = self.words.get(text)
        if words is None:
            words = self.words.get(text.lower())
        if words is not None:
            return TagReading(tuple(words), True)
        parts = [self.words.get(part.strip()) for part in text.split(";") if part.strip()]
        if len(parts) > 1 and all(part is not None for part in parts):
            return TagReading(tuple(_worst_facts(fact for part in parts for fact in part or ())), True)
        if self.others or self.always or self.understands_any:
            return self._read_other(text)
        return TagReading((Fact(self.first_attribute, OTHER, _UNDERSTOOD_FIRST),), False)

    def _read_other(self, text: str) -> TagReading:
        facts, understood = list(self.always), True
        for attribute, parser, rank in self.others:
            value = UNREADABLE if parser == "?" else PARSERS[parser](text)
            if isinstance(value, Unreadable):
                facts.append(Fact(attribute, OTHER, rank + _UNDERSTOOD_FIRST))
                understood = False
            elif value is not None:
                facts.append(Fact(attribute, value, rank))
        return TagReading(tuple(facts), understood)


class TagRules:
    """The compiled table.

    Attributes
    ----------
    objects
        Object -> key -> rules of that key.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.objects: dict[str, dict[str, _KeyRules]] = {}
        for row in rows:
            for name in row.words("object"):
                if name not in _OBJECTS and not name.startswith("barrier="):
                    row.fail(f"object is {name!r}, not one of {', '.join(_OBJECTS)} or barrier=<value>")
                keys = self.objects.setdefault(name, {})
                for key in row["key"].split("|"):
                    _add_row(keys.setdefault(key, _KeyRules()), row)

    def read(self, objects: Sequence[str], key: str, value: str) -> TagReading | None:
        """What a tag says on the first of `objects` that has rows for its key; None where none has."""
        for name in objects:
            rules = self.objects.get(name, {}).get(key)
            if rules is not None:
                return rules.read(value)
        return None


_OBJECTS: Final = ("way", "node", "side", *Kind)
_INTERVAL: Final = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)?")


@cache
def load_tag_rules(path: Path = TAGS_TABLE) -> TagRules:
    """Read and compile the table once.

    Raises
    ------
    TableError
        With file and line: an unknown object, attribute, reading or parser, or a value said twice.
    """
    return TagRules(read_table(path, COLUMNS, filled=COLUMNS))


def get_worst(attribute: str, values: Sequence[Read]) -> Read:
    """The value to expect where several are tagged: the last in rank, the narrowest, the steepest.

    ``OTHER`` among them makes the worst ``OTHER``, except beside a kerb without upper end, than which nothing
    is worse. Different words that have no rank (``up`` and ``down``) make ``OTHER`` too.
    """
    sizes = [value for value in values if isinstance(value, Interval)]
    if sizes:
        worst = max(sizes, key=lambda size: (size.high, size.low))
        return OTHER if OTHER in values and worst.high != float("inf") else worst
    if OTHER in values:
        return OTHER
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) == len(values):
        return min(numbers) if attribute in _NARROW_IS_WORSE else max(numbers, key=abs)
    index = ATTRIBUTE_INDEX.get(attribute)
    if index is None:
        return values[0] if len(set(values)) == 1 else OTHER
    ranked = ATTRIBUTES[index].values
    return max(values, key=lambda value: ranked.index(str(value)))


def _worst_facts(facts: Iterable[Fact]) -> list[Fact]:
    by_attribute: dict[str, list[Fact]] = {}
    for fact in facts:
        by_attribute.setdefault(fact.attribute, []).append(fact)
    return [
        Fact(attribute, get_worst(attribute, [fact.value for fact in same]), min(fact.rank for fact in same))
        for attribute, same in by_attribute.items()
    ]


def _add_row(rules: _KeyRules, row: Row) -> None:
    attribute, reading, rank = row["attribute"], row["reading"], row.line
    if attribute not in FIELDS and attribute not in ATTRIBUTE_INDEX:
        row.fail(f"attribute is {attribute!r}, which nothing reads")
    rules.first_attribute = rules.first_attribute or attribute
    if row["value"] == "*":
        if reading == "-":
            rules.understands_any = True
        elif reading == "?":
            rules.others.append((attribute, reading, rank))
        elif reading.startswith("["):
            parser = reading.strip("[]")
            if parser not in PARSERS:
                row.fail(f"parser is {parser!r}, not one of {', '.join(PARSERS)}")
            rules.others.append((attribute, parser, rank))
        else:
            rules.always.append(Fact(attribute, _read_literal(row), rank))
        return
    for word in row["value"].split("|"):
        facts = rules.words.setdefault(word.strip(), [])
        if any(fact.attribute == attribute for fact in facts):
            row.fail(f"{row['key']}={word} is said twice of {attribute}")
        if reading != "-":
            value = _read_literal(row)
            facts.append(Fact(attribute, value, rank + _UNDERSTOOD_FIRST if value is OTHER else rank))


def _read_literal(row: Row) -> Read:
    attribute, reading = row["attribute"], row["reading"]
    if reading == "OTHER":
        return OTHER
    if attribute in ("kerb_cm", "threshold_cm"):
        match = _INTERVAL.fullmatch(reading)
        if not match:
            row.fail(f"reading is {reading!r}, not an interval like 0..3")
        return Interval(float(match[1]), float(match[2] or "inf"))
    if attribute == "oneway":
        return int(row.choice("reading", ("1", "-1", "0")))
    if attribute in FIELDS:
        return row.choice("reading", FIELDS[attribute])
    known = ATTRIBUTES[ATTRIBUTE_INDEX[attribute]]
    if known.type is not AttributeType.CHOICE:
        row.fail(f"{attribute} is a number and needs a parser")
    return row.choice("reading", known.values)
