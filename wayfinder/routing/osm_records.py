"""The plain OSM records the network is built from; who reads the file is not this package's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OsmNode:
    """A node of a kept way; most have no tags.

    Attributes
    ----------
    lon, lat
        WGS84 degrees.
    edited_day
        Days since 1970-01-01 of ``check_date`` or ``survey:date``, else of the last edit; -1 where the file
        does not say, and on nodes without tags.
    """

    id: int
    lon: float
    lat: float
    tags: Mapping[str, str]
    edited_day: int = -1


@dataclass(frozen=True, slots=True)
class OsmWay:
    """A way; ``nodes`` are ids of nodes in the data, in order, at least two, no two in a row equal.

    A way that leaves the extract and comes back has no line across the gap: it comes as several records of
    the same id, one for each piece.
    """

    id: int
    nodes: tuple[int, ...]
    tags: Mapping[str, str]
    edited_day: int = -1


@dataclass(frozen=True, slots=True)
class OsmRelation:
    """A relation: ``members`` are (type ``n``/``w``/``r``, id, role)."""

    id: int
    members: tuple[tuple[str, int, str], ...]
    tags: Mapping[str, str]
    edited_day: int = -1


@dataclass(frozen=True, slots=True)
class OsmWall:
    """What may stand in the way on a square: a way, or a multipolygon.

    Attributes
    ----------
    type
        ``way`` or ``relation``.
    outer, inner
        Node ids of its lines, with at least two nodes each; of a way, all are outer.
    """

    type: str
    id: int
    outer: tuple[tuple[int, ...], ...]
    inner: tuple[tuple[int, ...], ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OsmPlace:
    """A place, an address or an entrance: a node, or the middle of a way's or multipolygon's extent.

    Attributes
    ----------
    type
        ``node``, ``way`` or ``relation``.
    lon, lat
        WGS84 degrees.
    """

    type: str
    id: int
    lon: float
    lat: float
    tags: Mapping[str, str]
    edited_day: int = -1

    @property
    def place_id(self) -> str:
        """The id other programs use: ``osm:node/1``."""
        return f"osm:{self.type}/{self.id}"


@dataclass(frozen=True, slots=True, eq=False)
class OsmOutline:
    """The outline of a building, or a barrier: what nobody walks through.

    Attributes
    ----------
    type, id
        Of the way or relation; of a multipolygon each outer ring is an outline of its own.
    nodes
        OSM node ids along it.
    line
        float64[k, 2], WGS84 degrees; closed where the outline is.
    is_building, is_wall
        Whether it is a building, and whether nobody walks through it: a building or barrier, no mere grounds.
    """

    type: str
    id: int
    nodes: tuple[int, ...]
    line: NDArray[np.float64]
    is_building: bool
    is_wall: bool

    @property
    def place_id(self) -> str:
        """As `OsmPlace.place_id`."""
        return f"osm:{self.type}/{self.id}"

    @property
    def is_closed(self) -> bool:
        """Whether it goes around something."""
        return len(self.nodes) > 3 and self.nodes[0] == self.nodes[-1]


@dataclass(frozen=True, slots=True)
class OsmData:
    """All of an OSM file that a city needs, each list ordered by id: the same file gives the same data.

    Attributes
    ----------
    nodes
        By id, ascending: every node of `ways` and `walls`.
    ways
        Ways that may carry people (``highway``, ``railway=platform``, ``public_transport=platform``,
        ``indoor=corridor``, ``foot=yes`` on anything ...), and the outlines, often untagged, of the
        `relations`. Which of them a person may walk is for `wayfinder.routing.tags` to say.
    relations
        Multipolygons that may carry people (squares with holes).
    walls
        Buildings, fences, fountains ... (`wayfinder.routing.walls`) whose extent touches that of a walkable
        area: nobody crosses a square through them. Ways, then relations.
    places
        Everything with an address, a name or a use (amenity, shop, entrance, bus stop ...); nodes, then ways,
        then relations.
    outlines
        Buildings, barriers, and the outlines of places, for saying whose an entrance is and what stands
        between it and a way; by type and id. None where there are no entrances.
    entrances
        Nodes tagged as an entrance or door, ascending.
    osm_at
        Replication time of the file, else the newest edit in it, as ISO 8601 UTC; None where the file says
        neither.
    skipped
        What could not be used -> how often: ``nodes_missing``, ``nodes_out_of_range``, ``nodes_far_away``
        (more than 5 degrees from the middle of the data: usually longitude and latitude swapped),
        ``ways_without_line``.
    """

    nodes: Mapping[int, OsmNode]
    ways: tuple[OsmWay, ...]
    relations: tuple[OsmRelation, ...] = ()
    walls: tuple[OsmWall, ...] = ()
    places: tuple[OsmPlace, ...] = ()
    outlines: tuple[OsmOutline, ...] = ()
    entrances: tuple[OsmNode, ...] = ()
    osm_at: str | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
