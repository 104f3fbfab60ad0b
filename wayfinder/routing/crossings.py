"""Road crossings at a node: what one waits for between two sides of a carriageway or of rails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wayfinder.routing.attributes import ATTRIBUTES, OTHER, EdgeAttributes, Kind
from wayfinder.routing.junction_rules import JunctionRules
from wayfinder.routing.kerbs import get_low_kind
from wayfinder.routing.ports import Junction, ObstacleEdge
from wayfinder.routing.segments import NODE, Streets, Stub, crosses_railway
from wayfinder.routing.tags import NodeReading, Value

CROSSING_ATTRIBUTES: Final = frozenset(
    {"crossing", "crossing_island", "crossing_length_m", "crossed_road", "signal_sound", "signal_vibration"}
)
"""They belong on ROAD_CROSSING edges only, wherever they are tagged."""
_MERGED: Final = ("crossing", "crossing_island", "signal_sound", "signal_vibration", "tactile_paving")
_OF_THE_NODE: Final = ("wheelchair", "access")
_VALUES: Final = {attribute.name: attribute.values for attribute in ATTRIBUTES}


@dataclass(slots=True)
class CrossingSetter:
    """Sets the road crossings of one node after the other.

    Attributes
    ----------
    without_road
        How many crossings were put on a way that is tagged as one but meets no carriageway.
    """

    streets: Streets
    rules: JunctionRules
    lone_crossings: frozenset[tuple[int, int]]
    without_road: int = 0

    def set_road_crossings(self, junction: Junction, roads: Sequence[Stub], walks: Sequence[Stub]) -> None:
        """Part the ways on foot at a carriageway: from each to each, and onto the road, one has to cross."""
        node = junction.node
        road = self.streets.crossed_class.get(node)
        if road is None:
            return
        reading, low = self.streets.get_reading(node), get_low_kind(self.streets, roads)
        crossing = [
            stub
            for stub in walks
            if reading.is_crossing or self.rules.get(low, self.streets.get_kind(stub), road).crossing
        ]
        if len(crossing) < 2:
            return  # a way on foot that ends here: one steps onto the road
        side_of = dict(zip(junction.separate(crossing), crossing, strict=True))
        rest = [0] if len(crossing) < len(junction.port_of) else []

        def make(a: int, b: int) -> ObstacleEdge:
            sides = [side_of[port] for port in (a, b) if port in side_of]
            return self.build_crossing(node, sides, road, a, b)

        junction.join([*rest, *side_of], make)

    def set_other_crossings(self, junction: Junction, roads: Sequence[Stub], walks: Sequence[Stub]) -> None:
        """Add what is crossed where no carriageway runs through the node: rails, or a road not mapped."""
        node, reading = junction.node, self.streets.get_reading(junction.node)
        is_on_road = node in self.streets.crossed_class
        rails = crosses_railway(reading) and not (is_on_road and walks)
        if rails or (reading.is_crossing and not is_on_road):
            self.enclose(junction)
            return
        for stub in walks:
            segment = self.streets.segments[stub.segment]
            is_start = stub.end == 0 and segment.is_first
            if is_start and (segment.way.osm_type, segment.way.osm_id) in self.lone_crossings:
                self.without_road += 1
                sides = [stub]
                junction.set_before(stub, lambda a, b, s=sides: self.build_crossing(node, s, None, a, b))  # type: ignore[misc]

    def enclose(self, junction: Junction) -> None:
        """Put a crossing of what the node's tags say between all segment ends."""
        node, sides = junction.node, list(junction.port_of)
        junction.enclose(lambda a, b: self.build_crossing(node, sides, None, a, b))

    def build_crossing(
        self, node: int, sides: Sequence[Stub], road: str | None, tail: int, head: int
    ) -> ObstacleEdge:
        """Build a crossing between two `sides`, of which crossing ways say what they are like."""
        reading = self.streets.get_reading(node)
        halves = [stub for stub in sides if self.streets.get_kind(stub) == Kind.CROSSING]
        ways = sorted(
            {
                (way.osm_id, way.osm_type): way
                for way in (self.streets.segments[stub.segment].way for stub in halves)
            }.items()
        )
        said = [reading.attributes, *(way.reading.attributes for _, way in ways)]
        words = {name: value for name in _MERGED if (value := get_worst(name, said)) is not None}
        if reading.obstacle is None and reading.kerb_cm is None:
            words |= {name: reading.attributes[name] for name in _OF_THE_NODE if name in reading.attributes}
        lengths_mm = [self.streets.walk(stub)[1] for stub in halves]
        edge = EdgeAttributes(
            Kind.ROAD_CROSSING,
            crossed_road=_get_crossed_road(road, reading),
            crossing_length_m=float(math.ceil(sum(lengths_mm) / 1000)) if len(lengths_mm) == 2 else None,
            **words,  # type: ignore[arg-type]
        )
        if ways and not reading.is_crossing:
            _, way = ways[0]
            return ObstacleEdge(tail, head, edge, edge, way.osm_type, way.osm_id, way.edited_day)
        is_said = reading.is_crossing or crosses_railway(reading)
        day = self.streets.nodes[node].edited_day if is_said else -1
        return ObstacleEdge(tail, head, edge, edge, NODE, node, day)


def find_lone_crossings(streets: Streets) -> frozenset[tuple[int, int]]:
    """Crossing ways that, with the crossing ways they meet, touch nothing that is crossed.

    What they cross is not mapped as a shared node (or not in the file); it is there all the same.

    Returns
    -------
    set of (osm_type, osm_id)
    """
    crossings = [segment for segment in streets.segments if segment.way.kind == Kind.CROSSING]
    parent: dict[int, int] = {}

    def find_root(ref: int) -> int:
        while parent.setdefault(ref, ref) != ref:
            parent[ref] = ref = parent[parent[ref]]
        return ref

    for segment in crossings:
        parent[find_root(segment.nodes[0])] = find_root(segment.nodes[-1])

    def is_crossed(ref: int) -> bool:
        reading = streets.get_reading(ref)
        kinds = {streets.get_kind(stub) for stub in streets.stubs[ref]}
        is_tagged = reading.is_crossing or crosses_railway(reading)
        return is_tagged or ref in streets.crossed_class or Kind.CYCLEWAY in kinds

    crossed = {find_root(ref) for ref in list(parent) if is_crossed(ref)}
    return frozenset(
        (segment.way.osm_type, segment.way.osm_id)
        for segment in crossings
        if find_root(segment.nodes[0]) not in crossed
    )


def get_worst(name: str, said: Iterable[Mapping[str, Value]]) -> Value | None:
    """The worst of what several objects say; what is not understood counts only where no more is said."""
    values = [attributes[name] for attributes in said if name in attributes]
    known = [value for value in values if value is not OTHER]
    if not known:
        return OTHER if values else None
    ranks = _VALUES[name]
    return max(known, key=lambda value: ranks.index(value) if value in ranks else -1)


def _get_crossed_road(road: str | None, reading: NodeReading) -> str | None:
    if road is None:
        crossed = reading.attributes.get("crossed_road")
        return crossed if isinstance(crossed, str) else None
    return road if road in _VALUES["crossed_road"] else "primary"  # a trunk road is at least that
