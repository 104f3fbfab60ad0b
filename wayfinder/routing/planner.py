"""From a request to a plan: snap, judge, search, explain. An answer is not an error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from wayfinder.errors import RequestError
from wayfinder.geo import LonLat, get_distance_m
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import CostTable, Tables, Verdict, load_tables
from wayfinder.routing.directions import Route, Way, describe_route
from wayfinder.routing.network import Int32
from wayfinder.routing.overlay import CurrentOverlay, Overlay
from wayfinder.routing.profiles import Profile, Unknowns, personalise
from wayfinder.routing.search import Seeds, Weights, build_weights, find_path, list_reachable_costs
from wayfinder.routing.snapping import MOST_OFFSET_M, SnappedPoint, Usable, list_nearest_points

BEHIND_CLOSED_M: Final = 30.0
"""How much farther than the nearest way of any kind the nearest one that is not closed may be.

A house at the end of its private drive is a place one can go to.
"""
_USABLE_FACTOR, _USABLE_M = 1.5, 5.0
"""A way within the limits may be so much farther than one over them, and the position still lie at it.

More would skip the very kerb that stops the person, and call the rest of the way clean.
"""
_ISLAND_M: Final = 30.0
"""How far a position may be moved where no way leads on from the nearest one: a loose piece of the map."""
_SAME_PLACE_M: Final = 1.0
"""Edges nearer to each other than this are the same place to a person."""
_OFFSET_WEIGHT: Final = 5
"""A metre between position and way weighs as much as this many on it, so that the nearest usable way wins."""


class Outcome(StrEnum):
    """What a plan found."""

    FOUND = "found"
    LIMITS_EXCEEDED = "limits_exceeded"
    UNREACHABLE = "unreachable"


_LEVELS: Final = (
    (Outcome.FOUND, Verdict.AVOID),
    (Outcome.LIMITS_EXCEEDED, Verdict.OVER_LIMIT),
)
"""What an answer is called, and the worst edge it may touch; tried in this order."""


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """A question for a way.

    Attributes
    ----------
    limits
        A person's own limits, as `personalise` takes them.
    unknowns
        None for the preset's own policy.
    """

    start: LonLat
    goal: LonLat
    profile: str
    limits: Mapping[str, object] = field(default_factory=dict)
    unknowns: Unknowns | None = None


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The answer.

    Attributes
    ----------
    routes
        Empty only where unreachable.
    reachable, remaining_m
        Where unreachable: the nearest point to the goal that can be reached, and how far it is from there.
    """

    outcome: Outcome
    graph_id: str
    osm_at: str | None
    overlay_version: int
    profile: Profile
    start: SnappedPoint
    goal: SnappedPoint
    routes: tuple[Route, ...] = ()
    reachable: LonLat | None = None
    remaining_m: float | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    way: Way
    start: SnappedPoint
    goal: SnappedPoint
    cost_us: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A position, the point nearest to it, and whether that lies on a way that is not closed."""

    position: LonLat
    nearest: SnappedPoint
    is_open: bool


class RoutePlanner:
    """Plans routes through one city.

    Parameters
    ----------
    graph
        The city.
    current_overlay
        Asked once per request for the overlay that holds now.
    tables
        What to judge by; those of ``data/accessibility`` if None.
    """

    def __init__(
        self, graph: CityGraph, current_overlay: CurrentOverlay, tables: Tables | None = None
    ) -> None:
        self.graph = graph
        self.tables = tables or load_tables()
        self._current_overlay = current_overlay

    def plan(self, request: RouteRequest) -> RoutePlan:
        """Answer a request.

        Raises
        ------
        RequestError
            The request cannot be used: unknown profile or limit, a value out of range, a position not in the
            city.
        """
        preset = self.tables.get_preset(request.profile)
        profile = personalise(preset, request.limits, request.unknowns, self.tables.limits)
        overlay = self._current_overlay()
        costs = overlay.judge.get_costs(profile)
        start = self._get_nearest(overlay, costs, request.start, "/from")
        goal = self._get_nearest(overlay, costs, request.goal, "/to")
        if start.is_open and goal.is_open:
            for slack_m in (_SAME_PLACE_M, _ISLAND_M):
                for outcome, worst in _LEVELS:
                    found = self._find(overlay, costs, worst, start, goal, slack_m)
                    if found is not None:
                        return self._answer(outcome, overlay, costs, found)
        return self._answer_unreachable(overlay, costs, start, goal)

    def _get_nearest(self, overlay: Overlay, costs: CostTable, position: LonLat, pointer: str) -> _Asked:
        """The nearest point of a way that is not closed, or else of any way."""
        if not (-180.0 <= position.lon <= 180.0 and -90.0 <= position.lat <= 90.0):
            raise RequestError(
                "A position has a longitude from -180 to 180 and a latitude from -90 to 90.",
                code="position_invalid",
                pointer=pointer,
            )
        open_points = list_nearest_points(
            self.graph, overlay.arc_class, _get_usable(costs, Verdict.OVER_LIMIT), position
        )
        if open_points and open_points[0].offset_m <= BEHIND_CLOSED_M:
            return _Asked(position, open_points[0], True)
        points = list_nearest_points(self.graph, overlay.arc_class, None, position)
        if not points:
            raise RequestError(
                "There is no way within {metres} m of this position.",
                code="position_too_far",
                pointer=pointer,
                metres=int(MOST_OFFSET_M),
            )
        if open_points and open_points[0].offset_m <= points[0].offset_m + BEHIND_CLOSED_M:
            return _Asked(position, open_points[0], True)
        return _Asked(position, points[0], False)

    def _find(
        self, overlay: Overlay, costs: CostTable, worst: Verdict, start: _Asked, goal: _Asked, slack_m: float
    ) -> _Found | None:
        weights = build_weights(costs, priced=worst is Verdict.OVER_LIMIT)
        starts, goals = (
            list_nearest_points(
                self.graph,
                overlay.arc_class,
                _get_usable(costs, worst),
                asked.position,
                within_m=min(
                    _USABLE_FACTOR * asked.nearest.offset_m + max(_USABLE_M, slack_m), MOST_OFFSET_M
                ),
                slack_m=slack_m,
            )
            for asked in (start, goal)
        )
        leaving = _Ends(self.graph, overlay.arc_class, weights, starts, is_start=True)
        arriving = _Ends(self.graph, overlay.arc_class, weights, goals, is_start=False)
        path = find_path(self.graph, overlay, weights, leaving.seeds, arriving.seeds)
        best = _find_direct(leaving, arriving)
        if path is not None and (best is None or path.cost_us < best.cost_us):
            first, last = leaving.by_node[path.first_node], arriving.by_node[path.last_node]
            arcs, from_mm, to_mm = path.arcs.tolist(), first.from_mm, last.to_mm
            if first.to_mm > first.from_mm or not arcs:
                arcs.insert(0, first.arc)
            else:
                from_mm = 0
            if last.to_mm > last.from_mm:
                arcs.append(last.arc)
            else:
                to_mm = int(self.graph.network.edge_length_mm[arcs[-1] >> 1])
            way = Way(np.array(arcs, dtype=np.int32), from_mm, to_mm)
            best = _Found(way, first.point, last.point, path.cost_us)
        return best

    def _answer(self, outcome: Outcome, overlay: Overlay, costs: CostTable, found: _Found) -> RoutePlan:
        route = describe_route(self.graph, overlay, costs, found.way)
        if route.limits_exceeded:
            # limits of the whole way (its length) are known only now; and never call a way clean that is not
            outcome = Outcome.LIMITS_EXCEEDED
        return RoutePlan(
            outcome=outcome,
            graph_id=self.graph.id,
            osm_at=self.graph.osm_at,
            overlay_version=overlay.version,
            profile=costs.profile,
            start=found.start,
            goal=found.goal,
            routes=(route,),
        )

    def _answer_unreachable(
        self, overlay: Overlay, costs: CostTable, asked_start: _Asked, asked_goal: _Asked
    ) -> RoutePlan:
        weights = build_weights(costs, priced=True)
        goal = asked_goal.nearest
        network = self.graph.network
        points = list_nearest_points(
            self.graph, overlay.arc_class, _get_usable(costs, Verdict.OVER_LIMIT), asked_start.position
        )
        plan = RoutePlan(
            outcome=Outcome.UNREACHABLE,
            graph_id=self.graph.id,
            osm_at=self.graph.osm_at,
            overlay_version=overlay.version,
            profile=costs.profile,
            start=points[0] if points else asked_start.nearest,
            goal=goal,
        )
        seeds = _Ends(self.graph, overlay.arc_class, weights, points, is_start=True).seeds
        reached = np.flatnonzero(list_reachable_costs(self.graph, overlay, weights, seeds) >= 0)
        candidates = [LonLat(plan.start.lon, plan.start.lat)]
        if len(reached):
            east = (network.node_lon[reached] - goal.lon) * math.cos(math.radians(goal.lat))
            nearest = reached[np.argmin(np.hypot(east, network.node_lat[reached] - goal.lat))]
            candidates.append(LonLat(float(network.node_lon[nearest]), float(network.node_lat[nearest])))
        there = LonLat(goal.lon, goal.lat)
        remaining_m, reachable = min((get_distance_m(point, there), point) for point in candidates)
        return replace(plan, reachable=reachable, remaining_m=remaining_m)


def _get_usable(costs: CostTable, worst: Verdict) -> Usable:
    return Usable(costs.classes.verdict, costs.slopes.verdict, worst)


@dataclass(frozen=True, slots=True)
class _End:
    """A partial arc between a snapped point and a node: from ``from_mm`` to ``to_mm`` along `arc`.

    ``beside_us`` is what the way between position and point weighs.
    """

    point: SnappedPoint
    arc: int
    node: int
    from_mm: int
    to_mm: int
    length_mm: int
    rate_us: int
    fixed_us: int
    beside_us: int

    @property
    def cost_us(self) -> int:
        """What the whole partial arc costs."""
        return self.get_cost_us(self.to_mm - self.from_mm) + self.beside_us

    def get_cost_us(self, stretch_mm: int) -> int:
        """What a stretch of the arc costs; its fixed costs (steps) in proportion."""
        return stretch_mm * self.rate_us + self.fixed_us * stretch_mm // self.length_mm


class _Ends:
    """The partial arcs by which snapped points are left (or reached), as seeds of the search."""

    def __init__(
        self,
        graph: CityGraph,
        arc_class: Int32,
        weights: Weights,
        points: Sequence[SnappedPoint],
        *,
        is_start: bool,
    ) -> None:
        self.by_node: dict[int, _End] = {}
        self.ends: list[_End] = []
        self.graph = graph
        nearest_m = points[0].offset_m if points else 0.0
        for point in points:
            beside_us = int((point.offset_m - nearest_m) * 1000) * weights.least_rate * _OFFSET_WEIGHT
            for arc in (2 * point.edge, 2 * point.edge + 1):
                end = self._build_end(arc_class, weights, point, arc, is_start, beside_us)
                if end is not None:
                    self.ends.append(end)
                    known = self.by_node.get(end.node)
                    if known is None or end.cost_us < known.cost_us:
                        self.by_node[end.node] = end
        self.seeds = Seeds(
            np.array(list(self.by_node), dtype=np.int32),
            np.array([end.cost_us for end in self.by_node.values()], dtype=np.int64),
        )

    def _build_end(
        self,
        arc_class: Int32,
        weights: Weights,
        point: SnappedPoint,
        arc: int,
        is_start: bool,
        beside_us: int,
    ) -> _End | None:
        network = self.graph.network
        class_ = arc_class[arc]
        rate, slope = int(weights.class_rate[class_]), int(weights.slope_rate[network.arc_slope[arc]])
        if rate < 0 or slope < 0:
            return None
        edge, length = point.edge, int(network.edge_length_mm[point.edge])
        along = length - point.along_mm if arc & 1 else point.along_mm
        from_mm, to_mm = (along, length) if is_start else (0, along)
        goes_to_head = (arc & 1 == 0) == is_start
        node = int(network.edge_head[edge] if goes_to_head else network.edge_tail[edge])
        fixed = int(weights.class_fixed[class_])
        return _End(point, arc, node, from_mm, to_mm, length, rate + slope, fixed, beside_us)


def _find_direct(leaving: _Ends, arriving: _Ends) -> _Found | None:
    """The cheapest way that stays on one edge."""
    best: _Found | None = None
    for start in leaving.ends:
        for goal in arriving.ends:
            if start.arc != goal.arc or goal.to_mm < start.from_mm:
                continue
            cost = start.get_cost_us(goal.to_mm - start.from_mm) + start.beside_us + goal.beside_us
            if best is None or cost < best.cost_us:
                way = Way(np.array([start.arc], dtype=np.int32), start.from_mm, goal.to_mm)
                best = _Found(way, start.point, goal.point, cost)
    return best
