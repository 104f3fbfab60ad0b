"""Kerbs at a node: tagged ones on their proper side, unknown ones where a rule says that one must stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from wayfinder.routing.attributes import EdgeAttributes, Kind, Size
from wayfinder.routing.junction_rules import UNKNOWN_ROAD, JunctionRules
from wayfinder.routing.ports import Junction, ObstacleEdge
from wayfinder.routing.segments import CARRIAGEWAY_KINDS, NEAR_ROAD_MM, NODE, Streets, Stub
from wayfinder.routing.tags import NodeReading, Value

_LOW_KINDS: Final = CARRIAGEWAY_KINDS | {Kind.CROSSING}
_NEAR_JOINT_MM: Final = 5_000
"""So far behind the end of a crossing a kerb node still counts as that crossing's kerb (islands)."""


@dataclass(slots=True)
class KerbCounts:
    """Which kerbs were put where.

    Attributes
    ----------
    unknown
        Kerbs of unknown height put by a row of the table, by kind of way and class of carriageway.
    on_nodes, on_ways
        Tagged kerbs: nodes, and ends of ways that carry the tag.
    beside_road
        Tagged kerbs on crossing nodes of a road where no way on foot crosses it: passed by, not stepped over.
    side_unclear
        Of those on nodes: which side is the high one could not be told.
    """

    unknown: Counter[str] = field(default_factory=Counter)
    on_nodes: int = 0
    on_ways: int = 0
    beside_road: int = 0
    side_unclear: int = 0


