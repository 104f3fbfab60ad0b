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
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.compiled import compiled
from wayfinder.routing.costs import CostTable, Verdict
from wayfinder.routing.network import Int16, Int32, Int64
from wayfinder.routing.overlay import Overlay

FORBIDDEN: Final = -1
"""Rate of a class or slope that must not be entered. Forbidden is a flag, never a large weight."""
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
    worst = Verdict.OVER_LIMIT if priced else Verdict.AVOID
    classes, slopes = costs.classes, costs.slopes
    rate, fixed, slope_rate = classes.rate, classes.fixed, slopes.rate
    if priced:
        rate, fixed, slope_rate = (
            rate + classes.over_rate,
            fixed + classes.over_fixed,
            slope_rate + slopes.over_rate,
        )
    return Weights(
        np.where(classes.verdict <= worst, rate, FORBIDDEN),
        fixed,
        np.where(slopes.verdict <= worst, slope_rate, FORBIDDEN),
        costs.least_rate,
        costs.profile.name,
    )


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
    """Arrays of one thread, marked by a round number instead of being cleared."""

    size: int = 0
    round: int = 0

    def prepare(self, size: int) -> int:
        if self.size != size or self.round > 2**30:
            self.size, self.round = size, 0
            self.cost = np.empty((2, size), dtype=np.int64)
            self.arc = np.empty((2, size), dtype=np.int32)
            self.seen = np.zeros((2, size), dtype=np.int32)
            self.bound = np.empty((2, size), dtype=np.int64)
            self.bounded = np.zeros(size, dtype=np.int32)
            self.heap = np.empty((2, size), dtype=np.int32)
            self.key = np.empty((2, size), dtype=np.int64)
            self.place = np.empty((2, size), dtype=np.int32)
        self.round += 1
        return self.round


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
        network.out_arc,
        network.edge_tail,
        network.edge_head,
        network.edge_length_mm,
        overlay.arc_class,
        network.arc_slope,
        network.arc_tie,
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
        work.arc,
        work.seen,
        work.bound,
        work.bounded,
        work.heap,
        work.key,
        work.place,
    )
    if meeting < 0:
        return None
    arcs, first, last = _unwind(network.edge_tail, network.edge_head, work.arc, meeting)
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
def _sift_up(heap: Int32, key: Int64, place: Int32, at: int) -> None:
    node = heap[at]
    value = key[node]
    while at > 0:
        above = (at - 1) >> 2
        other = heap[above]
        if key[other] <= value:
            break
        heap[at] = other
        place[other] = at
        at = above
    heap[at] = node
    place[node] = at


@compiled
def _pop(heap: Int32, key: Int64, place: Int32, size: int) -> int:
    """Take the least node off the heap of `size` entries; the caller counts down."""
    top = int(heap[0])
    size -= 1
    node = heap[size]
    value = key[node]
    at = 0
    while True:
        child = (at << 2) + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if key[heap[other]] < key[heap[least]]:
                least = other
        if key[heap[least]] >= value:
            break
        heap[at] = heap[least]
        place[heap[at]] = at
        at = least
    heap[at] = node
    place[node] = at
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
def _bound(distance: Int32, spans: Int64, chosen: int, node: int, scale: int, bound: Int64) -> None:
    """Lower bounds of the cost from the starts to `node`, and from it to the goals."""
    from_start, to_goal = np.int64(0), np.int64(0)
    for slot in range(chosen):
        value = np.int64(distance[node, spans[slot, 0]])
        if value < 0:
            continue
        from_start = max(from_start, value - spans[slot, 2], spans[slot, 1] - value)
        to_goal = max(to_goal, value - spans[slot, 4], spans[slot, 3] - value)
    bound[0, node] = from_start * scale
    bound[1, node] = to_goal * scale


