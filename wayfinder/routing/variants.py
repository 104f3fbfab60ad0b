"""What becomes of an edge's attributes when the clock and a live state have their say."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from wayfinder.opening import Openness
from wayfinder.routing.attributes import (
    ATTRIBUTE_INDEX,
    ATTRIBUTES,
    OTHER,
    Choice,
    EdgeAttributes,
    Kind,
    Unclear,
)
from wayfinder.routing.schedule import Moment, Schedule

LIFT_STATES: Final = ATTRIBUTES[ATTRIBUTE_INDEX["lift_state"]].values
_OPENINGS: Final[dict[Openness, Choice]] = {
    Openness.OPEN: "open",
    Openness.CLOSED: "closed",
    Openness.UNKNOWN: OTHER,
}
_ACCESS: Final = ATTRIBUTES[ATTRIBUTE_INDEX["access"]].values
_UNTAGGED: Final = _ACCESS.index("yes")


def keeps_hours(edge: EdgeAttributes) -> bool:
    """Whether it depends on the time that one gets through."""
    return edge.opening == "limited"


def apply_moment(edge: EdgeAttributes, moment: Moment, *, narrows: bool) -> EdgeAttributes:
    """An edge that keeps hours, at one moment.

    Where several values of ``access`` may hold the best of them is taken, and it is unknown whether one gets
    through. Where conditions only narrow, each counts as the worse of itself and of what is tagged.
    """
    values = [_get_access(edge, value, narrows) for value in moment.access]
    access = min(values, key=_rank)
    is_known = len(set(values)) == 1
    openness = moment.openness if is_known or moment.openness is Openness.CLOSED else Openness.UNKNOWN
    return replace(edge, opening=_OPENINGS[openness], access=access)


def list_variants(edge: EdgeAttributes, schedule: Schedule) -> set[EdgeAttributes]:
    """Everything `apply_moment` can make of an edge under a schedule."""
    values = {_get_access(edge, clause.value, schedule.narrows) for clause in schedule.clauses}
    values.add(edge.access)
    return {
        replace(edge, opening=opening, access=access) for opening in _OPENINGS.values() for access in values
    }


def soften(edge: EdgeAttributes) -> EdgeAttributes:
    """The cheapest variant of an edge: bounds of the search measured at it hold at any time."""
    if keeps_hours(edge):
        edge = replace(edge, opening="open")
    if edge.kind is Kind.LIFT and edge.lift_state is None:
        edge = replace(edge, lift_state=LIFT_STATES[0])
    return edge


def _get_access(edge: EdgeAttributes, value: str | None, narrows: bool) -> Choice:
    if value is None:
        return edge.access
    new: Choice = OTHER if value == OTHER.value else value
    return max((edge.access, new), key=_rank) if narrows else new


def _rank(access: Choice) -> int:
    if access is None:
        return _UNTAGGED
    return len(_ACCESS) if isinstance(access, Unclear) else _ACCESS.index(access)
