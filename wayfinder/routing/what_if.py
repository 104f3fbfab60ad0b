"""Trips through a city in which a few facts are taken to be others: a barrier mended, an unknown known.

The judged city is laid out anew for one profile: every pair of class and slope that occurs is one *state*
with one price, so that a change is another state of some arcs and nothing else. Trips are then measured by
the very search that answers requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import CostTable, Verdict
from wayfinder.routing.judgement import Effect
from wayfinder.routing.network import SLOPE_BINS, SLOPE_NONE, Int32, Int64, Mask, UInt8
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.planner import BEHIND_CLOSED_M
from wayfinder.routing.search import FORBIDDEN, Seeds, Weights, find_path, list_reachable_costs
from wayfinder.routing.snapping import MOST_OFFSET_M, SnappedPoint, Usable, list_nearest_points

_USABLE_FACTOR, _USABLE_M = 1.5, 5.0
"""How far from its nearest way a position may be snapped; as the planner does it."""
_SLACKS_M: Final = (1.0, 30.0)
"""How much farther ways lie that are tried beside the nearest one, and where that leads nowhere; as the
planner does it."""
_OFFSET_WEIGHT: Final = 5
"""A metre beside the way weighs as much as this many on it; as the planner does it."""


_EVERYBODY: Final = "all"
"""The group every profile belongs to."""
_CLOSED_EXCESS_US: Final = 3_600_000_000
"""What the least bad way pays for what is closed to its profile: more than for any limit."""


@dataclass(frozen=True, slots=True)
class End:
    """Where a trip begins or ends: the partial arcs between its snapped points and the next nodes.

    Attributes
    ----------
    arc, node
        int32[k].
    along_mm
        int64[k], where the point lies on the arc, in its direction.
    stretch_mm
        int64[k], how much of the arc is walked.
    beside_us
        int64[k], what the way between position and point weighs.
    """

    arc: Int32
    node: Int32
    along_mm: Int64
    stretch_mm: Int64
    beside_us: Int64


@dataclass(frozen=True, slots=True)
class Trip:
    """From a home to a destination."""

    start: End
    goal: End


@dataclass(frozen=True, slots=True)
class Measured:
    """The best way of a trip.

    Attributes
    ----------
    cost_us
        What the search minimises.
    length_mm
        How long it is.
    arcs
        int32[k], with the partial ones at both ends.
    """

    cost_us: int
    length_mm: int
    arcs: Int32


class TripNetwork:
    """A city judged for one profile, in which arcs may be given other states for a while.

    Attributes
    ----------
    arc_state
        int32[2m]. States below `count` are what is mapped; `count` more are the same with what exceeds a
        blocking limit set aside (*mended*), and `count` more at their excess price (for the least bad way).
        Further ones come from `add_states`.
    verdict
        uint8[2m], a `Verdict` of each arc as it is mapped. What is closed to some profiles only (a passage
        too narrow for a wheelchair) counts as over a limit here: a city can mend it.
    """

    def __init__(self, graph: CityGraph, overlay: Overlay, costs: CostTable) -> None:
        network = graph.network
        self.costs, self._city, self._overlay = costs, graph, overlay
        pair = overlay.arc_class.astype(np.int64) * SLOPE_BINS + network.arc_slope
        self.pairs, state = np.unique(pair, return_inverse=True)
        self.count = len(self.pairs)
        self.arc_state: Int32 = state.astype(np.int32)
        self._mapped: Int32 = self.arc_state.copy()
        classes, bins = self.pairs // SLOPE_BINS, self.pairs % SLOPE_BINS
        rate, fixed, verdict = judge_pairs(costs, classes, bins)
        too_much = (verdict == Verdict.CLOSED) & ~_find_closed_to_all(costs)[classes]
        verdict[too_much] = Verdict.OVER_LIMIT
        over_rate = costs.classes.over_rate[classes] + costs.slopes.over_rate[bins]
        over_fixed = costs.classes.over_fixed[classes] + np.where(too_much, _CLOSED_EXCESS_US, 0)
        usable, mendable = verdict <= Verdict.AVOID, verdict <= Verdict.OVER_LIMIT
        self._rate = np.concatenate(
            [
                np.where(usable, rate, FORBIDDEN),
                np.where(mendable, rate, FORBIDDEN),
                np.where(mendable, rate + over_rate, FORBIDDEN),
            ]
        )
        self._fixed = np.concatenate([fixed, fixed, fixed + over_fixed])
        self.verdict: UInt8 = verdict[state]
        flat = np.full(len(network.arc_slope), SLOPE_NONE, dtype=np.int16)
        self._graph = replace(graph, network=replace(network, arc_class=self.arc_state, arc_slope=flat))
        self._forth = Overlay(0, self.arc_state, (), overlay.judge)
        ends = np.stack([network.edge_tail, network.edge_head], axis=1)
        self.arc_tail: Int32 = ends.reshape(-1)
        self.arc_head: Int32 = ends[:, ::-1].reshape(-1)
        self._weigh()

    def _weigh(self) -> None:
        least = int(self._rate[self._rate >= 0].min(initial=2**40))
        self._weights = Weights(self._rate, self._fixed, np.zeros(SLOPE_BINS, dtype=np.int64), least, "")

    @cached_property
    def _backward(self) -> CityGraph:
        """The same city with every arc walked the other way: arc ``a`` weighs what ``a ^ 1`` does."""
        network = self._graph.network
        tie = np.ascontiguousarray(network.arc_tie.reshape(-1, 2)[:, ::-1]).reshape(-1)
        return replace(self._graph, network=replace(network, arc_tie=tie))

    def add_states(self, rate: Int64, fixed: Int64) -> int:
        """Add states with these prices (`FORBIDDEN` rates included) and return the number of the first."""
        first = len(self._rate)
        self._rate, self._fixed = np.concatenate([self._rate, rate]), np.concatenate([self._fixed, fixed])
        self._weigh()
        return first

    def get_prices(self, arcs: Int32, states: Int32) -> Int64:
        """What these arcs cost in these states, in µs; -1 where they must not be entered. int64[k]."""
        length = self._city.network.edge_length_mm[arcs >> 1].astype(np.int64)
        tie = self._city.network.arc_tie[arcs]
        price = length * self._rate[states] + self._fixed[states] + tie
        return np.where(self._rate[states] < 0, -1, price)

    def get_typical_prices(self, length_mm: int) -> Int64:
        """What `length_mm` cost in each state as mapped, in µs; beyond all others where it is forbidden."""
        rate, fixed = self._rate[: self.count], self._fixed[: self.count]
        return np.where(rate < 0, np.int64(2**60), rate * length_mm + fixed)

    def mend(self, arcs: Int32) -> Int32:
        """States of these arcs with what exceeds a limit set aside."""
        return self._mapped[arcs] + np.int32(self.count)

    @contextmanager
    def changed(self, arcs: Int32, states: Int32) -> Iterator[None]:
        """Hold other states for these arcs."""
        before = self.arc_state[arcs]
        self.arc_state[arcs] = states
        try:
            yield
        finally:
            self.arc_state[arcs] = before

    @cached_property
    def _over(self) -> Int32:
        return np.flatnonzero(self.verdict == Verdict.OVER_LIMIT).astype(np.int32)

    def find_trip(self, start: LonLat, goal: LonLat) -> Trip | None:
        """Snap both ends as the planner does; None where one of them lies at a closed way, or at none."""
        trip = None
        for slack_m in _SLACKS_M:
            leaving = self._find_end(start, slack_m, is_start=True)
            arriving = self._find_end(goal, slack_m, is_start=False)
            if leaving is None or arriving is None:
                return None
            trip = Trip(leaving, arriving)
            if self.measure(trip) is not None or self.measure_least_bad(trip) is not None:
                break
        return trip

    def _find_end(self, position: LonLat, slack_m: float, *, is_start: bool) -> End | None:
        """Snap a position as the planner does; None where no way that is not closed lies within reach.

        Ways over the limits at the position are kept: they are forbidden until they are mended.
        """
        points = self._list_points(position, slack_m)
        if not points:
            return None
        network = self._city.network
        nearest_m = min(point.offset_m for point in points)
        rows: list[tuple[int, int, int, int, int]] = []
        for point in points:
            beside = int((point.offset_m - nearest_m) * 1000) * self.costs.least_rate * _OFFSET_WEIGHT
            length = int(network.edge_length_mm[point.edge])
            for arc in (2 * point.edge, 2 * point.edge + 1):
                along = length - point.along_mm if arc & 1 else point.along_mm
                node = int((self.arc_head if is_start else self.arc_tail)[arc])
                rows.append((arc, node, along, length - along if is_start else along, beside))
        arc, node, along, stretch, beside_us = np.array(rows, dtype=np.int64).T
        return End(arc.astype(np.int32), node.astype(np.int32), along, stretch, beside_us)

    def find_nearest_node(self, position: LonLat) -> int | None:
        """A node of the nearest way within the limits, None where there is none within reach."""
        clean = Usable(self.costs.classes.verdict, self.costs.slopes.verdict, Verdict.AVOID)
        points = list_nearest_points(self._city, self._overlay.arc_class, clean, position)
        return int(self._city.network.edge_tail[points[0].edge]) if points else None

    def _list_points(self, position: LonLat, slack_m: float) -> list[SnappedPoint]:
        judged = (self.costs.classes.verdict, self.costs.slopes.verdict)
        open_, clean = Usable(*judged, Verdict.OVER_LIMIT), Usable(*judged, Verdict.AVOID)
        arc_class = self._overlay.arc_class
        nearest = list_nearest_points(self._city, arc_class, open_, position)
        if not nearest:
            return []
        if nearest[0].offset_m > BEHIND_CLOSED_M:
            any_way = list_nearest_points(self._city, arc_class, None, position)
            if nearest[0].offset_m > any_way[0].offset_m + BEHIND_CLOSED_M:
                return []  # it lies at a closed way, not at the one behind it
        within_m = min(_USABLE_FACTOR * nearest[0].offset_m + max(_USABLE_M, slack_m), MOST_OFFSET_M)
        points: dict[int, SnappedPoint] = {}
        for usable in (clean, open_):
            for point in list_nearest_points(
                self._city, arc_class, usable, position, within_m=within_m, slack_m=slack_m
            ):
                points.setdefault(point.edge, point)
        return list(points.values())

    def measure(self, trip: Trip) -> Measured | None:
        """The best way of a trip with the states held now; None where there is none."""
        start, goal = self._price_end(trip.start), self._price_end(trip.goal)
        leaving, arriving = _pick_seeds(trip.start, start), _pick_seeds(trip.goal, goal)
        best = self._find_direct(trip, start, goal)
        if not leaving or not arriving:
            return best
        path = find_path(
            self._graph, self._forth, self._weights, _as_seeds(leaving, start), _as_seeds(arriving, goal)
        )
        if path is None or (best is not None and best.cost_us <= path.cost_us):
            return best
        first, last = leaving[path.first_node], arriving[path.last_node]
        walked = int(self._graph.network.edge_length_mm[path.arcs >> 1].sum())
        length = walked + int(trip.start.stretch_mm[first]) + int(trip.goal.stretch_mm[last])
        ends = (trip.start.arc[first : first + 1], path.arcs, trip.goal.arc[last : last + 1])
        return Measured(path.cost_us, length, np.concatenate(ends))

    def measure_least_bad(self, trip: Trip) -> Measured | None:
        """The best way where ways over the limits may be walked, at their excess price."""
        with self.changed(self._over, self._mapped[self._over] + np.int32(2 * self.count)):
            return self.measure(trip)

    def _price_end(self, end: End) -> Int64:
        """What each partial arc costs, -1 where it must not be walked; fixed costs in proportion."""
        state = self.arc_state[end.arc]
        length = self._city.network.edge_length_mm[end.arc >> 1].astype(np.int64)
        price = end.stretch_mm * self._rate[state] + self._fixed[state] * end.stretch_mm // length
        return np.where(self._rate[state] < 0, -1, price + end.beside_us)

    def _find_direct(self, trip: Trip, start: Int64, goal: Int64) -> Measured | None:
        """The cheapest way that stays on one edge."""
        best: Measured | None = None
        for one in np.flatnonzero(start >= 0):
            for other in np.flatnonzero((goal >= 0) & (trip.goal.arc == trip.start.arc[one])):
                stretch = int(trip.goal.along_mm[other] - trip.start.along_mm[one])
                if stretch < 0:
                    continue
                arc = trip.start.arc[one : one + 1]
                state, length = self.arc_state[arc[0]], int(self._city.network.edge_length_mm[arc[0] >> 1])
                cost = stretch * int(self._rate[state]) + int(self._fixed[state]) * stretch // length
                cost += int(trip.start.beside_us[one] + trip.goal.beside_us[other])
                if best is None or cost < best.cost_us:
                    best = Measured(cost, stretch, arc)
        return best

    def spread(self, end: End, *, is_start: bool, most_us: int | None = None) -> Int64:
        """Costs in µs from a start to every node, or from every node to a goal; -1 where none leads."""
        price = self._price_end(end)
        seeds = _as_seeds(_pick_seeds(end, price), price)
        if is_start:
            return list_reachable_costs(self._graph, self.arc_state, self._weights, seeds, most_us=most_us)
        return list_reachable_costs(self._backward, self._back_state, self._weights, seeds, most_us=most_us)

    @cached_property
    def _back_state(self) -> Int32:
        return np.ascontiguousarray(self._mapped.reshape(-1, 2)[:, ::-1]).reshape(-1)

    def list_usable_nodes(self, end: End) -> list[int]:
        """Nodes an end leads to within the limits, ascending."""
        return sorted({int(node) for node in end.node[self._price_end(end) >= 0]})


def _find_closed_to_all(costs: CostTable) -> Mask:
    """bool[c]: classes that no profile may enter, as private ways; a city does not mend them."""
    of_all = [
        bit for bit, row in enumerate(costs.rows) if row.effect is Effect.CLOSE and _EVERYBODY in row.groups
    ]
    bits = np.uint64(sum(1 << bit for bit in of_all))
    closed: Mask = (costs.classes.over & bits) != 0
    return closed


def judge_pairs(costs: CostTable, classes: Int64, bins: Int64) -> tuple[Int64, Int64, UInt8]:
    """Rate, fixed cost and verdict of pairs of class and slope bin, without what excess costs."""
    verdict = np.maximum(costs.classes.verdict[classes], costs.slopes.verdict[bins])
    return costs.classes.rate[classes] + costs.slopes.rate[bins], costs.classes.fixed[classes], verdict


def _pick_seeds(end: End, price: Int64) -> dict[int, int]:
    """Node -> number of the cheapest partial arc that leads to it."""
    best: dict[int, int] = {}
    for number in np.flatnonzero(price >= 0).tolist():
        node = int(end.node[number])
        if node not in best or price[number] < price[best[node]]:
            best[node] = number
    return best


def _as_seeds(picked: Mapping[int, int], price: Int64) -> Seeds:
    return Seeds(np.array(list(picked), dtype=np.int32), price[list(picked.values())])


def group_arcs(arcs: Int32, keys: Sequence[Int64]) -> tuple[list[Int32], Int32]:
    """Arcs of the same keys together: the groups in order of the keys, and the group of each arc."""
    order = np.lexsort(np.stack([arcs.astype(np.int64), *keys[::-1]]))
    stacked = np.stack([key[order] for key in keys])
    new: Mask = np.ones(len(arcs), dtype=np.bool_)
    new[1:] = np.any(stacked[:, 1:] != stacked[:, :-1], axis=0)
    number = np.empty(len(arcs), dtype=np.int32)
    number[order] = np.cumsum(new, dtype=np.int32) - 1
    return np.split(arcs[order], np.flatnonzero(new)[1:]) if len(arcs) else [], number
