"""Walkable ways cut into segments where something happens: where ways meet and where an obstacle stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations, groupby, pairwise
from typing import Final, NamedTuple, Protocol

import numpy as np

from wayfinder.geo import EARTH_RADIUS_M, LonLat, get_distance_m
from wayfinder.routing.attributes import ATTRIBUTES, WAY_KINDS, Kind
from wayfinder.routing.ground_rules import is_off_ground
from wayfinder.routing.network import OSM_TYPES, Float64
from wayfinder.routing.osm_records import OsmData, OsmNode, OsmWay
from wayfinder.routing.pavement_rules import PavementRules, load_pavement_rules
from wayfinder.routing.squares import CrossedSquare, Hindrance, Square, SquareCounts, cross_squares
from wayfinder.routing.tags import Misreadings, NodeReading, Side, WayReading, read_node, read_way

NODE, WAY, RELATION = (OSM_TYPES.index(name) for name in ("node", "way", "relation"))
CARRIAGEWAY_KINDS: Final = frozenset({Kind.ROAD, Kind.LIVING_STREET, Kind.TRACK})
QUIET_ROADS: Final = frozenset({"service", "living_street", "track"})
"""Carriageways that people walk across wherever they like."""
MOST_PAIRS: Final = 6
"""More than this many things that meet are joined through a hub instead of pair by pair."""
NEAR_ROAD_MM: Final = 20_000
"""So far from a carriageway a kerb node on a way without ``footway=crossing`` still counts as its kerb."""
NOTHING: Final = NodeReading()
_ROAD_CLASSES: Final = next(a.values for a in ATTRIBUTES if a.name == "carriageway")


@dataclass(frozen=True, slots=True)
class WalkableWay:
    """An unbroken line of nodes with what its tags say; `osm_type` is RELATION for a multipolygon's rim.

    `is_on_ground` says that the height of the ground is the way's own: no bridge, tunnel, roof, platform.
    `sides` are those of a square that a line of sight leads away from, at its first and its last node.
    """

    osm_type: int
    osm_id: int
    edited_day: int
    nodes: tuple[int, ...]
    reading: WayReading
    road_class: str | None
    is_on_ground: bool = True
    sides: tuple[int, int] = (0, 0)

    @property
    def kind(self) -> Kind:
        """What the way is; never None, for it is walkable."""
        assert self.reading.kind is not None
        return self.reading.kind

    @property
    def is_area(self) -> bool:
        """The way is a rim, or a part of one."""
        return self.reading.is_area or self.osm_type == RELATION


class Estimate(NamedTuple):
    """An incline estimated uphill along a piece of way, and how far off it may be, both in percent."""

    percent: float
    error: float


class Ground(Protocol):
    """Port: the shape of the ground below the ways."""

    def refine(
        self, ways: Sequence[WalkableWay], nodes: Mapping[int, OsmNode]
    ) -> tuple[Sequence[WalkableWay], Mapping[int, OsmNode], Set[int]]:
        """Ways and nodes with what is needed to cut where the slope changes, and the nodes to cut at."""
        ...

    def list_estimates(self, index: int, pieces: Sequence[tuple[int, ...]]) -> Sequence[Estimate | None]:
        """Estimated incline of each of the pieces, in order, that way `index` was cut into."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a way between two nodes where something happens; it becomes one edge.

    Attributes
    ----------
    ordinal
        Number of the piece among the edges of its OSM object.
    nodes
        OSM node ids, both ends included; the two ends differ.
    level_from, level_to
        OSM levels at the ends, NaN unknown.
    is_first, is_last
        The piece begins, or ends, where its way does.
    side
        The pavement on this side of the road the way is; None: the way itself.
    is_link
        The pavement leads aside, from its first node to the end of a mapped crossing.
    estimate
        Its incline, where the tags leave it open and the ground says it.
    """

    way: WalkableWay
    ordinal: int
    nodes: tuple[int, ...]
    level_from: float
    level_to: float
    is_first: bool
    is_last: bool
    side: Side | None = None
    is_link: bool = False
    estimate: Estimate | None = None

    @property
    def kind(self) -> Kind:
        """What one walks along."""
        return self.way.kind if self.side is None else Kind.SIDEWALK


class Stub(NamedTuple):
    """One end of a segment: index of the segment, and 0 for its first node or 1 for its last."""

    segment: int
    end: int


@dataclass(frozen=True, slots=True)
class Streets:
    """The cut ways and where they meet.

    Attributes
    ----------
    length_mm
        Of each segment, haversine along its way's line, at least 1; 0 for lifts.
    stubs
        By OSM node id: the segment ends that meet there, by segment.
    readings
        Of the tagged nodes of walkable ways.
    crossed_class
        By OSM node id: the highest class of the carriageways through it, walkable or not.
    unwalked
        OSM node ids on carriageways that nobody may walk along, but may well have to cross.
    unwalked_lines
        Nodes and class of each of these carriageways.
    crossing_spots
        OSM node ids at which a street may be crossed between its pavements though it is no junction.
    """

    nodes: Mapping[int, OsmNode]
    segments: Sequence[Segment]
    length_mm: Sequence[int]
    stubs: Mapping[int, Sequence[Stub]]
    readings: Mapping[int, NodeReading]
    crossed_class: Mapping[int, str]
    unwalked: Set[int]
    unwalked_lines: Sequence[tuple[Sequence[int], str]] = ()
    crossing_spots: Set[int] = frozenset()

    def get_node(self, stub: Stub) -> int:
        """OSM id of the node the stub stands at."""
        return self.segments[stub.segment].nodes[-stub.end]

    def get_reading(self, node: int) -> NodeReading:
        """What the node's tags say; nothing where it has none."""
        return self.readings.get(node, NOTHING)

    def get_kind(self, stub: Stub) -> Kind:
        """What one walks along on the segment."""
        return self.segments[stub.segment].kind

    def get_side(self, stub: Stub) -> int:
        """Side of a square that this end of a line of sight leads away from."""
        return self.segments[stub.segment].way.sides[stub.end] if self.is_way_end(stub) else 0

    def get_level(self, stub: Stub) -> float:
        """OSM level at this end of the segment, NaN unknown."""
        segment = self.segments[stub.segment]
        return segment.level_to if stub.end else segment.level_from

    def is_way_end(self, stub: Stub) -> bool:
        """Say whether the way begins or ends here."""
        segment = self.segments[stub.segment]
        return segment.is_last if stub.end else segment.is_first

    def walk(self, stub: Stub) -> tuple[str, int, int]:
        """Walk from a segment end along its way to the first ``kerb``, ``road`` or ``end``.

        Returns
        -------
        found, length_mm, node
            ``end`` is a node where the way ends, others branch off, or a crossing begins or ends; who walks
            along a pavement of a road does not get onto the road at its nodes.
        """
        if self.segments[stub.segment].side is not None:
            return "end", self.length_mm[stub.segment], self.get_node(Stub(stub.segment, 1 - stub.end))
        length_mm, seen = 0, {self.get_node(stub)}
        while True:
            length_mm += self.length_mm[stub.segment]
            far = Stub(stub.segment, 1 - stub.end)
            node = self.get_node(far)
            if self.get_reading(node).kerb_cm is not None:
                return "kerb", length_mm, node
            if node in self.crossed_class:
                return "road", length_mm, node
            onward = [other for other in self.stubs[node] if other != far]
            if len(onward) != 1 or node in seen:
                return "end", length_mm, node
            if (self.get_kind(onward[0]) == Kind.CROSSING) != (self.get_kind(stub) == Kind.CROSSING):
                return "end", length_mm, node
            seen.add(node)
            stub = onward[0]

    def finds_kerb_within(self, stub: Stub, limit_mm: int) -> bool:
        """Say whether the way has a kerb on its first metres from this end."""
        found, length_mm, _ = self.walk(stub)
        return found == "kerb" and length_mm <= limit_mm

    def group_by_side(self, node: int) -> dict[Stub, list[Stub]]:
        """Segment ends by the one that stands for them: the rim of one area is one side of a node.

        A square may share its rim with a road; who walks along the rim neither crosses the road nor leaves
        the square, and passes by a gate in the rim. Where walls part a square, each part is one side.
        """
        sides: dict[Stub, list[Stub]] = {}
        areas: dict[tuple[int, int, int], Stub] = {}
        for stub in sorted(self.stubs[node]):
            way, part = self.segments[stub.segment].way, self.get_side(stub)
            is_rim = way.is_area and way.kind != Kind.LIFT
            side = areas.setdefault((way.osm_type, way.osm_id, part), stub) if is_rim else stub
            sides.setdefault(side, []).append(stub)
        return sides