@compiled
def _search(
    out_first: Int32,
    out_arc: Int32,
    edge_tail: Int32,
    edge_head: Int32,
    edge_length_mm: Int32,
    arc_class: Int32,
    arc_slope: Int16,
    arc_tie: Int32,
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
    arc_to: Int32,
    seen: Int32,
    bound: Int64,
    bounded: Int32,
    heap: Int32,
    key: Int64,
    place: Int32,
) -> tuple[int, int]:
    """Cost and meeting node of the cheapest way, or (0, -1).

    Side 0 searches from the starts along the arcs, side 1 from the goals against them. ``place`` is -1 once
    settled.
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
            if seen[side, node] == current and cost[side, node] <= costs[seed]:
                continue
            if bounded[node] != current:
                bounded[node] = current
                _bound(distance, spans, chosen, node, scale, bound)
            if seen[side, node] != current:
                seen[side, node] = current
                heap[side, size[side]] = node
                place[side, node] = size[side]
                size[side] += 1
            cost[side, node] = costs[seed]
            arc_to[side, node] = -1
            lead = bound[1, node] - bound[0, node]
            key[side, node] = 2 * costs[seed] + (lead if side == 0 else -lead)
            _sift_up(heap[side], key[side], place[side], place[side, node])
            if seen[1 - side, node] == current and cost[0, node] + cost[1, node] < best:
                best, meeting = cost[0, node] + cost[1, node], node
    while size[0] > 0 and size[1] > 0:
        if meeting >= 0 and key[0, heap[0, 0]] + key[1, heap[1, 0]] >= 2 * best:
            break
        side = 0 if size[0] <= size[1] else 1
        other = 1 - side
        node = _pop(heap[side], key[side], place[side], size[side])
        size[side] -= 1
        place[side, node] = -1
        so_far = cost[side, node]
        if meeting >= 0 and so_far + bound[other, node] >= best:
            continue
        for position in range(out_first[node], out_first[node + 1]):
            leaving = out_arc[position]
            arc = leaving if side == 0 else leaving ^ 1
            class_ = arc_class[arc]
            rate = class_rate[class_]
            slope = slope_rate[arc_slope[arc]]
            if rate < 0 or slope < 0:
                continue
            target = _head(edge_tail, edge_head, leaving)
            through = (
                so_far
                + np.int64(edge_length_mm[arc >> 1]) * (rate + slope)
                + class_fixed[class_]
                + arc_tie[arc]
            )
            if seen[side, target] == current:
                if through >= cost[side, target] or place[side, target] < 0:
                    continue
            else:
                seen[side, target] = current
                if bounded[target] != current:
                    bounded[target] = current
                    _bound(distance, spans, chosen, target, scale, bound)
                heap[side, size[side]] = target
                place[side, target] = size[side]
                size[side] += 1
            cost[side, target] = through
            arc_to[side, target] = arc
            lead = bound[1, target] - bound[0, target]
            key[side, target] = 2 * through + (lead if side == 0 else -lead)
            _sift_up(heap[side], key[side], place[side], place[side, target])
            if seen[other, target] == current and through + cost[other, target] < best:
                best, meeting = through + cost[other, target], target
    if meeting < 0:
        return 0, -1
    return int(best), int(meeting)


@compiled
def _unwind(edge_tail: Int32, edge_head: Int32, arc_to: Int32, meeting: int) -> tuple[Int32, int, int]:
    """The arcs of the way through `meeting`, and its first and last node."""
    before = 0
    first = meeting
    while arc_to[0, first] >= 0:
        before += 1
        first = _head(edge_tail, edge_head, arc_to[0, first] ^ 1)
    after = 0
    last = meeting
    while arc_to[1, last] >= 0:
        after += 1
        last = _head(edge_tail, edge_head, arc_to[1, last])
    arcs = np.empty(before + after, dtype=np.int32)
    node = meeting
    for index in range(before - 1, -1, -1):
        arcs[index] = arc_to[0, node]
        node = _head(edge_tail, edge_head, arc_to[0, node] ^ 1)
    node = meeting
    for index in range(before, before + after):
        arcs[index] = arc_to[1, node]
        node = _head(edge_tail, edge_head, arc_to[1, node])
    return arcs, first, last


def list_reachable_costs(
    graph: CityGraph, arc_class: Int32, weights: Weights, starts: Seeds, *, most_us: int | None = None
) -> Int64:
    """Dijkstra's algorithm: int64[n], cost of each node in µs, -1 where none leads (or beyond `most_us`)."""
    network = graph.network
    count = network.node_count
    cost = np.full(count, -1, dtype=np.int64)
    _spread(
        network.out_first,
        network.out_arc,
        network.edge_tail,
        network.edge_head,
        network.edge_length_mm,
        arc_class,
        network.arc_slope,
        network.arc_tie,
        weights.class_rate,
        weights.class_fixed,
        weights.slope_rate,
        starts.node,
        starts.cost_us,
        2**62 if most_us is None else most_us,
        cost,
        np.empty(count, dtype=np.int32),
        np.empty(count, dtype=np.int64),
        np.full(count, -1, dtype=np.int32),
    )
    return cost


@compiled
def _spread(
    out_first: Int32,
    out_arc: Int32,
    edge_tail: Int32,
    edge_head: Int32,
    edge_length_mm: Int32,
    arc_class: Int32,
    arc_slope: Int16,
    arc_tie: Int32,
    class_rate: Int64,
    class_fixed: Int64,
    slope_rate: Int64,
    start_node: Int32,
    start_cost: Int64,
    most: int,
    cost: Int64,
    heap: Int32,
    key: Int64,
    place: Int32,
) -> None:
    size = 0
    for seed in range(start_node.shape[0]):
        node = start_node[seed]
        if 0 <= cost[node] <= start_cost[seed]:
            continue
        if cost[node] < 0:
            heap[size] = node
            place[node] = size
            size += 1
        cost[node] = key[node] = start_cost[seed]
        _sift_up(heap, key, place, place[node])
    while size > 0:
        node = _pop(heap, key, place, size)
        size -= 1
        if cost[node] > most:
            cost[node] = -1
            for left in range(size):
                cost[heap[left]] = -1
            return
        for position in range(out_first[node], out_first[node + 1]):
            arc = out_arc[position]
            class_ = arc_class[arc]
            rate, slope = class_rate[class_], slope_rate[arc_slope[arc]]
            if rate < 0 or slope < 0:
                continue
            target = _head(edge_tail, edge_head, arc)
            through = (
                cost[node]
                + np.int64(edge_length_mm[arc >> 1]) * (rate + slope)
                + class_fixed[class_]
                + arc_tie[arc]
            )
            if cost[target] >= 0 and cost[target] <= through:
                continue
            if cost[target] < 0:
                heap[size] = target
                place[target] = size
                size += 1
            cost[target] = key[target] = through
            _sift_up(heap, key, place, place[target])
