"""From a request to a plan: snap, judge, search, explain. An answer is not an error."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from wayfinder.geo import LonLat, get_distance_m
from wayfinder.routing.choices import Relaxation, list_alternatives, list_relaxations
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import Tables, Verdict, load_tables
from wayfinder.routing.directions import Route, describe_route
from wayfinder.routing.ends import build_ends
from wayfinder.routing.entrances import Entrance
from wayfinder.routing.legs import SAME_PLACE_M, Leg, LegFinder, Stop
from wayfinder.routing.overlay import CurrentOverlay, Overlay
from wayfinder.routing.profiles import Profile, Unknowns, personalise
from wayfinder.routing.search import build_weights, list_reachable_costs
from wayfinder.routing.snapping import SnappedPoint
from wayfinder.routing.timetable import Timetable

_ISLAND_M: Final = 30.0
"""How far a position may be moved where no way leads on from the nearest one: a loose piece of the map."""


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
    via
        Stops on the way, in order.
    alternatives
        How many other ways are wanted, at most.
    depart_at
        Aware; now where None.
    start_place, goal_place
        Ids of the places that are meant, "" for a mere position: the way begins and ends at their entrances.
    """

    start: LonLat
    goal: LonLat
    profile: str
    limits: Mapping[str, object] = field(default_factory=dict)
    unknowns: Unknowns | None = None
    via: Sequence[LonLat] = ()
    alternatives: int = 0
    depart_at: datetime | None = None
    start_place: str = ""
    goal_place: str = ""


@dataclass(frozen=True, slots=True)
class EntranceUsed:
    """How a place is entered or left.

    Attributes
    ----------
    entrance
        None where none is mapped, or no way to one: the way ends at the nearest point of the network.
    """

    entrance: Entrance | None


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The answer.

    Attributes
    ----------
    routes
        The recommended way first, then others that differ in substance; empty only where unreachable.
    relaxations
        Where limits are exceeded: small changes of limits that would open a clean way.
    start_entrance, goal_entrance
        None where no place with an entrance was asked for, or nobody gets there.
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
    relaxations: tuple[Relaxation, ...] = ()
    reachable: LonLat | None = None
    remaining_m: float | None = None
    start_entrance: EntranceUsed | None = None
    goal_entrance: EntranceUsed | None = None


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
    timetable
        Says what is open when; what keeps hours stays in doubt if None.
    overlay_at
        The overlay as it will hold at another time; if None, what holds now is taken to.
    """

    def __init__(
        self,
        graph: CityGraph,
        current_overlay: CurrentOverlay,
        tables: Tables | None = None,
        timetable: Timetable | None = None,
        overlay_at: Callable[[datetime], Overlay] | None = None,
    ) -> None:
        self.graph = graph
        self.tables = tables or load_tables()
        self._current_overlay = current_overlay
        self._timetable, self._overlay_at = timetable, overlay_at

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
        if request.depart_at is None or self._overlay_at is None:
            overlay = self._current_overlay()
        else:
            overlay = self._overlay_at(request.depart_at)
        if self._timetable is not None:
            overlay = self._timetable.apply(overlay, request.depart_at)
        finder = LegFinder(self.graph, overlay, overlay.judge.get_costs(profile))
        asked = [(request.start, "/from"), (request.goal, "/to")]
        asked[1:1] = [(position, f"/via/{number}") for number, position in enumerate(request.via)]
        stops = [finder.get_stop(position, pointer) for position, pointer in asked]
        places = (request.start_place, request.goal_place)
        if places[0] == places[1]:
            return self._plan(finder, stops, request)
        for end, place in zip((0, -1), places, strict=True):
            stops[end] = stops[end].enter(self.graph.entrances.list_of(place))
        plan = self._plan(finder, stops, request)
        used = [
            self._find_used(place, stop, point)
            for place, stop, point in zip(places, (stops[0], stops[-1]), (plan.start, plan.goal), strict=True)
        ]
        return replace(plan, start_entrance=used[0], goal_entrance=used[1])

    def _plan(self, finder: LegFinder, stops: Sequence[Stop], request: RouteRequest) -> RoutePlan:
        if all(stop.is_open for stop in stops):
            for slack_m in (SAME_PLACE_M, _ISLAND_M):
                for outcome, worst in _LEVELS:
                    weights = build_weights(finder.costs, priced=worst is Verdict.OVER_LIMIT)
                    legs = finder.find_legs(stops, weights, worst, slack_m)
                    if legs is not None:
                        return self._answer(outcome, finder, stops, legs, request.alternatives)
        return self._answer_unreachable(finder, stops)

    def _find_used(self, place: str, stop: Stop, point: SnappedPoint) -> EntranceUsed | None:
        entrances = self.graph.entrances
        if not entrances.has_entrance(place):
            return None
        if not stop.entrances:
            return EntranceUsed(None)
        entrance = entrances.find(int(self.graph.network.edge_head[point.edge]))
        return None if entrance is None else EntranceUsed(entrance)

    def _answer(
        self,
        outcome: Outcome,
        finder: LegFinder,
        stops: Sequence[Stop],
        legs: Sequence[Leg],
        alternatives: int,
    ) -> RoutePlan:
        overlay, costs = finder.overlay, finder.costs
        route = describe_route(self.graph, overlay, costs, [leg.way for leg in legs])
        others: list[Route] = []
        relaxations: list[Relaxation] = []
        if route.limits_exceeded:
            # limits of the whole way (its length) are known only now; and never call a way clean that is not
            outcome = Outcome.LIMITS_EXCEEDED
            relaxations = list_relaxations(finder, stops, route, self.tables)
        elif alternatives:
            others = list_alternatives(finder, stops, route, alternatives)
        return RoutePlan(
            outcome=outcome,
            graph_id=self.graph.id,
            osm_at=self.graph.osm_at,
            overlay_version=overlay.version,
            profile=costs.profile,
            start=legs[0].start,
            goal=legs[-1].goal,
            routes=(route, *others),
            relaxations=tuple(relaxations),
        )

    def _answer_unreachable(self, finder: LegFinder, stops: Sequence[Stop]) -> RoutePlan:
        """How near one can get to the first stop that cannot be reached."""
        overlay, costs = finder.overlay, finder.costs
        weights = build_weights(costs, priced=True)
        reached_stops = 1
        if all(stop.is_open for stop in stops):
            while finder.find_legs(stops[: reached_stops + 1], weights, Verdict.OVER_LIMIT) is not None:
                reached_stops += 1
        start, goal = stops[reached_stops - 1], stops[reached_stops].nearest
        network = self.graph.network
        points = finder.list_open_points(start.position)
        plan = RoutePlan(
            outcome=Outcome.UNREACHABLE,
            graph_id=self.graph.id,
            osm_at=self.graph.osm_at,
            overlay_version=overlay.version,
            profile=costs.profile,
            start=points[0] if points else start.nearest,
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