@dataclass(slots=True)
class WayCounts:
    """How many ways were read, how many are walked, and why the others are not (reason -> count)."""

    read: int = 0
    walkable: int = 0
    areas: int = 0
    lifts: int = 0
    nodes_missing: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    squares: SquareCounts = field(default_factory=SquareCounts)


@dataclass(slots=True)
class _Found:
    """What the ways of the data are to a person on foot.

    Attributes
    ----------
    ways
        Walkable, by type and id; areas by their rims.
    unwalked
        Lines and classes of the carriageways nobody walks along.
    squares
        Areas, with a way that tells what each is like.
    roads, steps
        What nobody crosses unawares, and what shows that an area is not level.
    """

    ways: list[WalkableWay] = field(default_factory=list)
    unwalked: list[tuple[Sequence[int], str]] = field(default_factory=list)
    squares: list[tuple[Square, WalkableWay]] = field(default_factory=list)
    roads: list[Hindrance] = field(default_factory=list)
    steps: list[Hindrance] = field(default_factory=list)


def cut_ways(
    data: OsmData,
    misreadings: Misreadings,
    counts: WayCounts,
    rules: PavementRules | None = None,
    ground: Ground | None = None,
) -> Streets:
    """Read all ways and nodes and cut the walkable ways where they meet and where an obstacle stands.

    A road with pavements of its own becomes a segment for each of them, and none along its carriageway.
    Where the `ground` is known ways are cut where their slope changes, too.
    """
    rules = rules or load_pavement_rules()
    found = _read_ways(data, misreadings, counts)
    counts.walkable = len({(way.osm_type, way.osm_id) for way in found.ways})
    unwalked = {ref for nodes, _ in found.unwalked for ref in nodes}
    read = {ref for way in found.ways for ref in way.nodes}
    ways, nodes = _cross_squares(data, found, unwalked, counts.squares)
    breaks: Set[int] = frozenset()
    if ground is not None:
        ways, nodes, breaks = ground.refine(ways, nodes)
    read.update(ref for way in ways for ref in way.nodes)
    readings = {ref: read_node(tags, misreadings) for ref in sorted(read) if (tags := nodes[ref].tags)}
    roads = [(way.nodes, way.road_class) for way in ways if way.road_class is not None]
    crossed_class = _rank_carriageways([*roads, *found.unwalked])
    visits = Counter(ref for way in ways for ref in way.nodes)
    segments: list[Segment] = []
    ordinals: Counter[tuple[int, int]] = Counter()
    crossing_spots = {ref for way in ways for ref in _list_crossing_spots(way, nodes, visits, rules)}
    breaks = breaks | crossing_spots
    for index, way in enumerate(ways):
        if way.kind == Kind.LIFT:
            pieces = _list_lift_runs(way, visits)
            if not pieces:
                counts.skipped["lift_without_stops"] += 1
        else:
            pieces = _cut(way, visits, readings, unwalked, breaks)
        estimates = ground.list_estimates(index, pieces) if ground is not None else [None] * len(pieces)
        identity = (way.osm_type, way.osm_id)
        for line, estimate in zip(pieces, estimates, strict=True):
            for side in way.reading.pavements or (None,):
                segment = _build_segment(way, ordinals[identity], line, side)
                segments.append(replace(segment, estimate=estimate))
                ordinals[identity] += 1
    return Streets(
        nodes=nodes,
        segments=segments,
        length_mm=_measure(segments, nodes),
        stubs=list_stubs(segments),
        readings=readings,
        crossed_class=crossed_class,
        unwalked=unwalked,
        unwalked_lines=found.unwalked,
        crossing_spots=crossing_spots,
    )


