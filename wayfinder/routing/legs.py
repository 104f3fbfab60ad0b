"""From stop to stop: on which way a person stands, and the cheapest way from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wayfinder.errors import RequestError
from wayfinder.geo import LonLat
from wayfinder.routing.city_graph import CityGraph
from wayfinder.routing.costs import CostTable, Verdict
from wayfinder.routing.ends import Ends, build_ends, build_entrance_ends, find_direct
from wayfinder.routing.entrances import Entrance
from wayfinder.routing.overlay import Overlay
from wayfinder.routing.search import Weights, find_path
from wayfinder.routing.snapping import MOST_OFFSET_M, SnappedPoint, Usable, list_nearest_points
from wayfinder.routing.trace import Way

BEHIND_CLOSED_M: Final = 30.0
"""How much farther than the nearest way of any kind the nearest one that is not closed may be.

A house at the end of its private drive is a place one can go to.
"""
_USABLE_FACTOR, _USABLE_M = 1.5, 5.0
"""A way within the limits may be so much farther than one over them, and the position still lie at it.

More would skip the very kerb that stops the person, and call the rest of the way clean.
"""
SAME_PLACE_M: Final = 1.0
"""Edges nearer to each other than this are the same place to a person."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A position a way begins, ends or passes at.

    Attributes
    ----------
    nearest
        The point of a way nearest to it.
    is_open
        Whether that way is not closed.
    is_fixed
        Whether only that very point will do: a way goes on where it came to.
    entrances
        Of the place that is meant; if there are any, a way begins or ends at one of them.
    """

    position: LonLat
    nearest: SnappedPoint
    is_open: bool
    is_fixed: bool = False
    entrances: Sequence[Entrance] = ()

    def enter(self, entrances: Sequence[Entrance]) -> Stop:
        """The same stop at the entrances of a place, if it has any."""
        return replace(self, is_open=True, entrances=entrances) if entrances else self


@dataclass(frozen=True, slots=True)
class Leg:
    """A way between two stops."""

    way: Way
    start: SnappedPoint
    goal: SnappedPoint


@dataclass(frozen=True, slots=True)
class LegFinder:
    """Finds ways in one city, with one overlay, for one person."""

    graph: CityGraph
    overlay: Overlay
    costs: CostTable

    def get_stop(self, position: LonLat, pointer: str) -> Stop:
        """The nearest point of a way that is not closed, or else of any way.

        Raises
        ------
        RequestError
            No position, or no way near it.
        """
        if not (-180.0 <= position.lon <= 180.0 and -90.0 <= position.lat <= 90.0):
            raise RequestError(
                "A position has a longitude from -180 to 180 and a latitude from -90 to 90.",
                code="position_invalid",
                pointer=pointer,
            )
        open_points = self.list_open_points(position)
        if open_points and open_points[0].offset_m <= BEHIND_CLOSED_M:
            return Stop(position, open_points[0], True)
        points = list_nearest_points(self.graph, self.overlay.arc_class, None, position)
        if not points:
            raise RequestError(
                "There is no way within {metres} m of this position.",
                code="position_too_far",
                pointer=pointer,
                metres=int(MOST_OFFSET_M),
            )
        if open_points and open_points[0].offset_m <= points[0].offset_m + BEHIND_CLOSED_M:
            return Stop(position, open_points[0], True)
        return Stop(position, points[0], False)

    def list_open_points(self, position: LonLat) -> list[SnappedPoint]:
        """The nearest points of ways that are not closed, nearest first."""
        usable = self._get_usable(Verdict.OVER_LIMIT)
        return list_nearest_points(self.graph, self.overlay.arc_class, usable, position)

    def find_legs(
        self, stops: Sequence[Stop], weights: Weights, worst: Verdict, slack_m: float = SAME_PLACE_M
    ) -> tuple[Leg, ...] | None:
        """The cheapest way from stop to stop; None where one cannot be reached.

        Parameters
        ----------
        worst
            The worst edge that may be begun or ended on.
        slack_m
            How much farther than the nearest way a stop may be moved.
        """
        legs: list[Leg] = []
        start = stops[0]
        for goal in stops[1:]:
            leg = self._find_leg(start, goal, weights, worst, slack_m)
            if leg is None:
                return None
            legs.append(leg)
            start = Stop(goal.position, leg.goal, goal.is_open, is_fixed=True)
        return tuple(legs)

    def _find_leg(
        self, start: Stop, goal: Stop, weights: Weights, worst: Verdict, slack_m: float
    ) -> Leg | None:
        network, overlay = self.graph.network, self.overlay
        leaving = self._build_ends(start, weights, worst, slack_m, is_start=True)
        arriving = self._build_ends(goal, weights, worst, slack_m, is_start=False)
        starts, goals = leaving.points, arriving.points
        path = find_path(self.graph, overlay, weights, leaving.seeds, arriving.seeds)
        direct = find_direct(network, leaving, arriving)
        if direct is not None and (path is None or direct[0].cost_us <= path.cost_us):
            first, last = direct
            way = Way(np.array([first.arc], dtype=np.int32), first.from_mm, first.to_mm)
            return Leg(way, starts[first.point], goals[last.point])
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
        return Leg(way, starts[first.point], goals[last.point])

    def _build_ends(
        self, stop: Stop, weights: Weights, worst: Verdict, slack_m: float, *, is_start: bool
    ) -> Ends:
        network = self.graph.network
        if stop.entrances:
            return build_entrance_ends(network, weights, stop.entrances, is_start=is_start)
        points = self.list_points(stop, worst, slack_m)
        return build_ends(network, self.overlay, weights, points, is_start=is_start)

    def list_points(
        self, stop: Stop, worst: Verdict, slack_m: float = SAME_PLACE_M
    ) -> Sequence[SnappedPoint]:
        """The points of usable ways a stop may be taken to be at, nearest first."""
        if stop.is_fixed:
            return (stop.nearest,)
        within_m = _USABLE_FACTOR * stop.nearest.offset_m + max(_USABLE_M, slack_m)
        return list_nearest_points(
            self.graph,
            self.overlay.arc_class,
            self._get_usable(worst),
            stop.position,
            within_m=min(within_m, MOST_OFFSET_M),
            slack_m=slack_m,
        )

    def _get_usable(self, worst: Verdict) -> Usable:
        return Usable(self.costs.classes.verdict, self.costs.slopes.verdict, worst)
