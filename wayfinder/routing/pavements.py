"""What stands between the corners of a node with pavements: kerbs, and the carriageways one crosses.

A corner becomes a port on the pavement, and, where one steps off it, a port at its kerb's foot. To cross an
arm is what it is on a mapped crossing: a kerb down, a stretch, the road crossing, a stretch, a kerb up. Who
walks along a carriageway stands at its right edge, as seen along its way: the kerb's foot there is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from wayfinder.geo import LonLat
from wayfinder.routing.attributes import ATTRIBUTES, EdgeAttributes, Kind, Size
from wayfinder.routing.corners import Arm, Crossroads
from wayfinder.routing.crossings import CrossingSetter
from wayfinder.routing.junction_rules import JunctionRules
from wayfinder.routing.kerbs import KerbSetter
from wayfinder.routing.lines import find_tagged_width_m
from wayfinder.routing.pavement_rules import PavementRules
from wayfinder.routing.ports import Junction, ObstacleEdge
from wayfinder.routing.segments import CARRIAGEWAY_KINDS, NODE, Streets

_OF_THE_STRETCH: Final = ("surface", "smoothness", "cross_slope_percent", "lit")
"""What is tagged of a carriageway and holds for who walks over it."""
_ROAD_CLASSES: Final = next(a.values for a in ATTRIBUTES if a.name == "carriageway")


@dataclass(slots=True)
class PavementCounts:
    """What was put between pavements.

    Attributes
    ----------
    marked, unmarked
        Crossings that are mapped, and those a row of the table offers.
    for_ways
        Those without which a pavement or another way would lead nowhere, or that lie on another way.
    """

    marked: int = 0
    unmarked: int = 0
    for_ways: int = 0


@dataclass(frozen=True, slots=True)
class PavementSetter:
    """Sets the edges of one node with pavements after the other."""

    streets: Streets
    rules: PavementRules
    junction_rules: JunctionRules
    kerbs: KerbSetter
    crossings: CrossingSetter
    counts: PavementCounts = field(default_factory=PavementCounts)

    def set_edges(self, junction: Junction, place: Crossroads) -> None:
        """Part the segment ends of a node by its corners, and put what stands between them."""
        _Corners(self, junction, place).build()


@dataclass(slots=True)
class _Run:
    """The arms between two corners, counterclockwise from `start` to `end` (indices of corners)."""

    start: int
    end: int
    arms: Sequence[Arm]

    @property
    def road(self) -> str:
        """Class of the largest of them."""
        return max((arm.road for arm in self.arms), key=_ROAD_CLASSES.index)


@dataclass(slots=True)
class _Corners:
    """The ports of one node: on the pavement, and at the level of the carriageway, by corner."""

    setter: PavementSetter
    junction: Junction
    place: Crossroads
    high: dict[int, int] = field(default_factory=dict)
    low: dict[int, int] = field(default_factory=dict)
    feet: dict[tuple[int, Size], int] = field(default_factory=dict)

    def build(self) -> None:
        place = self.place
        runs = self._list_runs([i for i, corner in enumerate(place.corners) if not corner.is_empty])
        for run in runs:
            self._place(run)
        for run in runs:
            self._set_on_carriageway(run)
        if len(runs) == 2:  # one crosses the road once, on the easier side of the node
            runs = [min(runs, key=lambda run: (_ROAD_CLASSES.index(run.road), len(run.arms)))]
        if len(runs[0].arms) < len(place.arms):
            for run in runs:
                self._cross(run)

    def _list_runs(self, occupied: Sequence[int]) -> list[_Run]:
        runs, arms = [], self.place.arms
        for start, end in zip(occupied, [*occupied[1:], occupied[0]], strict=True):
            count = (end - start) % len(arms) or len(arms)
            runs.append(_Run(start, end, [arms[(start + 1 + i) % len(arms)] for i in range(count)]))
        return runs

    # ---------------------------------------------------------------- who stands where

    def _place(self, run: _Run) -> None:
        """Put the segment ends of the corner a run begins at."""
        index, junction = run.start, self.junction
        corner = self.place.corners[index]
        if corner.pavements:
            self.high[index] = junction.add_port()
            junction.spots[self.high[index]] = corner.spot
            for stub in (*corner.pavements, *corner.walks):
                junction.port_of[stub] = self.high[index]
            if corner.approaches:
                low = 0 if corner.is_linked else self._get_ground(run, is_start=True)
                self.low[index] = self._lead(low, None, run.arms) if low else junction.add_port()
        else:
            self.low[index] = junction.add_port()
        for stub in corner.approaches if corner.pavements else (*corner.approaches, *corner.walks):
            junction.port_of[stub] = self.low[index]
        if not corner.pavements:
            self._set_kerbs_without_pavement(index)

    def _set_kerbs_without_pavement(self, index: int) -> None:
        """A way that ends at the road where no pavement runs has a kerb of its own."""
        setter, node = self.setter, self.place.node
        reading = setter.streets.get_reading(node)
        for stub in self.place.corners[index].walks:
            if setter.streets.get_kind(stub) in CARRIAGEWAY_KINDS:
                continue
            if reading.kerb_cm is not None:
                setter.kerbs.set_before(self.junction, stub, reading.kerb_cm, reading, is_low=False)
            else:
                road = setter.streets.crossed_class[node]
                setter.kerbs.assume_at_road(self.junction, stub, reading, road, self._get_low_kind())

    def _set_on_carriageway(self, run: _Run) -> None:
        """Put who walks along a carriageway of the run at its right edge."""
        centres = sorted((arm.centre, arm) for arm in run.arms if arm.centre is not None)
        if centres:
            faces_start = centres[0][0].end == 0
            ground = self._get_ground(run, is_start=faces_start)
            for stub, _ in centres:
                self.junction.port_of[stub] = ground

    # ---------------------------------------------------------------- kerbs

    def _get_ground(self, run: _Run, *, is_start: bool) -> int:
        """Port at the level of the carriageway, at the corner where a run begins or ends."""
        index, arm = (run.start, run.arms[0]) if is_start else (run.end, run.arms[-1])
        if index in self.low:
            return self.low[index]
        setter, node = self.setter, self.place.node
        reading, stub = setter.streets.get_reading(node), arm.pavements.get(is_start is False)
        kerb_cm = reading.kerb_cm
        if kerb_cm is None and stub is not None:
            segment = setter.streets.segments[stub.segment]
            assert segment.side is not None
            kerb_cm = segment.way.reading.get_side(segment.side).kerb_cm
        if (
            kerb_cm is None
            and not setter.junction_rules.get(self._get_low_kind(), Kind.SIDEWALK, arm.road).unknown_kerb
        ):
            return self.high[index]
        if (index, kerb_cm) not in self.feet:
            counts = setter.kerbs.counts
            if reading.kerb_cm is not None:
                counts.on_nodes += 1
            elif kerb_cm is not None:
                counts.on_ways += 1
            else:
                counts.unknown[f"sidewalk {arm.road}"] += 1
            high = self.high[index]
            foot = self.feet[index, kerb_cm] = self.junction.add_port()
            self.junction.spots[foot] = self.place.corners[index].foot
            edge = setter.kerbs.build_kerb(node, reading, stub, kerb_cm, foot, high)
            self.junction.edges.append(edge)
        return self.feet[index, kerb_cm]

    def _get_low_kind(self) -> Kind:
        kinds = [Kind.ROAD if arm.way is None else arm.way.kind for arm in self.place.arms]
        return Kind.ROAD if Kind.ROAD in kinds else min(kinds)

    # ---------------------------------------------------------------- crossings

    def _cross(self, run: _Run) -> None:
        """Cross the arms of a run, where that is offered."""
        setter, place = self.setter, self.place
        ends = [place.corners[run.start], place.corners[run.end]]
        is_marked = setter.streets.get_reading(place.node).is_crossing or any(end.approaches for end in ends)
        rule = setter.rules[run.road]
        is_unmarked = rule.at_junction if place.is_junction else place.node in setter.streets.crossing_spots
        leads_on = any(end.leads_nowhere for end in ends) or all(end.walks for end in ends)
        if not (is_marked or is_unmarked or leads_on):
            return
        setter.counts.marked += is_marked
        setter.counts.unmarked += is_unmarked and not is_marked
        setter.counts.for_ways += not (is_marked or is_unmarked)
        ports = (self._get_ground(run, is_start=True), self._get_ground(run, is_start=False))
        spots = [self.junction.spots.get(port) for port in ports]
        here, there = (self._lead(port, _get_middle(*spots), run.arms) for port in ports)
        halves = [stub for end in ends for stub in end.approaches[:1]]
        edge = setter.crossings.build_crossing(place.node, halves, run.road, here, there)
        width_m = find_tagged_width_m(run.arms[0].way) if len(run.arms) == 1 and run.arms[0].way else None
        if edge.forward.crossing_length_m is None and width_m is not None:
            attributes = replace(edge.forward, crossing_length_m=float(math.ceil(width_m)))
            edge = replace(edge, forward=attributes, backward=attributes)
        self.junction.edges.append(edge)

    def _lead(self, port: int, to: LonLat | None, arms: Sequence[Arm]) -> int:
        """Lead from a port over the carriageway to a spot (None: the node); return the port there."""
        junction, place = self.junction, self.place
        if junction.spots.get(port) == to:
            return port
        there = junction.add_port()
        if to is not None:
            junction.spots[there] = to
        way = next((arm.way for arm in arms if arm.way is not None), None)
        if way is None:
            attributes = EdgeAttributes(Kind.CROSSING)
            junction.edges.append(ObstacleEdge(port, there, attributes, attributes, NODE, place.node, -1))
            return there
        said = way.reading.attributes
        attributes = EdgeAttributes(
            Kind.CROSSING,
            **{name: said[name] for name in _OF_THE_STRETCH if name in said},  # type: ignore[arg-type]
        )
        junction.edges.append(
            ObstacleEdge(
                port,
                there,
                attributes,
                attributes,
                way.osm_type,
                way.osm_id,
                way.edited_day,
                name=way.reading.name,
            )
        )
        return there


def _get_middle(one: LonLat | None, other: LonLat | None) -> LonLat | None:
    """Where the carriageway is crossed: half-way between the kerbs; at the node where a mapped way is."""
    if one is None or other is None:
        return None
    return LonLat(round((one.lon + other.lon) / 2, 7), round((one.lat + other.lat) / 2, 7))