def list_stubs(segments: Sequence[Segment]) -> dict[int, list[Stub]]:
    """Ends of the segments by the node they stand at."""
    stubs: dict[int, list[Stub]] = {}
    for index, segment in enumerate(segments):
        stubs.setdefault(segment.nodes[0], []).append(Stub(index, 0))
        stubs.setdefault(segment.nodes[-1], []).append(Stub(index, 1))
    return stubs


def _cross_squares(
    data: OsmData, found: _Found, unwalked: Set[int], counts: SquareCounts
) -> tuple[Sequence[WalkableWay], Mapping[int, OsmNode]]:
    """Ways, with lines of sight in the place of the rims of squares that can be crossed, and their nodes."""
    visits = Counter(ref for way in found.ways for ref in way.nodes)

    def is_passage(ref: int) -> bool:
        return bool(tags := data.nodes[ref].tags) and read_node(tags, Counter()).obstacle is not None

    crossings, joints = cross_squares(
        [square for square, _ in found.squares], data, visits, found.roads, found.steps, is_passage, counts
    )
    crossed = [(square, way) for square, way in found.squares if (way.osm_type, way.osm_id) in crossings]
    covered = {(way.osm_type, way.osm_id) for _, way in crossed}
    covered |= {(WAY, ref) for square, _ in crossed for ref in square.covers}
    ways = [way for way in found.ways if (way.osm_type, way.osm_id) not in covered]
    for square, way in crossed:
        lines = crossings[way.osm_type, way.osm_id]
        ways += [replace(way, nodes=line.nodes, sides=line.sides) for line in lines.lines]
        for rim in square.own if lines.left_out else ():
            pieces = _cut(replace(way, nodes=rim), visits, {}, unwalked, frozenset())
            ways += [replace(way, nodes=piece) for piece in _keep_rim(pieces, lines)]
    return ways, {**data.nodes, **joints} if joints else data.nodes


