"""What lies near what, in a time that grows with the city and not with its square."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely

from wayfinder.geo import METRES_PER_DEGREE

Spot = tuple[float, float]
"""Longitude and latitude in degrees."""

_SLACK: Final = 1.05
"""The index measures with one cosine for the whole city: so far off over some degrees of latitude."""


def get_gap_m(a_lon: float, a_lat: float, b_lon: float, b_lat: float) -> float:
    """Distance in metres on the plane, near enough for sorting things of a city."""
    east = (a_lon - b_lon) * math.cos(math.radians((a_lat + b_lat) / 2))
    return math.hypot(east, a_lat - b_lat) * METRES_PER_DEGREE


def group_near(things: Sequence[Sequence[Spot]], within_m: float) -> list[list[int]]:
    """Group things that hang together by spots at most so far apart.

    Parameters
    ----------
    things
        The spots of each thing.

    Returns
    -------
    list of list of int
        Indices of things, each group in order, the groups by their first.
    """
    leader = list(range(len(things)))

    def find(thing: int) -> int:
        while leader[thing] != thing:
            leader[thing] = leader[leader[thing]]
            thing = leader[thing]
        return thing

    farthest = max((abs(lat) for spots in things for _, lat in spots), default=0.0)
    # No spot within reach lies beyond the neighbouring cells.
    cell_lat = within_m / METRES_PER_DEGREE
    cell_lon = cell_lat / max(math.cos(math.radians(farthest)), 0.01)
    cells: dict[tuple[int, int], list[tuple[int, Spot]]] = defaultdict(list)
    for thing, spots in enumerate(things):
        for spot in spots:
            column, row = math.floor(spot[0] / cell_lon), math.floor(spot[1] / cell_lat)
            for near in ((column + x, row + y) for x in (-1, 0, 1) for y in (-1, 0, 1)):
                for other, place in cells.get(near, ()):
                    one, two = find(thing), find(other)
                    if one != two and get_gap_m(*spot, *place) <= within_m:
                        leader[max(one, two)] = min(one, two)
            cells[column, row].append((thing, spot))
    groups: dict[int, list[int]] = defaultdict(list)
    for thing in range(len(things)):
        groups[find(thing)].append(thing)
    return [groups[first] for first in sorted(groups)]


class NearestName:
    """Finds the name of the nearest of many named spots; of equally near ones the first in the alphabet."""

    def __init__(self, named: Sequence[tuple[Spot, str]]) -> None:
        self._named = named
        spots = np.array([spot for spot, _ in named], dtype=np.float64).reshape(-1, 2)
        self._scale = float(np.cos(np.radians(spots[:, 1].mean()))) if len(spots) else 1.0
        self._tree = shapely.STRtree([shapely.Point(lon * self._scale, lat) for lon, lat in spots.tolist()])

    def find(self, spot: Spot) -> str | None:
        """None where there is no name at all."""
        if not self._named:
            return None
        place = shapely.Point(spot[0] * self._scale, spot[1])
        _, distance = self._tree.query_nearest(place, return_distance=True, all_matches=False)
        reach = float(distance[0]) * _SLACK + 1e-9
        near: list[tuple[Spot, str]] = [
            self._named[index] for index in self._tree.query(place, "dwithin", reach).tolist()
        ]
        return min((get_gap_m(*spot, *there), name) for there, name in near)[1]
