"""From a request to a plan: snap, judge, search, explain. An answer is not an error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from wayfinder.errors import RequestError
from wayfinder.geo import LonLat, get_distance_m
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import CostTable, Tables, Verdict, load_tables
from wayfinder.routing.directions import Route, Way, describe_route
from wayfinder.routing.ends import build_ends, find_direct
from wayfinder.routing.overlay import CurrentOverlay, Overlay
from wayfinder.routing.profiles import Profile, Unknowns, personalise
from wayfinder.routing.search import build_weights, find_path, list_reachable_costs
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
        network = self.graph.network
        leaving = build_ends(network, overlay, weights, starts, is_start=True)
        arriving = build_ends(network, overlay, weights, goals, is_start=False)
        path = find_path(self.graph, overlay, weights, leaving.seeds, arriving.seeds)
        direct = find_direct(network, leaving, arriving)
        if direct is not None and (path is None or direct[0].cost_us <= path.cost_us):
            first, last = direct
            way = Way(np.array([first.arc], dtype=np.int32), first.from_mm, first.to_mm)
            return _Found(way, starts[first.point], goals[last.point])
        if path is None:
            return None
        first, last = leaving.get_end(path.first_node), arriving.get_end(path.last_node)
        arcs, from_mm, to_mm = path.arcs.tolist(), first.from_mm, last.to_mm
        if first.to_mm > first.from_mm or not arcs:
            arcs.insert(0, first.arc)
        else:
            from_mm = 0
        if last.to_mm > last.from_mm:
            arcs.append(last.arc)
        else:
            to_mm = int(network.edge_length_mm[arcs[-1] >> 1])
        way = Way(np.array(arcs, dtype=np.int32), from_mm, to_mm)
        return _Found(way, starts[first.point], goals[last.point])

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
        seeds = build_ends(network, overlay, weights, points, is_start=True).seeds
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
