"""Surveys, accepted reports and lift states over the network: an immutable snapshot of changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np

from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.city_graph import BLOCKED, HOP_CLASS, CityGraph
from wayfinder.routing.classes import build_class_columns
from wayfinder.routing.costs import CostTable, Judge, Tables
from wayfinder.routing.network import Int32


@dataclass(frozen=True, slots=True)
class Change:
    """What an accepted fact makes of some arcs.

    Attributes
    ----------
    arcs
        Arc ids of the network.
    attributes
        Their new attributes; None closes them.
    source
        ``report``, ``survey``, ``closure`` or ``lift``.
    as_of_day
        Days since 1970-01-01 the fact is of, -1 unknown.
    about
        Names of the attributes it is about; empty: all of them.
    """

    arcs: tuple[int, ...]
    attributes: EdgeAttributes | None
    source: str
    as_of_day: int = -1
    about: frozenset[str] = frozenset()

    def speaks_of(self, attribute: str) -> bool:
        """Whether the value of an attribute comes from this change."""
        return not self.about or attribute in self.about


class Stretch(Protocol):
    """What of a way `ListClosings` needs: its arcs, and where it begins on the first and ends on the last."""

    @property
    def arcs(self) -> Int32: ...
    @property
    def from_mm(self) -> int: ...
    @property
    def to_mm(self) -> int: ...


class Closing(NamedTuple):
    """Something that closes (``closes``), or may close (``may_close``), before a person has passed it.

    Attributes
    ----------
    kind
        Of edge.
    at, arrive_at
        When it does, and when the person comes there; local times.
    """

    key: str
    lon: float
    lat: float
    kind: str
    at: datetime
    arrive_at: datetime

    @property
    def parameters(self) -> dict[str, object]:
        """What its message needs."""
        return {"kind": self.kind, "at": self.at, "arrive_at": self.arrive_at}


class ListClosings(Protocol):
    """What closes on a way begun so many seconds after departure, in the order met."""

    def __call__(
        self, overlay: Overlay, costs: CostTable, way: Stretch, elapsed_s: float
    ) -> Sequence[Closing]: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Of which moment an overlay is, as `wayfinder.routing.timetable` made it.

    Attributes
    ----------
    depart_at
        That minute, aware.
    arc_class
        int32[2m], the classes before the clock had its say.
    class_of
        Attributes -> class, of all that the clock can make of them.
    measured
        Arc of a lift -> when its live state was measured, in local time.
    """

    depart_at: datetime
    arc_class: Int32
    class_of: Mapping[EdgeAttributes, int]
    measured: Mapping[int, datetime]
    list_closings: ListClosings


@dataclass(frozen=True)
class Overlay:
    """One version of all changes over a city.

    Attributes
    ----------
    arc_class
        int32[2m]: the class of each arc with the changes applied; the network's own array where there are
        none.
    hops
        int32[2m, 8]: `CityGraph.hops` with the classes of `arc_class`.
    classes
        The city's classes, the closed class and the extra classes of this version.
    judge
        Judges those classes.
    changes
        Arc -> the change that holds there.
    warnings
        Arc -> key of an unconfirmed warning.
    replaced
        int32[2, x]: each extra class, and a class of the city it stands in for.
    timing
        The moment this overlay is of; None: of no moment, what keeps hours is in doubt.
    """

    version: int
    arc_class: Int32
    hops: Int32
    classes: Sequence[EdgeAttributes]
    judge: Judge
    changes: Mapping[int, Change] = field(default_factory=dict)
    warnings: Mapping[int, str] = field(default_factory=dict)
    replaced: Int32 = field(default_factory=lambda: np.empty((2, 0), dtype=np.int32))
    timing: Timing | None = None


class CurrentOverlay(Protocol):
    """Port: the overlay that holds now. Called once per request; must be cheap."""

    def __call__(self) -> Overlay: ...


def build_empty_overlay(graph: CityGraph, tables: Tables | None = None) -> Overlay:
    """Version 0: the city as it was built."""
    columns = graph.columns
    judge = Judge(columns, graph.slopes, graph.bounding_classes, tables)
    return Overlay(0, graph.network.arc_class, graph.hops, (*graph.classes, BLOCKED), judge)


def apply_changes(
    graph: CityGraph,
    base: Overlay,
    version: int,
    changes: Iterable[Change],
    warnings: Mapping[int, str] | None = None,
) -> Overlay:
    """Build the next version from scratch: `changes` replace all earlier ones.

    Parameters
    ----------
    base
        The empty overlay of the city; its judge is used again as long as no new class is needed.
    """
    arc_class = np.array(base.arc_class)
    by_arc: dict[int, Change] = {}
    extra: list[EdgeAttributes] = []
    replaced: set[tuple[int, int]] = set()
    for change in changes:
        if change.attributes is None:
            changed_class = graph.blocked_class
        else:
            changed_class = len(base.classes) + len(extra)
            extra.append(change.attributes)
            replaced |= {(changed_class, int(base.arc_class[arc])) for arc in change.arcs}
        arc_class[list(change.arcs)] = changed_class
        by_arc.update(dict.fromkeys(change.arcs, change))
    hops = set_classes(graph, graph.hops, arc_class, np.fromiter(by_arc, dtype=np.int32, count=len(by_arc)))
    arc_class.flags.writeable = False
    judge, classes = base.judge, base.classes
    if extra:
        columns = graph.columns.extend(build_class_columns(extra))
        bounding = np.concatenate([graph.bounding_classes, np.ones(len(extra), dtype=np.bool_)])
        judge, classes = Judge(columns, graph.slopes, bounding, judge.tables), [*base.classes, *extra]
    pairs = np.array(sorted(replaced), dtype=np.int32).reshape(-1, 2).T
    pairs = np.ascontiguousarray(pairs)
    return Overlay(version, arc_class, hops, classes, judge, by_arc, warnings or {}, pairs)


def set_classes(graph: CityGraph, hops: Int32, arc_class: Int32, arcs: Int32) -> Int32:
    """A copy of the hops with the classes of `arcs` set anew."""
    hops = hops.copy()
    hops[graph.out_position[arcs], HOP_CLASS] = arc_class[arcs]
    hops[graph.out_position[arcs ^ 1], HOP_CLASS + 1] = arc_class[arcs]
    hops.flags.writeable = False
    return hops
