"""A free space and its entrances -> straight lines of sight that cross it: what a person would walk.

Plane geometry in metres, no maps. The lines are a *spanner*: of all pairs of points that see each other only
those are joined that would otherwise be a detour, so that the lines grow with the number of points and not
with its square. The edge of the free space is a line, too: from any place inside, the nearest line is reached
without stepping over that edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

FEW: Final = 20
STRETCH_FEW: Final = 1.02
STRETCH_MANY: Final = 1.1
"""The most a way over the lines may be longer than the shortest one between two entrances.

The first where at most `FEW` entrances and corners are to be joined: a bend of 2 % is below what is called a
turn. The second where there are more, so that the lines stay few.
"""
STRETCH_STAND: Final = 1.2
"""The same between a place to stand and what it sees up to `_NEAR_STANDS` spacings away."""
STAND_M: Final = 20.0
"""Spacing of the places to stand: joints of the lines for who comes from a house or a bench."""
MOST_POINTS: Final = 600
"""Most entrances and corners of one free space; more are not joined."""
_MOST_STANDS: Final = 40
_MOST_JOINTS: Final = 120
_SAME_JOINT_M: Final = 1.5
_NEAR_STANDS: Final = 3.0
_CORNER_DEG: Final = 20.0
_OFF_WALL_M: Final = 0.15
_TOLERANCE_M: Final = 0.01
_BATCH: Final = 512


class TooManyPointsError(Exception):
    """The free space has more entrances and corners than are joined."""


@dataclass(frozen=True, slots=True)
class Sightlines:
    """Lines over a free space.

    Attributes
    ----------
    points
        float64[k, 2], metres; the entrances come first, in the order given.
    lines
        Indices of points, at least two; lines meet at their ends only.
    sides
        Of both ends of each line: the side of the entrance it leads away from. Where walls part the space
        around an entrance (a gate in a fence), it has several sides; nobody gets from one to another but
        through it.
    """

    points: Float64
    lines: tuple[tuple[int, ...], ...]
    sides: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Vertices:
    """What lines end at, within one connected free space."""

    spots: list[tuple[float, float]]
    entrances: list[int]
    """Index of the entrance, or -1."""
    sides: list[int]
    is_stand: list[bool]
    is_joint: list[bool]
    """Lies on a line, not on the edge of the space."""

    def add(
        self,
        spot: tuple[float, float],
        entrance: int = -1,
        side: int = 0,
        *,
        is_stand: bool = False,
        is_joint: bool = False,
    ) -> int:
        self.spots.append((float(spot[0]), float(spot[1])))
        self.entrances.append(entrance)
        self.sides.append(side)
        self.is_stand.append(is_stand)
        self.is_joint.append(is_joint)
        return len(self.spots) - 1

    def measure(self, first: int, last: int) -> float:
        return math.dist(self.spots[first], self.spots[last])


def draw_sightlines(spaces: Sequence[Polygon], entrances: Float64) -> Sightlines:
    """Draw the lines over free spaces that do not touch each other.

    Parameters
    ----------
    spaces
        Valid polygons, metres.
    entrances
        float64[n, 2], on or within 10 cm of the edge of a space, or inside; others get no line.

    Raises
    ------
    TooManyPointsError
        A space has more than `MOST_POINTS` entrances and corners.
    """
    points: list[tuple[float, float]] = [(float(x), float(y)) for x, y in entrances]
    lines: list[tuple[int, ...]] = []
    sides: list[tuple[int, int]] = []
    feet = [_find_feet(spot, spaces) for spot in points]
    for number, space in enumerate(spaces):
        vertices = _Vertices([], [], [], [], [])
        for entrance, found in enumerate(feet):
            for side, (foot, at) in enumerate(found):
                if at == number:
                    vertices.add(foot, entrance, side)
        if not vertices.spots:
            continue
        index: list[int] = []
        for vertex_line, between in _span(space, vertices):
            for vertex in range(len(index), len(vertices.spots)):
                entrance = vertices.entrances[vertex]
                if entrance < 0:
                    points.append(vertices.spots[vertex])
                index.append(entrance if entrance >= 0 else len(points) - 1)
            first, last = vertex_line
            inner = tuple(range(len(points), len(points) + len(between)))
            points += between
            lines.append((index[first], *inner, index[last]))
            sides.append((vertices.sides[first], vertices.sides[last]))
    return Sightlines(np.array(points, dtype=np.float64).reshape(-1, 2), tuple(lines), tuple(sides))


def _find_feet(spot: tuple[float, float], spaces: Sequence[Polygon]) -> list[tuple[tuple[float, float], int]]:
    """Where one stands before an entrance, and in which space: the middle of each free arc around it."""
    here = Point(spot)
    near = [number for number, space in enumerate(spaces) if space.distance(here) < 2 * _OFF_WALL_M]
    if len(near) == 1 and spaces[near[0]].distance(here) < 1e-6:
        return [(spot, near[0])]
    feet: list[tuple[float, tuple[float, float], int]] = []
    circle = here.buffer(_OFF_WALL_M).exterior
    for number in near:
        free = circle.intersection(spaces[number])
        arcs = shapely.get_parts(shapely.line_merge(free) if free.geom_type == "MultiLineString" else free)
        for arc in arcs.tolist():
            if arc.length > 0.02:
                middle = arc.interpolate(0.5, normalized=True)
                angle = math.atan2(middle.y - spot[1], middle.x - spot[0])
                feet.append((angle, (middle.x, middle.y), number))
    return [(foot, number) for _, foot, number in sorted(feet)]


def _span(space: Polygon, vertices: _Vertices) -> Iterator[tuple[tuple[int, int], list[tuple[float, float]]]]:
    """Lines of one space: vertices of both ends, and points between them (along the edge of the space)."""
    space = shapely.orient_polygons(space)  # the free space lies to the left of every ring
    rings = [np.array(ring.coords) for ring in (space.exterior, *space.interiors)]
    entrance_count = len(vertices.spots)
    corners = [_list_corners(ring) for ring in rings]
    if entrance_count + sum(len(turns) for turns in corners) > MOST_POINTS:
        raise TooManyPointsError
    along = [
        _place_on_ring(ring, turns, entrance_count, vertices)
        for ring, turns in zip(rings, corners, strict=True)
    ]
    edges: list[tuple[int, int, float]] = []
    for ring, found in zip(rings, along, strict=True):
        placed = sorted(found + _fill_gaps(ring, sorted(found), vertices))
        for (at, first), (to, last) in pairwise([*placed, (placed[0][0] + _measure(ring)[-1], placed[0][1])]):
            if first != last:
                between = _list_between(ring, at, to)
                edges.append((first, last, to - at))
                yield (first, last), between
    sight = space.buffer(_TOLERANCE_M, join_style="mitre")
    shapely.prepare(sight)
    drawn: set[tuple[int, int]] = set()
    for first, last in list(_join(sight, vertices, edges, math.inf)):
        joints = _split(first, last, vertices)
        spots = [vertices.spots[joint] for joint in joints]
        pieces = list(pairwise(joints)) if shapely.covers(sight, LineString(spots)) else [(first, last)]
        for piece in pieces:
            if drawn.isdisjoint((piece, piece[::-1])):
                drawn.add(piece)
                edges.append((*piece, vertices.measure(*piece)))
                yield piece, []
    spacing_m = _place_inside(space, vertices)
    for first, last in _join(sight, vertices, edges, _NEAR_STANDS * spacing_m):
        yield (first, last), []


def _split(first: int, last: int, vertices: _Vertices) -> list[int]:
    """A long line with joints on it, shared with the lines that pass close by."""
    (x, y), (x2, y2) = vertices.spots[first], vertices.spots[last]
    length_m = vertices.measure(first, last)
    pieces = round(length_m / STAND_M)
    joints: list[int] = [first]
    for piece in range(1, pieces):
        share = piece / pieces
        spot = (x + share * (x2 - x), y + share * (y2 - y))
        near = [
            (math.dist(spot, vertices.spots[other]), other)
            for other in range(len(vertices.spots))
            if vertices.is_joint[other] and math.dist(spot, vertices.spots[other]) < _SAME_JOINT_M
        ]
        if near:
            joints.append(min(near)[1])
        elif sum(vertices.is_joint) < _MOST_JOINTS:
            joints.append(vertices.add(spot, is_stand=True, is_joint=True))
    return [*dict.fromkeys(joints), last]


def _list_corners(ring: Float64) -> list[int]:
    """Indices of ring points where the edge turns away from the free space, gentle bends taken together."""
    steps = np.diff(ring, axis=0)
    before, after = np.roll(steps, 1, axis=0), steps
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn_deg = np.degrees(np.arctan2(cross, np.sum(before * after, axis=1)))
    corners, carried_deg = [], 0.0
    for at, turn in enumerate(turn_deg.tolist()):
        carried_deg = min(carried_deg + turn, 0.0)
        if carried_deg <= -_CORNER_DEG:
            corners.append(at)
            carried_deg = 0.0
    return corners


def _measure(ring: Float64) -> Float64:
    """Distance of each point along the ring."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])


