"""Ways and nodes -> Network: flat arrays in which every obstacle is an edge of its own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from wayfinder.geo import LonLat
from wayfinder.routing.attributes import OTHER, WAY_KINDS, EdgeAttributes, Kind
from wayfinder.routing.corners import find_crossroads
from wayfinder.routing.crossings import CROSSING_ATTRIBUTES
from wayfinder.routing.entrance_joins import Joined, join_entrances
from wayfinder.routing.entrance_places import Doors, find_doors
from wayfinder.routing.entrances import NO_ENTRANCES, Entrance, Entrances
from wayfinder.routing.junction_rules import JunctionRules, load_junction_rules
from wayfinder.routing.junctions import JunctionBuilder, JunctionCounts
from wayfinder.routing.lines import draw_line, measure_mm
from wayfinder.routing.network import (
    INCLINE_ORIGINS,
    SLOPE_DOWN,
    SLOPE_NONE,
    SLOPE_UNKNOWN,
    SLOPE_UP,
    Float32,
    Network,
)
from wayfinder.routing.network_arrays import Edge, Port, get_slope_bin, lay_out
from wayfinder.routing.osm_records import OsmData
from wayfinder.routing.pavement_rules import PavementRules, load_pavement_rules
from wayfinder.routing.ports import Junction
from wayfinder.routing.rests import match_rests
from wayfinder.routing.segments import Estimate, Segment, Streets, Stub, WayCounts, cut_ways
from wayfinder.routing.slope_classes import Rests, classify_slopes
from wayfinder.routing.slopes import ERROR_GRID, SlopeCounts, SlopeEstimator, Terrain
from wayfinder.routing.tags import Misreadings, Side, WayReading, read_pavement

Progress = Callable[[str, int, int], None]
"""Told the step by name, how much of it is done, and how much there is."""
_TOLD_EVERY: Final = 5_000
_UNKNOWN, _OSM, _ESTIMATE = (INCLINE_ORIGINS.index(origin) for origin in ("unknown", "osm", "estimate"))
_NO_SLOPE: Final = (SLOPE_UNKNOWN, math.nan, 0, _UNKNOWN)


@dataclass(frozen=True, slots=True)
class BuildCounts:
    """What was found.

    Attributes
    ----------
    ways
        Ways read, walkable, skipped by reason.
    junctions
        What was assumed at nodes.
    edges
        Edges by kind (a kerb counts once, as KERB_UP).
    """

    ways: WayCounts = field(default_factory=WayCounts)
    junctions: JunctionCounts = field(default_factory=JunctionCounts)
    edges: Mapping[Kind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuiltNetwork:
    """A network with what its numbers stand for.

    Attributes
    ----------
    classes
        Class id -> attributes, in the order in which the arcs first use them.
    names
        Name index -> name; index 0 is the empty name, the others are in order of their code points.
    rests
        Places to sit down.
    heights, slopes
        Where the terrain is known: height of each point of the lines (`SlopeEstimator.sample_heights`), and
        what became of the inclines; else None.
    entrances
        Those that belong to a place and that a way leads to.
    """

    network: Network
    classes: tuple[EdgeAttributes, ...]
    names: tuple[str, ...]
    misreadings: Misreadings
    counts: BuildCounts
    rests: Rests = field(default_factory=Rests)
    heights: Float32 | None = None
    slopes: SlopeCounts | None = None
    entrances: Entrances = NO_ENTRANCES


def build_network(
    data: OsmData,
    *,
    rules: JunctionRules | None = None,
    pavement_rules: PavementRules | None = None,
    terrain: Terrain | None = None,
    progress: Progress | None = None,
) -> BuiltNetwork:
    """Build the network of everything a person on foot may use.

    The same data, in whatever order its ways and nodes come, gives the same bytes. All components are kept.

    Parameters
    ----------
    rules, pavement_rules
        What is assumed where nothing is tagged; the project's tables where None.
    terrain
        Heights of the ground, to estimate inclines where nothing is tagged.
    progress
        Told ``ways``, ``junctions`` and ``arrays``.
    """
    tell = progress or (lambda step, done, total: None)
    misreadings: Misreadings = Counter()
    way_counts = WayCounts()
    tell("ways", 0, len(data.ways))
    ground = SlopeEstimator(terrain) if terrain is not None else None
    pavement_rules = pavement_rules or load_pavement_rules()
    streets = cut_ways(data, misreadings, way_counts, pavement_rules, ground)
    streets, crossroads = find_crossroads(streets, pavement_rules)
    tell("ways", len(data.ways), len(data.ways))
    builder = JunctionBuilder(streets, rules or load_junction_rules(), pavement_rules, crossroads)
    ports: dict[Stub, Port] = {}
    spots: dict[Port, LonLat] = {}
    junctions: list[Junction] = []
    for done, node in enumerate(sorted(streets.stubs)):
        if done % _TOLD_EVERY == 0:
            tell("junctions", done, len(streets.stubs))
        junction = builder.build(node)
        numbers = {old: new for new, old in enumerate(junction.list_used_ports())}
        here = LonLat(streets.nodes[node].lon, streets.nodes[node].lat)
        spots.update((Port(node, new), junction.spots.get(old, here)) for old, new in numbers.items())
        ports.update((stub, Port(node, numbers[port])) for stub, port in junction.port_of.items())
        if junction.edges:
            junction.edges = [
                replace(edge, tail=numbers[edge.tail], head=numbers[edge.head]) for edge in junction.edges
            ]
            junctions.append(junction)
    tell("junctions", len(streets.stubs), len(streets.stubs))
    edges = _list_way_edges(streets, ports, spots, pavement_rules)
    edges += _list_obstacle_edges(streets, junctions, spots)
    doors = find_doors(data, misreadings)
    joined = join_entrances(edges, spots, data, doors)
    edges = joined.edges
    tell("arrays", 0, len(edges))
    network, classes, names = lay_out(edges, joined.spots)
    rests = match_rests(network, classes, data.places)
    network = classify_slopes(network, rests)
    tell("arrays", len(edges), len(edges))
    counts = BuildCounts(
        way_counts, builder.counts, dict(sorted(Counter(e.forward.kind for e in edges).items()))
    )
    heights = None if ground is None else ground.sample_heights(network)
    slopes = None if ground is None else ground.counts
    entrances = _list_entrances(network, doors, joined)
    return BuiltNetwork(network, classes, names, misreadings, counts, rests, heights, slopes, entrances)


def _list_entrances(network: Network, doors: Doors, joined: Joined) -> Entrances:
    """Entrances with the numbers of their nodes; the ports of an OSM node are numbered in their order."""
    ports: dict[int, list[int]] = {}
    for port in sorted(joined.spots):
        ports.setdefault(port.node, []).append(port.port)
    places = {door.node.id for door in doors.doors}
    here = np.flatnonzero(np.isin(network.node_osm_id, list(places)))
    nodes: dict[Port, int] = {}
    for osm_id in places:
        of_door = here[network.node_osm_id[here] == osm_id].tolist()
        nodes.update(
            (Port(osm_id, port), node) for port, node in zip(ports.get(osm_id, ()), of_door, strict=True)
        )
    number: dict[int, int] = {}
    entrances: list[Entrance] = []
    for index, (door, behind) in enumerate(zip(doors.doors, joined.behind, strict=True)):
        if behind:
            number[index] = len(entrances)
            entrances.append(
                Entrance(
                    osm_id=door.node.id,
                    kind=door.kind,
                    side=door.side,
                    lon=door.node.lon,
                    lat=door.node.lat,
                    nodes=tuple(nodes[port] for port, _ in behind),
                    offsets_m=tuple(offset_m for _, offset_m in behind),
                )
            )
    of_place = {
        place: tuple(number[index] for index in indices if index in number)
        for place, indices in doors.of_place.items()
    }
    return Entrances(tuple(entrances), of_place)


def _list_way_edges(
    streets: Streets, ports: Mapping[Stub, Port], spots: Mapping[Port, LonLat], rules: PavementRules
) -> list[Edge]:
    edges = []
    read: dict[tuple[int, int, Side | None], tuple[WayReading, EdgeAttributes, EdgeAttributes]] = {}
    lift_levels = _list_lift_levels(streets)
    for index, segment in enumerate(streets.segments):
        way = segment.way
        identity = (way.osm_type, way.osm_id, segment.side)
        if identity not in read:
            reading = way.reading if segment.side is None else read_pavement(way.reading, segment.side)
            read[identity] = (reading, *_build_way_attributes(reading))
        reading, forward, backward = read[identity]
        slope, incline_percent, error, origin = (
            _NO_SLOPE if segment.is_link else _bin_slope(reading, segment.estimate)
        )
        is_lift = way.kind == Kind.LIFT
        tail, head = ports[Stub(index, 0)], ports[Stub(index, 1)]
        line = draw_line(segment, streets.nodes, rules, spots[tail], spots[head])
        edges.append(
            Edge(
                tail=tail,
                head=head,
                length_mm=streets.length_mm[index]
                if _follows_nodes(streets, segment, line)
                else measure_mm(line),
                osm_type=way.osm_type,
                osm_id=way.osm_id,
                ordinal=segment.ordinal,
                edited_day=way.edited_day,
                forward=forward,
                backward=backward,
                line=line,
                slope=slope,
                incline_percent=incline_percent,
                incline_error=error,
                incline_origin=origin,
                name=reading.name,
                level_from=lift_levels.get(segment.nodes[0], math.nan) if is_lift else segment.level_from,
                level_to=lift_levels.get(segment.nodes[-1], math.nan) if is_lift else segment.level_to,
                layer=reading.layer,
            )
        )
    return edges


def _follows_nodes(streets: Streets, segment: Segment, line: Sequence[LonLat]) -> bool:
    """Say whether a line is that of the segment's nodes, and not drawn beside them or up to a pavement."""
    ends = (streets.nodes[segment.nodes[0]], streets.nodes[segment.nodes[-1]])
    return segment.side is None and all(
        (node.lon, node.lat) == spot for node, spot in zip(ends, (line[0], line[-1]), strict=True)
    )


