"""Lower bounds for the search: costs to a few far-apart landmarks, computed once when a city is built.

They are measured at the prices of each preset, not in metres: where little is known every way costs more
than its length, and bounds in metres would be loose. A person's own limits change few prices;
`Bounds.get_scale` says by how much the preset's bounds must shrink to stay below theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from wayfinder.routing.compiled import compiled
from wayfinder.routing.network import Int32, Int64, Network

LANDMARK_COUNT: Final = 12
"""Landmarks per preset; four of them bound a search."""
US_PER_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Lower bounds at the prices of one preset.

    Attributes
    ----------
    distance_ms
        int32[n, k]: cost of the cheapest way between a node and each of ``k`` landmarks, in milliseconds
        rounded down arc by arc, either direction at the cheaper one's price; -1 where none leads.
    class_rate, class_fixed, slope_rate
        int64: the prices it was measured at, in µs per mm and µs.
    """

    distance_ms: Int32
    class_rate: Int64
    class_fixed: Int64
    slope_rate: Int64

    def get_scale(self, class_rate: Int64, class_fixed: Int64, slope_rate: Int64, replaced: Int32) -> int:
        """µs that one ms of these bounds is surely worth at other prices, at most `US_PER_MS`.

        Parameters
        ----------
        replaced
            int32[2, x]: classes of an overlay, and the class each stands in for. Rates below 0 (forbidden) do
            not count.
        """
        return _compare(
            self.class_rate, self.class_fixed, self.slope_rate, class_rate, class_fixed, slope_rate, replaced
        )


def build_landmark_distances(
    network: Network, class_rate: Int64, class_fixed: Int64, slope_rate: Int64, count: int = LANDMARK_COUNT
) -> Int32:
    """Costs of the cheapest ways to `count` landmarks, int32[n, count] in ms, -1 where none leads.

    Every edge counts in both directions at the cheaper one's price, whatever may forbid it, so that the bound
    holds with any overlay that only closes arcs. The landmarks are the nodes of the largest connected part
    that lie farthest from each other (greedily, lowest node number first).
    """
    distance = np.full((network.node_count, count), -1, dtype=np.int32)
    if network.node_count:
        length = np.repeat(network.edge_length_mm.astype(np.int64), 2)
        cost = length * (class_rate[network.arc_class] + slope_rate[network.arc_slope])
        cost += class_fixed[network.arc_class]
        cost_ms = np.minimum(cost[0::2], cost[1::2]) // US_PER_MS
        _fill(
            network.out_first,
            network.out_arc,
            network.edge_tail,
            network.edge_head,
            np.minimum(cost_ms, 2**30).astype(np.int32),
            distance,
        )
    return distance


@compiled
def _compare(
    class_rate: Int64,
    class_fixed: Int64,
    slope_rate: Int64,
    own_class_rate: Int64,
    own_class_fixed: Int64,
    own_slope_rate: Int64,
    replaced: Int32,
) -> int:
    scale = US_PER_MS
    count = class_rate.shape[0]
    for index in range(count + replaced.shape[1]):
        own, base = index, index
        if index >= count:
            own, base = replaced[0, index - count], replaced[1, index - count]
        if own_class_rate[own] < 0:
            continue
        if own_class_rate[own] < class_rate[base]:
            scale = min(scale, own_class_rate[own] * US_PER_MS // class_rate[base])
        if own_class_fixed[own] < class_fixed[base]:
            scale = min(scale, own_class_fixed[own] * US_PER_MS // class_fixed[base])
    for index in range(slope_rate.shape[0]):
        if 0 <= own_slope_rate[index] < slope_rate[index]:
            scale = min(scale, own_slope_rate[index] * US_PER_MS // slope_rate[index])
    return int(scale)


@compiled
def _fill(
    out_first: Int32,
    out_arc: Int32,
    edge_tail: Int32,
    edge_head: Int32,
    edge_cost_ms: Int32,
    distance: Int32,
) -> None:
    count = out_first.shape[0] - 1
    part = np.full(count, -1, dtype=np.int32)
    stack = np.empty(count, dtype=np.int32)
    largest, largest_size = 0, 0
    for root in range(count):
        if part[root] >= 0:
            continue
        part[root] = root
        stack[0] = root
        size, filled = 0, 1
        while filled > 0:
            filled -= 1
            node = stack[filled]
            size += 1
            for position in range(out_first[node], out_first[node + 1]):
                arc = out_arc[position]
                target = edge_tail[arc >> 1] if arc & 1 else edge_head[arc >> 1]
                if part[target] < 0:
                    part[target] = root
                    stack[filled] = target
                    filled += 1
        if size > largest_size:
            largest, largest_size = root, size
    nearest = np.full(count, np.int64(2**62), dtype=np.int64)
    column = np.empty(count, dtype=np.int64)
    _measure(out_first, out_arc, edge_tail, edge_head, edge_cost_ms, largest, column)
    source = largest
    for node in range(count):
        if part[node] == largest and column[node] > column[source]:
            source = node
    for landmark in range(distance.shape[1]):
        _measure(out_first, out_arc, edge_tail, edge_head, edge_cost_ms, source, column)
        following = source
        nearest[source] = 0
        for node in range(count):
            if column[node] >= 0:
                distance[node, landmark] = column[node]
                nearest[node] = min(nearest[node], column[node])
                if nearest[node] > nearest[following]:
                    following = node
        source = following


@compiled
def _measure(
    out_first: Int32,
    out_arc: Int32,
    edge_tail: Int32,
    edge_head: Int32,
    edge_cost_ms: Int32,
    source: int,
    column: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> None:
    """Dijkstra's algorithm over lengths, with a heap of stale entries allowed."""
    column[:] = -1
    capacity = edge_tail.shape[0] * 2 + 1
    keys = np.empty(capacity, dtype=np.int64)
    nodes = np.empty(capacity, dtype=np.int32)
    keys[0], nodes[0] = 0, source
    size = 1
    while size > 0:
        key, node = keys[0], nodes[0]
        size -= 1
        last_key, last_node = keys[size], nodes[size]
        at = 0
        while True:
            child = 2 * at + 1
            if child >= size:
                break
            if child + 1 < size and keys[child + 1] < keys[child]:
                child += 1
            if keys[child] >= last_key:
                break
            keys[at], nodes[at] = keys[child], nodes[child]
            at = child
        keys[at], nodes[at] = last_key, last_node
        if column[node] >= 0:
            continue
        column[node] = key
        for position in range(out_first[node], out_first[node + 1]):
            arc = out_arc[position]
            target = edge_tail[arc >> 1] if arc & 1 else edge_head[arc >> 1]
            if column[target] >= 0:
                continue
            through = key + edge_cost_ms[arc >> 1]
            at = size
            size += 1
            while at > 0 and keys[(at - 1) // 2] > through:
                keys[at], nodes[at] = keys[(at - 1) // 2], nodes[(at - 1) // 2]
                at = (at - 1) // 2
            keys[at], nodes[at] = through, target