def _read_ways(data: OsmData, misreadings: Misreadings, counts: WayCounts) -> _Found:
    found = _Found()
    lines: dict[int, list[OsmWay]] = {}
    for key, records in groupby(
        sorted(data.ways, key=lambda way: (way.id, way.nodes)), key=lambda way: way.id
    ):
        pieces = list(records)
        lines[key] = pieces
        reading = read_way(pieces[0].tags, misreadings)
        road = find_road_class(pieces[0].tags.get("highway", ""))
        counts.read += 1
        if reading.kind is None:
            counts.skipped["not_for_people_on_foot"] += 1
            if road is not None:
                found.unwalked += [(piece.nodes, road) for piece in pieces]
                found.roads += [Hindrance(piece.nodes, reading.layer) for piece in pieces]
            continue
        missing = counts.nodes_missing
        ways = [
            WalkableWay(WAY, key, piece.edited_day, nodes, reading, road, not is_off_ground(pieces[0].tags))
            for piece in pieces
            for nodes in _list_lines(piece.nodes, data.nodes, counts)
        ]
        if not ways:
            counts.skipped["no_line"] += 1
        counts.areas += bool(ways) and reading.is_area
        counts.lifts += bool(ways) and reading.kind == Kind.LIFT
        found.ways += ways
        rims = tuple(way.nodes for way in ways)
        if rims and reading.is_area and reading.kind in WAY_KINDS:
            is_whole = len(rims) == 1 and counts.nodes_missing == missing
            square = _build_square(ways[0], rims, (), rims, (), is_whole=is_whole)
            found.squares.append((square, ways[0]))
        elif reading.kind == Kind.ROAD and road not in QUIET_ROADS:
            found.roads += [Hindrance(nodes, reading.layer) for nodes in rims]
        elif reading.kind == Kind.STEPS and not reading.is_area:
            found.steps += [Hindrance(nodes, reading.layer) for nodes in rims]
    _read_multipolygons(data, lines, misreadings, counts, found)
    return found


def _read_multipolygons(
    data: OsmData,
    lines: Mapping[int, Sequence[OsmWay]],
    misreadings: Misreadings,
    counts: WayCounts,
    found: _Found,
) -> None:
    """Squares drawn as multipolygons: walked along those lines of their rims that are not ways themselves."""
    walked = {way.osm_id: way for way in found.ways}
    for relation in sorted(data.relations, key=lambda relation: relation.id):
        reading = read_way(relation.tags, misreadings)
        if reading.kind is None:
            continue
        counts.areas += 1
        missing = counts.nodes_missing
        rims: dict[bool, list[tuple[int, ...]]] = {False: [], True: []}
        own: list[WalkableWay] = []
        covers: list[int] = []
        is_whole = True
        like = WalkableWay(
            RELATION, relation.id, relation.edited_day, (), reading, None, not is_off_ground(relation.tags)
        )
        for kind, ref, role in relation.members:
            if kind != "w":
                continue
            is_whole &= len(lines.get(ref, ())) == 1
            for piece in lines.get(ref, ()):
                for nodes in _list_lines(piece.nodes, data.nodes, counts):
                    rims[role == "inner"].append(nodes)
                    if ref not in walked:
                        own.append(replace(like, nodes=nodes))
            if role != "inner" and ref in walked and walked[ref].is_area:
                covers.append(ref)  # tagged twice, on the multipolygon and on its rim, which knows no holes
        found.ways += own
        if reading.kind in WAY_KINDS and rims[False]:
            outer, inner = tuple(rims[False]), tuple(rims[True])
            is_whole &= counts.nodes_missing == missing
            way = replace(like, nodes=outer[0])
            lines_own = [way.nodes for way in own]
            lines_own += [walked[ref].nodes for ref in covers]
            square = _build_square(way, outer, inner, tuple(lines_own), tuple(covers), is_whole=is_whole)
            found.squares.append((square, way))


