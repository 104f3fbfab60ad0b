"""Draw a small town as text, and read a network back as text: what route and network tests are made of.

A map is a picture of letters and digits; each is an OSM node, one column is `grid_m` metres to the east and
one row `grid_m` metres to the south. All other characters (``-``, ``|``, blanks ...) only please the eye.
The ways are strings of such letters followed by their tags::

    town = draw_town(
        '''
        A----B----C
             |
             D
        ''',
        ways=["ABC highway=footway surface=asphalt", "BD highway=residential name=Lange Gasse"],
        nodes={"B": "barrier=bollard maxwidth:physical=0.9"},
        grid_m=2,
    )
    built = build_network(town)
    assert list_edges(built) == [...]

Tags are ``key=value`` words; a word without ``=`` belongs to the value before it. Where a value needs an
``=`` or several blanks, give a pair instead: ``("BD", {"name": "A = B"})``. Node ``A`` has the OSM id 65
(`node_id`), the first way the id 1, the second 2 ...; ``"AB #7 highway=path"`` has the id 7. A letter that
is not in the picture is a node that is missing from the file. The lower left corner of the picture is in
Kassel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from textwrap import dedent

import numpy as np
from numpy.typing import NDArray

from wayfinder.geo import METRES_PER_DEGREE, LonLat
from wayfinder.routing.attributes import Interval, Kind, Unclear
from wayfinder.routing.network import SLOPE_DOWN, SLOPE_NONE, SLOPE_UNKNOWN, SLOPE_UP, SLOPE_ZERO
from wayfinder.routing.network_build import BuiltNetwork
from wayfinder.routing.osm_records import (
    OsmData,
    OsmNode,
    OsmOutline,
    OsmPlace,
    OsmRelation,
    OsmWall,
    OsmWay,
)

ORIGIN = LonLat(9.5, 51.3125)
DRAWN_ON_DAY = 20_000
"""Day of the last edit of everything drawn."""

Tags = str | Mapping[str, str]


def draw_town(
    picture: str,
    ways: Sequence[str | tuple[str, Mapping[str, str]]],
    nodes: Mapping[str, Tags] | None = None,
    *,
    relations: Sequence[tuple[Sequence[int], Tags] | tuple[Sequence[int], Sequence[int], Tags]] = (),
    walls: Sequence[str] = (),
    buildings: Sequence[str | tuple[str, Mapping[str, str]]] = (),
    places: Mapping[str, Tags] | None = None,
    grid_m: float = 10.0,
    origin: LonLat = ORIGIN,
) -> OsmData:
    """Turn a picture into OSM data.

    Parameters
    ----------
    picture
        The map; a letter or digit may stand in it once.
    ways
        In order of their ids; a letter that is not in the picture is a node missing from the file.
    nodes
        Tags of nodes by letter.
    relations
        Multipolygons: ids of their outer ways, perhaps of their inner ones, and tags; ids count from 1.
    walls
        What stands on squares: letters and tags; ids count from 1.
    buildings
        Like ways, with ids from 1001; what has tags is a place, too.
    places
        Tags of places (benches ...) by letter.
    grid_m
        Metres from one column to the next, and from one row to the next.
    origin
        Where the first column and the last row of the picture lie.

    Raises
    ------
    ValueError
        A letter stands twice in the picture, or a tagged node nowhere.
    """
    spots = _find_spots(picture, grid_m, origin)
    for letter in nodes or {}:
        if letter not in spots:
            raise ValueError(f"node {letter} is not in the picture")
    drawn_nodes = {
        node_id(letter): OsmNode(
            node_id(letter), *spot, _read_tags((nodes or {}).get(letter, "")), DRAWN_ON_DAY
        )
        for letter, spot in sorted(spots.items())
    }
    drawn_ways = [_draw_way(number, way) for number, way in enumerate(ways, start=1)]
    drawn_relations = [
        _draw_relation(number, *relation)
        if len(relation) == 3
        else _draw_relation(number, relation[0], (), relation[1])
        for number, relation in enumerate(relations, start=1)
    ]
    drawn_walls = [_draw_way(number, wall) for number, wall in enumerate(walls, start=1)]
    houses = [_draw_way(number, way) for number, way in enumerate(buildings, start=1001)]
    drawn_places = [
        OsmPlace("node", node_id(letter), *spots[letter], _read_tags(tags), DRAWN_ON_DAY)
        for letter, tags in sorted((places or {}).items())
    ]
    drawn_places += [
        OsmPlace("way", house.id, *np.mean(_list_line(house, drawn_nodes)[:-1], axis=0).tolist(), house.tags)
        for house in houses
        if house.tags
    ]
    return OsmData(
        drawn_nodes,
        tuple(sorted(drawn_ways, key=lambda way: way.id)),
        tuple(drawn_relations),
        tuple(OsmWall("way", wall.id, (wall.nodes,), (), wall.tags) for wall in drawn_walls),
        places=tuple(drawn_places),
        outlines=tuple(
            OsmOutline("way", house.id, house.nodes, _list_line(house, drawn_nodes), True, True)
            for house in houses
        ),
        entrances=tuple(
            node for _, node in sorted(drawn_nodes.items()) if {"entrance", "door"} & node.tags.keys()
        ),
    )


def _list_line(way: OsmWay, nodes: Mapping[int, OsmNode]) -> NDArray[np.float64]:
    return np.array([(nodes[ref].lon, nodes[ref].lat) for ref in way.nodes])


def node_id(letter: str) -> int:
    """OSM id of the node drawn as `letter`."""
    return ord(letter)


def locate(picture: str, letter: str, *, grid_m: float = 10.0, origin: LonLat = ORIGIN) -> LonLat:
    """Where a letter of the picture lies; for routes from and to."""
    return _find_spots(picture, grid_m, origin)[letter]


def list_edges(built: BuiltNetwork) -> list[str]:
    """Every edge in words, sorted: ``"A-B footway 20 m"``, ``"B/0-B/1 bollard ..."``.

    A node is its letter, with the number of its port where it has several; a place on a square where OSM has
    no node is ``*1``, ``*2`` ... Then follow the kind, the
    length where it has one, each attribute that is known or not understood, the slope (``up``, ``down``
    or percent) and the levels. Where the way back differs, its kind or value follows after ``<``.
    """
    network = built.network
    labels = _label_nodes(built)
    lines = []
    for edge in range(network.edge_count):
        there, back = (built.classes[network.arc_class[arc]] for arc in (2 * edge, 2 * edge + 1))
        words = [f"{labels[network.edge_tail[edge]]}-{labels[network.edge_head[edge]]}", there.kind.value]
        if back.kind != there.kind:
            words[-1] += f"<{back.kind.value}"
        if network.edge_length_mm[edge]:
            words.append(f"{network.edge_length_mm[edge] / 1000:.0f} m")
        for name in there.__slots__[1:]:
            one, other = word(getattr(there, name)), word(getattr(back, name))
            if (one, other) != ("?", "?"):
                words.append(f"{name}={one}" if one == other else f"{name}={one}<{other}")
        slopes = [
            _word_slope(int(network.slope_incline[network.arc_slope[arc]]))
            for arc in (2 * edge, 2 * edge + 1)
        ]
        if slopes != ["", ""]:
            words.append("slope=" + "<".join(dict.fromkeys(slopes)))
        if np.isinf(network.edge_incline_percent[edge]):
            words.append("rising" if network.edge_incline_percent[edge] > 0 else "falling")
        levels = (network.edge_level_from[edge], network.edge_level_to[edge])
        if not np.all(np.isnan(levels)):
            words.append(f"level={levels[0]:g}..{levels[1]:g}")
        lines.append(" ".join(words))
    return sorted(lines)


def list_kinds(built: BuiltNetwork) -> list[str]:
    """Like `list_edges`, with the kinds only."""
    return [" ".join(line.split(" ")[:2]) for line in list_edges(built)]


def list_obstacles(built: BuiltNetwork) -> list[str]:
    """Like `list_edges`, with the obstacles only (edges between ports of one node)."""
    return [line for line in list_edges(built) if "/" in line.split(" ")[0] and _is_at_one_node(line)]


def find_arcs(built: BuiltNetwork, tail: str, head: str) -> list[int]:
    """Arcs from any port of one letter to any port of another."""
    network = built.network
    arcs = []
    for edge in range(network.edge_count):
        ends = tuple(
            chr(max(network.node_osm_id[node], 0))
            for node in (network.edge_tail[edge], network.edge_head[edge])
        )
        arcs += [2 * edge] * (ends == (tail, head)) + [2 * edge + 1] * (ends == (head, tail))
    return arcs


def list_simple_paths(built: BuiltNetwork, start: str, end: str) -> set[tuple[Kind, ...]]:
    """Kinds met on each way from one letter to another that enters no network node twice."""
    network = built.network
    letters = [chr(max(osm_id, 0)) for osm_id in network.node_osm_id]
    found: set[tuple[Kind, ...]] = set()

    def walk(node: int, been: frozenset[int], kinds: tuple[Kind, ...]) -> None:
        if letters[node] == end:
            found.add(kinds)
            return
        for arc in network.out_arc[network.out_first[node] : network.out_first[node + 1]]:
            ahead = int((network.edge_tail if arc & 1 else network.edge_head)[arc >> 1])
            if ahead not in been:
                walk(ahead, been | {ahead}, (*kinds, built.classes[network.arc_class[arc]].kind))

    for node, letter in enumerate(letters):
        if letter == start:
            walk(node, frozenset({node}), ())
    return found


def word(value: object) -> str:
    """A value in words: ``?`` unmapped, ``other`` not understood, ``0..3`` an interval."""
    if value is None:
        return "?"
    if isinstance(value, Unclear):
        return value.value
    if isinstance(value, Interval):
        return f"{value.low:g}..{value.high:g}" if value.low != value.high else f"{value.low:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _word_slope(slope: int) -> str:
    if slope in (SLOPE_NONE, SLOPE_UNKNOWN):
        return ""
    return {SLOPE_UP: "up", SLOPE_DOWN: "down"}.get(slope) or f"{(slope - SLOPE_ZERO) / 10:g}%"


def _label_nodes(built: BuiltNetwork) -> list[str]:
    ids = built.network.node_osm_id.tolist()
    seen: dict[int, int] = {}
    labels = []
    for osm_id in ids:
        port = seen[osm_id] = seen.get(osm_id, -1) + 1
        label = chr(osm_id) if osm_id > 0 else f"*{-osm_id}"
        labels.append(label if ids.count(osm_id) == 1 else f"{label}/{port}")
    return labels


def _is_at_one_node(line: str) -> bool:
    tail, head = line.split(" ", maxsplit=1)[0].split("-")
    return tail.split("/")[0] == head.split("/")[0]


def _find_spots(picture: str, grid_m: float, origin: LonLat) -> dict[str, LonLat]:
    rows = dedent(picture).strip("\n").splitlines()
    east_deg = grid_m / (METRES_PER_DEGREE * math.cos(math.radians(origin.lat)))
    north_deg = grid_m / METRES_PER_DEGREE
    spots: dict[str, LonLat] = {}
    for row, line in enumerate(rows):
        for column, letter in enumerate(line):
            if not letter.isalnum():
                continue
            if letter in spots:
                raise ValueError(f"node {letter} stands twice in the picture")
            spots[letter] = LonLat(
                origin.lon + column * east_deg, origin.lat + (len(rows) - 1 - row) * north_deg
            )
    return spots


def _draw_way(number: int, way: str | tuple[str, Mapping[str, str]]) -> OsmWay:
    letters, tags = way if isinstance(way, tuple) else way.partition(" ")[::2]
    if isinstance(tags, str) and tags.startswith("#"):
        given, _, tags = tags.partition(" ")
        number = int(given[1:])
    return OsmWay(number, tuple(node_id(letter) for letter in letters), _read_tags(tags), DRAWN_ON_DAY)


def _draw_relation(number: int, outer: Sequence[int], inner: Sequence[int], tags: Tags) -> OsmRelation:
    members = [("w", way, "outer") for way in outer] + [("w", way, "inner") for way in inner]
    return OsmRelation(number, tuple(members), _read_tags(tags), DRAWN_ON_DAY)


def _read_tags(tags: Tags) -> dict[str, str]:
    if not isinstance(tags, str):
        return dict(tags)
    read: dict[str, str] = {}
    key = ""
    for token in tags.split():
        if "=" in token:
            key, _, read[key] = token.partition("=")
        else:
            read[key] += f" {token}"
    return read
