"""What stands at a node: kerbs, crossings and barriers become edges between the ports the node falls into.

A *port* is one of the network nodes an OSM node becomes. A node is built from the inside out: road crossings
in the middle, kerbs around them, barriers, doors and lifts outermost: no way leads around an obstacle.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from wayfinder.routing.attributes import EdgeAttributes, Kind
from wayfinder.routing.crossings import CROSSING_ATTRIBUTES, CrossingSetter, find_lone_crossings
from wayfinder.routing.junction_rules import JunctionRules
from wayfinder.routing.kerbs import KerbCounts, KerbSetter
from wayfinder.routing.ports import Junction, ObstacleEdge
from wayfinder.routing.segments import CARRIAGEWAY_KINDS, NODE, NOTHING, Streets, Stub
from wayfinder.routing.tags import NodeReading


@dataclass(frozen=True, slots=True)
class JunctionCounts:
    """What was put at nodes and why.

    Attributes
    ----------
    at_dead_ends
        Obstacles (by kind, ``kerb`` for kerbs) on nodes where one way merely ends: nobody passes them.
    crossings_without_road
        Ways tagged as a crossing that meet no carriageway; they are crossings all the same.
    """

    kerbs: KerbCounts = field(default_factory=KerbCounts)
    at_dead_ends: Counter[str] = field(default_factory=Counter)
    crossings_without_road: int = 0


class JunctionBuilder:
    """Builds the ports of one node after the other."""

    def __init__(self, streets: Streets, rules: JunctionRules) -> None:
        self._streets = streets
        lone_crossings = find_lone_crossings(streets)
        self._kerbs = KerbSetter(streets, rules, lone_crossings)
        self._crossings = CrossingSetter(streets, rules, lone_crossings)
        self._at_dead_ends: Counter[str] = Counter()

    @property
    def counts(self) -> JunctionCounts:
        """What was put at the nodes built so far."""
        return JunctionCounts(self._kerbs.counts, self._at_dead_ends, self._crossings.without_road)

    def build(self, node: int) -> Junction:
        """Build the ports of a node."""
        streets = self._streets
        reading = streets.get_reading(node)
        sides = self._group_by_side(node)
        stubs = list(sides)
        junction = Junction(node, dict.fromkeys(stubs, 0))
        self._set_edges(junction, reading, stubs)
        junction.port_of = {stub: junction.port_of[side] for side in stubs for stub in sides[side]}
        return junction

    def _set_edges(self, junction: Junction, reading: NodeReading, stubs: Sequence[Stub]) -> None:
        streets, node = self._streets, junction.node
        if len(stubs) == 1:
            self._count_dead_end(reading)
            return
        is_crossing = any(streets.get_kind(stub) == Kind.CROSSING for stub in stubs)
        if reading is NOTHING and not is_crossing and node not in streets.crossed_class:
            return
        roads, walks = self._part(node, stubs)
        self._crossings.set_road_crossings(junction, roads, walks)
        self._kerbs.set_kerbs(junction, roads, walks)
        self._crossings.set_other_crossings(junction, roads, walks)
        if reading.obstacle is not None:
            self._set_obstacle(junction, reading, reading.obstacle)

    def _group_by_side(self, node: int) -> dict[Stub, list[Stub]]:
        """Segment ends by the one that stands for them: the rim of one area is one side of a node.

        A square may share its rim with a road; who walks along the rim neither crosses the road nor leaves
        the square, and passes by a gate in the rim. Where walls part a square, each part is one side.
        """
        sides: dict[Stub, list[Stub]] = {}
        areas: dict[tuple[int, int, int], Stub] = {}
        for stub in sorted(self._streets.stubs[node]):
            way, part = self._streets.segments[stub.segment].way, self._streets.get_side(stub)
            is_rim = way.is_area and way.kind != Kind.LIFT
            side = areas.setdefault((way.osm_type, way.osm_id, part), stub) if is_rim else stub
            sides.setdefault(side, []).append(stub)
        return sides

    def _part(self, node: int, stubs: Sequence[Stub]) -> tuple[list[Stub], list[Stub]]:
        """Part segment ends into carriageway and others; lanes are carriageway only where no road is."""
        kinds = {self._streets.get_kind(stub) for stub in stubs}
        is_road = Kind.ROAD in kinds or node in self._streets.unwalked
        carriageway = {Kind.ROAD} if is_road else CARRIAGEWAY_KINDS
        roads = [stub for stub in stubs if self._streets.get_kind(stub) in carriageway]
        return roads, [stub for stub in stubs if self._streets.get_kind(stub) not in carriageway]

    def _set_obstacle(self, junction: Junction, reading: NodeReading, kind: Kind) -> None:
        """Set a barrier, gate, door, turnstile or lift between all segment ends."""
        left_out = CROSSING_ATTRIBUTES | {"kind", "kerb_up_cm", "kerb_down_cm"}
        if junction.edges:
            left_out |= {"tactile_paving"}  # it is said of the kerb or crossing
        words = {name: value for name, value in reading.attributes.items() if name not in left_out}
        edge = EdgeAttributes(kind, **words)  # type: ignore[arg-type]
        node, day = junction.node, self._streets.nodes[junction.node].edited_day

        def make(a: int, b: int) -> ObstacleEdge:
            if kind != Kind.LIFT:
                return ObstacleEdge(a, b, edge, edge, NODE, node, day)
            level = {port: self._streets.get_level(stub) for stub, port in junction.port_of.items()}
            levels = level.get(a, math.nan), level.get(b, math.nan)
            return ObstacleEdge(a, b, edge, edge, NODE, node, day, *levels)

        junction.enclose(make)

    def _count_dead_end(self, reading: NodeReading) -> None:
        if reading.obstacle is not None:
            self._at_dead_ends[reading.obstacle.value] += 1
        if reading.kerb_cm is not None:
            self._at_dead_ends["kerb"] += 1