@dataclass(frozen=True, slots=True)
class KerbSetter:
    """Sets the kerbs of one node after the other.

    Attributes
    ----------
    lone_crossings
        Ways over a carriageway that is not mapped; see `wayfinder.routing.crossings.find_lone_crossings`.
    """

    streets: Streets
    rules: JunctionRules
    lone_crossings: frozenset[tuple[int, int]]
    counts: KerbCounts = field(default_factory=KerbCounts)

    def set_kerbs(self, junction: Junction, roads: Sequence[Stub], walks: Sequence[Stub]) -> None:
        """Put the kerbs of a node; `roads` are the segment ends on the carriageway, `walks` the others."""
        reading = self.streets.get_reading(junction.node)
        road = self.streets.crossed_class.get(junction.node)
        if reading.kerb_cm is not None:
            if road is not None and not walks and reading.is_crossing:
                self.counts.beside_road += 1  # it bounds the road walked along, and nobody steps over it
                return
            self.counts.on_nodes += 1
            if road is None or not walks:
                self._part_by_kerb(junction, reading, reading.kerb_cm)
                return
            for stub in walks:  # the kerb of a node on the carriageway stands at its edge, on every side
                self.set_before(junction, stub, reading.kerb_cm, reading, is_low=False)
            return
        pavements = [stub for stub in walks if self.streets.get_kind(stub) not in _LOW_KINDS]
        for stub in walks:
            is_crossing = self.streets.get_kind(stub) == Kind.CROSSING
            # A crossing's kerb stands at its far end from the carriageway, and not where crossings meet.
            if is_crossing != (road is None) or (is_crossing and not pavements):
                continue
            way_kerb_cm = self.streets.segments[stub.segment].way.reading.kerb_cm
            leads_over_road = is_crossing and self.streets.walk(stub)[0] == "road"
            if way_kerb_cm is not None and (self.streets.is_way_end(stub) or leads_over_road):
                self.counts.on_ways += 1
                self.set_before(junction, stub, way_kerb_cm, reading, is_low=is_crossing)
            elif is_crossing:
                self._assume_at_crossing(junction, stub, reading, pavements)
            elif road is not None:
                self.assume_at_road(junction, stub, reading, road, get_low_kind(self.streets, roads))

    # ---------------------------------------------------------------- assumed kerbs

    def _assume_at_crossing(
        self, junction: Junction, stub: Stub, reading: NodeReading, pavements: Sequence[Stub]
    ) -> None:
        found, _, end = self.streets.walk(stub)
        way = self.streets.segments[stub.segment].way
        if found == "kerb" and self._is_own_kerb(stub):
            return
        if found == "end" and (way.osm_type, way.osm_id) not in self.lone_crossings:
            return  # this part does not lead to the carriageway
        if all(self.streets.finds_kerb_within(other, _NEAR_JOINT_MM) for other in pavements):
            return
        if self._has_kerb_behind(junction, stub):
            return
        road = self.streets.crossed_class.get(end, UNKNOWN_ROAD) if found == "road" else UNKNOWN_ROAD
        kinds = {self.streets.get_kind(other) for other in pavements}
        if any(self.rules.get(Kind.CROSSING, kind, road).unknown_kerb for kind in kinds):
            self.counts.unknown[f"crossing {road}"] += 1
            self.set_before(junction, stub, None, reading, is_low=True)

    def assume_at_road(
        self, junction: Junction, stub: Stub, reading: NodeReading, road: str, low: Kind
    ) -> None:
        """Put an unknown kerb before a way on foot at a carriageway of kind `low`, if the table says so."""
        kind = self.streets.get_kind(stub)
        if not self.rules.get(low, kind, road).unknown_kerb or self.streets.finds_kerb_within(
            stub, NEAR_ROAD_MM
        ):
            return
        self.counts.unknown[f"{kind} {road}"] += 1
        self.set_before(junction, stub, None, reading, is_low=False)

    def _is_own_kerb(self, stub: Stub) -> bool:
        """Say whether the kerb found along a crossing belongs to this end of it and not to the far side."""
        _, to_kerb_mm, node = self.streets.walk(stub)
        onward = [
            other
            for other in self.streets.stubs[node]
            if self.streets.get_kind(other) == Kind.CROSSING and other.segment != stub.segment
        ]
        if len(onward) != 1:
            return True
        found, beyond_mm, _ = self.streets.walk(onward[0])
        return found != "end" or to_kerb_mm <= beyond_mm

    def _has_kerb_behind(self, junction: Junction, stub: Stub) -> bool:
        """Say whether the crossing goes on away from the carriageway, and has its kerb there."""
        for other in junction.port_of:
            if other == stub or self.streets.get_kind(other) != Kind.CROSSING:
                continue
            found, _, node = self.streets.walk(other)
            if found == "kerb" and all(
                self.streets.walk(onward)[0] != "road"
                for onward in self.streets.stubs[node]
                if onward.segment != other.segment
            ):
                return True
        return False

    # ---------------------------------------------------------------- sides and edges

    def _part_by_kerb(self, junction: Junction, reading: NodeReading, kerb_cm: Size) -> None:
        """Part the segment ends of a kerb node into the carriageway's side and the pavement's side."""
        stubs = list(junction.port_of)
        low = [stub for stub in stubs if self.streets.get_kind(stub) in _LOW_KINDS]
        if not low or len(low) == len(stubs):
            low = [stub for stub in stubs if self._leads_to_road(stub)]
        if low and len(low) < len(stubs):
            high_port = junction.add_port()
            for stub in stubs:
                junction.port_of[stub] = 0 if stub in low else high_port
            junction.edges.append(self.build_kerb(junction.node, reading, None, kerb_cm, 0, high_port))
            return
        self.counts.side_unclear += 1
        edge = EdgeAttributes(
            Kind.KERB,
            kerb_up_cm=kerb_cm,
            kerb_down_cm=kerb_cm,
            **_pick_words(reading),  # type: ignore[arg-type]
        )
        node, day = junction.node, self.streets.nodes[junction.node].edited_day
        junction.enclose(lambda a, b: ObstacleEdge(a, b, edge, edge, NODE, node, day))

    def _leads_to_road(self, stub: Stub) -> bool:
        found, length_mm, _ = self.streets.walk(stub)
        is_crossing = self.streets.get_kind(stub) == Kind.CROSSING
        return found == "road" and (is_crossing or length_mm <= NEAR_ROAD_MM)

    def set_before(
        self, junction: Junction, stub: Stub, kerb_cm: Size, reading: NodeReading, *, is_low: bool
    ) -> None:
        """Put a kerb between a segment end and the rest; `is_low`: the segment lies below the kerb."""

        def make(inner: int, outer: int) -> ObstacleEdge:
            low, high = (outer, inner) if is_low else (inner, outer)
            return self.build_kerb(junction.node, reading, stub, kerb_cm, low, high)

        junction.set_before(stub, make)

    def build_kerb(
        self, node: int, reading: NodeReading, stub: Stub | None, kerb_cm: Size, low: int, high: int
    ) -> ObstacleEdge:
        """Build a kerb up from `low` to `high`, explained by the node, or by the way where that says it."""
        osm_type, osm_id, day = NODE, node, -1
        words = _pick_words(reading)
        if reading.kerb_cm is not None:
            day = self.streets.nodes[node].edited_day
        elif stub is not None:
            way = self.streets.segments[stub.segment].way
            if way.kind == Kind.CROSSING and "tactile_paving" in way.reading.attributes:
                words.setdefault("tactile_paving", way.reading.attributes["tactile_paving"])
            if kerb_cm is not None:
                osm_type, osm_id, day = way.osm_type, way.osm_id, way.edited_day
        up = EdgeAttributes(Kind.KERB_UP, kerb_up_cm=kerb_cm, **words)  # type: ignore[arg-type]
        down = EdgeAttributes(Kind.KERB_DOWN, kerb_down_cm=kerb_cm, **words)  # type: ignore[arg-type]
        return ObstacleEdge(low, high, up, down, osm_type, osm_id, day)


def get_low_kind(streets: Streets, roads: Sequence[Stub]) -> Kind:
    """Kind of the carriageway at a node; ROAD where nobody walks along it."""
    kinds = {streets.get_kind(stub) for stub in roads}
    return Kind.ROAD if Kind.ROAD in kinds or not kinds else min(kinds)


def _pick_words(reading: NodeReading) -> dict[str, Value]:
    # What is said of access on a kerb with a barrier is said of the barrier.
    names = (
        ("tactile_paving",) if reading.obstacle is not None else ("tactile_paving", "wheelchair", "access")
    )
    return {name: reading.attributes[name] for name in names if name in reading.attributes}
