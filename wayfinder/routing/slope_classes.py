"""How long it has been steep, and how far the last seat lies behind: per arc, folded into slope classes.

Both are the least over all ways that lead to an arc: a level place or a seat that adjoins can be used. So a
search can add them up arc by arc; what a whole way is like is measured on the way itself (`relief`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from wayfinder.routing.compiled import compiled
from wayfinder.routing.network import (
    SLOPE_DOWN,
    SLOPE_NONE,
    SLOPE_ZERO,
    Int8,
    Int32,
    Int64,
    Network,
)
from wayfinder.routing.network_arrays import number_slopes

STEEP_PERCENT: Final = 3.0
"""Steeper than this needs level places to rest on (DIN 18040-3)."""
LEVEL_MM: Final = 1_500
"""A level place is at least so long (DIN 18040-3: landings of 150 cm)."""
RUN_BINS_M: Final = (0, 10, 30, 100, 1000)
"""A run is rounded up to one of these, and counts as the last where it is longer."""
REST_BINS_M: Final = (50, 100, 150, 200, 300, 500, 1000)
"""As `RUN_BINS_M`, for the distance to the last place to sit down."""
_NOWHERE: Final = np.int64(2**40)


def _no_int32() -> Int32:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Rests:
    """Places to sit down beside the ways, by edge and along it.

    Attributes
    ----------
    edge, along_mm
        int32[r]: beside which edge, and how far from its tail. A place beside several ways stands here for
        each of them.
    backrest
        int8[r]: 1 yes, 0 no, -1 unknown.
    place
        int32[r]: number of the place, the same for each of its ways.
    """

    edge: Int32 = field(default_factory=_no_int32)
    along_mm: Int32 = field(default_factory=_no_int32)
    backrest: Int8 = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    place: Int32 = field(default_factory=_no_int32)


def classify_slopes(network: Network, rests: Rests) -> Network:
    """Give the arcs slope classes with run and rest in them; what they held of both before is dropped."""
    incline, error = network.slope_incline[network.arc_slope], network.slope_error[network.arc_slope]
    facts = np.empty((len(incline), 4), dtype=np.int16)
    facts[:, 0], facts[:, 1] = incline, error
    has_slope = incline != SLOPE_NONE
    run_mm = _measure_runs(network, incline.astype(np.int64))
    facts[:, 2] = np.where(run_mm > 0, _bin(run_mm, RUN_BINS_M), 0)
    facts[:, 3] = np.where(has_slope, _bin(_measure_rests(network, rests), REST_BINS_M), -1)
    if not len(rests.edge):
        facts[:, 3] = -1
    return replace(network, **number_slopes(facts)._asdict())


def _bin(length_mm: Int64, ends_m: tuple[int, ...]) -> Int64:
    ends = np.array(ends_m, dtype=np.int64)
    place = np.searchsorted(ends * 1000, length_mm, side="left")
    return ends[np.minimum(place, len(ends) - 1)]


def _measure_runs(network: Network, incline: Int64) -> Int64:
    """int64[2m]: how long it has been steep, up or down, where each arc ends; 0 where it is not steep."""
    length = np.repeat(network.edge_length_mm.astype(np.int64), 2)
    percent = np.where(incline > SLOPE_DOWN, (incline - SLOPE_ZERO) / 10.0, 0.0)
    head, tail = _list_ends(network)
    run_mm = np.zeros(len(length), dtype=np.int64)
    for is_steep in (percent > STEEP_PERCENT, percent < -STEEP_PERCENT):
        is_level = (np.abs(percent) <= STEEP_PERCENT) & (length >= LEVEL_MM)
        # an obstacle on a slope, or a short flat, is no level place to rest on
        is_free = ~is_steep & (length < LEVEL_MM)
        reached = np.zeros(network.node_count, dtype=np.bool_)
        reached[head[is_steep | is_free]] = True
        start = np.full(network.node_count, _NOWHERE, dtype=np.int64)
        start[~reached] = 0
        start[tail[is_level]] = 0
        cost = np.where(is_steep, length, np.where(is_free, length, -1))
        begun = _spread(network.out_first, network.out_arc, head, cost, start)
        begun[begun >= _NOWHERE] = 0
        run_mm += np.where(is_steep, begun[tail] + length, 0)
    return run_mm


def _measure_rests(network: Network, rests: Rests) -> Int64:
    """int64[2m]: how far the last place to sit down lies behind at the end of each arc, at the least."""
    length = np.repeat(network.edge_length_mm.astype(np.int64), 2)
    head, tail = _list_ends(network)
    start = np.full(network.node_count, _NOWHERE, dtype=np.int64)
    along = rests.along_mm.astype(np.int64)
    back = network.edge_length_mm[rests.edge] - along
    np.minimum.at(start, network.edge_tail[rests.edge], along)
    np.minimum.at(start, network.edge_head[rests.edge], back)
    behind = _spread(network.out_first, network.out_arc, head, length, start)[tail] + length
    np.minimum.at(behind, 2 * rests.edge.astype(np.int64), back)
    np.minimum.at(behind, 2 * rests.edge.astype(np.int64) + 1, along)
    return behind


def _list_ends(network: Network) -> tuple[Int32, Int32]:
    """Head and tail of every arc."""
    head = np.column_stack([network.edge_head, network.edge_tail]).ravel()
    tail = np.column_stack([network.edge_tail, network.edge_head]).ravel()
    return head, tail


@compiled
def _spread(out_first: Int32, out_arc: Int32, head: Int32, cost: Int64, start: Int64) -> Int64:
    """Dijkstra's algorithm from many nodes at once; arcs with a cost below 0 are not walked."""
    best = start.copy()
    queue = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for first in range(len(best)):
        if best[first] < _NOWHERE:
            queue.append((best[first], np.int64(first)))
    heapq.heapify(queue)
    while len(queue) > 0:
        so_far, node = heapq.heappop(queue)
        if so_far > best[node]:
            continue
        for place in range(out_first[node], out_first[node + 1]):
            arc = out_arc[place]
            if cost[arc] < 0:
                continue
            through = so_far + cost[arc]
            other = np.int64(head[arc])
            if through < best[other]:
                best[other] = through
                heapq.heappush(queue, (through, other))
    return best
