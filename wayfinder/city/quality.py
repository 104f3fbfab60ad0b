"""How much is known of each attribute, from whom, and of when; for a city or a part of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from wayfinder.city.build import measure_coverage
from wayfinder.city.info import Coverage
from wayfinder.routing.attributes import EdgeAttributes
from wayfinder.routing.network import Int64, Network
from wayfinder.routing.obstacles import Source

AGES: Final = {"under_2_years": 2, "under_5_years": 5, "under_10_years": 10}
"""Age bands by their upper end in years; older, and of unknown age, follow."""
OLDER, UNDATED = "older", "undated"
_DAYS_PER_YEAR: Final = 365.25


class OriginOf(Protocol):
    """Port: where what is known of an attribute comes from.

    Returns
    -------
    By edge a `Source`, as its number in the list of all sources.
    """

    def __call__(self, attribute: str) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of an attribute: metres of ways (``unit`` "m") or number of obstacles ("count").

    Attributes
    ----------
    origins
        Of what is known, how much comes from whom.
    ages
        Of what is known, how much is how old (by the last edit of the object), counted back from the date of
        the OSM data.
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
    edges: Int64,
    osm_at: str | None,
    origin_of: OriginOf | None = None,
) -> tuple[Quality, ...]:
    """Measure what is known on these edges; without `origin_of` everything comes from OSM."""
    band = _band_edges(network.edge_as_of_day[edges], osm_at)
    by_band = {
        name: _index(measure_coverage(_take(network, edges[band == number]), classes))
        for number, name in enumerate((*AGES, OLDER, UNDATED))
    }
    rows = []
    for row in measure_coverage(_take(network, edges), classes):
        if not row.total:
            continue
        ages = {
            name: round(known, 1)
            for name, index in by_band.items()
            if (known := index.get((row.attribute, row.unit), 0.0))
        }
        origins = {Source.OSM.value: row.known} if row.known else {}
        if origin_of is not None and row.known:
            origins = _split(network, classes, edges, row, origin_of(row.attribute))
        rows.append(
            Quality(row.attribute, row.unit, row.known, row.unmapped, row.not_understood, origins, ages)
        )
    return tuple(rows)


def _split(
    network: Network,
    classes: Sequence[EdgeAttributes],
    edges: Int64,
    row: Coverage,
    origin: NDArray[np.uint8],
) -> dict[str, float]:
    found = {}
    for number, source in enumerate(Source):
        chosen = edges[origin[edges] == number]
        known = _index(measure_coverage(_take(network, chosen), classes)).get((row.attribute, row.unit), 0.0)
        if known:
            found[source.value] = known
    return found


def _index(rows: Sequence[Coverage]) -> dict[tuple[str, str], float]:
    return {(row.attribute, row.unit): row.known for row in rows}


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


def _band_edges(days: NDArray[np.int32], osm_at: str | None) -> Int64:
    """Age band of each edge, by number."""
    undated = len(AGES) + 1
    if osm_at is None:
        return np.full(len(days), undated)
    today = (datetime.date.fromisoformat(osm_at[:10]) - datetime.date(1970, 1, 1)).days
    years = (today - days) / _DAYS_PER_YEAR
    band = np.searchsorted(list(AGES.values()), years, side="right")
    return np.where(days < 0, undated, band)