def _place_on_ring(
    ring: Float64, corners: Sequence[int], entrance_count: int, vertices: _Vertices
) -> list[tuple[float, int]]:
    """Entrances and corners along a ring: (distance, vertex)."""
    line, reach_m = LineString(ring), _measure(ring)
    placed: list[tuple[float, int]] = []
    spots = shapely.points(vertices.spots[:entrance_count])
    for vertex in np.flatnonzero(shapely.distance(line, spots) < 2 * _OFF_WALL_M).tolist():
        placed.append((float(shapely.line_locate_point(line, spots[vertex])), vertex))
    taken = [vertices.spots[vertex] for _, vertex in placed]
    for corner in corners:
        x, y = ring[corner].tolist()
        if all(math.hypot(x - a, y - b) > 2 * _OFF_WALL_M for a, b in taken):
            placed.append((float(reach_m[corner]), vertices.add((x, y))))
    return placed


def _fill_gaps(
    ring: Float64, taken: Sequence[tuple[float, int]], vertices: _Vertices
) -> list[tuple[float, int]]:
    """Places to stand along a ring wherever the next vertex is far, or the same entrance."""
    line, whole_m = LineString(ring), float(_measure(ring)[-1])
    placed = [] if taken else [(0.0, vertices.add(ring[0].tolist(), is_stand=True))]
    stops = [*(taken or placed)]
    for (at, first), (to, last) in pairwise([*stops, (stops[0][0] + whole_m, stops[0][1])]):
        same = vertices.entrances[first] >= 0 and vertices.entrances[first] == vertices.entrances[last]
        pieces = max(math.ceil((to - at) / STAND_M - 0.1), 3 if first == last else 2 if same else 1)
        for piece in range(1, pieces):
            where = (at + (to - at) * piece / pieces) % whole_m
            spot = line.interpolate(where)
            placed.append((where, vertices.add((spot.x, spot.y), is_stand=True)))
    return placed


