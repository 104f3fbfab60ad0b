"""Trips through a city in which a few facts are taken to be others: a barrier mended, an unknown known.

The judged city is laid out anew for one profile: every pair of class and slope that occurs is one *state*
with one price, so that a change is another state of some arcs and nothing else. Trips are then measured by
the very search that answers requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from wayfinder.errors import RequestError
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import HOP_CLASS, HOP_TIES, CityGraph
from wayfinder.routing.costs import FORBIDDEN, CostTable, Verdict
from wayfinder.routing.ends import Ends, build_ends, find_direct
from wayfinder.routing.judgement import Effect
from wayfinder.routing.legs import SAME_PLACE_M, LegFinder
from wayfinder.routing.network import Int32, Int64, Mask, UInt8
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.search import Weights, find_path, list_reachable_costs
from wayfinder.routing.snapping import SnappedPoint, Usable, list_nearest_points

_OVER_RATE, _OVER_FIXED = 2, 3
"""Rows of ``Judged.numbers``."""
_SLACKS_M: Final = (SAME_PLACE_M, 30.0)
"""How much farther ways lie that are tried beside the nearest one, and where that leads nowhere; as the
planner does it."""


_EVERYBODY: Final = "all"
"""The group every profile belongs to."""
_CLOSED_EXCESS_US: Final = 10**15
"""What the least bad way pays for what is closed to its profile: more than for all limits together."""


@dataclass(frozen=True, slots=True)
class Trip:
    """From a home to a destination: the points inside edges at which it may begin and end, nearest first.

    Points of ways over the limits are kept: they are forbidden until they are mended.
    """

    starts: tuple[SnappedPoint, ...]
    goals: tuple[SnappedPoint, ...]


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
        self._finder = LegFinder(graph, overlay, costs)
        slopes = len(network.slope_incline)
        pair = overlay.arc_class.astype(np.int64) * slopes + network.arc_slope
        self.pairs, state = np.unique(pair, return_inverse=True)
        self.count = len(self.pairs)
        self.arc_state: Int32 = state.astype(np.int32)
        self._mapped: Int32 = self.arc_state.copy()
        classes, bins = self.pairs // slopes, self.pairs % slopes
        rate, fixed, verdict = judge_pairs(costs, classes, bins)
        too_much = (verdict == Verdict.CLOSED) & ~_find_closed_to_all(costs)[classes]
        verdict[too_much] = Verdict.OVER_LIMIT
        over_rate = costs.classes.whole.numbers[_OVER_RATE][classes]
        over_rate = over_rate + costs.slopes.whole.numbers[_OVER_RATE][bins]
        over_fixed = costs.classes.whole.numbers[_OVER_FIXED][classes] + np.where(
            too_much, _CLOSED_EXCESS_US, 0
        )
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
        self._is_shut: Mask = too_much[state]
        flat = np.zeros_like(network.arc_slope)  # slope class 0: what a slope costs is in the states already
        self._graph = replace(graph, network=replace(network, arc_class=self.arc_state, arc_slope=flat))
        self._hops: Int32 = self._graph.hops.copy()
        self._forth = Overlay(0, self.arc_state, self._hops, (), overlay.judge)
        self._back = Overlay(0, self.arc_state, _turn_round(self._graph.hops), (), overlay.judge)
        ends = np.stack([network.edge_tail, network.edge_head], axis=1)
        self.arc_tail: Int32 = ends.reshape(-1)
        self.arc_head: Int32 = ends[:, ::-1].reshape(-1)
        self._weigh()

    def _weigh(self) -> None:
        least = int(self._rate[self._rate >= 0].min(initial=2**40))
        self._weights = Weights(self._rate, self._fixed, np.zeros(1, dtype=np.int64), least, "")
        # bounds must hold in every state; what lies beside a way weighs what it weighs in a request
        self._end_weights = replace(self._weights, least_rate=self.costs.least_rate)

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
        self._set(arcs, states)
        try:
            yield
        finally:
            self._set(arcs, before)

    def _set(self, arcs: Int32, states: Int32) -> None:
        self.arc_state[arcs] = states
        self._hops[self._city.out_position[arcs], HOP_CLASS] = states
        self._hops[self._city.out_position[arcs ^ 1], HOP_CLASS + 1] = states

    @cached_property
    def _over(self) -> Int32:
        return np.flatnonzero(self.verdict == Verdict.OVER_LIMIT).astype(np.int32)

    def find_trip(self, start: LonLat, goal: LonLat) -> Trip | None:
        """Snap both ends as the planner does; None where one of them lies at a closed way, or at none."""
        first = None
        for slack_m in _SLACKS_M:
            starts, goals = self._list_points(start, slack_m), self._list_points(goal, slack_m)
            if not starts or not goals:
                return None
            trip = Trip(starts, goals)
            first = first or trip
            way = self.measure(trip) or self.measure_least_bad(trip)
            if way is not None and not self._is_shut[way.arcs].any():
                return trip
        return first

    def find_nearest_node(self, position: LonLat) -> int | None:
        """A node of the nearest way within the limits, None where there is none within reach."""
        clean = Usable(self.costs.classes.verdict, self.costs.slopes.verdict, Verdict.AVOID)
        points = list_nearest_points(self._city, self._overlay.arc_class, clean, position)
        return int(self._city.network.edge_tail[points[0].edge]) if points else None

    def _list_points(self, position: LonLat, slack_m: float) -> tuple[SnappedPoint, ...]:
        try:
            stop = self._finder.get_stop(position, "")
        except RequestError:
            return ()
        points: dict[int, SnappedPoint] = {}
        for worst in (Verdict.AVOID, Verdict.OVER_LIMIT) if stop.is_open else ():
            for point in self._finder.list_points(stop, worst, slack_m):
                points.setdefault(point.edge, point)
        return tuple(sorted(points.values(), key=lambda point: point.offset_m))

    def _build_ends(self, points: Sequence[SnappedPoint], *, is_start: bool) -> Ends:
        return build_ends(self._graph.network, self._forth, self._end_weights, points, is_start=is_start)

    def measure(self, trip: Trip) -> Measured | None:
        """The best way of a trip with the states held now; None where there is none."""
        leaving = self._build_ends(trip.starts, is_start=True)
        arriving = self._build_ends(trip.goals, is_start=False)
        path = find_path(self._graph, self._forth, self._weights, leaving.seeds, arriving.seeds)
        direct = find_direct(self._graph.network, leaving, arriving)
        if direct is not None and (path is None or direct[0].cost_us <= path.cost_us):
            first, _ = direct
            arc = np.array([first.arc], dtype=np.int32)
            return Measured(first.cost_us, first.to_mm - first.from_mm, arc)
        if path is None:
            return None
        first, last = leaving.get_end(path.first_node), arriving.get_end(path.last_node)
        walked = int(self._graph.network.edge_length_mm[path.arcs >> 1].sum(dtype=np.int64))
        length = walked + first.to_mm - first.from_mm + last.to_mm - last.from_mm
        begun, ended = ([end.arc] if end.to_mm > end.from_mm else [] for end in (first, last))
        return Measured(path.cost_us, length, np.array([*begun, *path.arcs, *ended], dtype=np.int32))

    def measure_least_bad(self, trip: Trip) -> Measured | None:
        """The best way where ways over the limits may be walked, at their excess price."""
        with self.changed(self._over, self._mapped[self._over] + np.int32(2 * self.count)):
            return self.measure(trip)

    def spread(self, points: Sequence[SnappedPoint], *, is_start: bool, most_us: int | None = None) -> Int64:
        """Costs in µs from starts to every node, or from every node to goals; -1 where none leads.

        As it is mapped: changes held now count at the points alone.
        """
        seeds = self._build_ends(points, is_start=is_start).seeds
        overlay = self._forth if is_start else self._back
        return list_reachable_costs(self._graph, overlay, self._weights, seeds, most_us=most_us)

    def list_usable_nodes(self, points: Sequence[SnappedPoint], *, is_start: bool) -> list[int]:
        """Nodes that the points lead to (or are reached from) within the limits."""
        return [int(node) for node in self._build_ends(points, is_start=is_start).seeds.node]


def list_arcs(points: Sequence[SnappedPoint]) -> Int32:
    """The arcs the points lie on, in both directions."""
    return np.array([2 * point.edge + side for point in points for side in (0, 1)], dtype=np.int32)


def _turn_round(hops: Int32) -> Int32:
    """The hops of the same city with every arc walked the other way: each weighs what its reverse does."""
    back = hops.copy()
    back[:, HOP_CLASS], back[:, HOP_CLASS + 1] = hops[:, HOP_CLASS + 1], hops[:, HOP_CLASS]
    ties = hops[:, HOP_TIES]
    back[:, HOP_TIES] = ties >> 16 & 0xFFFF | (ties & 0xFFFF) << 16
    return back


def _find_closed_to_all(costs: CostTable) -> Mask:
    """bool[c]: classes that no profile may enter, as private ways; a city does not mend them."""
    of_all = [
        bit for bit, row in enumerate(costs.rows) if row.effect is Effect.CLOSE and _EVERYBODY in row.groups
    ]
    bits = np.uint64(sum(1 << bit for bit in of_all))
    closed: Mask = (costs.classes.whole.masks[0] & bits) != 0
    return closed


def judge_pairs(costs: CostTable, classes: Int64, bins: Int64) -> tuple[Int64, Int64, UInt8]:
    """Rate, fixed cost and verdict of pairs of class and slope bin, without what excess costs."""
    verdict = np.maximum(costs.classes.verdict[classes], costs.slopes.verdict[bins])
    return costs.classes.rate[classes] + costs.slopes.rate[bins], costs.classes.fixed[classes], verdict


def group_arcs(arcs: Int32, keys: Sequence[Int64]) -> tuple[list[Int32], Int32]:
    """Arcs of the same keys together: the groups in order of the keys, and the group of each arc."""
    order = np.lexsort(np.stack([arcs.astype(np.int64), *keys[::-1]]))
    stacked = np.stack([key[order] for key in keys])
    new: Mask = np.ones(len(arcs), dtype=np.bool_)
    new[1:] = np.any(stacked[:, 1:] != stacked[:, :-1], axis=0)
    number = np.empty(len(arcs), dtype=np.int32)
    number[order] = np.cumsum(new, dtype=np.int32) - 1
    return np.split(arcs[order], np.flatnonzero(new)[1:]) if len(arcs) else [], number
