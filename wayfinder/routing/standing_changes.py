"""What holds over a city without a report: layers kept apart for their licence, and closures between dates.

Both become changes of the overlay. The functions are pure: what holds is a question of the moment asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.overlay import Change
from wayfinder.routing.surveyed import EdgeFact, FactValue, change_attributes, list_fields

_CLOSED: Final = "closure"


@dataclass(frozen=True, slots=True)
class Closure:
    """A closure or building site between two moments.

    Attributes
    ----------
    edges
        Edges of the network.
    begins_s, ends_s
        Seconds since 1970-01-01 UTC, the end not included; None where nobody has said.
    values
        What remains of the way during that time (attributes of `surveyed.SURVEYED`); empty: it is closed.
    day
        Days since 1970-01-01 the notice is of, -1 unknown.
    source
        Name of the survey it stands in.
    """

    edges: tuple[int, ...]
    begins_s: int | None
    ends_s: int | None
    values: Mapping[str, FactValue] = field(default_factory=dict)
    day: int = -1
    source: str = ""

    def holds_at(self, moment_s: float) -> bool:
        """Whether it holds then."""
        begun = self.begins_s is None or self.begins_s <= moment_s
        return begun and (self.ends_s is None or moment_s < self.ends_s)


def list_turns(closures: Iterable[Closure]) -> list[int]:
    """All seconds since 1970-01-01 UTC at which something begins or ends to hold, ascending."""
    return sorted({turn for one in closures for turn in (one.begins_s, one.ends_s) if turn is not None})


def list_changes_at(
    graph: CityGraph, layers: Iterable[EdgeFact], closures: Iterable[Closure], moment: datetime
) -> list[Change]:
    """The changes of the overlay that hold at a moment; one change per arc, in the order of the first arc.

    Parameters
    ----------
    layers
        Facts of surveys that may not stand in the network itself.
    moment
        Aware.
    """
    now: dict[int, _Arc] = {}
    for fact in layers:
        _change(graph, now, fact.edge, {fact.attribute: fact.value}, "survey", fact.day)
    for closure in closures:
        if not closure.holds_at(moment.timestamp()):
            continue
        for edge in closure.edges:
            _change(graph, now, edge, closure.values, _CLOSED, closure.day)
    groups: dict[_Arc, list[int]] = {}
    for arc in sorted(now):
        groups.setdefault(now[arc], []).append(arc)
    return [
        Change(tuple(arcs), one.attributes, one.source, one.day, one.about) for one, arcs in groups.items()
    ]


@dataclass(frozen=True, slots=True)
class _Arc:
    """An arc as the changes so far leave it."""

    attributes: EdgeAttributes | None
    source: str
    day: int
    about: frozenset[str]


def _change(
    graph: CityGraph, now: dict[int, _Arc], edge: int, values: Mapping[str, FactValue], source: str, day: int
) -> None:
    names = frozenset(name for attribute in values for name in list_fields(attribute))
    for arc in (2 * edge, 2 * edge + 1):
        before = now.get(arc)
        if before is not None and before.attributes is None:
            continue
        if source == _CLOSED and not values:
            now[arc] = _Arc(None, source, day, frozenset())
            continue
        if not names:
            continue  # an incline stands in the network's own arrays and cannot be changed from outside
        own = before.attributes if before else None
        changed = change_attributes(own or graph.classes[graph.network.arc_class[arc]], values)
        if before is None:
            now[arc] = _Arc(changed, source, day, names)
        elif before.source == source:
            # one date for all of an arc's facts: the oldest, so that none looks newer than it is
            now[arc] = replace(
                before, attributes=changed, day=min(before.day, day), about=before.about | names
            )
        else:
            now[arc] = _Arc(changed, source, day, before.about | names)