def _list_between(ring: Float64, at: float, to: float) -> list[tuple[float, float]]:
    """Points of the ring strictly between two distances along it; `to` may lie beyond its end."""
    reach_m = _measure(ring)[:-1]
    reach_m, points = np.concatenate([reach_m, reach_m + _measure(ring)[-1]]), np.tile(ring[:-1], (2, 1))
    inside = (reach_m > at + _TOLERANCE_M) & (reach_m < to - _TOLERANCE_M)
    return [(float(x), float(y)) for x, y in points[inside]]


def _place_inside(space: Polygon, vertices: _Vertices) -> float:
    """Places to stand inside, on a lattice off the edge and off other vertices; its spacing in metres."""
    spacing_m = max(STAND_M, math.sqrt(space.area / _MOST_STANDS))
    west, south, east, north = space.bounds
    columns = np.arange(west + spacing_m / 2, east, spacing_m)
    rows = np.arange(south + spacing_m / 2, north, spacing_m)
    lattice = np.array([(x, y) for y in rows for x in columns]).reshape(-1, 2)
    if not len(lattice):
        return spacing_m
    spots = shapely.points(lattice)
    inside = shapely.contains(space, spots) & (shapely.distance(space.boundary, spots) > spacing_m / 4)
    inside &= shapely.distance(shapely.multipoints(vertices.spots), spots) > spacing_m / 2
    for x, y in lattice[inside].tolist():
        vertices.add((x, y), is_stand=True)
    return spacing_m


def _join(
    sight: Polygon, vertices: _Vertices, edges: Sequence[tuple[int, int, float]], most_m: float
) -> Iterator[tuple[int, int]]:
    """Greedy spanner: from short to long, a pair in sight is joined where the lines so far detour.

    Joins entrances and corners if `most_m` is infinite; places to stand with all that is nearer otherwise.
    """
    spots, entrances = np.array(vertices.spots), np.array(vertices.entrances)
    is_stand, count = np.array(vertices.is_stand), len(vertices.spots)
    way_m = np.full((count, count), np.inf)
    np.fill_diagonal(way_m, 0.0)
    for edge in edges:
        _shorten(way_m, *edge)
    first, last = np.triu_indices(count, 1)
    length_m = np.hypot(*(spots[first] - spots[last]).T)
    stand = is_stand[first] | is_stand[last]
    wanted = (stand == np.isfinite(most_m)) & (length_m < most_m)
    wanted &= (entrances[first] < 0) | (entrances[first] != entrances[last])
    first, last, length_m = first[wanted], last[wanted], length_m[wanted]
    order = np.lexsort((last, first, np.rint(length_m * 1000)))
    stretch = STRETCH_FEW if np.count_nonzero(~is_stand) <= FEW else STRETCH_MANY
    if np.isfinite(most_m):
        stretch = STRETCH_STAND
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        batch = batch[way_m[first[batch], last[batch]] > stretch * length_m[batch] + _TOLERANCE_M]
        ends = np.stack([spots[first[batch]], spots[last[batch]]], axis=1)
        for pair in batch[shapely.covers(sight, shapely.linestrings(ends))].tolist():
            a, b, straight_m = int(first[pair]), int(last[pair]), float(length_m[pair])
            if way_m[a, b] > stretch * straight_m + _TOLERANCE_M:
                _shorten(way_m, a, b, straight_m)
                yield a, b


def _shorten(way_m: Float64, a: int, b: int, length_m: float) -> None:
    """Add a line to a table of all distances."""
    to_a, to_b = way_m[:, a].copy(), way_m[:, b].copy()
    np.minimum(way_m, to_a[:, None] + (length_m + to_b)[None, :], out=way_m)
    np.minimum(way_m, to_b[:, None] + (length_m + to_a)[None, :], out=way_m)
