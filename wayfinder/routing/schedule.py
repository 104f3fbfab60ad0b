"""When one gets through: opening hours and conditional access of one thing, and what they say at a moment.

A conditional restriction is a list ``value @ (condition); value @ (condition)``; of the conditions that hold
the last one counts (OSM wiki, Conditional restrictions). A condition is one or several terms joined by
``AND``: hours, something about vehicles (which leaves people on foot alone), or something nobody can know
beforehand (snow, events), which leaves the value unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from wayfinder.opening import MOST_CHARACTERS, Openness, Region, parse_hours

MOST_CLAUSES: Final = 16
_CLAUSE: Final = re.compile(r"\s*(?P<value>[a-z_]+)\s*@\s*(?P<condition>.+?)\s*", re.DOTALL)
_AND: Final = re.compile(r"\s+AND\s+", re.IGNORECASE)
_VEHICLE: Final = re.compile(
    r"(?:max)?(?:weight|weightrating|axleload|length|height|width|speed|axles|wheels|draught|trailer|hgv|emission)s?"
    r"(?:$|[^a-z])",
    re.IGNORECASE,
)


class Clause(NamedTuple):
    """``value @ (terms)``; the value holds where all terms do."""

    value: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Schedule:
    """What is tagged of the times at which one gets through.

    Attributes
    ----------
    hours
        Opening hours as tagged, "" where there are none.
    clauses
        Access by condition, in the order tagged; their values are those of the attribute ``access``, or
        ``other`` where not understood.
    narrows
        The clauses are about everybody, while a tag speaks of people on foot: they may take away from what it
        allows, and add nothing.
    """

    hours: str = ""
    clauses: tuple[Clause, ...] = ()
    narrows: bool = False


class Moment(NamedTuple):
    """What a schedule says at one moment.

    Attributes
    ----------
    openness
        By the opening hours; open where there are none.
    access
        Every value of ``access`` that may hold; None is the one without condition. More than one: nobody
        knows which.
    """

    openness: Openness
    access: tuple[str | None, ...]


def parse_conditional(text: str) -> tuple[Clause, ...] | None:
    """The clauses that concern people on foot; None where the text is not understood.

    Vehicles' clauses are left out, so that nothing may be left of a text that is understood.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    parts = list(_split_clauses(text))
    if not parts or len(parts) > MOST_CLAUSES:
        return None
    clauses = []
    for part in parts:
        match = _CLAUSE.fullmatch(part)
        if match is None:
            return None
        terms = tuple(_strip(term) for term in _AND.split(_strip(match["condition"])))
        if not all(terms):
            return None
        if not any(_VEHICLE.match(term) for term in terms):
            clauses.append(Clause(match["value"], terms))
    return tuple(clauses)


def get_moment(schedule: Schedule, moment: datetime, region: Region) -> Moment:
    """What a schedule says at an aware moment."""
    openness = _get_openness(schedule.hours, moment, region) if schedule.hours else Openness.OPEN
    access: list[str | None] = []
    for clause in reversed(schedule.clauses):
        holds = _get_truth(clause, moment, region)
        if holds is not Openness.CLOSED and clause.value not in access:
            access.append(clause.value)
        if holds is Openness.OPEN:
            return Moment(openness, tuple(access))
    return Moment(openness, (*access, None))


def find_change(schedule: Schedule, moment: datetime, until: datetime, region: Region) -> datetime | None:
    """The first moment after `moment`, at most `until`, at which anything in it changes; else None."""
    texts = [schedule.hours] if schedule.hours else []
    texts += [term for clause in schedule.clauses for term in clause.terms]
    found = (parse_hours(text, region) for text in texts)
    changes = (hours.find_change(moment, until) for hours in found if hours is not None)
    return min((change for change in changes if change is not None), default=None)


def _get_openness(text: str, moment: datetime, region: Region) -> Openness:
    hours = parse_hours(text, region)
    return Openness.UNKNOWN if hours is None else hours.get_state(moment)


def _get_truth(clause: Clause, moment: datetime, region: Region) -> Openness:
    """OPEN where all terms hold, CLOSED where one does not, else UNKNOWN."""
    states = {_get_openness(term, moment, region) for term in clause.terms}
    if Openness.CLOSED in states:
        return Openness.CLOSED
    return Openness.UNKNOWN if Openness.UNKNOWN in states else Openness.OPEN


def _split_clauses(text: str) -> Iterator[str]:
    """Cut at the semicolons outside of brackets: those within belong to the hours."""
    depth, start = 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ";" and depth == 0:
            yield text[start:at]
            start = at + 1
    if text[start:].strip():
        yield text[start:]


def _strip(text: str) -> str:
    """Without the brackets around it all."""
    text = text.strip()
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text