def _build_square(
    way: WalkableWay,
    outer: tuple[tuple[int, ...], ...],
    inner: tuple[tuple[int, ...], ...],
    own: tuple[tuple[int, ...], ...],
    covers: tuple[int, ...],
    *,
    is_whole: bool,
) -> Square:
    return Square(
        osm_type=way.osm_type,
        osm_id=way.osm_id,
        outer=outer,
        inner=inner,
        own=own,
        covers=covers,
        layer=way.reading.layer,
        is_carriageway=way.kind in CARRIAGEWAY_KINDS,
        is_whole=is_whole,
    )


def _list_lines(
    refs: Iterable[int], present: Mapping[int, OsmNode], counts: WayCounts
) -> Iterator[tuple[int, ...]]:
    """Cut where nodes are missing (a straight line over the gap would be a way that is not there)."""
    line: list[int] = []
    for ref in refs:
        if ref not in present:
            counts.nodes_missing += 1
            if len(line) > 1:
                yield tuple(line)
            line = []
        elif not line or line[-1] != ref:
            line.append(ref)
    if len(line) > 1:
        yield tuple(line)


@lru_cache(maxsize=256)
def find_road_class(highway: str) -> str | None:
    """Class of the carriageway a ``highway`` value is, whoever may walk along it: one has to cross it.

    None where it is no carriageway. A road whose class is not known counts as ``unclassified``.
    """
    reading = read_way({"highway": highway, "foot": "yes"}, Counter())
    if reading.kind not in CARRIAGEWAY_KINDS:
        return None
    road = reading.attributes.get("carriageway")
    return road if isinstance(road, str) else "unclassified"


def _rank_carriageways(carriageways: Iterable[tuple[Sequence[int], str]]) -> dict[int, str]:
    """The highest class of the carriageways through each node."""
    highest: dict[int, int] = {}
    for nodes, road in carriageways:
        rank = _ROAD_CLASSES.index(road)
        for ref in nodes:
            highest[ref] = max(rank, highest.get(ref, 0))
    return {ref: _ROAD_CLASSES[rank] for ref, rank in highest.items()}


def _cut(
    way: WalkableWay,
    visits: Mapping[int, int],
    readings: Mapping[int, NodeReading],
    unwalked: Set[int],
    breaks: Set[int],
) -> list[tuple[int, ...]]:
    """Cut the line of a way; a piece never begins and ends at the same node."""
    nodes, has_pavements = way.nodes, bool(way.reading.pavements)
    on_road = way.kind in CARRIAGEWAY_KINDS and not has_pavements

    def something_happens(ref: int) -> bool:
        if visits[ref] > 1 or ref in breaks:
            return True
        if (way.kind != Kind.ROAD or has_pavements) and ref in unwalked:
            return True
        reading = readings.get(ref, NOTHING)
        if reading is NOTHING:
            return False
        is_crossing = reading.is_crossing and not on_road
        is_obstacle = reading.obstacle is not None or reading.kerb_cm is not None
        return is_obstacle or is_crossing or crosses_railway(reading)

    last = len(nodes) - 1
    cuts = [0, *(i for i in range(1, last) if something_happens(nodes[i])), last]
    pieces: list[tuple[int, ...]] = []
    for start, stop in pairwise(cuts):
        if nodes[start] == nodes[stop]:
            middle = (start + stop) // 2
            pieces += [nodes[start : middle + 1], nodes[middle : stop + 1]]
        else:
            pieces.append(nodes[start : stop + 1])
    return pieces


