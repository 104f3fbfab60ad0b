"""Lower bounds for the search: lengths to a few far-apart landmarks, computed once when a city is built."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayfinder.routing.compiled import compiled
from wayfinder.routing.network import Int32, Network

LANDMARK_COUNT: Final = 16
"""One cache line of int32 per node."""


def build_landmark_distances(network: Network, count: int = LANDMARK_COUNT) -> Int32:
    """Lengths of the shortest walks to `count` landmarks, int32[n, count] in mm, -1 where none leads.

    Every edge counts in both directions, whatever may stand on it: costs per mm never fall below a profile's
    least rate, so length times that rate bounds every profile's cost from below, with any overlay. The
    landmarks are the nodes of the largest connected part that lie farthest from each other (greedily, lowest
    node number first).
    """
    distance = np.full((network.node_count, count), -1, dtype=np.int32)
    if network.node_count:
        _fill(
            network.out_first,
            network.out_arc,
            network.edge_tail,
            network.edge_head,
            network.edge_length_mm,
            distance,
        )
    return distance


@compiled
def _fill(
    out_first: Int32,
    out_arc: Int32,
    edge_tail: Int32,
    edge_head: Int32,
    edge_length_mm: Int32,
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
    _measure(out_first, out_arc, edge_tail, edge_head, edge_length_mm, largest, column)
    source = largest
    for node in range(count):
        if part[node] == largest and column[node] > column[source]:
            source = node
    for landmark in range(distance.shape[1]):
        _measure(out_first, out_arc, edge_tail, edge_head, edge_length_mm, source, column)
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
    edge_length_mm: Int32,
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
            through = key + edge_length_mm[arc >> 1]
            at = size
            size += 1
            while at > 0 and keys[(at - 1) // 2] > through:
                keys[at], nodes[at] = keys[(at - 1) // 2], nodes[(at - 1) // 2]
                at = (at - 1) // 2
            keys[at], nodes[at] = through, target
