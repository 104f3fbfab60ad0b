"""Areas people cross freely -> lines of sight between their entrances, around walls; or an honest no."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.network import OSM_TYPES
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmWall
from wayfinder.routing.sightlines import Float64, Sightlines, TooManyPointsError, draw_sightlines
from wayfinder.routing.walls import Wall, load_wall_rules

Line = tuple[int, ...]
"""OSM node ids."""

WALL_M: Final = 0.05
"""Walls are made thicker by so much on every side, so that even a fence has two sides."""
_WAY: Final = OSM_TYPES.index("way")
_LEAST_SPACE_M2: Final = 1.0
_STEPS_M: Final = 1.0
"""Steps that run farther than this over an area show that it is not level."""
_MOST_RIM_NODES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Square:
    """An area as it is mapped.

    Attributes
    ----------
    osm_type, osm_id
        As in `wayfinder.routing.network.Network`.
    outer, inner
        Pieces of its rims and of the rims of its holes.
    own
        Lines that are walked on behalf of this area; a node that more lines visit is an entrance.
    covers
        Ids of ways that outline the same area once more and give way to this one.
    layer
        OSM layer; walls and roads with another one are above or below it.
    is_carriageway
        Carriageways are part of it and not in its way.
    is_whole
        Nothing of its rims is missing from the file.
    """

    osm_type: int
    osm_id: int
    outer: tuple[Line, ...]
    inner: tuple[Line, ...]
    own: tuple[Line, ...]
    covers: tuple[int, ...]
    layer: int
    is_carriageway: bool
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A line that nobody crosses, or that shows an area to be uneven: a carriageway, steps."""

    nodes: Line
    layer: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line over a square: nodes, and the side of the square it leads away from at either end."""

    nodes: Line
    sides: tuple[int, int]


@dataclass(frozen=True, slots=True)
class CrossedSquare:
    """A square and its lines; `left_out` are entrances that stand in walls: there the rim is still walked."""

    lines: tuple[Crossing, ...]
    left_out: frozenset[int]


@dataclass(slots=True)
class SquareCounts:
    """How many areas are crossed by lines, by how many, and why others are walked along their rim."""

    crossed: int = 0
    lines: int = 0
    entrances_left_out: int = 0
    rim: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Obstructions:
    """What may stand or run on squares, in degrees, to be found by place."""

    shapes: Sequence[BaseGeometry]
    lines: Sequence[Sequence[Line]]
    layers: Sequence[int | None]
    tree: shapely.STRtree

    def list_near(self, square: Square, place: BaseGeometry) -> list[int]:
        """Indices, ascending, of those at the layer of the square; one that says no layer is at every one."""
        return [
            index
            for index in sorted(self.tree.query(place).tolist())
            if self.layers[index] in (None, square.layer)
        ]


def cross_squares(
    squares: Sequence[Square],
    data: OsmData,
    visits: Mapping[int, int],
    roads: Sequence[Hindrance],
    steps: Sequence[Hindrance],
    is_passage: Callable[[int], bool],
    counts: SquareCounts,
) -> tuple[dict[tuple[int, int], CrossedSquare], dict[int, OsmNode]]:
    """Draw the lines over every square that can be crossed.

    Parameters
    ----------
    visits
        How often walkable lines come by a node.
    roads
        Carriageways: crossed where a way meets them and nowhere else.
    steps
        An area with steps on it is not level, and nobody knows where it may be crossed.
    is_passage
        Whether a node of a wall lets people through.

    Returns
    -------
    crossings, nodes
        By (osm_type, osm_id), squares walked along their rim left out; and the nodes, with negative ids, at
        which lines bend or join where OSM has none.
    """
    near = _Near(_gather_walls(data), _gather(data.nodes, roads), _gather(data.nodes, steps))
    crossings: dict[tuple[int, int], CrossedSquare] = {}
    nodes: dict[int, OsmNode] = {}
    # who is tagged on a multipolygon and on its rim once more is one area
    doubles: set[tuple[int, int]] = set()
    for square in sorted(squares, key=lambda square: not square.covers):
        if (square.osm_type, square.osm_id) in doubles:
            continue
        doubles |= {(_WAY, ref) for ref in square.covers}
        try:
            area = _build_area(square, data.nodes)
            found = _cross(area, square, data, visits, near, is_passage, nodes)
        except _NotCrossedError as reason:
            counts.rim[str(reason)] += 1
            continue
        except TooManyPointsError:
            counts.rim["too_large"] += 1
            continue
        counts.crossed += 1
        counts.lines += len(found.lines)
        counts.entrances_left_out += len(found.left_out)
        crossings[square.osm_type, square.osm_id] = found
    return crossings, nodes


class _NotCrossedError(Exception):
    """Why an area is walked along its rim."""


def _build_area(square: Square, nodes: Mapping[int, OsmNode]) -> BaseGeometry:
    """The area in degrees, holes left out."""
    if not square.is_whole:
        raise _NotCrossedError("incomplete")
    if sum(len(line) for line in (*square.outer, *square.inner)) > _MOST_RIM_NODES:
        raise _NotCrossedError("too_large")
    outer, inner = _close(square.outer, nodes), _close(square.inner, nodes)
    area = shapely.difference(outer, inner)
    if area.is_empty:
        raise _NotCrossedError("broken")
    return area


def _close(lines: Sequence[Line], nodes: Mapping[int, OsmNode]) -> BaseGeometry:
    """Rings, put together from their pieces, and what they enclose."""
    degree = Counter(ref for line in lines if line[0] != line[-1] for ref in (line[0], line[-1]))
    if any(count % 2 for count in degree.values()):
        raise _NotCrossedError("unclosed")
    rings = [LineString(_locate(line, nodes)) for line in lines]
    if not all(ring.is_simple for ring in rings):
        raise _NotCrossedError("broken")
    faces = shapely.polygonize([shapely.union_all(rings)])
    if lines and faces.is_empty:
        raise _NotCrossedError("broken")
    return shapely.union_all(shapely.get_parts(faces))


def _locate(line: Line, nodes: Mapping[int, OsmNode]) -> list[tuple[float, float]]:
    return [(nodes[ref].lon, nodes[ref].lat) for ref in line]


def _gather(nodes: Mapping[int, OsmNode], lines: Sequence[Hindrance]) -> Obstructions:
    shapes = [LineString(_locate(line.nodes, nodes)) for line in lines]
    return Obstructions(
        shapes, [(line.nodes,) for line in lines], [line.layer for line in lines], shapely.STRtree(shapes)
    )


def _gather_walls(data: OsmData) -> Obstructions:
    """Walls in their order; what they enclose is part of them where they are filled and closed."""
    rules = load_wall_rules()
    walls = sorted(data.walls, key=lambda wall: (wall.type == "relation", wall.id))
    shapes = [_build_wall(wall, rules.read(wall.tags), data.nodes) for wall in walls]
    lines = [(*wall.outer, *wall.inner) for wall in walls]
    layers = [_parse_layer(wall.tags.get("layer")) for wall in walls]
    return Obstructions(shapes, lines, layers, shapely.STRtree(shapes))


def _build_wall(wall: OsmWall, kind: Wall, nodes: Mapping[int, OsmNode]) -> BaseGeometry:
    if kind is Wall.NONE:
        return MultiLineString()
    lines = [LineString(_locate(line, nodes)) for line in (*wall.outer, *wall.inner)]
    if kind is Wall.FILLED:
        try:
            outer, inner = _close(wall.outer, nodes), _close(wall.inner, nodes)
            return shapely.union_all([shapely.difference(outer, inner), *lines])
        except _NotCrossedError:
            pass  # its lines are walls all the same
    return MultiLineString(lines)


def _parse_layer(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def _cross(
    area: BaseGeometry,
    square: Square,
    data: OsmData,
    visits: Mapping[int, int],
    near: _Near,
    is_passage: Callable[[int], bool],
    nodes: dict[int, OsmNode],
) -> CrossedSquare:
    """Lines over one square; their new nodes are put into `nodes`."""
    plane = _Plane.around(area)
    walls = near.walls.list_near(square, area)
    lanes = [] if square.is_carriageway else near.lanes.list_near(square, area)
    stairs = [near.stairs.shapes[index] for index in near.stairs.list_near(square, area)]
    flat_area = plane.flatten(area)
    shapes = [near.walls.shapes[index] for index in walls] + [near.lanes.shapes[index] for index in lanes]
    flat_walls = [plane.flatten(shape) for shape in shapes]
    blocked = shapely.union_all(
        [shape.buffer(WALL_M, cap_style="square", join_style="mitre") for shape in flat_walls]
    )
    free = shapely.normalize(shapely.difference(flat_area, blocked))
    parts = shapely.get_parts(free).tolist()
    spaces = [part for part in parts if part.geom_type == "Polygon" and part.area > _LEAST_SPACE_M2]
    if not spaces:
        raise _NotCrossedError("walled")
    inside = shapely.union_all(spaces).buffer(-WALL_M)
    if any(plane.flatten(shape).intersection(inside).length > _STEPS_M for shape in stairs):
        raise _NotCrossedError("steps")

    own = Counter(ref for line in square.own for ref in line)
    rim = {ref for line in (*square.outer, *square.inner) for ref in line}
    entrances = {ref for ref in rim if visits.get(ref, 0) > own[ref]}
    for index in walls:
        on_wall = set(chain.from_iterable(near.walls.lines[index]))
        entrances |= {ref for ref in on_wall if visits.get(ref, 0) > own[ref] or is_passage(ref)}
    for index in lanes:
        on_lane = set(chain.from_iterable(near.lanes.lines[index]))
        entrances |= {ref for ref in on_lane if visits.get(ref, 0) > own[ref] + 1}
    reach = flat_area.buffer(WALL_M)
    shapely.prepare(reach)
    tried = sorted(entrances)
    spots = plane.flatten_spots(np.array(_locate(tuple(tried), data.nodes)).reshape(-1, 2))
    kept = np.flatnonzero(shapely.covers(reach, shapely.points(spots)))
    if not len(kept):
        raise _NotCrossedError("no_entrance")

    refs = [tried[index] for index in kept]
    found = draw_sightlines(spaces, spots[kept])
    if not found.lines:
        raise _NotCrossedError("walled")
    lines = _name_points(found, refs, plane, nodes)
    reached = {ref for line in lines for ref in (line.nodes[0], line.nodes[-1])}
    return CrossedSquare(tuple(lines), frozenset((entrances & rim) - reached))


def _name_points(
    found: Sightlines, refs: list[int], plane: _Plane, nodes: dict[int, OsmNode]
) -> list[Crossing]:
    """Give the points of the lines their nodes: those of the entrances, and new ones with negative ids."""
    names = dict(enumerate(refs))
    spots = plane.unflatten_spots(found.points)
    for index in chain.from_iterable(found.lines):
        if index not in names:
            ref = -1 - len(nodes)
            lon, lat = spots[index].round(7).tolist()
            nodes[ref] = OsmNode(ref, lon, lat, {})
            names[index] = ref
    return [
        Crossing(tuple(names[index] for index in line), sides)
        for line, sides in zip(found.lines, found.sides, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Near:
    """All that may be on a square."""

    walls: Obstructions
    lanes: Obstructions
    stairs: Obstructions


@dataclass(frozen=True, slots=True)
class _Plane:
    """Metres to the east and north of a place, flat over a square."""

    lon: float
    lat: float
    metres_lon: float

    @staticmethod
    def around(area: BaseGeometry) -> _Plane:
        west, south, _, north = area.bounds
        return _Plane(west, south, METRES_PER_DEGREE * math.cos(math.radians((south + north) / 2)))

    def flatten(self, shape: BaseGeometry) -> BaseGeometry:
        return shapely.transform(shape, self.flatten_spots)

    def flatten_spots(self, spots: Float64) -> Float64:
        return (spots - (self.lon, self.lat)) * (self.metres_lon, METRES_PER_DEGREE)

    def unflatten_spots(self, spots: Float64) -> Float64:
        return spots / (self.metres_lon, METRES_PER_DEGREE) + (self.lon, self.lat)
