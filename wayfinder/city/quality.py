"""How much is known of each attribute, from whom, and of when; for a city or a part of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wayfinder.city.build import measure_coverage
from wayfinder.city.info import Coverage
from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.network import INCLINE_ORIGINS, Int32, Int64, Network, UInt8
from wayfinder.routing.origins import FACT_ATTRIBUTES, INCLINE, ORIGINS, Origins

AGES: Final = {"under_2_years": 2, "under_5_years": 5, "under_10_years": 10}
"""Age bands by their upper end in years; older, and of unknown age, follow."""
OLDER, UNDATED = "older", "undated"
_DAYS_PER_YEAR: Final = 365.25
_ESTIMATED: Final = "incline_estimated"
"""Row of the coverage for inclines that are estimates."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of an attribute: metres of ways (``unit`` "m") or number of obstacles ("count").

    Attributes
    ----------
    origins
        Of what is known, how much comes from whom.
    ages
        Of what is known, how much is how old, counted back from the date of the OSM data: by the date of the
        survey, else by the last edit of the object. Estimates have no date.
    """

    attribute: str
    unit: str
    known: float
    unmapped: float
    not_understood: float
    origins: Mapping[str, float]
    ages: Mapping[str, float]


def measure_quality(
    network: Network,
    classes: Sequence[EdgeAttributes],
    origins: Origins,
    edges: Int64,
    osm_at: str | None,
) -> tuple[Quality, ...]:
    """Measure what is known on these edges."""
    today = None if osm_at is None else _count_days(osm_at)
    bands = (*AGES, OLDER, UNDATED)
    of_osm = np.full(network.edge_count, ORIGINS.index("osm"), dtype=np.uint8)
    by_band = _measure_parts(network, classes, edges, _band(network.edge_as_of_day, today), bands)
    rows = []
    for row in _join_inclines(measure_coverage(_take(network, edges), classes)):
        if not row.total:
            continue
        origin, day = _find_provenance(network, origins, row.attribute, of_osm)
        key = (row.attribute, row.unit)
        found, ages = {"osm": row.known} if row.known else {}, _pick(by_band, key)
        if origin is not of_osm:
            found = _pick(_measure_parts(network, classes, edges, origin, ORIGINS), key)
            ages = _pick(_measure_parts(network, classes, edges, _band(day, today), bands), key)
        rows.append(
            Quality(row.attribute, row.unit, row.known, row.unmapped, row.not_understood, found, ages)
        )
    return tuple(rows)


def _find_provenance(
    network: Network, origins: Origins, attribute: str, of_osm: UInt8
) -> tuple[UInt8, Int32]:
    """By edge: whose an attribute is (index into `ORIGINS`), of which day; `of_osm` where all is OSM's."""
    facts = origins.fact_attribute == FACT_ATTRIBUTES.index(attribute)
    is_estimate = np.zeros(network.edge_count, dtype=np.bool_)
    if attribute == INCLINE:
        is_estimate = network.edge_incline_origin == INCLINE_ORIGINS.index("estimate")
    if not facts.any() and not is_estimate.any():
        return of_osm, network.edge_as_of_day
    origin, day = of_osm.copy(), network.edge_as_of_day.copy()
    origin[is_estimate], day[is_estimate] = ORIGINS.index("estimate"), -1
    origin[origins.fact_edge[facts]] = origins.fact_origin[facts]
    day[origins.fact_edge[facts]] = origins.fact_day[facts]
    return origin, day


_Known = Mapping[str, Mapping[tuple[str, str], float]]


def _measure_parts(
    network: Network,
    classes: Sequence[EdgeAttributes],
    edges: Int64,
    part: NDArray[Any],
    names: Sequence[str],
) -> _Known:
    """What is known on the edges of each part, by its name."""
    return {
        name: {
            (row.attribute, row.unit): row.known
            for row in _join_inclines(measure_coverage(_take(network, edges[part[edges] == number]), classes))
        }
        for number, name in enumerate(names)
    }


def _pick(known: _Known, key: tuple[str, str]) -> dict[str, float]:
    found = {name: round(rows.get(key, 0.0), 1) for name, rows in known.items()}
    return {name: amount for name, amount in found.items() if amount}


def _join_inclines(rows: Sequence[Coverage]) -> list[Coverage]:
    """One row for the incline, whoever says it."""
    inclines = [row for row in rows if row.attribute in (INCLINE, _ESTIMATED)]
    known = round(sum(row.known for row in inclines), 1)
    joined = Coverage(INCLINE, "m", known, inclines[-1].unmapped, 0.0)
    return [*(row for row in rows if row not in inclines), joined]


def _take(network: Network, edges: Int64) -> Network:
    """The network with these edges only, as far as measuring coverage needs it."""
    arcs = np.stack([2 * edges, 2 * edges + 1], axis=1).reshape(-1)
    return replace(
        network,
        edge_length_mm=network.edge_length_mm[edges],
        edge_incline_percent=network.edge_incline_percent[edges],
        edge_incline_origin=network.edge_incline_origin[edges],
        arc_class=network.arc_class[arcs],
        arc_slope=network.arc_slope[arcs],
    )


def _band(days: Int32, today: int | None) -> Int64:
    """Age band of each edge, by number."""
    undated = len(AGES) + 1
    if today is None:
        return np.full(len(days), undated)
    band = np.searchsorted(list(AGES.values()), (today - days) / _DAYS_PER_YEAR, side="right")
    return np.where(days < 0, undated, band)


def _count_days(date: str) -> int:
    return (datetime.date.fromisoformat(date[:10]) - datetime.date(1970, 1, 1)).days
