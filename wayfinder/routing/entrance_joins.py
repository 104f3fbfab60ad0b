"""Entrances join the network: at the ways that lead to them, or straight to the nearest way in sight.

Each way an entrance can be reached by gets a spur of its own: a link of no length over the last metres (how
many is said, nobody knows what lies there), and the entrance as an obstacle edge. Nothing lies behind it, and
no two spurs meet: nobody takes a short cut through an entrance.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
import shapely

from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.attributes import WAY_KINDS, EdgeAttributes, Kind
from wayfinder.routing.entrance_places import Door, Doors
from wayfinder.routing.network_arrays import Edge, Port
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.segments import NODE

FARTHEST_M: Final = 60.0
"""An entrance farther from every way in sight is joined to none."""
_FACTOR, _SLACK_M = 1.5, 5.0
"""A way so much farther than the nearest one may be the one that can be used (as in the planner)."""
_MOST_JOINS: Final = 3
_ISLAND_M: Final = 30.0
"""How much farther the main part of the network may be where the ways nearby are loose pieces."""
_END_MM: Final = 500
"""Nearer to the end of a segment than this, an entrance is joined to its end."""
_THROUGH_WALL_M: Final = 0.3
"""So far a line may run inside a building that is drawn inexactly."""
_JOINED_TO: Final = WAY_KINDS - {Kind.CORRIDOR, Kind.CROSSING}
_CLOSED: Final = frozenset({"private", "no", "permit"})
_LINK: Final = EdgeAttributes(Kind.LINK)


@dataclass(frozen=True, slots=True)
class Joined:
    """The network with entrances.

    Attributes
    ----------
    spots
        Where all ports lie; where segments were parted, they are of nodes with negative ids.
    behind
        For each door: the ports behind it, and how far from the way it is, metres.
    """

    edges: list[Edge]
    spots: Mapping[Port, LonLat]
    behind: Sequence[Sequence[tuple[Port, float]]]


class _Spot(NamedTuple):
    """Where on an edge an entrance is joined: mm from its tail, and the point of its line before it."""

    edge: int
    along_mm: int
    point: int
    lon: float
    lat: float


@dataclass(slots=True)
class _Cut:
    along_mm: int
    point: int
    node: int


@dataclass(slots=True)
class _Joiner:
    edges: list[Edge]
    spots: dict[Port, LonLat]
    next_node: int
    cuts: dict[int, list[_Cut]] = field(default_factory=lambda: defaultdict(list))
    ordinals: Counter[tuple[int, int]] = field(default_factory=Counter)
    next_port: Counter[int] = field(default_factory=Counter)


def join_entrances(
    edges: Sequence[Edge], spots: Mapping[Port, LonLat], data: OsmData, doors: Doors
) -> Joined:
    """Give each door its spurs; the same data gives the same ones."""
    if not doors.doors:
        return Joined(list(edges), spots, ())
    work = _Joiner(list(edges), dict(spots), min(0, *(port.node for port in spots)) - 1)
    for edge in edges:
        identity = (edge.osm_type, edge.osm_id)
        work.ordinals[identity] = max(work.ordinals[identity], edge.ordinal + 1)
    for port in spots:
        work.next_port[port.node] = max(work.next_port[port.node], port.port + 1)
    sight = _Sight(work.edges, data)
    at_node: dict[int, list[tuple[Port, int, LonLat]]] = defaultdict(list)
    wanted = {door.node.id for door in doors.doors}
    for index, edge in enumerate(edges):
        for port, beside in ((edge.tail, 1), (edge.head, -2)):
            if port.node in wanted and edge.length_mm and edge.forward.kind in WAY_KINDS | {Kind.STEPS}:
                at_node[port.node].append((port, index, edge.line[beside]))
    behind = [_join(work, sight, door, at_node[door.node.id]) for door in doors.doors]
    _part_edges(work)
    return Joined(work.edges, work.spots, behind)


def _join(
    work: _Joiner, sight: _Sight, door: Door, here: Sequence[tuple[Port, int, LonLat]]
) -> list[tuple[Port, float]]:
    outside = [
        (port, index)
        for port, index, beside in here
        if work.edges[index].forward.kind != Kind.CORRIDOR and not sight.is_inside(door, beside)
    ]
    behind = [
        (_add_edge(work, door, port, _leave_out_steps(door.attributes, work.edges[index])), 0.0)
        for port, index in dict(reversed(outside)).items()
    ]
    if any(sight.is_main(index) for _, index in outside):
        return behind
    joined: set[Port] = {port for port, _ in outside}
    for spot, gap_m in sight.list_spots(door, not outside):
        port = _get_port(work, spot)
        if port not in joined:
            joined.add(port)
            before = _add_edge(work, door, port, _LINK)
            behind.append((_add_edge(work, door, before, door.attributes), gap_m))
    return behind


def _leave_out_steps(attributes: EdgeAttributes, edge: Edge) -> EdgeAttributes:
    """Steps that lead up to a door and are also counted at it are the same steps."""
    is_same = edge.forward.kind == Kind.STEPS and edge.forward.step_count == attributes.step_count
    return replace(attributes, step_count=0.0) if is_same else attributes


def _add_edge(work: _Joiner, door: Door, before: Port, attributes: EdgeAttributes) -> Port:
    node = door.node
    after = Port(node.id, work.next_port[node.id])
    work.next_port[node.id] += 1
    work.spots[after] = LonLat(node.lon, node.lat)
    identity = (NODE, node.id)
    work.edges.append(
        Edge(
            tail=before,
            head=after,
            length_mm=0,
            osm_type=NODE,
            osm_id=node.id,
            ordinal=work.ordinals[identity],
            edited_day=node.edited_day,
            forward=attributes,
            backward=attributes,
            line=(work.spots[before], work.spots[after]),
        )
    )
    work.ordinals[identity] += 1
    return after


def _get_port(work: _Joiner, spot: _Spot) -> Port:
    """The port at a spot: an end of the edge, or a new node inside it."""
    edge = work.edges[spot.edge]
    if spot.along_mm < _END_MM:
        return edge.tail
    if spot.along_mm > edge.length_mm - _END_MM:
        return edge.head
    for cut in work.cuts[spot.edge]:
        if abs(cut.along_mm - spot.along_mm) < _END_MM:
            return Port(cut.node, 0)
    node = work.next_node
    work.next_node -= 1
    work.cuts[spot.edge].append(_Cut(spot.along_mm, spot.point, node))
    work.spots[Port(node, 0)] = LonLat(spot.lon, spot.lat)
    return Port(node, 0)


def _part_edges(work: _Joiner) -> None:
    for index in sorted(work.cuts):
        edge = work.edges[index]
        cuts = sorted(work.cuts[index], key=lambda cut: cut.along_mm)
        ends = [*cuts, _Cut(edge.length_mm, len(edge.line) - 2, edge.head.node)]
        tail, begun_mm, first = edge.tail, 0, 0
        line: tuple[LonLat, ...] = (edge.line[0],)
        for number, cut in enumerate(ends):
            is_last = number == len(ends) - 1
            inner = edge.line[first + 1 : cut.point + 1]
            piece = replace(
                edge,
                tail=tail,
                head=edge.head if is_last else Port(cut.node, 0),
                length_mm=cut.along_mm - begun_mm,
                line=(*line, *inner, edge.line[-1] if is_last else work.spots[Port(cut.node, 0)]),
                level_from=edge.level_from if number == 0 or edge.level_from == edge.level_to else math.nan,
                level_to=edge.level_to if is_last or edge.level_from == edge.level_to else math.nan,
            )
            if number == 0:
                work.edges[index] = piece
            else:
                identity = (edge.osm_type, edge.osm_id)
                work.edges.append(replace(piece, ordinal=work.ordinals[identity]))
                work.ordinals[identity] += 1
            tail, begun_mm, first, line = (
                Port(cut.node, 0),
                cut.along_mm,
                cut.point,
                (work.spots[Port(cut.node, 0)],),
            )


class _Sight:
    """What is seen from an entrance: ways nearby, and the buildings and fences before them."""

    def __init__(self, edges: Sequence[Edge], data: OsmData) -> None:
        lat = float(np.mean([node.lat for node in data.entrances]))
        self._scale = np.array([math.cos(math.radians(lat)) * METRES_PER_DEGREE, METRES_PER_DEGREE])
        self._edges = edges
        self._part = _label_parts(edges)
        self._main = self._find_main()
        self._listed = [
            index
            for index, edge in enumerate(edges)
            if edge.forward.kind in _JOINED_TO
            and not ({edge.forward.access, edge.backward.access} & _CLOSED)
            and edge.length_mm
        ]
        self._lines = [
            shapely.LineString(np.array(edges[index].line) * self._scale) for index in self._listed
        ]
        self._tree = shapely.STRtree(self._lines)
        self._walls = [outline for outline in data.outlines if outline.is_wall]
        self._is_solid = [wall.is_building and wall.is_closed for wall in self._walls]
        self._wall_shapes = [
            shapely.make_valid(shapely.Polygon(wall.line * self._scale))
            if is_solid
            else shapely.LineString(wall.line * self._scale)
            for wall, is_solid in zip(self._walls, self._is_solid, strict=True)
        ]
        self._wall_tree = shapely.STRtree(self._wall_shapes)
        self._wall_nodes = [frozenset(wall.nodes) for wall in self._walls]

    def is_main(self, index: int) -> bool:
        """Whether an edge is of the main part of the network."""
        return self._part[self._edges[index].tail] == self._main

    def is_inside(self, door: Door, beside: LonLat) -> bool:
        """Whether the way from the door to the next point of its line leads into the building."""
        outline = door.outline
        if outline is None or not outline.is_building or not outline.is_closed:
            return False
        middle = shapely.Point((door.node.lon + beside.lon) / 2, (door.node.lat + beside.lat) / 2)
        return bool(shapely.Polygon(outline.line).contains(middle))

    def list_spots(self, door: Door, loose_too: bool) -> list[tuple[_Spot, float]]:
        """The nearest points of ways in sight, and one of the main part; only that unless `loose_too`."""
        here = shapely.Point(np.array((door.node.lon, door.node.lat)) * self._scale)
        found: list[tuple[float, int, _Spot]] = []
        nearby = self._tree.query(here, predicate="dwithin", distance=FARTHEST_M).tolist()
        gaps = sorted((float(here.distance(self._lines[at])), at) for at in nearby)
        limit_m, has_main = math.inf, False
        for gap_m, at in gaps:
            index = self._listed[at]
            is_main = self.is_main(index)
            near = gap_m <= limit_m and len(found) < _MOST_JOINS and loose_too
            wanted = near or (is_main and not has_main and gap_m <= limit_m + _ISLAND_M)
            if not wanted or not _is_on_level(self._edges[index], door.level):
                continue
            spot = self._find_spot(at, here)
            if not self._is_seen(door, here, spot):
                continue
            found.append((gap_m, index, spot))
            has_main = has_main or is_main
            limit_m = min(limit_m, _FACTOR * gap_m + _SLACK_M)
        return [(spot, round(gap_m, 1)) for gap_m, _, spot in found]

    def _find_spot(self, at: int, here: shapely.Point) -> _Spot:
        line, edge = self._lines[at], self._edges[self._listed[at]]
        along = float(line.project(here))
        point, walked = 0, 0.0
        steps = np.hypot(*np.diff(shapely.get_coordinates(line), axis=0).T)
        while point < len(steps) - 1 and walked + steps[point] <= along:
            walked += float(steps[point])
            point += 1
        spot = line.interpolate(along)
        lon, lat = (np.array((spot.x, spot.y)) / self._scale).tolist()
        along_mm = round(along / line.length * edge.length_mm) if line.length else 0
        return _Spot(self._listed[at], along_mm, point, round(lon, 7), round(lat, 7))

    def _is_seen(self, door: Door, here: shapely.Point, spot: _Spot) -> bool:
        there = np.array((spot.lon, spot.lat)) * self._scale
        line = shapely.LineString([(here.x, here.y), there])
        for at in self._wall_tree.query(line, predicate="intersects").tolist():
            if self._is_solid[at]:
                if line.intersection(self._wall_shapes[at]).length > _THROUGH_WALL_M:
                    return False
            elif door.node.id not in self._wall_nodes[at]:
                return False
        return True

    def _find_main(self) -> Port | None:
        length: Counter[Port] = Counter()
        for edge in self._edges:
            length[self._part[edge.tail]] += edge.length_mm
        return max(length, key=lambda port: (length[port], port), default=None)


def _label_parts(edges: Sequence[Edge]) -> dict[Port, Port]:
    """For each port one port that stands for all it hangs together with."""
    parent: dict[Port, Port] = {}

    def find(port: Port) -> Port:
        root = parent.setdefault(port, port)
        while parent[root] != root:
            root = parent[root]
        while parent[port] != root:
            parent[port], port = root, parent[port]
        return root

    for edge in edges:
        one, other = find(edge.tail), find(edge.head)
        if one != other:
            parent[max(one, other)] = min(one, other)
    return {port: find(port) for port in list(parent)}


def _is_on_level(edge: Edge, level: float | None) -> bool:
    """Whether a way may lie on the level of the entrance; where nobody says the level it is the ground's."""
    levels = [one for one in (edge.level_from, edge.level_to) if not math.isnan(one)]
    if levels:
        return (level or 0.0) in levels
    return not level and edge.layer == 0
