"""The things of a network that a row of a survey may be about, on a plane in metres."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from wayfinder.geo import METRES_PER_DEGREE
from wayfinder.routing.attributes import KERB_KINDS, OBSTACLE_KINDS, WAY_KINDS, EdgeAttributes, Kind
from wayfinder.routing.network import OSM_TYPES, Network

_REACH_M: Final = 6.0
"""So much of the way behind a kerb tells on which side of its node the kerb stands."""
_THROUGH: Final = WAY_KINDS | {Kind.STEPS}


@dataclass(frozen=True, slots=True)
class Thing:
    """Edges that are one thing for a survey: a stretch of way, a flight of steps, a kerb, a lift ...

    Attributes
    ----------
    edges
        Ascending.
    shape
        Where it is, in metres.
    side
        Where it is exactly, as far as that tells it from others at the same spot; `shape` where it is alone.
    osm
        Type and id of the objects it is explained by, and of the node it stands at.
    names
        Folded names of the ways it is a part of, or stands at.
    """

    edges: tuple[int, ...]
    shape: BaseGeometry
    side: BaseGeometry
    osm: frozenset[tuple[str, int]]
    names: frozenset[str]


class CityPlane:
    """A network with its edges as lines on a plane, near enough for a city."""

    def __init__(self, network: Network, classes: Sequence[EdgeAttributes], names: Sequence[str]) -> None:
        self.network = network
        self.kinds = [classes[number].kind for number in network.arc_class[0::2].tolist()]
        self._names = [fold_name(name) for name in names]
        lon, lat = network.point_lon_e7 / 1e7, network.point_lat_e7 / 1e7
        self.bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
        self._origin = ((self.bounds[0] + self.bounds[2]) / 2, (self.bounds[1] + self.bounds[3]) / 2)
        self._scale = METRES_PER_DEGREE * math.cos(math.radians(self._origin[1])), METRES_PER_DEGREE
        self._spots = self._to_plane(np.column_stack([lon, lat]))

    def project(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in degrees on the plane."""
        return shapely.transform(shape, self._to_plane)

    def _to_plane(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return (degrees - self._origin) * self._scale

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """Each edge as a line."""
        edge_of = np.repeat(np.arange(self.network.edge_count), np.diff(self.network.edge_points))
        return np.asarray(shapely.linestrings(self._spots, indices=edge_of), dtype=np.object_)

    @cached_property
    def edges_at(self) -> dict[int, list[int]]:
        """Network node -> edges at it, ascending."""
        found: dict[int, list[int]] = {}
        ends = zip(self.network.edge_tail.tolist(), self.network.edge_head.tolist(), strict=True)
        for edge, nodes in enumerate(ends):
            for node in nodes:
                found.setdefault(node, []).append(edge)
        return found

    @cached_property
    def _names_at(self) -> dict[int, frozenset[str]]:
        """OSM node -> names of the ways that meet there."""
        found: dict[int, set[str]] = {}
        network = self.network
        osm_ids = network.node_osm_id.tolist()
        columns = network.edge_tail.tolist(), network.edge_head.tolist(), network.edge_name.tolist()
        for tail, head, name in zip(*columns, strict=True):
            if self._names[name]:
                for node in (tail, head):
                    found.setdefault(osm_ids[node], set()).add(self._names[name])
        return {node: frozenset(names) for node, names in found.items()}

    def get_osm(self, edge: int) -> tuple[str, int]:
        """The object an edge is explained by."""
        return OSM_TYPES[int(self.network.edge_osm_type[edge])], int(self.network.edge_osm_id[edge])

    def get_node(self, edge: int) -> int:
        """OSM id of the node an edge begins at; an obstacle stands at it."""
        return int(self.network.node_osm_id[self.network.edge_tail[edge]])

    # ---------------------------------------------------------------- things

    def list_things(self, kinds: frozenset[Kind]) -> list[Thing]:
        """Everything of these kinds, by its first edge."""
        edges = [edge for edge, kind in enumerate(self.kinds) if kind in kinds]
        if kinds == KERB_KINDS:
            return self._list_kerbs(edges)
        if kinds & OBSTACLE_KINDS:
            return self._list_obstacles(edges)
        return [self._build(self.lines[edge], (edge,)) for edge in edges]

    def _list_obstacles(self, edges: Iterable[int]) -> list[Thing]:
        """Obstacles, all edges of one object at one node together (of a lift: all edges of the object)."""
        groups: dict[tuple[tuple[str, int], int], list[int]] = {}
        for edge in edges:
            node = -1 if self.kinds[edge] is Kind.LIFT else self.get_node(edge)
            groups.setdefault((self.get_osm(edge), node), []).append(edge)
        return [self._build(self._join(group), tuple(group)) for group in groups.values()]

    def _list_kerbs(self, edges: Iterable[int]) -> list[Thing]:
        """Kerbs, one for each pavement or crossing that a node's kerbs lead to."""
        at_node: dict[int, list[int]] = {}
        for edge in edges:
            at_node.setdefault(self.get_node(edge), []).append(edge)
        things = []
        for group in at_node.values():
            sides = self._part_kerbs(group)
            for port, part in sides.items():
                spot = self._join(part)
                side = spot if len(sides) == 1 or port is None else self._get_reach(port, spot)
                things.append(self._build(spot, tuple(part), side))
        return sorted(things, key=lambda thing: thing.edges)

    def _part_kerbs(self, edges: Sequence[int]) -> dict[int | None, list[int]]:
        """The kerbs of one node by the port that is theirs alone; those without a side are one thing."""
        if any(self.kinds[edge] is Kind.KERB for edge in edges):
            return {None: list(edges)}
        network = self.network
        ports = [(int(network.edge_head[edge]), int(network.edge_tail[edge])) for edge in edges]
        highs = [
            ends[0] if self.kinds[edge] is Kind.KERB_UP else ends[1]
            for edge, ends in zip(edges, ports, strict=True)
        ]
        parts: dict[int | None, list[int]] = {}
        for edge, ends, high in zip(edges, ports, highs, strict=True):
            low = sum(ends) - high
            own = low if highs.count(high) > 1 and len(set(highs)) == 1 else high
            parts.setdefault(own, []).append(edge)
        return parts

    def _get_reach(self, port: int, spot: BaseGeometry) -> BaseGeometry:
        """The first metres of the ways behind a port."""
        near = spot.buffer(_REACH_M)
        ways = [self.lines[edge] for edge in self.edges_at[port] if self.kinds[edge] in _THROUGH]
        return shapely.union_all([line.intersection(near) for line in ways]) if ways else spot

    def _join(self, edges: Sequence[int]) -> BaseGeometry:
        spots = np.concatenate([shapely.get_coordinates(self.lines[edge]) for edge in edges])
        unique = np.unique(spots, axis=0)
        return shapely.Point(unique[0]) if len(unique) == 1 else shapely.MultiPoint(unique)

    def _build(self, shape: BaseGeometry, edges: tuple[int, ...], side: BaseGeometry | None = None) -> Thing:
        objects = {self.get_osm(edge) for edge in edges}
        names = {self._names[int(self.network.edge_name[edge])] for edge in edges} - {""}
        if self.kinds[edges[0]] in OBSTACLE_KINDS:
            objects |= {("node", self.get_node(edge)) for edge in edges}
            for edge in edges:
                names |= self._names_at.get(self.get_node(edge), frozenset())
        return Thing(edges, shape, side or shape, frozenset(objects), frozenset(names))


class Things:
    """Things of one sort, to be found by place or by OSM object."""

    def __init__(self, things: Sequence[Thing]) -> None:
        self._things = things
        self._tree = STRtree([thing.shape for thing in things])
        self._by_osm: dict[tuple[str, int], list[Thing]] = {}
        for thing in things:
            for osm in sorted(thing.osm):
                self._by_osm.setdefault(osm, []).append(thing)

    def list_near(self, shape: BaseGeometry, within_m: float) -> list[Thing]:
        """Things at most so far away, in their order."""
        found = self._tree.query(shape, predicate="dwithin", distance=within_m)
        return [self._things[index] for index in sorted(found.tolist())]

    def list_by_osm(self, kind: str, number: int) -> list[Thing]:
        """Things of an OSM object; of a way or node of that number where the type is not known."""
        kinds = (kind,) if kind else ("node", "way")
        found = [thing for one in kinds for thing in self._by_osm.get((one, number), ())]
        return sorted(set(found), key=lambda thing: thing.edges)


def fold_name(name: str) -> str:
    """A street name as it is compared: ``Lange Str.`` and ``Lange Straße`` are one."""
    text = "".join(letter if letter.isalnum() else " " for letter in name.casefold())
    joined = "".join(text.split())
    return joined.removesuffix("strasse") + "str" if joined.endswith("strasse") else joined
