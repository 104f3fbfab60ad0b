"""The hot loop and nothing else: bidirectional search with landmark bounds and weighted seeds on both sides.

Exact: on integer weights it returns the least cost that Dijkstra's algorithm returns. Both directions use the
same averaged potential ``(lower bound to the goal - lower bound to the start) / 2``, kept in integers by
doubling all keys.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np

from wayfinder.routing.bounds import LENGTHS
from wayfinder.routing.city_graph import (
    HOP_ARC,
    HOP_CLASS,
    HOP_HEAD,
    HOP_LENGTH,
    HOP_SLOPES,
    HOP_TIES,
    CityGraph,
)
from wayfinder.routing.compiled import compiled
from wayfinder.routing.costs import CostTable, Verdict
from wayfinder.routing.network import Int32, Int64
from wayfinder.routing.overlay import Overlay

_INFINITE: Final = np.int64(2**62)
_ACTIVE_LANDMARKS: Final = 4
_LEAST_SCALE: Final = 600
"""Below this share (in thousandths) of a preset's prices, bounds in lengths are the better ones."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What arcs cost in µs: ``length_mm * (class_rate + slope_rate) + class_fixed + tie``; < 0: forbidden."""

    class_rate: Int64
    class_fixed: Int64
    slope_rate: Int64
    least_rate: int
    preset: str