def _list_crossing_spots(
    way: WalkableWay, nodes: Mapping[int, OsmNode], visits: Mapping[int, int], rules: PavementRules
) -> list[int]:
    """Nodes inside a way with pavements on both sides at which it may be crossed, though it is no junction.

    They are at least ``every_m`` from its ends and from each other; nodes where something else meets it go
    first, for the way is cut there in any case.
    """
    if len(way.reading.pavements) < 2 or way.road_class is None:
        return []
    every_m = rules[way.road_class].every_m
    spots = [LonLat(nodes[ref].lon, nodes[ref].lat) for ref in way.nodes]
    along = [0.0]
    for before, after in pairwise(spots):
        along.append(along[-1] + get_distance_m(before, after))
    mapped = [place for place in range(1, len(along) - 1) if way.nodes[place] >= 0]
    inner = sorted(mapped, key=lambda place: (visits[way.nodes[place]] < 2, place))
    chosen: list[int] = []
    for place in inner:
        taken = (0.0, along[-1], *(along[other] for other in chosen))
        if all(abs(along[place] - other) >= every_m for other in taken):
            chosen.append(place)
    return [way.nodes[place] for place in chosen]


def _keep_rim(pieces: Sequence[tuple[int, ...]], square: CrossedSquare) -> list[tuple[int, ...]]:
    """Pieces of a rim between entrances that stand in a wall and the next that the lines reach."""
    reached = {ref for line in square.lines for ref in (line.nodes[0], line.nodes[-1])}
    wanted, kept = set(square.left_out), set[int]()
    while True:
        more = {
            index
            for index, piece in enumerate(pieces)
            if index not in kept and not wanted.isdisjoint((piece[0], piece[-1]))
        }
        if not more:
            return [pieces[index] for index in sorted(kept)]
        kept |= more
        wanted |= {ref for index in more for ref in (pieces[index][0], pieces[index][-1])} - reached


def _list_lift_runs(way: WalkableWay, visits: Mapping[int, int]) -> list[tuple[int, ...]]:
    """Pairs of places a lift joins: all nodes where ways meet it, and the two ends of a line."""
    is_outline = way.nodes[0] == way.nodes[-1]
    outline = way.nodes[:-1] if is_outline else way.nodes
    own = Counter(way.nodes)
    ends = set() if is_outline else {way.nodes[0], way.nodes[-1]}
    stops = list(dict.fromkeys(ref for ref in outline if visits[ref] > own[ref] or ref in ends))
    if len(stops) > MOST_PAIRS:
        return [(stops[0], stop) for stop in stops[1:]]
    return list(combinations(stops, 2))


def _build_segment(way: WalkableWay, ordinal: int, nodes: tuple[int, ...], side: Side | None) -> Segment:
    levels = way.reading.levels
    is_first, is_last = nodes[0] == way.nodes[0], nodes[-1] == way.nodes[-1]
    level_from = level_to = np.nan
    if way.is_area and levels is not None and levels[0] != levels[1]:
        levels = None  # nobody knows which part of it lies at which
    if levels is not None and way.kind != Kind.LIFT:
        level_from = levels[0] if is_first or levels[0] == levels[1] else np.nan
        level_to = levels[1] if is_last or levels[0] == levels[1] else np.nan
    return Segment(way, ordinal, nodes, level_from, level_to, is_first, is_last, side)


def _measure(segments: Sequence[Segment], nodes: Mapping[int, OsmNode]) -> list[int]:
    if not segments:
        return []
    spots = [(nodes[ref].lon, nodes[ref].lat) for segment in segments for ref in segment.nodes]
    lon, lat = np.radians(np.array(spots, dtype=np.float64)).T
    metres = np.zeros(len(lon))
    metres[:-1] = _get_distances_m(lon, lat)
    counts = np.array([len(segment.nodes) for segment in segments])
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    metres[first + counts - 1] = 0.0  # the jump from a segment's last point to the next one's first
    lengths = np.maximum(np.rint(np.add.reduceat(metres, first) * 1000), 1).astype(np.int64)
    lengths[[segment.way.kind == Kind.LIFT for segment in segments]] = 0
    return [int(length) for length in lengths]


def _get_distances_m(lon: Float64, lat: Float64) -> Float64:
    """Great-circle distances between neighbours (haversine, radians in)."""
    chord = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(chord)), dtype=np.float64)


def crosses_railway(reading: NodeReading) -> bool:
    """Say whether rails run through the node."""
    return reading.attributes.get("crossed_road") == "railway"