def _list_lift_levels(streets: Streets) -> dict[int, float]:
    """Level of each node a lift way stops at, where the other ways there agree on one."""
    stops = {ref for segment in streets.segments if segment.way.kind == Kind.LIFT for ref in segment.nodes}
    levels: dict[int, float] = {}
    for ref in stops:
        around = [streets.segments[stub.segment] for stub in streets.stubs[ref]]
        ends = zip(around, streets.stubs[ref], strict=True)
        said = {s.level_to if stub.end else s.level_from for s, stub in ends if s.way.kind != Kind.LIFT}
        known = {level for level in said if not math.isnan(level)}
        if len(known) == 1:
            levels[ref] = known.pop()
    return levels


def _list_obstacle_edges(
    streets: Streets, junctions: Sequence[Junction], spots: Mapping[Port, LonLat]
) -> list[Edge]:
    ordinals: Counter[tuple[int, int]] = Counter(
        (segment.way.osm_type, segment.way.osm_id) for segment in streets.segments
    )
    edges = []
    for junction in junctions:
        for edge in junction.edges:
            identity = (edge.osm_type, edge.osm_id)
            tail, head = Port(junction.node, edge.tail), Port(junction.node, edge.head)
            line, is_way = (spots[tail], spots[head]), edge.forward.kind in WAY_KINDS
            is_lift = edge.forward.kind == Kind.LIFT
            edges.append(
                Edge(
                    tail=tail,
                    head=head,
                    length_mm=measure_mm(line) if is_way else 0,
                    osm_type=edge.osm_type,
                    osm_id=edge.osm_id,
                    ordinal=ordinals[identity],
                    edited_day=edge.edited_day,
                    forward=edge.forward,
                    backward=edge.backward,
                    line=line,
                    slope=SLOPE_UNKNOWN if is_way else SLOPE_NONE,
                    name=streets.get_reading(junction.node).name if is_lift else edge.name,
                    level_from=edge.level_from,
                    level_to=edge.level_to,
                )
            )
            ordinals[identity] += 1
    return edges


