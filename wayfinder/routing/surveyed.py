"""Facts of surveys put into the network: they replace what OSM says, and the classes are formed anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wayfinder.routing.attributes import (
    ATTRIBUTE_INDEX,
    ATTRIBUTES,
    KERB_KINDS,
    WAY_KINDS,
    EdgeAttributes,
    Interval,
    Kind,
)
from wayfinder.routing.network import INCLINE_ORIGINS, Int32, Network
from wayfinder.routing.network_arrays import get_slope_bin, number_slopes, reverse_slope
from wayfinder.routing.origins import INCLINE, FactRow
from wayfinder.routing.slope_classes import Rests, classify_slopes

KERB: Final = "kerb_cm"
"""The height of a kerb, whichever way it is met: ``kerb_up_cm`` and ``kerb_down_cm`` of its edge."""
_KERB_SIDES: Final = ("kerb_up_cm", "kerb_down_cm")
SURVEYED: Final = (
    KERB,
    INCLINE,
    *(a.name for a in ATTRIBUTES if a.name not in ("kind", "lift_state", *_KERB_SIDES)),
)
"""Attributes a survey may speak of."""

FactValue = str | float | Interval


@dataclass(frozen=True, slots=True)
class EdgeFact:
    """What a survey says of one edge.

    Attributes
    ----------
    attribute
        One of `SURVEYED`.
    value
        As in `EdgeAttributes`; an incline is signed, uphill along the edge.
    day
        Days since 1970-01-01, -1 unknown.
    source
        Name of the survey.
    """

    edge: int
    attribute: str
    value: FactValue
    day: int
    source: str


def takes(kind: Kind, attribute: str) -> bool:
    """Whether an attribute of `SURVEYED` says anything of edges of a kind."""
    if attribute == KERB:
        return kind in KERB_KINDS
    if attribute == INCLINE:
        return kind in WAY_KINDS
    meant = ATTRIBUTES[ATTRIBUTE_INDEX[attribute]].applies_to
    return not meant or kind in meant


def list_fields(attribute: str) -> tuple[str, ...]:
    """The fields of `EdgeAttributes` an attribute of `SURVEYED` stands for (none for an incline)."""
    return _KERB_SIDES if attribute == KERB else () if attribute == INCLINE else (attribute,)


def change_attributes(edge: EdgeAttributes, values: Mapping[str, FactValue]) -> EdgeAttributes:
    """One direction of an edge with values of a survey in the place of its own."""
    words = {
        name: value
        for attribute, value in values.items()
        for name in list_fields(attribute)
        if takes(edge.kind, name)
    }
    return replace(edge, **words)  # type: ignore[arg-type]


def apply_facts(
    network: Network, classes: Sequence[EdgeAttributes], facts: Iterable[EdgeFact], rests: Rests
) -> tuple[Network, tuple[EdgeAttributes, ...], list[FactRow]]:
    """The network with the facts in it, its classes in the order of their first use, and the origins.

    There must be one fact at most about each attribute of an edge. A surveyed incline is no estimate any
    more, and the runs of steep ways (with their `rests`) are measured anew.
    """
    by_edge: dict[int, list[EdgeFact]] = {}
    for fact in facts:
        by_edge.setdefault(fact.edge, []).append(fact)
    arc_class, incline = np.array(network.arc_class), np.array(network.edge_incline_percent)
    origin = np.array(network.edge_incline_origin)
    slopes = np.array([network.slope_incline, network.slope_error, network.slope_run_m, network.slope_rest_m])
    arc_slopes = slopes.T[network.arc_slope]
    table = list(classes)
    class_of = {attributes: number for number, attributes in enumerate(table)}
    rows: list[FactRow] = []
    for edge, said in sorted(by_edge.items()):
        values = {fact.attribute: fact.value for fact in said}
        for arc in (2 * edge, 2 * edge + 1):
            changed = change_attributes(table[arc_class[arc]], values)
            arc_class[arc] = class_of.setdefault(changed, len(table))
            if arc_class[arc] == len(table):
                table.append(changed)
        percent = values.get(INCLINE)
        if isinstance(percent, float):
            incline[edge] = percent
            origin[edge] = INCLINE_ORIGINS.index("osm")
            slope = get_slope_bin(percent)
            arc_slopes[2 * edge, :2] = slope, 0
            arc_slopes[2 * edge + 1, :2] = reverse_slope(slope), 0
        for fact in said:
            names = list_fields(fact.attribute) or (INCLINE,)
            rows += [FactRow(edge, name, "survey", fact.day, fact.source) for name in names]
    arc_class, used = _renumber(arc_class)
    network = replace(
        network,
        arc_class=arc_class,
        edge_incline_percent=incline,
        edge_incline_origin=origin,
        **number_slopes(arc_slopes)._asdict(),
    )
    if any(fact.attribute == INCLINE for said in by_edge.values() for fact in said):
        network = classify_slopes(network, rests)
    return network, tuple(table[number] for number in used), rows


def _renumber(arc_class: Int32) -> tuple[Int32, list[int]]:
    """Classes counted anew in the order of their first use, and the old numbers in that order."""
    used, first, old = np.unique(arc_class, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(used), dtype=np.int32)
    rank[order] = np.arange(len(used), dtype=np.int32)
    return rank[old], used[order].tolist()