def build_weights(costs: CostTable, *, priced: bool) -> Weights:
    """Weights of the ways within the limits, or (`priced`) also of those over them, at their excess price."""
    worst = int(Verdict.OVER_LIMIT if priced else Verdict.AVOID)
    class_rate, class_fixed = costs.classes.weigh(worst)
    slope_rate, _ = costs.slopes.weigh(worst)
    return Weights(class_rate, class_fixed, slope_rate, costs.least_rate, costs.profile.name)


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where a search begins (or ends): nodes, and what it costs to get there (or from there to the goal).

    Attributes
    ----------
    node
        int32[s].
    cost_us
        int64[s], not negative.
    """

    node: Int32
    cost_us: Int64


@dataclass(frozen=True, slots=True)
class Path:
    """A cheapest way between seeds.

    Attributes
    ----------
    cost_us
        Seeds' costs included.
    arcs
        int32[k], in order of travel; empty where start and goal seed are the same node.
    first_node, last_node
        The seeds it uses.
    """

    cost_us: int
    arcs: Int32
    first_node: int
    last_node: int


class _Workspace(threading.local):
    """Arrays of one thread, marked by a round number instead of being cleared.

    What belongs to one node stands together on one cache line, seen once as int64 and once as int32.
    """

    size: int = 0
    round: int = 0

    def prepare(self, size: int) -> int:
        if self.size != size or self.round > 2**30:
            self.size, self.round = size, 0
            bytes_ = np.zeros(size * _LINE + _LINE, dtype=np.uint8)
            skipped = -bytes_.ctypes.data % _LINE
            lines = bytes_[skipped : skipped + size * _LINE].reshape(size, _LINE)
            self.cost, self.state = lines.view(np.int64), lines.view(np.int32)
            self.heap_key = np.empty((2, size), dtype=np.int64)
            self.heap_node = np.empty((2, size), dtype=np.int32)
        self.round += 1
        return self.round


_LINE: Final = 64
# columns of _Workspace.cost: by side, cost so far and lower bound of the rest (to the start, to the goal)
_BOUND = 2
# columns of _Workspace.state, behind the four of cost: round of the bound; by side, round of the cost, place
# in the heap (-1 settled), arc it was reached by
_BOUNDED, _SEEN, _PLACE, _ARC = 8, 9, 11, 13


_workspace = _Workspace()


def find_path(
    graph: CityGraph, overlay: Overlay, weights: Weights, starts: Seeds, goals: Seeds
) -> Path | None:
    """Find the cheapest way from any start to any goal, or None where every way is forbidden."""
    if not len(starts.node) or not len(goals.node):
        return None
    network, work = graph.network, _workspace
    distance, scale = _choose_bounds(graph, overlay, weights)
    current = work.prepare(network.node_count)
    best, meeting = _search(
        network.out_first,
        overlay.hops,
        weights.class_rate,
        weights.class_fixed,
        weights.slope_rate,
        scale,
        distance,
        starts.node,
        starts.cost_us,
        goals.node,
        goals.cost_us,
        current,
        work.cost,
        work.state,
        work.heap_key,
        work.heap_node,
    )
    if meeting < 0:
        return None
    arcs, first, last = _unwind(network.edge_tail, network.edge_head, work.state, meeting)
    return Path(int(best), arcs, int(first), int(last))


def _choose_bounds(graph: CityGraph, overlay: Overlay, weights: Weights) -> tuple[Int32, int]:
    """Distances to landmarks, and what one of their units is surely worth in µs."""
    bounds = graph.bounds.get(weights.preset)
    if bounds is not None:
        scale = bounds.get_scale(
            weights.class_rate, weights.class_fixed, weights.slope_rate, overlay.replaced
        )
        if scale >= _LEAST_SCALE:
            return bounds.distance_ms, scale
    return graph.bounds[LENGTHS].distance_ms, weights.least_rate


@compiled
def _head(edge_tail: Int32, edge_head: Int32, arc: int) -> int:
    return int(edge_tail[arc >> 1] if arc & 1 else edge_head[arc >> 1])


@compiled
def _push(key: Int64, node: Int32, state: Int32, place: int, at: int, new_key: int, new_node: int) -> None:
    """Put a node where it belongs, at `at` or above; column `place` of the state keeps where that is."""
    while at > 0:
        above = (at - 1) >> 2
        if key[above] <= new_key:
            break
        key[at], node[at] = key[above], node[above]
        state[node[at], place] = at
        at = above
    key[at], node[at] = new_key, new_node
    state[new_node, place] = at


@compiled
def _pop(key: Int64, node: Int32, state: Int32, place: int, size: int) -> int:
    """Take the least node off the heap of `size` entries; the caller counts down."""
    top = int(node[0])
    state[top, place] = -1
    size -= 1
    if size == 0:
        return top
    last_key, last_node = key[size], node[size]
    at = 0
    while True:
        child = (at << 2) + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if key[other] < key[least]:
                least = other
        if key[least] >= last_key:
            break
        key[at], node[at] = key[least], node[least]
        state[node[at], place] = at
        at = least
    key[at], node[at] = last_key, last_node
    state[last_node, place] = at
    return top


@compiled
def _choose_landmarks(distance: Int32, starts: Int32, goals: Int32, spans: Int64) -> int:
    """Fill `spans` with the landmarks that bound this pair best; returns how many.

    A row is: landmark, nearest and farthest start, nearest and farthest goal (in the landmark's units).
    """
    total = distance.shape[1]
    chosen = 0
    bounds = np.full(spans.shape[0], -1, dtype=np.int64)
    for landmark in range(total):
        start_low, start_high, goal_low, goal_high = _INFINITE, np.int64(-1), _INFINITE, np.int64(-1)
        reached = True
        for node in starts:
            value = np.int64(distance[node, landmark])
            reached &= bool(value >= 0)
            start_low, start_high = min(start_low, value), max(start_high, value)
        for node in goals:
            value = np.int64(distance[node, landmark])
            reached &= bool(value >= 0)
            goal_low, goal_high = min(goal_low, value), max(goal_high, value)
        if not reached:
            continue
        bound = max(start_low - goal_high, goal_low - start_high, np.int64(0))
        slot = chosen
        if chosen == spans.shape[0]:
            slot = 0
            for other in range(1, chosen):
                if bounds[other] < bounds[slot]:
                    slot = other
            if bounds[slot] >= bound:
                continue
        else:
            chosen += 1
        bounds[slot] = bound
        spans[slot, 0] = landmark
        spans[slot, 1], spans[slot, 2] = start_low, start_high
        spans[slot, 3], spans[slot, 4] = goal_low, goal_high
    return chosen


@compiled
def _bound(distance: Int32, spans: Int64, chosen: int, node: int, scale: int, cost: Int64) -> None:
    """Lower bounds of the cost from the starts to `node`, and from it to the goals."""
    from_start, to_goal = np.int64(0), np.int64(0)
    for slot in range(chosen):
        value = np.int64(distance[node, spans[slot, 0]])
        if value < 0:
            continue
        from_start = max(from_start, value - spans[slot, 2], spans[slot, 1] - value)
        to_goal = max(to_goal, value - spans[slot, 4], spans[slot, 3] - value)
    cost[node, _BOUND] = from_start * scale
    cost[node, _BOUND + 1] = to_goal * scale


@compiled
def _search(
    out_first: Int32,
    hops: Int32,
    class_rate: Int64,
    class_fixed: Int64,
    slope_rate: Int64,
    scale: int,
    distance: Int32,
    start_node: Int32,
    start_cost: Int64,
    goal_node: Int32,
    goal_cost: Int64,
    current: int,
    cost: Int64,
    state: Int32,
    heap_key: Int64,
    heap_node: Int32,
) -> tuple[int, int]:
    """Cost and meeting node of the cheapest way, or (0, -1).

    Side 0 searches from the starts along the arcs, side 1 from the goals against them.
    """
    spans = np.empty((_ACTIVE_LANDMARKS, 5), dtype=np.int64)
    chosen = _choose_landmarks(distance, start_node, goal_node, spans)
    size = np.zeros(2, dtype=np.int64)
    best, meeting = _INFINITE, -1
    for side in range(2):
        nodes = start_node if side == 0 else goal_node
        costs = start_cost if side == 0 else goal_cost
        for seed in range(nodes.shape[0]):
            node = nodes[seed]
            at = size[side]
            if state[node, _SEEN + side] == current:
                if cost[node, side] <= costs[seed]:
                    continue
                at = np.int64(state[node, _PLACE + side])
            else:
                state[node, _SEEN + side] = current
                size[side] += 1
            if state[node, _BOUNDED] != current:
                state[node, _BOUNDED] = current
                _bound(distance, spans, chosen, node, scale, cost)
            cost[node, side] = costs[seed]
            state[node, _ARC + side] = -1
            lead = cost[node, _BOUND + 1] - cost[node, _BOUND]
            key = 2 * costs[seed] + (lead if side == 0 else -lead)
            _push(heap_key[side], heap_node[side], state, _PLACE + side, at, key, node)
            if state[node, _SEEN + 1 - side] == current and cost[node, 0] + cost[node, 1] < best:
                best, meeting = cost[node, 0] + cost[node, 1], node
    while size[0] > 0 and size[1] > 0:
        if meeting >= 0 and heap_key[0, 0] + heap_key[1, 0] >= 2 * best:
            break
        side = 0 if size[0] <= size[1] else 1
        other = 1 - side
        key_heap, node_heap = heap_key[side], heap_node[side]
        node = _pop(key_heap, node_heap, state, _PLACE + side, size[side])
        size[side] -= 1
        so_far = cost[node, side]
        if meeting >= 0 and so_far + cost[node, _BOUND + other] >= best:
            continue
        for position in range(out_first[node], out_first[node + 1]):
            class_ = hops[position, HOP_CLASS + side]
            rate = class_rate[class_]
            slope = slope_rate[hops[position, HOP_SLOPES] >> (16 * side) & 0xFFFF]
            if rate < 0 or slope < 0:
                continue
            target = hops[position, HOP_HEAD]
            tie = hops[position, HOP_TIES] >> (16 * side) & 0xFFFF
            through = so_far + hops[position, HOP_LENGTH] * (rate + slope) + class_fixed[class_] + tie
            at = size[side]
            if state[target, _SEEN + side] == current:
                if through >= cost[target, side] or state[target, _PLACE + side] < 0:
                    continue
                at = np.int64(state[target, _PLACE + side])
            else:
                state[target, _SEEN + side] = current
                if state[target, _BOUNDED] != current:
                    state[target, _BOUNDED] = current
                    _bound(distance, spans, chosen, target, scale, cost)
                if meeting >= 0 and through + cost[target, _BOUND + other] >= best:
                    state[target, _SEEN + side] = 0
                    continue
                size[side] += 1
            cost[target, side] = through
            state[target, _ARC + side] = hops[position, HOP_ARC] ^ side
            lead = cost[target, _BOUND + 1] - cost[target, _BOUND]
            key = 2 * through + (lead if side == 0 else -lead)
            _push(key_heap, node_heap, state, _PLACE + side, at, key, target)
            if state[target, _SEEN + other] == current and through + cost[target, other] < best:
                best, meeting = through + cost[target, other], target
    if meeting < 0:
        return 0, -1
    return int(best), int(meeting)


@compiled
def _unwind(edge_tail: Int32, edge_head: Int32, state: Int32, meeting: int) -> tuple[Int32, int, int]:
    """The arcs of the way through `meeting`, and its first and last node."""
    before = 0
    first = meeting
    while state[first, _ARC] >= 0:
        before += 1
        first = _head(edge_tail, edge_head, state[first, _ARC] ^ 1)
    after = 0
    last = meeting
    while state[last, _ARC + 1] >= 0:
        after += 1
        last = _head(edge_tail, edge_head, state[last, _ARC + 1])
    arcs = np.empty(before + after, dtype=np.int32)
    node = meeting
    for index in range(before - 1, -1, -1):
        arcs[index] = state[node, _ARC]
        node = _head(edge_tail, edge_head, state[node, _ARC] ^ 1)
    node = meeting
    for index in range(before, before + after):
        arcs[index] = state[node, _ARC + 1]
        node = _head(edge_tail, edge_head, state[node, _ARC + 1])
    return arcs, first, last


def list_reachable_costs(
    graph: CityGraph, overlay: Overlay, weights: Weights, starts: Seeds, *, most_us: int | None = None
) -> Int64:
    """Dijkstra's algorithm: int64[n], cost of each node in µs, -1 where none leads (or beyond `most_us`)."""
    count = graph.network.node_count
    cost = np.full(count, -1, dtype=np.int64)
    _spread(
        graph.network.out_first,
        overlay.hops,
        weights.class_rate,
        weights.class_fixed,
        weights.slope_rate,
        starts.node,
        starts.cost_us,
        2**62 if most_us is None else most_us,
        cost,
        np.empty(count, dtype=np.int64),
        np.empty(count, dtype=np.int32),
        np.full((count, 1), -1, dtype=np.int32),
    )
    return cost


@compiled
def _spread(
    out_first: Int32,
    hops: Int32,
    class_rate: Int64,
    class_fixed: Int64,
    slope_rate: Int64,
    start_node: Int32,
    start_cost: Int64,
    most: int,
    cost: Int64,
    heap_key: Int64,
    heap_node: Int32,
    place: Int32,
) -> None:
    size = 0
    for seed in range(start_node.shape[0]):
        node = start_node[seed]
        if 0 <= cost[node] <= start_cost[seed]:
            continue
        at = int(place[node, 0])
        if cost[node] < 0:
            at = size
            size += 1
        cost[node] = start_cost[seed]
        _push(heap_key, heap_node, place, 0, at, start_cost[seed], node)
    while size > 0:
        node = _pop(heap_key, heap_node, place, 0, size)
        size -= 1
        if cost[node] > most:
            cost[node] = -1
            for left in range(size):
                cost[heap_node[left]] = -1
            return
        for position in range(out_first[node], out_first[node + 1]):
            class_ = hops[position, HOP_CLASS]
            rate, slope = class_rate[class_], slope_rate[hops[position, HOP_SLOPES] & 0xFFFF]
            if rate < 0 or slope < 0:
                continue
            target = hops[position, HOP_HEAD]
            tie = hops[position, HOP_TIES] & 0xFFFF
            through = cost[node] + hops[position, HOP_LENGTH] * (rate + slope) + class_fixed[class_] + tie
            if cost[target] >= 0 and cost[target] <= through:
                continue
            at = int(place[target, 0])
            if cost[target] < 0:
                at = size
                size += 1
            cost[target] = through
            _push(heap_key, heap_node, place, 0, at, through, target)