def _build_way_attributes(reading: WayReading) -> tuple[EdgeAttributes, EdgeAttributes]:
    """Attributes of a way's edges there and back; what is said of a crossing is met at the carriageway."""
    left_out = CROSSING_ATTRIBUTES | {"kind", "kerb_up_cm", "kerb_down_cm"}
    if reading.kind == Kind.CROSSING:
        left_out |= {"tactile_paving"}
    words = {name: value for name, value in reading.attributes.items() if name not in left_out}
    assert reading.kind is not None
    forward = EdgeAttributes(reading.kind, **words)  # type: ignore[arg-type]
    backward = forward
    if reading.oneway == 1:
        backward = replace(backward, access="no")
    elif reading.oneway == -1:
        forward = replace(forward, access="no")
    return forward, backward


def _bin_slope(reading: WayReading, estimate: Estimate | None) -> tuple[int, float, int, int]:
    """Slope bin, exact incline, both uphill along the way, error in tenths of a percent, and origin."""
    incline = reading.incline_percent
    percent = math.nan if incline is None or incline is OTHER else float(incline)
    origin = _UNKNOWN if math.isnan(percent) and reading.incline_direction is None else _OSM
    if reading.kind not in WAY_KINDS:
        if math.isnan(percent) and reading.incline_direction is not None:
            percent = math.inf if reading.incline_direction == "up" else -math.inf
        return SLOPE_NONE, percent, 0, origin
    if not math.isnan(percent):
        return get_slope_bin(percent), percent, 0, origin
    if estimate is not None:
        on_grid = math.copysign(
            math.floor(abs(estimate.percent) * 10 / ERROR_GRID + 0.5) * ERROR_GRID / 10, estimate.percent
        )
        return get_slope_bin(on_grid), estimate.percent, round(estimate.error * 10), _ESTIMATE
    if reading.incline_direction is not None:
        return (SLOPE_UP if reading.incline_direction == "up" else SLOPE_DOWN), percent, 0, origin
    return SLOPE_UNKNOWN, percent, 0, origin
